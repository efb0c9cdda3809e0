"""The base classes of the API's request and answer models."""

import difflib
from collections.abc import Collection
from typing import Annotated, Any, get_args, get_origin
from urllib.parse import unquote

import orjson
from aws_lambda_powertools.event_handler.openapi.params import Path
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import InitErrorDetails, PydanticCustomError, PydanticUndefined

from lambdas.http.requests import parsed
from object2vec.core.identifiers import MAX_ID

MAX_JSON = 50_000
"""Characters of a list or an object in a query string."""
MAX_NAME = 100

Id = Annotated[str, Field(min_length=1, max_length=MAX_ID)]
PathId = Annotated[
    str,
    Path(min_length=1, max_length=MAX_ID * 12, description="The id, percent-encoded."),
    AfterValidator(unquote),
]
"""An id in a path. Routes get it decoded."""


class Input(BaseModel):
    """Something a request holds. A misspelt name is an error; it is not ignored."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown(cls, given: Any) -> Any:
        unknown = [name for name in given if name not in cls.model_fields] if isinstance(given, dict) else []
        if unknown:
            errors: list[InitErrorDetails] = [
                {
                    "type": PydanticCustomError("unknown_name", no_such(name, cls.model_fields)),
                    "loc": (name[:MAX_NAME],),
                    "input": None,
                }
                for name in unknown[:20]
            ]
            raise ValidationError.from_exception_data(cls.__name__, errors)
        return given

    def __repr__(self) -> str:
        """Without what it holds, which may be megabytes: the router words a debug line of every request."""
        return f"{type(self).__name__}(…)"

    def users(self) -> list[str]:
        """The users whose history the request reads or writes: the caller must be allowed to."""
        return []

    def kinds(self) -> tuple[str, ...]:
        """The kinds of caller that may ask this of a route that others may ask, too; empty: all of them."""
        return ()


class Output(BaseModel):
    """Something an answer holds: what is declared, and nothing else."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)


class Problem(BaseModel):
    """An error (RFC 9457)."""

    type: Annotated[str, Field(examples=["urn:object2vec:problem:unknown-field"])]
    title: str
    status: int
    detail: Annotated[str, Field(description="What is wrong and what to do next.")]
    errors: Annotated[
        list[dict[str, str]] | None, Field(description="Where, if there are several places.")
    ] = None


class QueryString(BaseModel):
    """Mixed into a request model: the same request as a query string spells it. There everything is text,
    so numbers and booleans are read from it, and lists and objects are JSON."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Changes the fields that were inherited; they are copies of the request model's own."""
        for field in cls.model_fields.values():
            _spell_as_text(field)
        cls.model_rebuild(force=True)


def no_such(name: str, known: Collection[str]) -> str:
    """The sentence that refuses a name, with the nearest known one, or all of them."""
    near = difflib.get_close_matches(name[:MAX_NAME].lower(), known, n=1)
    if near:
        return f"there is no such parameter; did you mean {near[0]}?"
    return f"there is no such parameter; there are: {', '.join(sorted(known)) or 'none'}"


def _spell_as_text(field: FieldInfo) -> None:
    if not _is_structured(field.annotation):
        field.metadata = [rule for rule in field.metadata if not isinstance(rule, Strict | BeforeValidator)]
        return
    original: Any = Annotated[field.annotation, Field(), *field.metadata]
    value: TypeAdapter[Any] = TypeAdapter(original)
    as_json = {"type": "string", "maxLength": MAX_JSON, "contentMediaType": "application/json"}
    default = field.default
    field.default, field.default_factory = PydanticUndefined, lambda: default  # no list as a text's default
    field.annotation = Any
    field.examples = [orjson.dumps(example).decode() for example in field.examples or []]
    field.metadata = [AfterValidator(lambda text: _from_json(text, value)), WithJsonSchema(as_json)]


def _is_structured(annotation: Any) -> bool:
    options = (annotation, *get_args(annotation))
    return any(get_origin(option) in (list, dict) for option in options)


def _from_json(text: Any, value: TypeAdapter[Any]) -> Any:
    if not isinstance(text, str):  # a default
        return text
    if len(text) > MAX_JSON:
        raise ValueError(f"at most {MAX_JSON:,} characters; POST takes more")
    try:
        given = parsed(text)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"must be JSON, as in the POST form: {error}") from None
    return value.validate_python(given)
