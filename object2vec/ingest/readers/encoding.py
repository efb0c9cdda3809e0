"""Which encoding a text upload has, and the same text in UTF-8 with line feeds."""

import codecs
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from charset_normalizer import from_bytes

from object2vec.ingest.readers.unpacked import GZIP, unpacked
from object2vec.ingest.rules import FileError

HEAD_BYTES = 1 << 18
"""Bytes of a file's beginning that tell its line ends and its dialect."""
UTF8_BOM = codecs.BOM_UTF8

_PIECE = 1 << 20
_LEAST_UTF16 = 6  # bytes of a first line
_SAMPLE_BYTES = 1 << 16
_MARKS = {  # UTF-32 first: its mark begins with that of UTF-16
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
    codecs.BOM_UTF8: "utf-8",
}
_OTHERS = ["cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp932", "gb18030", "big5"]
_OTHERS += ["euc_kr", "euc_jp", "mac_roman", "cp874"]
_LETTERS = {
    "cp1252": "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜßàáâãäåæçèéêëìíîïñòóôõöøùúûüÿŒœ",
    "mac_roman": "ÀÃÄÅÆÇÉÑÕÖØÜßàáâãäåæçèéêëìíîïñòóôõöøùúûüÿŒœ",
    "cp850": "äöüßÄÖÜéèêëàáâåçíìîïñóòôøúùûÿæÆÅÉÇÑØ",
    "cp1250": "ĄĆĘŁŃÓŚŹŻąćęłńóśźżÁČĎÉĚÍŇŘŠŤÚŮÝŽáčďéěíňřšťúůýžÄÖÜßäöüőűŐŰĽľĹĺŔŕÔôÂâ",
    "cp1254": "ÇĞİÖŞÜçğıöşüÂâÎîÛû",
}
"""What files of these code pages hold beside ASCII, tried in this order: the same bytes are other letters
elsewhere."""
_COMMON = {
    "cp1251": "оеаинтсрвлкмдпчйы",
    "koi8_r": "оеаинтсрвлкмдпчйы",
    "cp866": "оеаинтсрвлкмдпчйы",
    "cp1253": "αοιετσνηυρπκμλςωάίέόή",
    "cp1255": "יוהלארתבשמנדקחםן",
    "cp1256": "ايلمنورتبسعدهةفكق",
}
"""The commonest letters of scripts that are not Latin; the code page that is met most often first."""
_SCRIPTS = {"cp1252": ("cp1251", "koi8_r", "cp1253", "cp1255", "cp1256"), "cp866": ("cp866",)}
"""Code pages of other scripts, by the one in which their words are words; that of DOS, in which Russian
Windows names the files of an archive, has half of its letters where Windows-1252 has signs."""
_DRAWN = re.compile("[\u2500-\u259f]")
"""Lines and blocks, which code pages of DOS have where those of Asia have letters."""
_FOREIGN_WORD = re.compile(r"(?<![^\W_])[^\W\d_\x00-\x7f]{3,}(?![^\W_])")
"""Three letters or more, none of them in ASCII: no language of the Latin script has many of those."""
_HEBREW, _HIGH = re.compile(rb"[\x00-\x7f\x91-\x94\xa0\xd3\xd4\xe0-\xfa]*"), re.compile(rb"[\xe0-\xfa]")
"""Where Hebrew has its letters Russian has small ones, but neither its capitals nor all of those."""
_SURE_LETTERS = 60
_TURNED = re.compile("(?<=[а-яёα-ωά-ώ])[А-ЯЁΑ-Ω]")  # noqa: RUF001
"""A capital behind a small letter, as KOI8 read as Windows and the other way round has many."""
_SHOUTED = re.compile(r"(?<!\w)[А-ЯЁΑ-Ω]{2,}(?!\w)")  # noqa: RUF001
"""Words in capitals alone, of which many catalogues consist."""
_SHARE_OF_COMMON, _NEARLY = 0.55, 0.1
_OF_NO_SHOP = re.compile("[\u0180-\u0217\u021c-\u036f]")
"""Letters of phonetics and of few languages: `É®` written once would read as one."""
_SIGNS = "€£§°²³½¼¾©®™±×·«»–—‘’‚“”„…•¡¿´"  # noqa: RUF001  as they stand in the files
_MISREAD = re.compile(
    r"[^\W\d_][°²³½¼¾©®±¡¿§\u2013\u2014\u2026\u2022][^\W\d_]|[a-zß-ÿ][À-ÖØ-Þ]|[^\W\d_][³¹¿]|â.[âü]"
)
"""A sign or a capital within a word: the letters of another code page. `âëâôâv` is the Japanese `ランプ`."""
_SELDOM_WITHIN = re.compile(
    r"[^\W\d_](?:„|[\xd7\u201a”™][^\W\d_])|\b[A-Z][À-ÖØ-Þ][a-zß-ÿ]|[^\W\d_l]·[^\W\d_]"
)
"""What words have within them now and then (`client·e`): the same where it is most of what is not ASCII."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the bytes of a text file are to be read."""

    codec: str = "utf-8"
    """Python's name."""
    guessed: bool = False
    """Whether the encoding was guessed from the letters: nothing in the file names it."""
    twice: bool = False
    """Whether the text was read as Windows-1252 once, and written as UTF-8 again: `MÃ¼sli`."""
    mark: bytes = b""
    """The byte order mark at the beginning."""
    line_ends: str = "\n"

    @property
    def title(self) -> str:
        """Name of the encoding for people."""
        name = {"cp1252": "Windows-1252", "utf-8": "UTF-8", "mac_roman": "Mac Roman"}.get(self.codec)
        name = name or self.codec.upper().replace("_", "-")
        if self.twice:
            return f"{name} twice (each letter was written as two; read as it was meant)"
        return f"{name} (recognised by its letters)" if self.guessed else name


