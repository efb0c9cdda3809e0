"""What people can put right."""


class InputError(ValueError):
    """Data, settings or an earlier model cannot be used; the message says what to do."""
