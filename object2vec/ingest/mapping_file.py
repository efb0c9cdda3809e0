"""Reads `uploads/mapping.json`, and finds its faults before a file is read with it."""

import codecs
import difflib
import hashlib
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

import orjson
from pydantic import ValidationError

from object2vec.ingest.exports.heading_words import ROLES
from object2vec.ingest.logs.headings import unknown_fields
from object2vec.ingest.logs.schema import LOGS
from object2vec.ingest.mapping import MAPPING_KEY, NOTHING_SAID, FileMapping
from object2vec.ingest.rules import FileError
from object2vec.storage import NotFoundError, ObjectStore


class Mappings:
    """The mapping of every file, by pattern; the first that fits counts."""

    def __init__(self, patterns: Mapping[str, FileMapping]) -> None:
        self._patterns = patterns

    def of(self, key: str) -> FileMapping:
        """The mapping of the upload at `key`."""
        name = key.removeprefix("uploads/")
        for pattern, mapping in self._patterns.items():
            if fnmatchcase(name, pattern) or fnmatchcase(key, pattern):
                return mapping
        return NOTHING_SAID


def load_mappings(store: ObjectStore) -> Mappings:
    """The mappings of the store; empty where it has none. Raises FileError with a sentence for each fault."""
    try:
        data = store.get(MAPPING_KEY)
    except NotFoundError:
        return Mappings({})
    return parse_mappings(data)


def check_mapping(store: ObjectStore) -> dict[str, str] | None:
    """The problem of the mapping, for its report."""
    try:
        load_mappings(store)
    except FileError as error:
        return {"code": error.code, "message": error.message}
    return None


def mapping_digest(store: ObjectStore, key: str) -> str:
    """Digest of the mapping of one upload, "" without one: with another mapping the upload is another
    version."""
    try:
        mapping = load_mappings(store).of(key)
    except FileError as error:
        return hashlib.sha256(error.message.encode()).hexdigest()[:16]
    written = mapping.model_dump_json(exclude_defaults=True)
    return "" if mapping == NOTHING_SAID else hashlib.sha256(written.encode()).hexdigest()[:16]


def parse_mappings(data: bytes) -> Mappings:
    """The mappings in the JSON of the file. Raises FileError with a sentence for each fault."""
    try:
        mappings = orjson.loads(data.removeprefix(codecs.BOM_UTF8))
    except orjson.JSONDecodeError as error:
        raise _bad(f"it is no JSON: {error}") from error
    if not isinstance(mappings, dict):
        raise _bad('it is no object; write {"catalog/*.csv": {"fields": {…}}}')
    if mappings and not (mappings.keys() - FileMapping.model_fields.keys()):
        mappings = {"catalog/*": mappings}
    patterns, faults = {}, list[str]()
    for pattern, mapping in mappings.items():
        if not isinstance(mapping, dict):
            faults.append(f'{pattern}: an object such as {{"fields": {{…}}}} is needed')
            continue
        try:
            patterns[pattern] = FileMapping.model_validate(mapping)
        except ValidationError as error:
            faults += [f"{pattern}: {_sentence(fault)}" for fault in error.errors()]
        faults += [f"{pattern}: {sentence}" for sentence in _misspelt(pattern, mapping.get("fields"))]
    if faults:
        raise _bad("; ".join(faults[:10]))
    return Mappings(patterns)


def _bad(why: str) -> FileError:
    return FileError(
        "bad_mapping", f"{MAPPING_KEY} cannot be used: {why.rstrip('.?')}{'?' if why.endswith('?') else '.'}"
    )


def _sentence(fault: Mapping[str, object]) -> str:
    place = fault["loc"]
    assert isinstance(place, tuple)
    name = ".".join(map(str, place))
    if fault["type"] == "extra_forbidden":
        names = list(FileMapping.model_fields)
        near = difflib.get_close_matches(str(place[-1]), names, n=1)
        return f"`{name}` is unknown" + (
            f", did you mean `{near[0]}`?" if near else f"; there are {', '.join(names)}"
        )
    return f"`{name}`: {str(fault['msg']).removeprefix('Value error, ')}"


def _misspelt(pattern: str, fields: object) -> Sequence[str]:
    """Sentences about misspelt fields of the kind of file that the pattern names."""
    schema = LOGS.get(pattern.removeprefix("uploads/").split("/")[0])
    if schema is None or not isinstance(fields, dict):
        return _misspelt_roles(fields)
    return unknown_fields(schema, fields)


def _misspelt_roles(fields: object) -> Sequence[str]:
    """A field may have any name; one that is nearly a role was meant to be it."""
    if not isinstance(fields, dict):
        return ()
    roles = [*ROLES, "label"]
    near = {
        name: difflib.get_close_matches(name, roles, n=1, cutoff=0.8) for name in fields if name not in roles
    }
    return [f"`fields.{name}`: did you mean `{close[0]}`?" for name, close in near.items() if close]
