"""The formats of uploads: which endings a name has, and how the rows are read. A new format is an entry here
and the reader that it names."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from object2vec.ingest.readers.archive import ARCHIVE, only_file
from object2vec.ingest.readers.json_records import JsonRecord
from object2vec.ingest.readers.parquet import ParquetFile
from object2vec.ingest.readers.xml_records import xml_records
from object2vec.ingest.rules import FileError


@dataclass(frozen=True, slots=True)
class UploadFormat:
    """One way to write rows down. `endings` are those of every kind of upload, `catalog_endings` of
    catalogues alone."""

    kind: str
    title: str
    endings: tuple[str, ...] = ()
    catalog_endings: tuple[str, ...] = ()
    packed: bool = True
    """Also with `.gz` at its end, or as the one file of a `.zip`."""
    kept_as: str = ""
    """The ending of the file that rejected rows are kept in, where they are no lines of the upload itself."""
    records: Callable[[Path], Iterator[JsonRecord]] | None = None
    """Reads the rows of a catalogue. None for text, which is looked at first: a `.txt` may hold JSON."""

    def names(self, *, catalog: bool) -> tuple[str, ...]:
        """The endings, those of packed files among them."""
        endings = self.endings + (self.catalog_endings if catalog else ())
        return endings + tuple(f"{ending}.gz" for ending in endings if self.packed)


FORMATS = (
    UploadFormat("jsonl", "JSON", (".jsonl", ".json", ".ndjson"), (".jsonld",)),
    UploadFormat("csv", "table", (".csv", ".tsv", ".txt", ".dat", ".data"), (".item",)),
    UploadFormat(
        "parquet",
        "Parquet",
        (".parquet",),
        packed=False,
        kept_as=".jsonl",
        records=lambda path: ParquetFile(path).catalog_records(),
    ),
    UploadFormat("xml", "XML", (".xml",), (".rss", ".atom"), kept_as=".jsonl", records=xml_records),
    UploadFormat("workbook", "Excel workbook", (".xlsx", ".xlsm"), packed=False, kept_as=".csv"),
)
XML = next(form for form in FORMATS if form.kind == "xml")
"""Format of text that turns out to be XML."""
WORKBOOK = next(form for form in FORMATS if form.kind == "workbook")
"""Rewritten as a table before anything reads it."""
_OTHER_SHEETS = (".xls", ".xlsb", ".ods", ".numbers")


LONGEST_ENDING = 40
"""Characters of an ending that a temporary file has too: no format has a longer one."""


def ending_of(key: str) -> str:
    """Ending of a name, in lower case: `.csv` or `.csv.gz`, say."""
    suffixes = Path(key.lower()).suffixes
    return "".join(suffixes[-2:]) if suffixes[-1:] == [".gz"] else "".join(suffixes[-1:])


def format_of(key: str, *, catalog: bool = True) -> UploadFormat | None:
    """Format by the ending of a name; None where it is unknown, or that of an archive."""
    ending = ending_of(key)
    return next((form for form in FORMATS if ending in form.names(catalog=catalog)), None)


def require_known(key: str, *, catalog: bool) -> None:
    """Raises FileError where nothing reads files of this ending."""
    if ending_of(key) in _OTHER_SHEETS:
        raise FileError("unknown_format", "Spreadsheets are read as .xlsx or CSV; save it as one of these.")
    if ending_of(key) != ARCHIVE and format_of(key, catalog=catalog) is None:
        raise _unknown(catalog)


def format_at(key: str, path: Path, *, catalog: bool) -> UploadFormat:
    """The format of the upload at `path`; of an archive, that of the file in it. Raises FileError."""
    packed = ending_of(key) == ARCHIVE
    name = only_file(path) if packed else key
    form = format_of(name, catalog=catalog)
    if form is None:
        raise _unknown(catalog)
    if packed and not form.packed:
        raise FileError(
            "unknown_format", f"{name} is compressed as it is; upload it by itself, without the archive."
        )
    return form


def _unknown(catalog: bool) -> FileError:
    endings = [ending for form in FORMATS for ending in form.names(catalog=catalog)]
    return FileError(
        "unknown_format", f"The name must end in {', '.join([*endings, ARCHIVE])}; convert the file."
    )
