"""The fields of a log row on a line of JSON Lines, as text for the common check."""

from object2vec.ingest.catalog_rows import parse_json
from object2vec.ingest.log_check import FIELD
from object2vec.ingest.log_schema import Column, LogSchema
from object2vec.ingest.readers.csv_rows import SEPARATORS
from object2vec.ingest.rules import RowError

_MAY_BE_FLOAT = ("time", "number", "grade")


class JsonFields:
    """Remembers the spellings of field names it has met, so that a row costs one look-up."""

    def __init__(self, schema: LogSchema) -> None:
        self._schema = schema
        self._layouts: dict[tuple[str, ...], tuple[str | None, ...]] = {}
        self._ignored: set[str] = set()

    @property
    def ignored(self) -> list[str]:
        """Names of fields that nothing reads."""
        return sorted(self._ignored)

    def parse(self, raw: bytes) -> str:
        """The values in the order of the schema, joined by `FIELD`, empty where absent. Raises RowError."""
        record = parse_json(raw)
        layout = self.layout(tuple(record))
        values = [record[name] if name is not None else "" for name in layout]
        try:
            text = FIELD.join(values)  # type: ignore[arg-type]  # mostly texts: the others raise
        except TypeError:
            text = FIELD.join(map(_as_text, self._schema.columns, values))
        as_joined = text.count(FIELD) == len(values) - 1
        if not as_joined or any(char in text for char in SEPARATORS if char != FIELD):
            raise RowError("control_character")
        return text

    def layout(self, names: tuple[str, ...]) -> tuple[str | None, ...]:
        """What a row with these field names calls each column. Raises RowError if two names are one."""
        return self._layouts.get(names) or self._learn(names)

    def _learn(self, names: tuple[str, ...]) -> tuple[str | None, ...]:
        known = [name for name in names if name.upper() in self._schema.names]
        spelling = {name.upper(): name for name in known}
        if len(spelling) < len(known):
            raise RowError("duplicate_field")
        self._ignored.update(set(names).difference(known))
        layout = tuple(spelling.get(column) for column in self._schema.names)
        self._layouts[names] = layout
        return layout


def _as_text(column: Column, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    whole = isinstance(value, int) and not isinstance(value, bool)
    if whole or (isinstance(value, float) and column.kind in _MAY_BE_FLOAT):
        return repr(value)
    raise RowError(f"bad_{column.problem}")
