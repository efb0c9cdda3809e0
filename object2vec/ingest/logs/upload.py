"""Reads an upload of shopper logs (interactions, search queries) into a `LogCheck`, a block at a time."""

import csv
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from object2vec.core.event_weights import USUAL, meanings_of, type_sentence
from object2vec.core.wording import counted
from object2vec.ingest.cells.dates import dated_ids
from object2vec.ingest.logs.check import UNLIKE, LogCheck, RowProblem, Source
from object2vec.ingest.logs.chunks import Chunk, OddRow, Table, TextLog
from object2vec.ingest.logs.columnar import ParquetLog
from object2vec.ingest.logs.columns import ShopperLogColumns
from object2vec.ingest.logs.fast_lines import LineLayout
from object2vec.ingest.logs.headings import why_unused
from object2vec.ingest.logs.json_lines import JsonLog
from object2vec.ingest.logs.schema import LogSchema
from object2vec.ingest.logs.tables import CsvLog
from object2vec.ingest.logs.times import SKEW_S
from object2vec.ingest.logs.unfolding import FlatFile, Unfolding
from object2vec.ingest.mapping import NOTHING_SAID, FileMapping
from object2vec.ingest.rejects import Rejects
from object2vec.ingest.report import Report
from object2vec.ingest.rules import ROW_PROBLEMS, FileError

_LONGEST = 20_000  # characters: no rule lets a longer value pass, so that the rest of one does not matter


