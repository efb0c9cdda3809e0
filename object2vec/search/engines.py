"""Declares the search engines: what each can do, the settings it needs, and the formats of its bases.

`engine_code.py` says which code each of them runs. No engine is imported here, so that functions which answer
no search have none in their bundles.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

HEADER = "index.json"
FORMAT = 15
"""The format of an embedded base. Raise it when earlier code cannot read what is written now, or this code
what was written before."""
HEAD = "head/"
"""The folder of the embedded base of popular items, in a base whose items are in S3 Vectors."""
VECTORS_HEADER = "s3vectors.json"
VECTORS_FORMAT = 2
"""The format of what S3 Vectors holds. If earlier code cannot read the new one, the vector index needs a new
name too, since that code still reads the old one."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The abilities of an engine beyond ranking by similarity; a request for more is a clear 400."""

    options: frozenset[str] | None = None
    """Which of the options that `search/index.Request` marks; None: all of them, new ones among them."""
    lexical: bool = True
    totals: bool = True
    """Whether `Result.total` counts the whole result; else it counts the candidates that were found."""
    codes: bool = True
    """Whether a query that is an id or a SKU finds its item first."""
    spelling: bool = True
    """Whether misspelt words are corrected."""
    preference: bool = True
    """Whether the release's ranker applies; an engine without it ranks by the session's
    vector."""

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
        options=frozenset({"look"}),
        totals=False,
        codes=False,
        spelling=False,
        preference=False,
    ),
    settings={"bucket": "VECTOR_BUCKET"},
    options={"tags": "VECTOR_TAGS"},
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
