"""Hooks of MkDocs for `make docs` (https://www.mkdocs.org/user-guide/configuration/#hooks).

A folder in the navigation stands for its pages, so that a new decision record needs no line there. The site
also has the pages outside `docs/` that a reader is sent to (`OUTSIDE`). Links to other files of the
repository become the file's name. A link to a file that does not exist ends the build.
"""

import os
import re
from collections.abc import MutableMapping
from pathlib import Path, PurePosixPath
from typing import Any

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
RESULTS = ROOT / "benchmarks/results"
OUTSIDE = {
    ROOT / "README.md": "overview.md",
    ROOT / "CONTRIBUTING.md": "contributing.md",
    ROOT / "CHANGELOG.md": "changelog.md",
    RESULTS / "README.md": "benchmarks/index.md",
    ROOT / "web/embed.js": "examples/embed.js",  # which the sample page beside it loads
    **{picture: f"benchmarks/{picture.name}" for picture in sorted(RESULTS.glob("*.svg"))},
}
"""Files outside of `docs/` that the site has, and where."""
_LINK = re.compile(r"\[([^\]]+)\]\((?!\w+:)([^)#\s]+)(#[^)\s]*)?\)")
_CELL = re.compile(r"<td.*?</td>", re.DOTALL)
_CODE = re.compile(r"(^```.*?^```)", re.DOTALL | re.MULTILINE)


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


def on_files(files: Any, *, config: Any) -> Any:
    """Adds the pages and pictures outside of `docs/`."""
    from mkdocs.structure.files import File  # type: ignore[import-not-found]  # in an environment of its own

    for source, place in OUTSIDE.items():
        files.append(File.generated(config, place, abs_src_path=str(source)))
    return files


def on_page_content(html: str, **_: Any) -> str:
    """The page with blocks of code that keys can scroll. A bar in a table's code is written `\\|`, which this
    Markdown shows as it is."""
    html = _CELL.sub(lambda cell: cell[0].replace("\\|", "|"), html)
    return html.replace("<pre><code", '<pre><code tabindex="0"')


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """The page with links as the site has them: to its other pages, and for a file that it does not hold, the
    plain name. Raises FileNotFoundError."""
    place = PurePosixPath(page.file.src_uri)
    source = next((path for path, of in OUTSIDE.items() if of == str(place)), DOCS / place)

    def linked(link: re.Match[str]) -> str:
        target = (source.parent / link[2]).resolve()
        if not target.exists():
            raise FileNotFoundError(f"{source.relative_to(ROOT)} links to {link[2]}, which does not exist")
        inside = target.relative_to(DOCS).as_posix() if target.is_relative_to(DOCS) else OUTSIDE.get(target)
        if inside is None:
            return f"{link[1]} (`{target.relative_to(ROOT).as_posix()}`)"
        return f"[{link[1]}]({os.path.relpath(inside, place.parent)}{link[3] or ''})"

    parts = _CODE.split(markdown)
    return "".join(part if part.startswith("```") else _LINK.sub(linked, part) for part in parts)
