"""The documentation: links and anchors exist, every page is found, messages it quotes are in the code."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from tools.docs_site import OUTSIDE, on_page_content, on_page_markdown, pages_of

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
READ = [*PAGES, ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
RECORD_WORDS = 320


def text_of(page: Path) -> str:
    """Text of a page without blocks of code, in which nothing is a link or a heading."""
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def links_of(page: Path) -> list[tuple[Path, str]]:
    """Target and anchor of every link into the repository."""
    found = [link for link in LINK.findall(text_of(page)) if not re.match(r"https?:", link)]
    parts = [link.partition("#") for link in found]
    return [((page.parent / path).resolve() if path else page, anchor) for path, _, anchor in parts]


def anchors_of(page: Path) -> set[str]:
    """Anchors of a page, as GitHub and MkDocs make them of headings."""
    headings = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def named(pages: list[Path]) -> list[str]:
    return [page.relative_to(ROOT).as_posix() for page in pages]


@pytest.mark.parametrize("page", READ, ids=named(READ))
def test_links_and_anchors_exist(page):
    wrong = [
        f"{target.name}#{anchor}"
        for target, anchor in links_of(page)
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors_of(target))
    ]
    assert wrong == []


def test_every_page_is_reached_from_the_start():
    reached, waiting = set(), [DOCS / "index.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached:
            reached.add(page)
            waiting += [target for target, _ in links_of(page) if target.suffix == ".md" and target.exists()]
    assert named(sorted(set(PAGES) - reached)) == []


def test_the_first_questions_of_five_people_lead_to_their_page_from_the_start():
    asked = (DOCS / "index.md").read_text(encoding="utf-8").partition("## Questions people ask first")[2]
    people = dict(part.split("\n", 1) for part in asked.split("### ")[1:])
    who = ["Shop owner", "Merchandiser", "Data scientist", "Platform engineer", "Data protection officer"]
    assert list(people) == who
    for questions in people.values():
        lines = [line for line in questions.splitlines() if line]
        assert len(lines) > 4
        assert all(re.match(r"\* .+\? .*\[.+\]\(.+\)", line) for line in lines)


def test_the_site_shows_a_bar_within_a_cell_and_lets_keys_scroll_code():
    html = "<table><td><code>by=all\\|text</code></td></table><pre><code class=x>a\\|b</code></pre>"
    shown = (
        '<table><td><code>by=all|text</code></td></table><pre><code tabindex="0" class=x>a\\|b</code></pre>'
    )
    assert on_page_content(html) == shown


def test_every_page_is_in_the_navigation():
    def targets(entries: list) -> list[str]:
        values = [value for entry in entries for value in entry.values()]
        return [t for value in values for t in (targets(value) if isinstance(value, list) else [value])]

    nav = targets(yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"])
    shown = {page for t in nav for page in ([f"{t}{n}" for n in pages_of(t)] if t.endswith("/") else [t])}
    outside = {place for place in OUTSIDE.values() if place.endswith(".md")}
    assert shown == {page.relative_to(DOCS).as_posix() for page in PAGES} | outside


def shown_on(place: str, text: str) -> str:
    """A text as the site shows it on one of its pages."""
    return on_page_markdown(text, page=SimpleNamespace(file=SimpleNamespace(src_uri=place)))


def test_links_lead_from_page_to_page_of_the_site_wherever_their_files_lie():
    of_readme = (
        "![It](docs/images/page.gif) [the API](docs/api.md#items), [results](benchmarks/results/README.md)"
    )
    assert shown_on("overview.md", of_readme) == (
        "![It](images/page.gif) [the API](api.md#items), [results](benchmarks/index.md)"
    )
    assert (
        shown_on("lab/index.md", "[numbers](../../README.md#numbers)") == "[numbers](../overview.md#numbers)"
    )
    assert shown_on("benchmarks/index.md", "![bars](ratings.svg)") == "![bars](ratings.svg)"
    code = "```sh\n[ $x ](gone.md)\n```"
    assert shown_on("index.md", code) == code


def test_the_site_names_files_outside_of_it_and_refuses_those_that_are_not_there():
    text = "[the reader](../../object2vec/storage/item_log.py), [ADR 2](0002-release-manifest.md)"
    shown = shown_on("adr/0001-item-log.md", text)
    assert shown == "the reader (`object2vec/storage/item_log.py`), [ADR 2](0002-release-manifest.md)"
    with pytest.raises(FileNotFoundError, match=r"gone\.py"):
        shown_on("adr/0001-item-log.md", "[it](../../gone.py)")


RECORDS = sorted((DOCS / "adr").glob("0*.md"))


@pytest.mark.parametrize("record", RECORDS, ids=named(RECORDS))
def test_a_decision_record_is_half_a_page_with_three_parts(record):
    text = record.read_text(encoding="utf-8")
    assert len(text.split()) <= RECORD_WORDS, "move its measurements to docs/lab"
    lines = text.splitlines()
    assert lines[0].startswith(f"# {int(record.name[:4])}. ")
    parts = [line for line in lines if line.startswith("## ")]
    assert parts == ["## Context", "## Decision", "## Consequence"]


def test_decision_records_have_numbers_of_their_own_and_are_listed():
    numbers = [record.name[:4] for record in RECORDS]
    assert len(set(numbers)) == len(numbers)
    assert {target for target, _ in links_of(DOCS / "adr/index.md")} >= set(RECORDS)


def test_messages_in_troubleshooting_are_those_of_the_code():
    folders = ("object2vec", "lambdas", "local", "stacks", "tools")
    sources = [
        path.read_text(encoding="utf-8") for folder in folders for path in (ROOT / folder).rglob("*.py")
    ]
    code = re.sub(r'"\s*\n\s*f?r?"', "", "\n".join(sources))
    page = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")
    cells = [row.split("|")[1] for row in page.splitlines() if row.startswith("| `")]
    quoted = [text for cell in cells for text in re.findall(r"`([^`]+)`", cell)]
    assert len(quoted) > 20
    foreign = {"libgomp.so.1: cannot open shared object file", "spark failed with a non-zero exit code"}
    missing = [text for text in quoted if text not in foreign and text.partition(": true")[0] not in code]
    assert missing == []


def test_files_in_the_architecture_exist():
    names = re.findall(r"`([\w/.]+/[\w.]*)`", (DOCS / "architecture.md").read_text(encoding="utf-8"))
    kept = {"releases/live.json"}  # in the store
    missing = {n for n in names if not (ROOT / n).exists() and not (ROOT / "object2vec" / n).exists()}
    assert missing == kept


def test_pages_that_comments_name_exist():
    folders = ("object2vec", "lambdas", "local", "stacks", "tools", "e2e", "benchmarks")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    named_pages = {n for f in files for n in re.findall(r"docs/[\w/.-]+\.md", f.read_text(encoding="utf-8"))}
    assert len(named_pages) > 5
    assert {name for name in named_pages if not (ROOT / name).is_file()} == set()
