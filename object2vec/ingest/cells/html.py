"""The text of HTML: no tags, entities, comments or scripts; blocks and line breaks become line ends."""

import re
from html import unescape

from selectolax.lexbor import LexborHTMLParser

_MARKUP = re.compile(r"<(?:[a-zA-Z/!?][^>]*)>?|&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")
_BLOCKS = re.compile(
    r"<(?=/?(?:p|div|br|li|ul|ol|h[1-6]|tr|table|section|article|dd|dt|hr|td|th)\b)", re.IGNORECASE
)
_NO_TEXT = ["script", "style", "template", "noscript", "head", "title", "iframe", "svg"]


def is_html(text: str) -> bool:
    """Whether a text holds a tag, a comment or an entity."""
    return ("<" in text or "&" in text) and _MARKUP.search(text) is not None


def to_text(text: str) -> str:
    """The text that a reader sees."""
    if not is_html(text):
        return text.strip()
    if "<" not in text:
        plain = _SPACES.sub(" ", unescape(text)).strip()
        return to_text(plain) if is_html(plain) else plain  # escaped twice, as feeds do
    tree = LexborHTMLParser(_BLOCKS.sub("\n<", text))
    for name in _NO_TEXT:
        for node in tree.css(name):
            node.decompose()
    seen = tree.body.text(separator="") if tree.body is not None else ""
    seen = unescape(seen) if "&" in seen and is_html(seen) else seen
    return _LINES.sub("\n", _SPACES.sub(" ", seen)).strip()
