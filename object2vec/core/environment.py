"""The settings of a function or a job, read from its environment.

Each program has one typed model. It reads the model; the stack takes the names of the variables from the same
model (docs/adr/0020-settings.md). This file imports nothing of ours, and nothing heavy.
"""

from collections.abc import Mapping
from typing import Any, Self

from pydantic_settings import BaseSettings, SettingsConfigDict


class ProgramSettings(BaseSettings):
    """The field `store_url` is the environment variable STORE_URL. An empty variable counts as not set."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    @classmethod
    def read(cls) -> Self:
        """Reads the environment. Raises pydantic's ValidationError, which names the variable."""
        return cls()

    @classmethod
    def variables(cls, **values: str | int | bool) -> dict[str, str]:
        """Fields as the environment variables that they are read from. Raises KeyError for other names."""
        if unknown := sorted(values.keys() - cls.model_fields.keys()):
            raise KeyError(f"{cls.__name__} has no {', '.join(unknown)}")
        return {name.upper(): _written(value) for name, value in values.items()}

    @classmethod
    def shared(cls, deployment: Mapping[str, Any]) -> dict[str, str]:
        """The variables of the fields that a deployment has a setting for, of the same name; without those
        that have the field's default."""
        given = {
            name: deployment[name]
            for name, field in cls.model_fields.items()
            if name in deployment and deployment[name] != field.default
        }
        return cls.variables(**given)


def _written(value: str | int | bool) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


class EngineSettings(ProgramSettings):
    """The variables of a search engine, as object2vec/search/engines.py declares them."""

    index: str = "embedded"
    vector_bucket: str = ""
    """The vector bucket; empty unless index=s3vectors."""
    vector_tags: str = ""
    """Tags of the vector indexes, as a JSON object."""
    languages: str = "auto"
    """Codes with commas; auto: those that the catalogue is written in."""

    def of_engine(self) -> dict[str, str]:
        """The variables again, for the engines to find theirs in."""
        return self.variables(**{name: getattr(self, name) for name in EngineSettings.model_fields})


class EventWeightsVariable(ProgramSettings):
    """The variable with the weights that the shop gives to types of events."""

    event_weights: str = ""
    """A JSON object of weights by event type, as object2vec/core/event_weights.py reads it; empty: usual."""
