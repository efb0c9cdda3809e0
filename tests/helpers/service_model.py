"""What botocore's model of a service says of a request, and botocore's own check leaves to the service."""

import re
from collections.abc import Iterator
from typing import Any

from botocore.model import Shape


def violations(shape: Shape, value: Any, path: str = "") -> Iterator[str]:
    """Wrong choices, and texts, lists and maps that are longer than the service takes them, or shorter; texts
    of another form."""
    parts: dict[str, tuple[Shape, Any]] = {}
    if shape.type_name == "structure":
        parts = {f".{name}": (shape.members[name], part) for name, part in value.items()}
    elif shape.type_name == "list":
        parts = {f"[{number}]": (shape.member, part) for number, part in enumerate(value)}
    elif shape.type_name == "map":
        parts = {f"{{{name}}}": (shape.value, part) for name, part in value.items()}
        for name in value:
            yield from violations(shape.key, name, f"{path}{{}}")
    for name, (inner, part) in parts.items():
        yield from violations(inner, part, path + name)
    if shape.type_name in ("list", "map", "string"):
        limits = shape.metadata
        if not limits.get("min", 0) <= len(value) <= limits.get("max", len(value)):
            yield f"{path}: length {len(value)} of {value}"
    if shape.type_name == "string":
        if shape.enum and value not in shape.enum:
            yield f"{path}: {value} is none of {shape.enum}"
        form = shape.metadata.get("pattern", "")
        if form and "\\p{" not in form and not re.fullmatch(form, value):  # Java's classes of letters
            yield f"{path}: {value} is not {form}"
