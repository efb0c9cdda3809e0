"""Fixtures and settings of all tests."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)  # how fast a machine is, is no property of the code
settings.load_profile("untimed")
