"""Checks log rows in SQL, many at once: about a microsecond a row on one core.

Rows are staged in files of the scratch folder, checked but for what only whole columns tell. Once all are
staged that is decided, and the good ones are written as one file. So memory does not depend on how many there
are.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from object2vec.core.erasure_ids import ERASURE_ID_SQL
from object2vec.core.event_weights import TypeCounts
from object2vec.core.sql import literal
from object2vec.core.time import DAY_S
from object2vec.ingest.cells.dates import DATE_SIGNS, LIKE_A_CHANGED_ID
from object2vec.ingest.logs import times, value_rules
from object2vec.ingest.logs.event_types import type_counts
from object2vec.ingest.logs.schema import SQL_TYPES, Column, LogSchema
from object2vec.ingest.readers.scratch_database import open_database

UNLIKE = "unlike"
"""The code of a row that the quick reader could not take apart."""

_ROW_GROUP = 40_960  # rows, collected in memory: of the longest queries there are 400 MB
_PART = "FORMAT parquet, COMPRESSION snappy, DICTIONARY_SIZE_LIMIT 1"  # read once: quick to write
_MAX_TYPES = 50
_DATE_CHARS = 20
_OF_SESSION = f"user_id = {literal(value_rules.SESSION)} || visitor_id"
"""SQL that is true of the row of a session whose shopper it does not name."""
_ROW = '"the row"'  # no column of an upload is likely to be called so


class RowProblem(NamedTuple):
    """Problem of the row at a position of its part: it is refused, or only its value in `column` is
    given up."""

    position: int
    code: str
    column: str = ""
    row: bytes = b""
    """The row as JSON, where the rows are those of a Parquet file."""


@dataclass(frozen=True, slots=True)
class Source:
    """Rows as SQL: a text for each column that the file has, '' where a row has none."""

    sql: str
    parameters: Sequence[object]
    texts: Mapping[str, str]
    """SQL of the text of each column, by the schema's name."""
    alike: str = "true"
    """SQL that is false for rows whose texts cannot be trusted."""
    clean: bool = False
    """No text holds a control character."""


@dataclass(frozen=True, slots=True)
class Decided:
    """Decisions from the whole columns of the valid rows."""

    order: times.Order | None = None
    """None where no date needs it."""
    serial: bool = False
    """Whole numbers are days as a spreadsheet counts them."""
    limits: times.TimeLimits = field(default_factory=times.TimeLimits)
    time_styles: Mapping[str, int] = field(default_factory=dict)
    """Number of times in each way of writing them."""
    pointed_ids: Sequence[str] = ()
    """Columns in which every id ends in `.0`, which is taken off."""
    dated_ids: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    """Number of rows with an id that looks like a date, and one such id, by column."""
    late: bool = False
    """Some rows are refused, or their times given up, for this."""