def encoding_of(path: Path, *, guess: bool = False) -> Encoding:
    """Encoding by the mark at a file's beginning, or the NULs of UTF-16. With `guess`, a file in which
    nothing beyond ASCII is UTF-8 is taken for what its letters look like; otherwise its rows are UTF-8 or
    refused one by one. Raises FileError for an empty file."""
    start = _start(path)
    mark = next((mark for mark in _MARKS if start.startswith(mark)), b"")
    codec = _MARKS[mark] if mark else by_nulls(start)
    guessed = ""
    if not mark and codec == "utf-8" and guess:
        guessed = _guessed(path)
    twice = guess and not guessed and codec == "utf-8" and _is_twice(start)
    return Encoding(guessed or codec, bool(guessed), twice, mark, _line_ends(start, codec))


def utf8(path: Path, encoding: Encoding, size: int = _PIECE) -> Iterator[bytes]:
    """The text in pieces of UTF-8, without a mark. What is no text in the file's encoding stays invalid, so
    that its row is refused. Raises FileError as `unpacked`."""
    pieces = _without(encoding.mark, unpacked(path, size))
    if encoding.codec != "utf-8":
        pieces = _recoded(pieces, encoding.codec)
    if encoding.twice:
        pieces = map(b"".join, map(_once_each, _whole_lines(pieces)))
    if encoding.line_ends == "\r":
        pieces = (piece.replace(b"\r", b"\n") for piece in pieces)
    return filter(None, pieces)


def head_of(path: Path, encoding: Encoding) -> bytes:
    """The first `HEAD_BYTES` or so, in UTF-8, whole lines where it has any."""
    head = b""
    with suppress(FileError):  # where the file breaks off is for the reading to say
        for piece in utf8(path, encoding, HEAD_BYTES):
            head += piece
            if len(head) > HEAD_BYTES:
                return head[: head.rfind(b"\n") + 1] or head
    return head


def _start(path: Path) -> bytes:
    with suppress(StopIteration):  # not a byte
        start = next(unpacked(path, HEAD_BYTES))
        if start.startswith(GZIP):
            raise FileError("not_text", "The file was compressed twice; compress it once.")
        if start.removeprefix(UTF8_BOM).strip():
            return start
    raise FileError("empty_file", "The file is empty; upload one that holds rows.")


def by_nulls(start: bytes) -> str:
    """`utf-16-le` or `utf-16-be` for what begins as such, else `utf-8`: without a mark, UTF-16 has a NUL in
    nearly every second byte of its first line."""
    line = start[:1000].split(b"\n\0" if b"\n\0" in start else b"\n", 1)[0]
    even, odd = line[0::2], line[1::2]
    shares = [part.count(b"\0") / max(1, len(part)) for part in (even, odd)]
    if len(line) < _LEAST_UTF16 or max(shares) < 0.5 or min(shares) > 0.1:
        return "utf-8"
    return "utf-16-be" if shares[0] > shares[1] else "utf-16-le"


def _line_ends(start: bytes, codec: str) -> str:
    text = start.replace(b"\0", b"") if codec.startswith("utf-") else start
    if b"\n" in text:
        return "\r\n" if b"\r\n" in text else "\n"
    return "\r" if b"\r" in text.rstrip() else "\n"


