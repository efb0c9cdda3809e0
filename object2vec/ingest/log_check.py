"""Checks log rows a block at a time in one SQL statement: about a microsecond a row on one core."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb

from object2vec.core.identifiers import MAX_ID
from object2vec.ingest.log_schema import SQL_TYPES, Column, Kind, LogSchema
from object2vec.ingest.log_text import Bare, PlainLines
from object2vec.ingest.rules import MAX_QUERY

FIELD = "\x1f"
MEMORY = "1GB"
"""Half of what the function has: a column of a row group of a Parquet upload is read as a whole."""
_ROW_GROUP = 40_960  # rows, collected in memory: of the longest queries there are 400 MB
_PART = "FORMAT parquet, COMPRESSION snappy, DICTIONARY_SIZE_LIMIT 1"  # read once: quick to write
_RECORD = "\x1e"
_LAST_SECOND = 4_102_444_800  # 2100-01-01
_FIRST_MILLISECOND = 100_000_000_000  # 1973 in milliseconds, the year 5138 in seconds
_EPOCH = r"\d{1,20}(\.0+)?"
_ISO = r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}(:?\d{2})?)?)?"
_CONTROL = r"[\x00-\x1f\x7f]"
_NUMBERS = ("number", "grade")
_WHOLE = r"0|-?[1-9]\d{0,17}"
_BARE: Mapping[str, str] = {  # what a JSON parser would write down again as it was
    "time": rf"{_WHOLE}|(0|[1-9]\d{{0,10}})\.\d{{1,4}}",
    "number": r"-?(0|[1-9]\d{0,17})(\.\d{1,18})?",
    "grade": r"-?(0|[1-9]\d{0,17})(\.\d{1,18})?",
}


class LogCheck:
    """Collects valid rows and tells which ones are not valid, and why.

    The checked rows of every block are a file of its own in the scratch folder until all are written as one,
    so that memory does not depend on how many there are.
    """

    def __init__(self, schema: LogSchema, folder: Path) -> None:
        self._schema = schema
        self._db = open_database(folder)
        self._block = folder / "block"
        self._parts: list[Path] = []

    def take_lines(self, lines: PlainLines, positions: Mapping[str, int]) -> list[tuple[int, str]] | None:
        """Takes a block; `positions` says where each column stands among its values, from 0. Returns (line
        from 0, code) of each invalid row; None, having taken none, where a line is not like the others."""
        self._block.write_bytes(lines.data)
        count = self._check(self._alike(lines, positions), [str(self._block)], plain=True)
        if count != lines.count:
            self._parts.pop().unlink()
            return None
        return [(position, code) for position, code, _ in self._problems()]

    def take_texts(self, texts: Sequence[str], positions: Mapping[str, int]) -> list[tuple[int, str]]:
        """Takes rows of which each is its values joined by `FIELD`. Otherwise as `take_lines`."""
        fields = {name: f"field[{place + 1}]" for name, place in positions.items()}
        source = f"""
            SELECT '' AS raw, {self._named(fields)} FROM (
                SELECT string_split(line, '{FIELD}') AS field
                FROM (SELECT unnest(string_split($1, '{_RECORD}')) AS line))"""  # noqa: S608
        self._check(source, [_RECORD.join(texts)])
        return [(position, code) for position, code, _ in self._problems()]

    def take_parquet(
        self, path: Path, positions: Mapping[str, str]
    ) -> tuple[int, Iterator[tuple[int, str, bytes]]]:
        """Takes a whole Parquet file; `positions` gives the file's name of each column. Returns how many rows
        there were, and (position from 0, code, the row as JSON) of each invalid one."""
        fields = {name: f"coalesce(CAST({_column(own)} AS VARCHAR), '')" for name, own in positions.items()}
        source = f"""
            SELECT row AS raw, {self._named(fields)}
            FROM read_parquet($1) AS row"""  # noqa: S608  only names that were quoted go in
        count = self._check(source, [str(path)])
        return count, ((position, code, raw.encode()) for position, code, raw in self._problems())

    def write_parquet(self, path: Path) -> None:
        """Writes the accepted rows in file order."""
        fields = ", ".join(column.field for column in self._schema.columns)
        self._db.execute(
            f"""COPY (SELECT {fields} FROM read_parquet($1) WHERE problem IS NULL) TO '{_quoted(path)}'
                (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE {_ROW_GROUP})""",  # noqa: S608
            [[str(part) for part in self._parts]],
        )

    def close(self) -> None:
        """Releases the scratch database."""
        self._db.close()

    def _named(self, fields: Mapping[str, str]) -> str:
        trimmed = ("time", *_NUMBERS)
        texts = {column: fields.get(column.name, "''") for column in self._schema.columns}
        return ", ".join(
            f"{f'trim({text})' if column.kind in trimmed else text} AS {column.field}"
            for column, text in texts.items()
        )

    def _alike(self, lines: PlainLines, positions: Mapping[str, int]) -> str:
        """The rows of the block's file, without those of another width or that are not alike. No value is
        taken for NULL."""
        columns = ", ".join(f"c{place}: 'VARCHAR'" for place in range(lines.width))
        kinds = {positions[c.name]: c.kind for c in self._schema.columns if c.name in positions}
        numbers = [_is_bare(bare, kinds.get(place, "number")) for place, bare in lines.bare.items()]
        fields = {name: lines.values[place] for name, place in positions.items()}
        return f"""
            SELECT '' AS raw, {self._named(fields)}
            FROM read_csv($1, columns = {{{columns}}}, delim = '{lines.delimiter}', quote = '{lines.quote}',
                escape = '{lines.quote}', new_line = '\\n', header = false, auto_detect = false,
                strict_mode = true, ignore_errors = true, nullstr = '\x01', allow_quoted_nulls = false)
            WHERE {" AND ".join(["true", *lines.alike, *numbers])}"""  # noqa: S608

    def _check(self, source: str, parameters: list[str], *, plain: bool = False) -> int:
        """Adds a part of checked rows; returns how many."""
        columns = self._schema.columns
        typed = "".join(f", {_typed(column)} AS typed_{column.field}" for column in columns)
        problem = " ".join(part for column in columns for part in _problems_of(column, plain))
        values = ", ".join(f"try_cast(typed_{c.field} AS {SQL_TYPES[c.kind]}) AS {c.field}" for c in columns)
        part = self._block.with_name(f"part{len(self._parts)}")
        ((count,),) = self._db.execute(
            f"""COPY (SELECT {values}, problem, CASE WHEN problem IS NOT NULL THEN to_json(raw) END AS raw
                FROM (SELECT *, CASE {problem} END AS problem FROM (SELECT *{typed} FROM ({source}))))
                TO '{_quoted(part)}' ({_PART}, ROW_GROUP_SIZE {_ROW_GROUP})""",  # noqa: S608
            parameters,
        ).fetchall()
        self._parts.append(part)
        return int(count)

    def _problems(self) -> Iterator[tuple[int, str, str]]:
        """Of the last part: position, code and raw row of each invalid one."""
        bad = self._db.execute(
            """SELECT file_row_number, problem, raw FROM read_parquet($1, file_row_number = true)
               WHERE problem IS NOT NULL""",
            [str(self._parts[-1])],
        )
        while batch := bad.fetchmany(1_000):
            yield from batch


def open_database(folder: Path) -> duckdb.DuckDBPyConnection:
    """A scratch database that holds `MEMORY`, spills into `folder` and keeps rows in file order."""
    database = duckdb.connect(
        config={
            "threads": 1,
            "memory_limit": MEMORY,
            "temp_directory": str(folder / "spill"),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "enable_external_file_cache": "false",  # the file of a block is written over
        },
    )
    return database.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")


def _typed(column: Column) -> str:
    name = column.field
    if column.kind == "time":
        epoch = f"least(try_cast(split_part({name}, '.', 1) AS HUGEINT), {_FIRST_MILLISECOND})"
        return f"""CASE
            WHEN {_is_whole(name)} THEN try_cast({name} AS BIGINT)
            WHEN regexp_full_match({name}, '{_EPOCH}') THEN CAST({epoch} AS BIGINT)
            WHEN regexp_full_match({name}, '{_ISO}') THEN epoch_us(try_cast({name} AS TIMESTAMPTZ)) // 1000000
            END"""
    return f"try_cast({name} AS DOUBLE)" if column.kind in _NUMBERS else f"nullif({name}, '')"


def _is_bare(bare: Bare, kind: Kind) -> str:
    """Whether a number in JSON is written as a parser would write it down again."""
    number = _BARE.get(kind, _WHOLE)
    return f"regexp_full_match({bare.column}, '{bare.before}(?:{number}){bare.after}')"


def _is_whole(text: str) -> str:
    """Whether a text is how a 64-bit integer is written; quicker than a regular expression."""
    return f"coalesce(CAST(try_cast({text} AS BIGINT) AS VARCHAR) = {text}, false)"


def _problems_of(column: Column, plain: bool) -> Iterator[str]:
    """The `WHEN … THEN '<code>'` of one column, in the order they are tried. `plain` values have no control
    characters."""
    odd = "" if plain else f" OR regexp_matches({column.field}, '{_CONTROL}')"
    name, typed, bad = column.field, f"typed_{column.field}", f"THEN 'bad_{column.problem}'"
    if column.required:
        value = f"trim({name})" if column.kind == "text" else name
        yield f"WHEN {value} = '' THEN 'missing_{column.problem}'"
    if column.kind == "id":
        spaced = f"starts_with({name}, ' ') OR ends_with({name}, ' ')"
        yield f"WHEN length({name}) > {MAX_ID} OR {spaced}{odd} {bad}"
    elif column.kind in ("word", "text"):
        limit = MAX_ID if column.kind == "word" else MAX_QUERY
        yield f"WHEN length({name}) > {limit}{odd} {bad}"
    elif column.kind == "time":
        yield f"WHEN {typed} >= {_FIRST_MILLISECOND} THEN '{column.problem}_in_milliseconds'"
        yield f"WHEN {name} <> '' AND ({typed} IS NULL OR {typed} < 0 OR {typed} > {_LAST_SECOND}) {bad}"
    else:
        negative = f" OR {typed} < 0" if column.kind == "grade" else ""
        yield f"WHEN {name} <> '' AND ({typed} IS NULL OR NOT isfinite({typed}){negative}) {bad}"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _column(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
