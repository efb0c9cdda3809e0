"""From batches of columns to changes of the catalogue, by a layout and what the whole columns hold."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from object2vec.core.catalog import REVIEWS, VECTOR, CatalogItem
from object2vec.core.identifiers import MAX_ID
from object2vec.ingest.catalog_rows import VectorLength, check_special, parse_label
from object2vec.ingest.cells import convert, numbers
from object2vec.ingest.cells.convert import Decision, decide
from object2vec.ingest.cells.html import to_text
from object2vec.ingest.cells.profile import Profile, most_common
from object2vec.ingest.cells.words import BOOLEANS, availability, is_missing
from object2vec.ingest.exports.families import GROUP, ITEM
from object2vec.ingest.exports.headings import currency_in
from object2vec.ingest.exports.layout import DELETED, DESCRIPTION, ID, PRICE, TEXT, TITLE, ExportLayout
from object2vec.ingest.exports.mapping import FileMapping
from object2vec.ingest.readers.batches import RowBatch
from object2vec.ingest.rejects import Rejects
from object2vec.ingest.report import Report, ReportField
from object2vec.ingest.rules import MAX_FIELDS, MAX_TEXT, RowError
from object2vec.storage.item_log import Change, Removed

Numbered = tuple[int, Change]
Cells = Sequence[object]

_RUINED = re.compile(r"\d(?:[.,]\d+)?E\+\d{2,3}", re.IGNORECASE)
_SHORT_WORDS = ("brand", "category")
_TAKEN = (ID, TEXT, DELETED)


class CatalogTable:
    """Learns all batches first, so that the order of rows decides nothing, and converts them then."""

    def __init__(self, layout: ExportLayout, mapping: FileMapping, report: Report, rejects: Rejects) -> None:
        self.layout = layout
        self._mapping = mapping
        self._report = report
        self._rejects = rejects
        self._decisions: dict[str, Decision] = {}
        self._currency = ""
        self._added: Sequence[str] = ()

    def settle(self, profiles: Mapping[str, Profile], added: Iterable[str] = ()) -> None:
        """Decides how each column is read, and writes it into the report. `added` are columns of a family."""
        self._added = list(added)
        roles = {column: role for role, columns in self.layout.roles.items() for column in columns}
        usual = self._usual_sign(profiles)
        for column in [*roles, *self.layout.fields]:
            role = roles.get(column, "")
            profile = profiles.get(column, Profile())
            decision = self._decide(column, role, profile, usual)
            self._decisions[column] = decision
            self._report.notes += [f"`{column}`: {note}" for note in decision.notes]
        self._currency = self._mapping.currency or self._said_currency(profiles)
        self._report_fields()
        for column in self.layout.roles[ID]:
            self._report_ids(column, profiles.get(column, Profile()))

    def changes(self, batch: RowBatch, length: VectorLength) -> Iterator[Numbered]:
        """The valid changes; the other rows go to the rejects."""
        refused = [(row.line, row.code, row.raw) for row in batch.bad]
        found: list[Numbered] = []
        if len(batch):
            labels, texts, deleted = self._labels(batch), self._texts(batch), self._column(batch, DELETED)
            names, columns = self._metadata(batch)
            metadata = _records(names, columns, len(batch))
            plain = deleted[0] is None and REVIEWS not in names and VECTOR not in names
            if plain and _are_plain(labels, texts, deleted) and len(names) <= MAX_FIELDS:
                found = list(zip(batch.lines, map(CatalogItem, labels, texts, metadata), strict=True))  # type: ignore[arg-type]
            else:
                for place, line in enumerate(batch.lines):
                    try:
                        change = self._change(
                            labels[place], deleted[place], texts[place], metadata[place], line
                        )
                        if isinstance(change, CatalogItem):
                            length.checked(change)
                    except RowError as error:
                        refused.append((line, error.code, batch.verbatim(place)))
                        continue
                    found.append((line, change))
        for line, code, raw in sorted(refused):
            self._rejects.add(code, line, raw)
        yield from found

    def _change(
        self, label: object, deleted: object, text: object, metadata: dict[str, object], line: int
    ) -> Change:
        label = self._checked_label(label)
        if deleted not in (None, "") and _is_true(deleted):
            return Removed(label)
        if len(metadata) > MAX_FIELDS:
            self._give_up(line, "too_many_fields", "every column", label)
            metadata = dict(list(metadata.items())[:MAX_FIELDS])
        check_special(metadata)
        if text is None:
            text = self._words_of(metadata)
        return CatalogItem(label, self._checked_text(text), metadata)

    def _checked_label(self, label: object) -> str:
        if isinstance(label, str) and not self.layout.own:
            label = label.strip()
        found = parse_label(label)
        if _RUINED.fullmatch(found):
            raise RowError("ruined_label")
        return found

    def _checked_text(self, text: object) -> str:
        if not isinstance(text, str):
            raise RowError("missing_text" if self.layout.own else "missing_title")
        if len(text) > MAX_TEXT:
            if self.layout.own:
                raise RowError("text_too_long")
            return text[:MAX_TEXT]
        return text

    def _words_of(self, metadata: Mapping[str, object]) -> str | None:
        """Of an item without title and description: what its short words say."""
        if self.layout.own:
            return None
        said = [metadata.get("brand"), metadata.get("categories") or metadata.get("category")]
        words = ", ".join(convert.as_text(one) for one in said if one)
        if not words:
            words = ", ".join(value for value in metadata.values() if isinstance(value, str))[:MAX_TEXT]
        return words or None

    def _labels(self, batch: RowBatch) -> Cells:
        if ITEM in batch.columns and not self._mapping.fields.get(ID):
            return batch.column(ITEM)
        columns = [batch.column(name) for name in self.layout.roles[ID]]
        return (
            columns[0] if len(columns) == 1 else [_joined(cells, "-") for cells in zip(*columns, strict=True)]
        )

    def _texts(self, batch: RowBatch) -> Cells:
        """The text of each item; None where neither text, title nor description say anything."""
        text = self._column(batch, TEXT)
        if self.layout.own:
            return ["" if cell is None else cell for cell in text]
        title, description = self._column(batch, TITLE), self._column(batch, DESCRIPTION)
        return [
            whole or _joined((head, more), "\n")
            for whole, head, more in zip(text, title, description, strict=True)
        ]

    def _column(self, batch: RowBatch, role: str) -> Cells:
        """The values of a role, of several columns joined."""
        columns = [self._values(batch, column) for column in self.layout.roles.get(role, ())]
        if not columns:
            return [None] * len(batch)
        return (
            columns[0] if len(columns) == 1 else [_joined(cells, " ") for cells in zip(*columns, strict=True)]
        )

    def _values(self, batch: RowBatch, column: str) -> Cells:
        decision = self._decisions[column]

        def give_up(place: int, code: str, cell: object) -> None:
            self._give_up(batch.lines[place], code, column, cell)

        return convert.values(batch.column(column), decision, give_up)

    def _metadata(self, batch: RowBatch) -> tuple[list[str], list[Cells]]:
        """Names of fields and their values, those without any left out."""
        found: dict[str, Cells] = {}
        for role in self.layout.roles:
            if role in _TAKEN:
                continue
            if role == "category":
                found |= self._categories(batch)
            elif role == PRICE:
                found |= self._prices(batch)
            elif role == "image":
                found |= self._images(batch)
            elif role == "availability":
                values = self._column(batch, role)
                found[role] = [None if value is None else availability(value) for value in values]
            else:
                found[role] = self._column(batch, role)
        if GROUP in batch.columns and "group" not in self.layout.roles:
            found["group"] = batch.column(GROUP)
        for column, name in self.layout.fields.items():
            if self._decisions[column].type != "empty":
                found.setdefault(name, self._values(batch, column))
        for name in self._added:
            if name in batch.columns:
                field = name if name not in found else f"{name} (option)"
                found[field] = [None if cell == "" else cell for cell in batch.column(name)]
        used = {name: values for name, values in found.items() if not _is_blank(values)}
        return list(used), list(used.values())

    def _prices(self, batch: RowBatch) -> dict[str, Cells]:
        (column, *_) = self.layout.roles[PRICE]
        cells = batch.column(column)
        if any(isinstance(cell, list) for cell in cells):
            cells = [next(iter(cell), None) if isinstance(cell, list) else cell for cell in cells]
            batch = replace(batch, columns={**batch.columns, column: cells})
        found: dict[str, Cells] = {PRICE: self._values(batch, column)}
        if self._currency and "currency" not in self.layout.roles and not self.layout.own:
            said = [numbers.currency(cell) if isinstance(cell, str) else "" for cell in cells]
            found["currency"] = [
                None if price is None else code or self._currency
                for price, code in zip(found[PRICE], said, strict=True)
            ]
        return found

    def _images(self, batch: RowBatch) -> dict[str, Cells]:
        cells = [_urls(cell) for cell in self._gathered(batch, "image")]
        firsts = [urls[0] if urls else None for urls in cells]
        more = [urls if len(urls) > 1 else None for urls in cells]
        return {"image": firsts, "images": more}

    def _categories(self, batch: RowBatch) -> dict[str, Cells]:
        known: dict[str, tuple[object, object]] = {}
        leaves: list[object] = []
        nodes: list[object] = []
        for cell in self._gathered(batch, "category"):
            key = repr(cell)
            if key not in known:
                known[key] = self._category(cell)
            leaf, several = known[key]
            leaves.append(leaf)
            nodes.append(several)
        return {"category": leaves, "categories": nodes}

    def _gathered(self, batch: RowBatch, role: str) -> Cells:
        """The cells of a role as they are; of several columns in a list."""
        columns = [batch.column(name) for name in self.layout.roles[role]]
        return columns[0] if len(columns) == 1 else [list(cells) for cells in zip(*columns, strict=True)]

    def _category(self, cell: object) -> tuple[object, object]:
        """The category itself, and all of its levels where there are more."""
        paths = [path for text in self._paths(cell) if (path := self._levels(text))]
        if not paths:
            return None, None
        leaf = max(paths, key=len)[-1]
        every = list(dict.fromkeys(level for path in paths for level in path))
        return leaf[:MAX_TEXT], every if len(every) > 1 else None

    def _paths(self, cell: object) -> list[list[str]]:
        if cell is None or cell == "":
            return []
        if isinstance(cell, list):
            if cell and all(isinstance(one, list) for one in cell):
                return [[convert.as_text(level) for level in path] for path in cell]
            texts = [convert.as_text(one) for one in cell if one not in (None, "")]
            if self.layout.recognised.startswith("Amazon review"):
                return [texts]
            return [[text] for text in texts]
        text = convert.as_text(cell)
        if is_missing(text):
            return []
        pieces = [text]
        if self.layout.several:
            pieces = re.split(rf"(?<!\\){re.escape(self.layout.several)}", text)
        elif {*self.layout.roles["category"]} & self.layout.lists.keys():
            pieces = text.split("|")
        return [[piece.replace("\\,", ",")] for piece in pieces if piece.strip()]

    def _levels(self, path: list[str]) -> list[str]:
        levels = [level.strip() for text in path for level in text.split(self.layout.path)]
        levels = [to_text(level) for level in levels if level]
        return levels[1:] if levels and levels[0] == self.layout.root and len(levels) > 1 else levels

    def _decide(self, column: str, role: str, profile: Profile, usual: str) -> Decision:
        field = role or self.layout.fields.get(column, column)
        mapping = self._mapping
        if field in mapping.lists:
            return Decision("list", separator=mapping.lists[field])
        if time_format := mapping.time_format_of(field):
            return decide(profile, time_format=time_format)
        if column in self.layout.times:
            return Decision("date", epoch=True, with_time=True)
        if role and role not in (PRICE, "availability", DELETED):
            return Decision("text", html=role in (TITLE, DESCRIPTION) and not self.layout.own)
        price = role == PRICE or (self.layout.own and column == PRICE)
        decision = decide(
            profile,
            usual_sign=usual,
            decimal=mapping.decimal,
            price=price,
            as_text=column in self.layout.codes or role == DELETED,
            separator=self.layout.lists.get(column, ""),
        )
        said = mapping.time_format if isinstance(mapping.time_format, str) else ""
        if said and decision.type in ("text", "date") and profile.kinds["date"] > profile.filled / 2:
            return decide(profile, time_format=said)
        return decision

    def _usual_sign(self, profiles: Mapping[str, Profile]) -> str:
        """The decimal sign that the columns use which tell it; without any, what goes with the separator."""
        if self._mapping.decimal:
            return self._mapping.decimal
        comma = sum(profile.signs[","] > profile.signs["."] for profile in profiles.values())
        point = sum(profile.signs["."] > profile.signs[","] for profile in profiles.values())
        if comma != point:
            return "," if comma > point else "."
        return "," if self._report.read_as.get("separator") == "semicolon" else "."

    def _said_currency(self, profiles: Mapping[str, Profile]) -> str:
        if PRICE not in self.layout.roles:
            return ""
        (column, *_) = self.layout.roles[PRICE]
        return most_common(profiles.get(column, Profile()).currencies) or currency_in(column)

    def _report_fields(self) -> None:
        report = self._report
        report.recognised = self.layout.recognised
        report.unused = dict(self.layout.unused)
        report.notes += self.layout.notes
        names = {ID: "label"}
        for role, columns in self.layout.roles.items():
            kind = "list" if role == "categories" else self._decisions[columns[0]].type
            report.fields.append(ReportField(names.get(role, role), list(columns), kind))
            if role not in _TAKEN:
                report.column_types[role] = kind
        for column, name in self.layout.fields.items():
            kind = self._decisions[column].type
            report.column_types[name] = kind
            if kind == "empty":
                report.unused[column] = "empty in every row"
            else:
                report.fields.append(ReportField(name, [column], kind))
        for name in self._added:
            report.fields.append(ReportField(name, ["options and attributes"], "text"))
        if not self.layout.own and TEXT not in self.layout.roles:
            made = [role for role in (TITLE, DESCRIPTION) if role in self.layout.roles]
            report.fields.append(
                ReportField(
                    TEXT, made or [role for role in _SHORT_WORDS if role in self.layout.roles], "text"
                )
            )
            if not made:
                report.notes.append(
                    "No column is a title or a description: the text is what brand and category say."
                )
        report.ignored_columns = sorted(report.unused)

    def _report_ids(self, column: str, profile: Profile) -> None:
        if profile.zero_widths:
            width = max(profile.zero_widths, key=lambda size: (profile.zero_widths[size], size))
            short = sum(count for size, count in profile.widths.items() if size < width)
            if short:
                self._report.notes.append(
                    f"{short:,} of the ids in `{column}` have fewer than {width} digits, while others begin "
                    "with zeros: a spreadsheet may have taken theirs away. They are loaded as they are; "
                    "export again with the column as text if your shop calls these items otherwise."
                )
        if 0 < profile.kinds["date"] < profile.filled / 2:
            self._report.notes.append(
                f"{profile.kinds['date']:,} of the ids in `{column}` look like dates: a spreadsheet may have "
                "changed them (3-1 becomes 1 March). They are loaded as they are."
            )

    def _give_up(self, line: int, code: str, column: str, cell: object) -> None:
        self._report.give_up(column, code, line, convert.as_text(cell).encode("utf-8", "replace"))


def _records(names: Sequence[str], columns: Sequence[Cells], count: int) -> list[dict[str, object]]:
    """The metadata of each row, without what it does not have."""
    if not columns:
        return [{} for _ in range(count)]
    if not any(None in values for values in columns):
        return [dict(zip(names, values)) for values in zip(*columns)]  # noqa: B905  `strict` costs a fifth
    return [
        {name: value for name, value in zip(names, values) if value is not None}  # noqa: B905
        for values in zip(*columns)  # noqa: B905
    ]


def _are_plain(labels: Cells, texts: Cells, deleted: Cells) -> bool:
    """Whether nothing in a batch needs a second look: all ids are letters and digits, all texts short."""
    if any(cell is not None and cell != "" for cell in deleted) or {
        *map(type, labels),
        *map(type, texts),
    } != {str}:
        return False
    ids: Sequence[str] = labels  # type: ignore[assignment]
    longest = max(map(len, texts)), max(map(len, ids))  # type: ignore[arg-type]
    return longest[0] <= MAX_TEXT and longest[1] <= MAX_ID and all(map(str.isalnum, ids))


def _joined(cells: Iterable[object], sign: str) -> str | None:
    texts = [text for cell in cells if (text := convert.as_text(cell).strip())]
    return sign.join(dict.fromkeys(texts)) or None


def _is_true(cell: object) -> bool:
    if isinstance(cell, bool):
        return cell
    said = BOOLEANS.get(str(cell).strip().lower(), {"1": True, "0": False}.get(str(cell).strip()))
    if said is None:
        raise RowError("bad_deleted")
    return said


def _urls(cell: object) -> list[str]:
    if cell is None or cell == "":
        return []
    if isinstance(cell, list):
        return [url for one in cell for url in _urls(one)]
    text = str(cell).strip()
    if " " not in text and "," not in text and "|" not in text:
        return [text]
    return [piece for piece in re.split(r"\s*[|\s]\s*|,\s*(?=https?:|//)|,\s+", text) if piece]


def _is_blank(values: Cells) -> bool:
    return all(value is None for value in values)