def _guessed(path: Path) -> str:
    """The codec, '' for UTF-8: any line beyond ASCII that is UTF-8 settles it."""
    sample = b""
    with suppress(FileError):  # as in `head_of`
        for piece in _whole_lines(unpacked(path, _PIECE)):
            if piece.isascii():
                continue
            lines = [line for line in piece.splitlines() if not line.isascii()]
            if any(map(is_utf8, lines)):
                return ""
            sample += b"\n".join(lines)
            if len(sample) > _SAMPLE_BYTES:
                break
    return code_page_of(sample[:_SAMPLE_BYTES]) if sample else ""


def code_page_of(sample: bytes) -> str:
    """The code page in which these bytes, that are not UTF-8, are most likely words: the more of them the
    surer."""
    for seen_in, scripts in _SCRIPTS.items():
        text = sample.decode(seen_in, "replace")
        is_foreign = 2 * sum(map(len, _FOREIGN_WORD.findall(text))) > sum(byte > 0x7F for byte in sample)
        if is_foreign and not _DRAWN.search(text) and (codec := _of_script(sample, scripts)):
            return codec
    for codec, letters in _LETTERS.items():
        text = sample.decode(codec, "replace")
        beyond = [char for char in text if char > "\x7f" and not char.isspace()]
        is_misread = _MISREAD.search(text) or 2 * len(_SELDOM_WITHIN.findall(text)) > len(beyond)
        if {*beyond} <= {*letters, *_SIGNS} and not is_misread:
            return codec
    best = from_bytes(sample, cp_isolation=_OTHERS).best()
    return best.encoding if best is not None else "cp1252"


def _of_script(sample: bytes, pages: Sequence[str]) -> str:
    """The code page in which most letters beyond ASCII are common ones of its script, '' for none. Small
    letters count twice, since KOI8 has them where Windows has capitals; of two that are nearly as likely the
    more usual one is taken."""
    shares = {}
    for codec in pages:
        letters, text = _COMMON[codec], sample.decode(codec, "replace")
        shouted = "".join(_SHOUTED.findall(text))
        beyond = [char for char in text if char > "\x7f" and char not in _SIGNS]
        common = sum(char in letters for char in beyond) + sum(char.lower() in letters for char in beyond)
        common += sum(char.lower() in letters for char in shouted) - 2 * len(_TURNED.findall(text))
        shares[codec] = common / max(1, 2 * len(beyond))
    likeliest = max(shares, key=lambda codec: shares[codec])
    if likeliest == "cp1255" and _HEBREW.fullmatch(sample) and len(_HIGH.findall(sample)) >= _SURE_LETTERS:
        return likeliest
    nearly = max(shares[likeliest] - _NEARLY, _SHARE_OF_COMMON)
    return next((codec for codec, share in shares.items() if share > nearly), "")


def _is_twice(start: bytes) -> bool:
    """Whether most lines beyond ASCII are such."""
    lines = [line for line in start.splitlines()[:-1] or [start] if not line.isascii()]
    return bool(lines) and 2 * sum(_once(line) != line for line in lines) > len(lines)


def _once(line: bytes) -> bytes:
    """The line that was written as UTF-8 twice; another one as it is."""
    try:
        once = line.decode().encode("cp1252", "c1")
        text = once.decode()
    except UnicodeError:
        return line
    return line if _OF_NO_SHOP.search(text) else once


def _c1(error: UnicodeError) -> tuple[bytes, int]:
    """The five bytes that Windows-1252 leaves out stand for themselves."""
    assert isinstance(error, UnicodeEncodeError)
    char = error.object[error.start]
    if not "\x80" <= char <= "\x9f":
        raise error
    return char.encode("latin-1"), error.start + 1


codecs.register_error("c1", _c1)


def _once_each(lines: bytes) -> list[bytes]:
    return [line if line.isascii() else _once(line) for line in lines.splitlines(keepends=True)]


def _whole_lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        end = max(piece.rfind(b"\n"), piece.rfind(b"\r")) + 1
        if not end:
            rest += piece
            continue
        yield rest + piece[:end]
        rest = piece[end:]
    yield rest


def is_utf8(data: bytes) -> bool:
    """Whether the bytes are UTF-8, as a whole."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _without(mark: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    first = next(pieces, b"")
    return chain([first.removeprefix(mark)], pieces) if first else pieces


def _recoded(pieces: Iterator[bytes], codec: str) -> Iterator[bytes]:
    errors = "replace" if codec.startswith("utf-") else "surrogateescape"
    decoder = codecs.getincrementaldecoder(codec)(errors)
    for piece in pieces:
        yield decoder.decode(piece).encode("utf-8", "surrogateescape")
    yield decoder.decode(b"", final=True).encode("utf-8", "surrogateescape")
