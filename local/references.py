"""Resolves the references of a pipeline definition: `Get`, `Std:Join` and `Std:JsonGet`."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

Known = Mapping[str, Any]
"""The values known so far, by the path of the `Get` that refers to them."""


class UnresolvedError(LookupError):
    """The definition refers to a value that no earlier step has produced."""


def resolve(node: Any, values: Known, read: Callable[[str], bytes]) -> Any:
    """A copy of `node` with every reference replaced; `read` fetches a property file by its URI."""
    if isinstance(node, list):
        return [resolve(item, values, read) for item in node]
    if not isinstance(node, dict):
        return node
    match node:
        case {"Get": path, **rest} if not rest:
            if path not in values:
                raise UnresolvedError(path)
            return values[path]
        case {"Std:Join": {"On": separator, "Values": parts}}:
            return separator.join(str(resolve(part, values, read)) for part in parts)
        case {"Std:JsonGet": {"PropertyFile": file, "Path": path}}:
            found = orjson.loads(read(resolve(file, values, read)))
            for name in path.split("."):
                found = found[name]
            return found
    return {key: resolve(value, values, read) for key, value in node.items()}


def steps_referred_to(node: Any) -> Iterator[str]:
    """Names of the steps that `node` depends on, by reference or by `DependsOn`."""
    if isinstance(node, list):
        for item in node:
            yield from steps_referred_to(item)
    elif isinstance(node, dict):
        yield from node.get("DependsOn", ())
        path = node.get("Get")
        if isinstance(path, str) and path.startswith("Steps."):
            yield path.split(".")[1]
        for value in node.values():
            yield from steps_referred_to(value)
