"""Hooks of MkDocs for `make docs` (https://www.mkdocs.org/user-guide/configuration/#hooks).

A folder in the navigation stands for its pages, so that a new decision record needs no line there. Links to
files of the repository outside `docs/` become the file's name: the site does not hold them. A link to a file
that does not exist ends the build.
"""

import re
from collections.abc import MutableMapping
from pathlib import Path, PurePosixPath
from typing import Any

DOCS = Path(__file__).parents[1] / "docs"
_LINK = re.compile(r"\[([^\]]+)\]\(((?:\.\./)+[^)#]+)(#[^)]*)?\)")


def on_config(config: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replaces each folder of the navigation by its pages, `index.md` first."""
    config["nav"] = [_expanded(entry) for entry in config["nav"]]
    return config


def _expanded(entry: dict[str, Any]) -> dict[str, Any]:
    ((title, target),) = entry.items()
    if not isinstance(target, str) or not target.endswith("/"):
        return entry
    return {title: [f"{target}{name}" for name in pages_of(target)]}


def pages_of(folder: str) -> list[str]:
    """The names of a folder's pages in reading order."""
    names = sorted(path.name for path in (DOCS / folder).glob("*.md"))
    return sorted(names, key=lambda name: name != "index.md")


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """The page with links out of `docs/` as plain names. Raises FileNotFoundError."""
    folder = DOCS / PurePosixPath(page.file.src_uri).parent

    def named(link: re.Match[str]) -> str:
        target = (folder / link[2]).resolve()
        if target.is_relative_to(DOCS):
            return link[0]
        if not target.exists():
            raise FileNotFoundError(f"{page.file.src_uri} links to {link[2]}, which does not exist")
        name = target.relative_to(DOCS.parent).as_posix()
        return f"{link[1]} (`{name}`)"

    return _LINK.sub(named, markdown)
