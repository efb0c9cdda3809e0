"""Records of an XML feed (RSS, Atom and others): each is one of the elements that repeat."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl, Locator

import orjson
from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from object2vec.ingest.readers.json_records import JsonRecord
from object2vec.ingest.readers.unpacked import unpacked
from object2vec.ingest.rules import FileError

MAX_RECORD_CHARACTERS = 4 << 20
MAX_XML_DEPTH = 64
_PIECE = 1 << 18
_HEAD_PIECES = 4
_RECORDS: tuple[str, ...] = (
    "item",
    "entry",
    "product",
    "offer",
    "article",
    "artikel",
    "produkt",
    "record",
    "row",
    "prodotto",
)
_RECORDS += ("produit", "producto", "shopitem", "good", "listing", "book", "movie")

LOG_RECORDS: tuple[str, ...] = (
    "order",
    "event",
    "interaction",
    "transaction",
    "purchase",
    "visit",
    "action",
    "sale",
    "rating",
    "bestellung",
    "commande",
    "pedido",
    "ordine",
    "record",
    "row",
)
"""Of logs: the items lie in them."""


def xml_records(path: Path, names: Sequence[str] = _RECORDS) -> Iterator[JsonRecord]:
    """Records in file order, each an element with the first of these `names` that the file has: attributes,
    texts and elements within, an element that comes again as a list; namespaces are left out. Raises
    FileError where the XML ends to be well-formed, or declares entities."""
    name = _record_name(path, names)
    handler = _XmlRecords(name)
    for piece in _fed(path, handler):
        yield from piece


def _record_name(path: Path, names: Sequence[str]) -> str:
    """The element that is a record: one known by its name, else the one that repeats below the root."""
    handler = _Names()
    try:
        for place, _ in enumerate(_fed(path, handler)):
            if place >= _HEAD_PIECES:
                break
    except FileError:
        if not handler.seen:
            raise
    for name in names:
        if name in handler.seen:
            return name
    inner = {name: count for (depth, name), count in handler.counts.items() if depth in (2, 3)}
    if not inner:
        raise FileError("no_records", "The XML holds no element that repeats, such as <item> or <product>.")
    return max(inner, key=lambda name: inner[name])


def _fed(path: Path, handler: "_Names | _XmlRecords") -> Iterator[list[JsonRecord]]:
    parser = DefusedExpatParser(forbid_dtd=False, forbid_entities=True, forbid_external=True)
    parser.setContentHandler(handler)
    handler.setDocumentLocator(parser)
    try:
        for piece in unpacked(path, _PIECE):
            parser.feed(piece)
            yield handler.taken()
        parser.close()
        yield handler.taken()
    except DefusedXmlException as error:
        raise FileError(
            "xml_entities", "The XML declares entities of its own, which are not read; export it without."
        ) from error
    except FileError:
        yield handler.taken()
        raise
    except (SAXParseException, SAXException) as error:
        yield handler.taken()
        line = error.getLineNumber() if isinstance(error, SAXParseException) else 0
        raise FileError(
            "broken_xml",
            f"The XML is not well-formed after line {line}: {error.getMessage()}. What came before is kept.",
        ) from error


class _Names(ContentHandler):
    def __init__(self) -> None:
        super().__init__()
        self.counts = Counter[tuple[int, str]]()
        self._depth = 0

    @property
    def seen(self) -> set[str]:
        """Names, in lower case."""
        return {name for _, name in self.counts}

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802, ARG002
        self._depth += 1
        self.counts[self._depth, _local(name)] += 1

    def endElement(self, name: str) -> None:  # noqa: N802, ARG002
        self._depth -= 1

    def taken(self) -> list[JsonRecord]:
        return []


class _XmlRecords(ContentHandler):
    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._ready: list[JsonRecord] = []
        self._open: list[tuple[str, dict[str, object], list[str]]] = []
        self._line, self._size, self._depth = 0, 0, 0
        self._locator: Locator | None = None

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802
        self._locator = locator

    def taken(self) -> list[JsonRecord]:
        ready, self._ready = self._ready, []
        return ready

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802
        self._depth += 1
        if self._depth > MAX_XML_DEPTH:
            raise SAXException(f"elements lie more than {MAX_XML_DEPTH} deep")
        local = _local(name)
        if not self._open:
            if local != self._name:
                return
            self._line = (self._locator.getLineNumber() or 0) if self._locator is not None else 0
            self._size = 0
        attributes: dict[str, object] = {_local(key): value for key, value in attrs.items()}
        self._open.append((local, attributes, []))
        self._count(len(name) + sum(map(len, attrs.values())))

    def characters(self, content: str) -> None:
        if self._open:
            self._count(len(content))
            self._open[-1][2].append(content)

    def _count(self, characters: int) -> None:
        self._size += characters
        if self._size > MAX_RECORD_CHARACTERS:
            raise SAXException(f"the record that begins on line {self._line} does not end")

    def endElement(self, name: str) -> None:  # noqa: N802, ARG002
        self._depth -= 1
        if not self._open:
            return
        local, inner, texts = self._open.pop()
        text = "".join(texts).strip()
        if not self._open:
            self._ready.append(JsonRecord(self._line, orjson.dumps(inner), inner, ""))
            return
        value: object = text
        if inner:
            value = inner if not text else {**inner, "value": text}
            if set(inner) == {"href"} or (not text and "href" in inner):
                value = inner["href"]
        _put(self._open[-1][1], local, value)


def _put(record: dict[str, object], name: str, value: object) -> None:
    if value == "":
        return
    if name not in record:
        record[name] = value
        return
    before = record[name]
    if isinstance(before, list):
        before.append(value)
    else:
        record[name] = [before, value]


def _local(name: str) -> str:
    return name.rsplit(":", 1)[-1].lower()
