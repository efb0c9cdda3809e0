"""The base of a set of hyperparameters: checked, and read from the strings that SageMaker sends.

A set is one pydantic model; its fields hold names, defaults and limits. An error becomes one sentence that
names the hyperparameter and what is allowed.
"""

import difflib
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self, get_args, get_origin

import annotated_types
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from object2vec.core.errors import InputError


class HyperparameterError(InputError):
    """A hyperparameter is unknown, missing or out of range; the message names what is allowed."""


def _boolean(value: object) -> object:
    """A boolean from SageMaker's texts in any case; pydantic alone would also take yes, on and 1."""
    if isinstance(value, str):
        if value.lower() not in ("true", "false"):
            raise PydanticCustomError("bool_parsing", "neither true nor false")
        return value.lower() == "true"
    return value


Flag = Annotated[bool, BeforeValidator(_boolean)]
"""A field that is true or false."""


class HyperparameterSet(BaseModel):
    """A set of hyperparameters, checked whichever way it is made. Raises HyperparameterError."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=False)

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise HyperparameterError(self._sentence(error.errors())) from error

    @classmethod
    def parse(cls, values: Mapping[str, Any], aliases: Mapping[str, str]) -> Self:
        """Reads hyperparameters.json. SageMaker's own entries (`sagemaker_…`) and those of AWS's examples and
        tuning jobs (`_kvstore`, `_tuning_objective_metric`) are skipped. Raises HyperparameterError."""
        parsed: dict[str, Any] = {}
        for given, text in values.items():
            name = aliases.get(given, given)
            if given.startswith(("sagemaker_", "_")):
                continue
            if name in parsed:
                raise HyperparameterError(f"{given} is given twice (as {name}): keep one of them")
            parsed[name] = str(text).strip()
        return cls(**parsed)

    def replace(self, **changes: Any) -> Self:
        """A copy with some values changed, checked again."""
        return type(self)(**(self.model_dump() | changes))

    @classmethod
    def _sentence(cls, errors: Sequence[ErrorDetails]) -> str:
        """One sentence about the errors. Misspelt names come first: often they are why another name is
        missing."""
        unknown = [str(e["loc"][0]) for e in errors if e["type"] == "extra_forbidden"]
        if unknown:
            return cls._unknown(unknown[0])
        missing = [str(e["loc"][0]) for e in errors if e["type"] == "missing"]
        if missing:
            return "missing: " + ", ".join(f"{name} ({cls._allowed(name)})" for name in missing)
        error = errors[0]
        if not error["loc"]:  # two settings that exclude each other; the message is ours
            return str(error["msg"]).removeprefix("Value error, ")
        return f"{error['loc'][0]}: {cls._complaint(str(error['loc'][0]), error)}"

    @classmethod
    def _complaint(cls, name: str, error: ErrorDetails) -> str:
        """One sentence about a wrong value, from pydantic's kind of error."""
        kind, value = error["type"].split("_")[0], error["input"]
        if kind == "bool":
            return f"{value!r} is neither true nor false"
        if kind in ("int", "float"):
            return f"{value!r} is not {'a whole number' if kind == 'int' else 'a number'}"
        if kind == "literal":
            return f"{value!r} is not supported; use {cls._allowed(name)}"
        return f"{value if kind in ('greater', 'less') else repr(value)} is not {cls._allowed(name)}"

    @classmethod
    def _unknown(cls, name: str) -> str:
        nearest = difflib.get_close_matches(name, cls.model_fields, n=1)
        hint = f"did you mean {nearest[0]}? " if nearest else ""
        return f"{name} is not supported; {hint}supported are {', '.join(sorted(cls.model_fields))}"

    @classmethod
    def _allowed(cls, name: str) -> str:
        """The values that a field takes, in words."""
        field = cls.model_fields[name]
        limits = _limits(field)
        if limits is not None:
            return f"between {limits[0]:,} and {limits[1]:,}"
        if get_origin(field.annotation) is Literal:
            return " or ".join(map(str, get_args(field.annotation)))
        return field.description or str(field.annotation)


def _limits(field: FieldInfo) -> tuple[float, float] | None:
    low = [m.ge for m in field.metadata if isinstance(m, annotated_types.Ge)]
    high = [m.le for m in field.metadata if isinstance(m, annotated_types.Le)]
    return (low[0], high[0]) if low and high else None  # type: ignore[return-value]  # numbers, as declared
