"""The search page as it is served: its own files, and the sign-in that `auth=jwt` needs."""

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

WEB = Path(__file__).parents[2] / "web"
_SCRIPT = "text/javascript; charset=utf-8"
_TYPES = {".js": _SCRIPT, ".css": "text/css; charset=utf-8"}


@dataclass(frozen=True)
class PageFile:
    """A script or a style of the page."""

    text: str
    media_type: str


@dataclass(frozen=True)
class Page:
    """HTML, the files below `web/` that it loads, and the one other origin it may call."""

    html: str
    files: Mapping[str, PageFile] = field(default_factory=dict)
    signs_in_at: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """The policy by which a browser lets the page do three things: run the page's own files, show
        pictures of the shop wherever they lie, and call its own API and the sign-in's host. Nothing written
        into the HTML is run."""
        policy = (
            f"default-src 'none'; connect-src 'self' {self.signs_in_at}".rstrip()
            + "; img-src 'self' data: https: http:; script-src 'self'; style-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        return {"Content-Security-Policy": policy, "Cache-Control": "no-cache"}


def search_page(sign_in: str = "") -> Page:
    """`sign_in` is the JSON that web/signin.js reads; empty where nobody signs in."""
    text = (WEB / "index.html").read_text(encoding="utf-8")
    files = {
        path.name: PageFile(path.read_text(encoding="utf-8"), _TYPES[path.suffix])
        for path in sorted(WEB.iterdir())
        if path.suffix in _TYPES
    }
    if not sign_in:
        return Page(text, files)
    head = f'<meta name="sign-in" content="{html.escape(sign_in)}">\n<script src="web/signin.js"></script>\n'
    before = '<script type="module"'
    return Page(text.replace(before, head + before, 1), files, json.loads(sign_in)["host"])