class LogReader:
    """Feeds one upload to its check; what is refused goes to `rejects`."""

    def __init__(
        self,
        schema: LogSchema,
        scratch: Path,
        report: Report,
        rejects: Rejects,
        mapping: FileMapping = NOTHING_SAID,
    ) -> None:
        self._schema = schema
        self._mapping = mapping
        self._flat: FlatFile | None = None
        self._scratch = scratch
        self._report = report
        self._rejects = rejects
        self._parts: list[int] = []  # of each chunk
        self.check = LogCheck(schema, scratch, int(time.time()) + SKEW_S)

    def read(self, path: Path, kind: str) -> None:
        """Reads the whole file of kind `jsonl`, `csv` or `parquet`. Raises FileError; rows before the break
        have been taken by then."""
        unfolding = Unfolding(path, self._schema, self._mapping, self._scratch, self._report, self._rejects)
        self._flat = unfolding.flat(kind)
        if self._flat is not None:
            path, kind = self._flat.path, self._flat.kind
            as_it_was: dict[str, object] = {"encoding": None, "separator": "", "header": []}
            if kind == "jsonl" and self._flat.fields:
                as_it_was |= {"fields": {}, "ignore": []}
            self._mapping = self._mapping.model_copy(update=as_it_was)
        elif kind == "parquet":
            self._read_parquet(path)
            return
        if self._flat is None or path.stat().st_size:
            self._read_text(path, kind)
        if self._flat is not None and self._flat.broken is not None:
            raise self._flat.broken

    def _read_text(self, path: Path, kind: str) -> None:
        make = CsvLog if kind == "csv" else JsonLog
        log: TextLog = make(path, self._schema, self._mapping)
        if kind == "csv":  # of JSON each row says what it lacks
            self._require(log.columns, log.names)
        self._rejects.header = log.header
        self._report.read_as = dict(self._flat.read_as) if self._flat else log.read_as
        try:
            for chunk in log.chunks():
                self._take(chunk, log)
        except FileError:
            self._settle(log)
            raise
        self._settle(log)

    def _take(self, chunk: Chunk, log: TextLog) -> None:
        fast = chunk.fast_lines
        refused: list[tuple[int, int, RowProblem]] = []
        odd = chunk.odd
        self._parts.append(0)
        if len(fast):
            block = self._scratch / "block"
            block.write_bytes(chunk.fast_text)
            count = self.check.stage(chunk.table.source(block))
            if count != len(fast):
                raise AssertionError(f"DuckDB read {count} of {len(fast)} lines")
            self._keep(fast, np.ones_like(fast))
            found = [*self.check.problems()]
            refused += [(int(fast[one.position]), 1, one) for one in found if one.code != UNLIKE]
            unlike = [int(fast[one.position]) for one in found if one.code == UNLIKE]
            odd = sorted([*odd, *(log.read(line, chunk.raw(line)) for line in unlike)])
            self._report.rows_read += len(fast) - len(unlike)
        self._report.rows_read += len(odd)
        refused += [(row.line, row.lines, RowProblem(0, row.problem, "")) for row in odd if row.problem]
        if good := [row for row in odd if not row.problem]:
            self.check.stage(_one_by_one(good, self._schema, self._scratch / "block"))
            self._keep([row.line for row in good], [row.lines for row in good])
            refused += [
                (good[one.position].line, good[one.position].lines, one) for one in self.check.problems()
            ]
        for line, lines, problem in sorted(refused):
            self._refuse(problem, line, chunk.raw(line, lines))

    def _keep(
        self, lines: Sequence[int] | NDArray[np.int64], counts: Sequence[int] | NDArray[np.int64]
    ) -> None:
        """Remembers where the rows of the last part stand."""
        np.save(self._scratch / f"lines{sum(self._parts)}.npy", np.array([lines, counts], np.int64))
        self._parts[-1] += 1

    def _settle(self, log: TextLog) -> None:
        """Refuses what only the whole file tells, and reports what was found."""
        if self.check.decided.late:
            part = 0
            for count, chunk in zip(self._parts, log.chunks(), strict=False):
                for _ in range(count):
                    lines, counts = np.load(self._scratch / f"lines{part}.npy")
                    for problem in self.check.late_problems(part):
                        line = int(lines[problem.position])
                        self._refuse(problem, line, chunk.raw(line, int(counts[problem.position])))
                    part += 1
        self._tell(log.columns, log.names)

    def _refuse(self, problem: RowProblem, line: int, raw: bytes) -> None:
        """`line` is that of the file that is read."""
        line = self._flat.line(line) if self._flat else line
        if problem.column:
            self._report.give_up(problem.column, problem.code, line, raw)
        else:
            self._rejects.add(problem.code, line, raw)

    def _read_parquet(self, path: Path) -> None:
        log = ParquetLog(path, self._schema, self._mapping)
        self._require(log.columns, log.names)
        log.require_types(self._schema)
        self._report.rows_read = log.stage(self.check)
        for problems in (self.check.problems, self.check.late_problems):
            for problem in problems(0, path):
                self._refuse(problem, problem.position + 1, problem.row)
        self._tell(log.columns, log.names)

    def _require(self, columns: ShopperLogColumns, names: Sequence[str]) -> None:
        """Tells the report which columns were found. Raises FileError where one is missing."""
        self._report.fields = columns.fields(self._schema, names)
        columns.require(self._schema, names)

    def _tell(self, columns: ShopperLogColumns, names: Sequence[str]) -> None:
        """Tells the report what the file was taken for and what was found in it."""
        report, decided = self._report, self.check.decided
        flat = self._flat
        report.recognised = flat.title if flat and flat.title else columns.title
        if flat and flat.fields:
            report.fields = [*flat.fields]
            read = {name for one in flat.fields for name in one.columns}
            used = read | {name.replace("[]", "").split(".")[0] for name in read}
            report.unused = {name: why_unused(name) for name in flat.names if name not in used}
        else:
            report.fields = columns.fields(self._schema, names)
            report.unused = columns.unused(names)
        report.ignored_columns = [*report.unused]
        report.event_types = {one.event_type: one.events for one in self.check.types if one.event_type}
        report.times = dict(decided.time_styles)
        meanings = meanings_of(self.check.types, USUAL).by_type
        report.weights = [type_sentence(one, meanings[one.event_type]) for one in self.check.types]
        report.notes += [
            f"Every {column} ended in .0, as whole numbers do in a table with gaps; they are read without it."
            for column in decided.pointed_ids
        ]
        if many := self.check.named_visitors:
            report.notes.append(
                f"{counted(many, 'row names', 'rows name')} a visitor alone whom other rows call by name:"
                " taken as that shopper's."
            )
        if many := self.check.joined_addresses:
            report.notes.append(
                f"{counted(many, 'e-mail address differs', 'e-mail addresses differ')} in upper and lower"
                " case alone: each is one shopper, in lower case."
            )
        report.notes += [dated_ids(column, *found) for column, found in decided.dated_ids.items()]
        if decided.order == "unknown" and "ambiguous_date" in report.reasons:
            report.notes.append(ROW_PROBLEMS["ambiguous_date"])


def _one_by_one(rows: Sequence[OddRow], schema: LogSchema, path: Path) -> Source:
    """Rows that were read for themselves, written again as a table without anything odd."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerows([value[:_LONGEST] for value in row.values] for row in rows)
    table = Table(
        LineLayout(b",", len(schema.columns), quoted=True),
        {name: f"c{place}" for place, name in enumerate(schema.names)},
    )
    return table.source(path, clean=False)