class LogCheck:
    """Stages rows, tells which ones are not valid, and writes the others. What is later than `latest` (epoch
    seconds) has not happened."""

    def __init__(self, schema: LogSchema, folder: Path, latest: int) -> None:
        self._columns, self._stored = schema.columns, schema.stored
        self._time = next(column for column in schema.columns if column.kind == "time")
        self._latest = latest
        self._folder = folder
        self._parts: list[Path] = []
        self._has_visitors = False
        self._db = open_database(folder)
        times.define_time_macros(self._db)

    def stage(self, source: Source) -> int:
        """Takes the rows as the next part. Returns how many there were."""
        part, empty = self._folder / f"part{len(self._parts)}", "''"
        has_visitors = source.texts.get("VISITOR_ID", empty) != empty
        columns = self._columns if has_visitors else self._stored
        texts = ", ".join(f"{source.texts.get(one.name, empty)} AS {one.field}" for one in columns)
        trimmed = ", ".join(map(value_rules.trimmed, columns))
        typed = ", ".join(map(value_rules.typed, columns))
        kept = ", ".join(value_rules.staged(column, self._latest) for column in columns)
        kept += "" if has_visitors else ", NULL::VARCHAR AS visitor_id"
        problems = [
            case
            for column in self._stored
            for case in value_rules.row_problems(column, self._latest, clean=source.clean)
        ]
        cells = [case for column in self._stored for case in value_rules.cell_problems(column, self._latest)]
        ((count,),) = self._ask(
            f"""COPY (
                    SELECT {kept}, problem,
                        CASE WHEN problem IS NOT NULL THEN NULL {" ".join(cells)} END AS cell
                    FROM (SELECT *, CASE WHEN NOT alike THEN '{UNLIKE}' {" ".join(problems)} END AS problem
                        FROM (SELECT *, {typed}
                            FROM (SELECT {trimmed}, alike
                                FROM (SELECT {texts}, {source.alike} AS alike FROM {source.sql})))))
                TO {literal(part)} ({_PART}, ROW_GROUP_SIZE {_ROW_GROUP})""",  # noqa: S608
            source.parameters,
        )
        self._tidy(part)
        self._parts.append(part)
        self._has_visitors |= has_visitors
        return int(count)

    def _tidy(self, part: Path) -> None:
        """Rewrites times in words as `text_code` knows them. That is a statement of its own, for parts that
        have some: its many patterns take 70 ms to prepare, a quarter of the time in which a part is read."""
        text, rows = f"{self._time.field}_text", f"read_parquet({literal(part)})"
        if self._ask(f"SELECT 1 FROM {rows} WHERE NOT is_tidy({text}) LIMIT 1"):  # noqa: S608
            tidied = part.with_suffix(".tidied")
            replaced = f"SELECT * REPLACE (tidied_time({text}) AS {text}) FROM {rows}"  # noqa: S608
            self._ask(f"COPY ({replaced}) TO {literal(tidied)} ({_PART}, ROW_GROUP_SIZE {_ROW_GROUP})")
            tidied.replace(part)

    def problems(self, part: int = -1, upload: Path | None = None) -> Iterator[RowProblem]:
        """Problems of the rows of a part that their own values tell. `upload` is a Parquet file of the same
        rows."""
        return self._problems(part, "problem", "cell", upload)

    def late_problems(self, part: int, upload: Path | None = None) -> Iterator[RowProblem]:
        """Problems of the rows of a part that only the whole column of times tells."""
        if not self.decided.late:
            return iter(())
        late = f"CASE WHEN problem IS NULL THEN {self._late} END"
        if self._time.given_up:
            return self._problems(part, "NULL", f"{late} || ' {self._time.name}'", upload)
        return self._problems(part, late, "NULL", upload)

    def write_parquet(self, path: Path, erased: Collection[str] = ()) -> int:
        """Writes the accepted rows in file order, but those of the people of some erasure ids. Returns how
        many it wrote."""
        fields = ", ".join(map(self._final, self._stored))
        rows = f"SELECT {fields} FROM {self._of_shoppers} WHERE {self._accepted}"  # noqa: S608
        if erased:
            rows = f"""SELECT * FROM ({rows})
                WHERE user_id IS NULL OR NOT list_contains($1, {ERASURE_ID_SQL})"""  # noqa: S608
        ((written,),) = self._ask(
            f"""COPY ({rows}) TO {literal(path)}
                (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE {_ROW_GROUP})""",
            [list(erased)] if erased else [],
        )
        return int(written)

    def close(self) -> None:
        """Releases the scratch database."""
        self._db.close()

    @cached_property
    def decided(self) -> Decided:
        """The decisions on all parts; none may be staged after this."""
        if not self._parts:
            return Decided()
        order, serial = self._order(), self._is_serial()
        rows = self._ask(
            f"""SELECT code % 16, code // 16 // {DAY_S}, count(*)
                FROM (SELECT {self._code(order, serial=serial)} AS code FROM {self._staged}
                      WHERE problem IS NULL)
                WHERE time_problem(code, {self._latest}) IS NULL AND code IS NOT NULL
                GROUP BY ALL ORDER BY 2"""  # noqa: S608
        )
        styles, days, counts = np.array(rows, np.int64).reshape(-1, 3).T
        limits = times.limits_of(days, counts)
        outside = (
            (days * DAY_S < limits.first) | (days * DAY_S >= limits.end) | (days * DAY_S < limits.zero_end)
        )
        by_style = np.bincount(styles, counts, len(times.STYLES)).astype(int).tolist()
        return Decided(
            order,
            serial,
            limits,
            {style: count for style, count in zip(times.STYLES, by_style, strict=True) if count},
            [
                column.name
                for column in self._stored
                if column.kind == "id" and self._all_pointed(column.field)
            ],
            dated_ids={
                column.name: found
                for column in self._stored
                if column.kind == "id" and (found := self._dated(column.field))[0]
            },
            late=bool(outside.any()) or order is not None or serial,
        )

    def _order(self) -> times.Order | None:
        """Order of the dates that are not decided yet; None where there are none."""
        text = f"{self._time.field}_text"
        first, second = (
            f"try_cast(regexp_extract({text}, '^([0-9]{{1,2}})[./-]([0-9]{{1,2}})[./-]', {n}) AS INTEGER)"
            for n in (1, 2)
        )
        ((dates, days, months),) = self._ask(
            f"""SELECT count(*), count(*) FILTER ({first} > 12 AND {second} <= 12),
                    count(*) FILTER ({second} > 12 AND {first} <= 12)
                FROM {self._staged} WHERE problem IS NULL AND {text} IS NOT NULL"""  # noqa: S608
        )
        return times.first_part(days, months) if dates else None

    def _is_serial(self) -> bool:
        """Whether all times that are whole numbers of seconds lie where a spreadsheet's days do."""
        first, end = times.SERIAL_DAYS
        ((low, high),) = self._ask(
            f"""SELECT min({self._time.field} // 16), max({self._time.field} // 16) FROM {self._staged}
                WHERE problem IS NULL AND {self._time.field} % 16 = 0"""  # noqa: S608
        )
        return low is not None and first <= low and high < end

    def _code(self, order: times.Order | None, *, serial: bool) -> str:
        """SQL of a time's code, NULL where there is no time."""
        name = self._time.field
        if serial:
            name = f"CASE WHEN {name} % 16 = 0 THEN serial_code({name} // 16) ELSE {name} END"
        return name if order is None else f"coalesce({name}, text_code({self._time.field}_text, '{order}'))"

    @property
    def _accepted(self) -> str:
        """SQL that is true of the rows that are kept."""
        late = self.decided.late and not self._time.given_up
        return f"problem IS NULL AND ({self._late}) IS NULL" if late else "problem IS NULL"

    @property
    def _late(self) -> str:
        """SQL of the error code of a row that can only be judged once the whole column is known; NULL where
        the row is fine."""
        decided = self.decided
        code, limits = self._code(decided.order, serial=decided.serial), decided.limits
        return f"""coalesce(time_problem({code}, {self._latest}), CASE
            WHEN {code} // 16 < {limits.zero_end} THEN 'zero_timestamp'
            WHEN {code} // 16 NOT BETWEEN {limits.first} AND {limits.end - 1} THEN 'timestamp_far_off' END)"""

    def _final(self, column: Column) -> str:
        value = column.field
        if column.kind == "time":
            value = f"{self._code(self.decided.order, serial=self.decided.serial)} // 16"
            if self.decided.late and column.given_up:
                value = f"CASE WHEN {self._late} IS NULL THEN {value} END"
        elif column.name == "USER_ID" and self.joined_addresses:
            value = f"CASE WHEN lower({value}) IN ({self._addresses}) THEN lower({value}) ELSE {value} END"
        elif column.name in self.decided.pointed_ids:
            value = f"regexp_replace({value}, '\\.0$', '')"
        return f"CAST({value} AS {SQL_TYPES[column.kind]}) AS {column.field}"

    def _all_pointed(self, name: str) -> bool:
        """Whether no id lacks a `.0`, but those of orders that are shoppers of their own, and some have one.
        The first row answers that mostly."""
        other, pointed = (
            f"SELECT 1 FROM {self._staged} WHERE problem IS NULL AND {which} LIMIT 1"  # noqa: S608
            for which in (
                f"NOT regexp_full_match({name}, '{value_rules.POINTED}|{value_rules.NO_SHOPPER}')",
                f"regexp_full_match({name}, '{value_rules.POINTED}')",
            )
        )
        return not self._ask(other) and bool(self._ask(pointed))

    def _dated(self, name: str) -> tuple[int, str]:
        signs = " OR ".join(f"contains({name}, '{sign}')" for sign in DATE_SIGNS)  # quicker than the pattern
        ((count, first),) = self._ask(
            f"""SELECT count(*), min({name}) FROM {self._staged}
                WHERE problem IS NULL AND length({name}) < {_DATE_CHARS} AND ({signs})
                    AND regexp_full_match({name}, $1)""",  # noqa: S608
            [LIKE_A_CHANGED_ID],
        )
        return count, first or ""

    @cached_property
    def types(self) -> Sequence[TypeCounts]:
        """Counts of each type of event in the accepted rows of interactions, the most frequent first."""
        if not self._parts or all(column.name != "EVENT_TYPE" for column in self._columns):
            return []
        log = f"(SELECT event_type, event_value AS value FROM {self._staged} WHERE {self._accepted})"  # noqa: S608
        return type_counts(self._db, log, _MAX_TYPES)

    @cached_property
    def joined_addresses(self) -> int:
        """Number of e-mail addresses of shoppers that accepted rows write in upper and in lower case."""
        if not self._parts:
            return 0
        address = f"{self._accepted} AND contains(user_id, '@') AND user_id <> lower(user_id)"
        if not self._ask(f"SELECT 1 FROM {self._staged} WHERE {address} LIMIT 1"):  # noqa: S608
            return 0
        ((count,),) = self._ask(f"SELECT count(*) FROM ({self._addresses})")  # noqa: S608
        return int(count)

    @property
    def _addresses(self) -> str:
        """SQL of those addresses in lower case."""
        return f"""SELECT lower(user_id) FROM {self._staged}
            WHERE {self._accepted} AND regexp_full_match(user_id, '[^@ ]+@[^@ ]+')
            GROUP BY ALL HAVING min(user_id) <> max(user_id)"""  # noqa: S608

    @cached_property
    def named_visitors(self) -> int:
        """Number of accepted rows of visitors who are known by name in other rows."""
        if not self._has_visitors:
            return 0
        ((count,),) = self._ask(
            f"""SELECT count(*) FROM {self._staged} JOIN {self._known_visitors} ON visitor_id = known
                WHERE {self._accepted} AND (user_id = visitor_id OR {_OF_SESSION}) AND user_id <> name"""  # noqa: S608
        )
        return int(count)

    @property
    def _of_shoppers(self) -> str:
        """SQL of the staged rows, those of a visitor whom other rows call by one name under that name. A
        session without one is called by its number, unless that is also the id of a shopper."""
        if not self._has_visitors:
            return self._staged
        shoppers = (
            f"SELECT user_id FROM {self._staged} WHERE {self._accepted} AND ({_OF_SESSION}) IS NOT TRUE"  # noqa: S608
        )
        number = f"CASE WHEN {_OF_SESSION} AND visitor_id NOT IN ({shoppers}) THEN visitor_id END"
        return f"""(SELECT staged.* REPLACE (coalesce(name, {number}, user_id) AS user_id)
            FROM {self._staged} AS staged LEFT JOIN {self._known_visitors}
                ON visitor_id = known AND (user_id = visitor_id OR {_OF_SESSION}))"""  # noqa: S608

    @property
    def _known_visitors(self) -> str:
        """SQL of the visitors with one name, and that name. Who is called like the visitor is not known by
        name, but for a shopper with the number of a session."""
        sessions = f"SELECT visitor_id FROM {self._staged} WHERE {self._accepted} AND {_OF_SESSION}"  # noqa: S608
        return f"""(SELECT visitor_id AS known, min(user_id) AS name FROM {self._staged}
            WHERE {self._accepted} AND NOT {_OF_SESSION}
                AND (visitor_id <> user_id OR visitor_id IN ({sessions}))
            GROUP BY visitor_id HAVING min(user_id) = max(user_id))"""  # noqa: S608

    @property
    def _staged(self) -> str:
        return f"read_parquet([{', '.join(map(literal, self._parts))}])"

    def _problems(self, part: int, problem: str, cell: str, upload: Path | None) -> Iterator[RowProblem]:
        rows = "" if upload is None else f"read_parquet({literal(upload)}) AS {_ROW} POSITIONAL JOIN"
        found = self._db.execute(
            f"""SELECT part.position, coalesce(part.problem, split_part(part.cell, ' ', 1)),
                    CASE WHEN part.problem IS NULL THEN split_part(part.cell, ' ', 2) ELSE '' END,
                    CAST({f"to_json({_ROW})" if rows else "''"} AS VARCHAR)
                FROM {rows} (SELECT file_row_number AS position, {problem} AS problem, {cell} AS cell
                    FROM read_parquet($1, file_row_number = true)) AS part
                WHERE part.problem IS NOT NULL OR part.cell IS NOT NULL""",  # noqa: S608
            [str(self._parts[part])],
        )
        while batch := found.fetchmany(1_000):
            for position, code, column, row in batch:
                yield RowProblem(position, code, column, row.encode())

    def _ask(self, statement: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        return self._db.execute(statement, parameters).fetchall()
