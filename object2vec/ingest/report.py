"""The report beside every upload: what was read, what was refused and why, and where the rest went."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import orjson

from object2vec.core.keys import REPORTS, beside
from object2vec.core.wording import counted
from object2vec.ingest.mapping import MAPPING_KEY
from object2vec.ingest.rules import CELL_PROBLEMS, LEFT_OUT, ROW_PROBLEMS, SEPARATOR
from object2vec.storage import NotFoundError, ObjectStore, put_over

MAX_LINES = 20
MAX_EXAMPLES = 3
MAX_NAMED = 10
"""Ignored columns that a summary names."""
EXAMPLE_CHARACTERS = 500
_EARLIER_NAMES = {"superseded": "duplicate_ids", "superseded_lines": "duplicate_id_lines"}
"""Fields of stored reports as earlier versions called them."""


@dataclass(slots=True)
class Reason:
    """Rows refused for one reason: how many, the first line numbers, the first few verbatim
    (cut after `EXAMPLE_CHARACTERS`; the quarantine has them whole)."""

    message: str
    count: int = 0
    lines: list[int] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)

    def add(self, line: int, raw: bytes) -> None:
        """Counts one row."""
        self.count += 1
        if len(self.lines) < MAX_LINES:
            self.lines.append(line)
        if len(self.examples) < MAX_EXAMPLES:
            self.examples.append(
                raw[: 4 * EXAMPLE_CHARACTERS].decode(errors="replace").rstrip("\r\n")[:EXAMPLE_CHARACTERS]
            )


@dataclass(slots=True)
class ReportField:
    """A field of the stored rows, and the columns of the file that it is made of."""

    name: str
    columns: list[str]
    type: str = ""
    """`text`, `number`, `boolean`, `date` (ISO 8601 text), `list` or `empty`."""


@dataclass(slots=True)
class Report:
    """Rows read = accepted + rejected + duplicate ids (valid, but a later row of the file has the same id) +
    merged (rows that are a part of another row's item: a picture, a parent of variants) + those left out.

    `problem` says why the file as a whole could not be read; rows before the place where it broke count.
    `outputs` names what now holds the accepted rows.
    """

    key: str
    etag: str = ""
    uploaded: float = 0.0
    """Time when the upload was written, seconds since 1970; 0 in reports of before files owned rows."""
    sequencer: str = ""
    deleted: bool = False
    """The upload is gone, and its rows with it."""
    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    """Rows by how this version differs from the one before."""
    holds: int | None = None
    """Number of rows of a log's file that are in effect, which may be those of the version before."""
    rows_read: int = 0
    accepted: int = 0
    rejected: int = 0
    duplicate_ids: int = 0
    merged: int = 0
    recognised: str = ""
    """System whose export the file is taken for."""
    read_as: dict[str, str] = field(default_factory=dict)
    """Encoding, separator and the like, each with what was found."""
    notes: list[str] = field(default_factory=list)
    """Sentences that a person should know, and may decide otherwise."""
    fields: list[ReportField] = field(default_factory=list)
    unused: dict[str, str] = field(default_factory=dict)
    """Columns that are not stored, with the reason."""
    cells: dict[str, dict[str, Reason]] = field(default_factory=dict)
    """Cells that were given up although their row was kept, by column and code of `CELL_PROBLEMS`."""
    left_out: dict[str, Reason] = field(default_factory=dict)
    """Rows of a log that are valid and have no effect on any item, by code of `LEFT_OUT`."""
    event_types: dict[str, int] = field(default_factory=dict)
    """Accepted rows of a log, by type of event."""
    weights: list[str] = field(default_factory=list)
    """Weight of the events of each type, of interactions, unless the setting `event_weights` says
    otherwise."""
    times: dict[str, int] = field(default_factory=dict)
    """Ways in which the times of a log are written, and how many."""
    mapping: str = ""
    """Digest of what `uploads/mapping.json` said about the file when it was read, `""` for nothing."""
    problem: dict[str, str] | None = None
    reasons: dict[str, Reason] = field(default_factory=dict)
    duplicate_id_lines: list[int] = field(default_factory=list)
    ignored_columns: list[str] = field(default_factory=list)
    column_types: dict[str, str] = field(default_factory=dict)
    outputs: list[str] = field(default_factory=list)
    quarantine: str | None = None
    seconds: float = 0.0

    def reject(self, code: str, line: int, raw: bytes) -> None:
        """Counts one rejected row under a code of `ROW_PROBLEMS`."""
        self.rejected += 1
        if code not in self.reasons:
            self.reasons[code] = Reason(self._why(code))
        self.reasons[code].add(line, raw)

    def _why(self, code: str) -> str:
        """The sentence of a rule, about the file as it is written."""
        sign = self.read_as.get("separator", "")
        return ROW_PROBLEMS[code].replace(SEPARATOR, f"a {sign}" if sign else SEPARATOR)

    def leave_out(self, code: str, line: int, raw: bytes) -> None:
        """Counts one row that is read and left out under a code of `LEFT_OUT`."""
        self.rows_read += 1
        self.left_out.setdefault(code, Reason(LEFT_OUT[code])).add(line, raw)

    def leave_out_erased(self, rows: int) -> None:
        """Counts rows, read already, of people who were erased: without examples, which would name them."""
        if rows:
            self.left_out["erased"] = Reason(LEFT_OUT["erased"], rows)
            self.accepted -= rows

    @property
    def left(self) -> int:
        """Number of rows that are left out."""
        return sum(reason.count for reason in self.left_out.values())

    def give_up(self, column: str, code: str, line: int, cell: bytes) -> None:
        """Counts one cell that was given up under a code of either table of rules; its row is kept."""
        codes = self.cells.setdefault(column, {})
        codes.setdefault(code, Reason(CELL_PROBLEMS.get(code) or ROW_PROBLEMS[code])).add(line, cell)

    def renumber(self, number: Callable[[int], int]) -> None:
        """Gives rows other numbers, in place of those of the lines that they were read from."""
        by_column = [reason for codes in self.cells.values() for reason in codes.values()]
        for reason in (*self.reasons.values(), *self.left_out.values(), *by_column):
            reason.lines = [*map(number, reason.lines)]
        self.duplicate_id_lines = [*map(number, self.duplicate_id_lines)]

    def advice(self) -> str:
        """The sentence of what most rows were refused for, and where the rest is said; '' where none were."""
        if not self.rejected:
            return ""
        reason = max(self.reasons.values(), key=lambda reason: reason.count)
        example = f", {reason.examples[0][:80]!r} for example" if reason.examples else ""
        lines = ", ".join(map(str, reason.lines[:3]))
        where = report_key(self.key)
        return f"{reason.message} ({counted(reason.count, 'row')}, line {lines}{example}; all in {where})"

    def summary(self) -> str:
        """One line for a log or a terminal."""
        if self.deleted:
            return f"{self.key}: deleted, {counted(self.removed, 'row')} removed"
        if self.key == MAPPING_KEY and not self.problem:
            return f"{self.key}: read; it says {self.recognised}"
        if self.problem and not self.rows_read:
            return f"{self.key}: not read: {self.problem['message']}"
        parts = [f"{counted(self.rows_read, 'row')} read", f"{self.accepted:,} accepted"]
        if self.changed or self.removed or self.unchanged:
            parts.append(
                f"{self.added:,} added, {self.changed:,} changed, {self.removed:,} removed, "
                f"{self.unchanged:,} unchanged"
            )
        if self.duplicate_ids:
            parts.append(f"{self.duplicate_ids:,} with the id of a later row")
        if self.merged:
            parts.append(f"{self.merged:,} merged into their variants")
        if self.rejected:
            why = ", ".join(f"{code} {reason.count:,}" for code, reason in sorted(self.reasons.items()))
            parts.append(f"{self.rejected:,} rejected ({why}; see {self.quarantine})")
        if self.left_out:
            why = ", ".join(f"{code} {reason.count:,}" for code, reason in sorted(self.left_out.items()))
            parts.append(f"{self.left:,} left out ({why})")
        if self.ignored_columns:
            named, more = self.ignored_columns[:MAX_NAMED], len(self.ignored_columns) - MAX_NAMED
            others = f" and {more:,} more" if more > 0 else ""
            parts.append(f"ignored columns: {', '.join(named)}{others}")
        if self.problem:
            parts.append(f"stopped: {self.problem['message']}")
        return f"{self.key}: {', '.join(parts)} in {self.seconds:.1f} s"


def report_key(key: str) -> str:
    """Key of the report of an upload."""
    return beside(key, REPORTS, ".json")


def save_report(store: ObjectStore, report: Report, over: str | None = None) -> None:
    """Writes the report over an earlier one of the same upload key; with `over` only over the one of that
    etag, or with `""` only where there is none. Raises ConflictError."""
    key, data = report_key(report.key), orjson.dumps(asdict(report), option=orjson.OPT_INDENT_2)
    if over is None:
        store.put(key, data)
    else:
        put_over(store, key, data, over)


def load_report(store: ObjectStore, key: str) -> Report | None:
    """The latest report of an upload, None if there is none, or none that can be read."""
    return load_versioned(store, key)[0]


def load_versioned(store: ObjectStore, key: str) -> tuple[Report | None, str]:
    """The latest report and its etag, `""` if there is none. A damaged one says nothing: the upload is read
    again, and gets a new one."""
    try:
        data, etag = store.get_versioned(report_key(key))
    except NotFoundError:
        return None, ""
    try:
        return _parsed(orjson.loads(data)), etag
    except (ValueError, TypeError, KeyError, AttributeError):
        return None, etag


def _parsed(saved: dict[str, Any]) -> Report:
    for earlier, now in _EARLIER_NAMES.items():
        if earlier in saved:
            saved[now] = saved.pop(earlier)
    saved["reasons"] = _reasons(saved["reasons"])
    saved["left_out"] = _reasons(saved.get("left_out", {}))
    saved["cells"] = {column: _reasons(codes) for column, codes in saved.get("cells", {}).items()}
    saved["fields"] = [ReportField(**entry) for entry in saved.get("fields", [])]
    known = {field.name for field in fields(Report)}
    return Report(**{name: value for name, value in saved.items() if name in known})


def _reasons(saved: Mapping[str, dict[str, Any]]) -> dict[str, Reason]:
    return {code: Reason(**reason) for code, reason in saved.items()}
