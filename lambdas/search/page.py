"""The search page as it is served: alone, or with the sign-in that `auth=jwt` needs."""

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

WEB = Path(__file__).parents[2] / "web"


@dataclass(frozen=True)
class Page:
    """HTML, and the one other origin it may call."""

    html: str
    signs_in_at: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """What a browser lets the page do: run the code that is in it, told by its hashes, and call its own
        API and the sign-in's host."""
        policy = (
            f"default-src 'none'; connect-src 'self' {self.signs_in_at}".rstrip() + "; img-src data:; "
            f"script-src {_hashes(self.html, 'script')}; style-src {_hashes(self.html, 'style')}; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        return {"Content-Security-Policy": policy, "Cache-Control": "no-cache"}


def _hashes(html: str, element: str) -> str:
    """https://www.w3.org/TR/CSP3/#external-hash: of the text between the tags, as it is served."""
    texts = re.findall(rf"<{element}>(.*?)</{element}>", html, re.DOTALL)
    digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts)
    return " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"


def search_page(sign_in: str = "") -> Page:
    """`sign_in` is the JSON that web/signin.js reads as SIGN_IN; empty where nobody signs in."""
    html = (WEB / "index.html").read_text(encoding="utf-8")
    if not sign_in:
        return Page(html)
    script = (WEB / "signin.js").read_text(encoding="utf-8")
    data = sign_in.replace("<", "\\u003c")  # JSON's own escape: no value can end the script element
    inline = f"<script>const SIGN_IN = {data};\n{script}</script>"
    return Page(html.replace("</head>", f"{inline}</head>", 1), json.loads(sign_in)["host"])
