"""Which search engines there are, the formats of their bases, and the base of a release that this code reads.

`ENGINES` declares every engine; `registry.py` says which code each of them runs. No engine is imported here:
functions that only look have none in their bundles.

A release's own base has the format of the code that built it. Code that reads another one, as a deployment
may bring it, gets the same base in its format next to the first: the same items up to the same watermark,
named by a marker that is created when all of it is there. The manifest never changes and the pointer stays,
so earlier and later code answer side by side (docs/adr/0002-release-manifest.md)."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex

import orjson

from object2vec.release.manifest import PREFIX, CorruptReleaseError, Manifest, load
from object2vec.storage import ConflictError, NotFoundError, ObjectStore

HEADER = "index.json"
FORMAT = 13
"""The format of an embedded base. Raise it when earlier code cannot read what is written now, or this code
what was written before."""
HEAD = "head/"
"""The folder of the embedded base of popular items, in a base whose items are in S3 Vectors."""
VECTORS_HEADER = "s3vectors.json"
VECTORS_FORMAT = 1
"""The format of what S3 Vectors holds. A new one needs a new name for the vector index too, since earlier
code still reads the old one."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The abilities of an engine beyond ranking by similarity; a request for more is a clear 400."""

    options: frozenset[str] | None = None
    """Which of the options that `search/index.Request` marks; None: all of them, new ones among them."""
    lexical: bool = True
    totals: bool = True
    """Whether `Result.total` counts the whole result; else it counts the candidates that were looked at."""
    codes: bool = True
    """Whether a query that is an id or a SKU finds its item first."""
    spelling: bool = True
    """Whether misspelt words are corrected."""
    preference: bool = True
    """Whether the release's ranker applies; an engine without it ranks by the profile."""

    def can(self, name: str) -> bool:
        """A capability of this class by its name, or an option."""
        own = self.options is None or name in self.options
        return getattr(self, name, own) is True


@dataclass(frozen=True, slots=True)
class Engine:
    """The declaration of a search engine."""

    name: str
    """As `index` in cdk.json has it."""
    header: str
    """The file of a base that tells that this engine wrote it."""
    formats: Callable[[], Mapping[str, int]]
    """The files of a base that name a format, and the format that this code reads of each."""
    capabilities: Capabilities = Capabilities()
    settings: Mapping[str, str] = field(default_factory=dict)
    """The settings that building a base needs: the name of the argument, and the environment variable it is
    in."""
    options: Mapping[str, str] = field(default_factory=dict)
    """The same for settings that it can do without."""


EMBEDDED = Engine("embedded", HEADER, lambda: {HEADER: FORMAT}, options={"languages": "LANGUAGES"})
S3VECTORS = Engine(
    "s3vectors",
    VECTORS_HEADER,
    lambda: {VECTORS_HEADER: VECTORS_FORMAT, HEAD + HEADER: FORMAT},
    Capabilities(
        options=frozenset(),
        totals=False,
        codes=False,
        spelling=False,
        preference=False,
    ),
    settings={"bucket": "VECTOR_BUCKET"},
)
ENGINES = (EMBEDDED, S3VECTORS)


@dataclass(frozen=True, slots=True)
class Target:
    """Where the items of a new base go: an engine, and what it needs to know for that."""

    engine: Engine = EMBEDDED
    settings: Mapping[str, str] = field(default_factory=dict)


def target(environment: Mapping[str, str]) -> Target:
    """The engine that the variable INDEX names, with its settings; the embedded one if it names none. Raises
    ValueError for an unknown engine, and for one that lacks a setting."""
    chosen = environment.get("INDEX") or EMBEDDED.name
    engine = next((engine for engine in ENGINES if engine.name == chosen), None)
    if engine is None:
        raise ValueError(f"INDEX={chosen}: choose one of {', '.join(engine.name for engine in ENGINES)}")
    if lacking := [name for name in engine.settings.values() if not environment.get(name)]:
        raise ValueError(f"INDEX={chosen} needs {' and '.join(lacking)} too")
    named = (*engine.settings.items(), *engine.options.items())
    return Target(engine, {what: environment[name] for what, name in named if environment.get(name)})


def able(capabilities: Iterable[str]) -> list[str]:
    """The names of the engines that have all of these capabilities."""
    wanted = list(capabilities)
    return [engine.name for engine in ENGINES if all(engine.capabilities.can(name) for name in wanted)]


@dataclass(frozen=True, slots=True)
class Base:
    """A base index in the store."""

    prefix: str
    version: str
    """The release whose items it holds; cursors name it."""
    watermark: int


def readable_base(store: ObjectStore, manifest: Manifest) -> Base | None:
    """The base that this code answers from for a release: its own base; the same in this code's format; or
    the base that it was rebuilt from, since the log tells the rest. None where there is none (yet)."""
    if manifest.index is None:
        return None
    if is_readable(store, manifest.index):
        return Base(manifest.index, manifest.version, manifest.watermark)
    with suppress(NotFoundError):  # nobody has added one
        marked = orjson.loads(store.get(_marker(manifest.version)))
        return Base(marked["index"], manifest.version, manifest.watermark)
    if manifest.before is None:
        return None
    try:
        return readable_base(store, load(store, manifest.before))
    except CorruptReleaseError:  # one that was removed by hand; the indexer makes another base
        return None


def lacks_base(store: ObjectStore, manifest: Manifest) -> bool:
    """Whether the release has a base, but none in a format that this code reads."""
    return manifest.index is not None and readable_base(store, manifest) is None


def is_readable(store: ObjectStore, prefix: str) -> bool:
    """Whether the base below the prefix is in this code's format; False too for a header that is damaged."""
    for engine in ENGINES:
        found = _format(store, prefix + engine.header)
        if found is not None:
            further = {file: number for file, number in engine.formats().items() if file != engine.header}
            return found == engine.formats()[engine.header] and all(
                _format(store, prefix + file) == number for file, number in further.items()
            )
    return False


def is_of(engine: Engine, store: ObjectStore, prefix: str) -> bool:
    """Whether this engine wrote the base below the prefix, with a header in this code's format."""
    return _format(store, prefix + engine.header) == engine.formats()[engine.header]


def add_base(store: ObjectStore, manifest: Manifest, folder: Path) -> None:
    """Stores a base in this code's format in addition to the release's own. The first run to end wins: each
    writes below a prefix of its own, so nobody ever reads what two of them wrote or one left half done."""
    prefix = f"{PREFIX}{manifest.version}/{_name()}-{token_hex(4)}/"
    upload(store, folder, prefix)
    with suppress(ConflictError):
        store.create(_marker(manifest.version), orjson.dumps({"index": prefix}))


def upload(store: ObjectStore, folder: Path, prefix: str) -> None:
    """Stores every file of a folder below a prefix."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            store.upload(path, prefix + path.relative_to(folder).as_posix())


def _marker(version: str) -> str:
    return f"{PREFIX}{version}/{_name()}.json"


def _name() -> str:
    """With the formats of all engines, since a marker does not tell which engine a base is for."""
    return "index-format" + ".".join(str(engine.formats()[engine.header]) for engine in ENGINES)


def _format(store: ObjectStore, key: str) -> object:
    """The content of a header; None for one that is missing or damaged."""
    with suppress(NotFoundError, ValueError, TypeError, KeyError):
        return orjson.loads(store.get(key))["format"]
    return None
