"""Plays the examples of docs/api.md and renews their answers: `python -m tools.api_examples [--check]`.

They are those of the sample shop as `make demo` leaves it, and they change its items, events and rules: play
them on a fresh copy of its folder, served by `python -m local serve`. `--check` writes nothing: it names the
examples whose answers have other keys or another status than the page shows, and README commands that fail.
"""

import argparse
import getopt
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "api.md"
README = ROOT / "README.md"
ADDRESS = "localhost:8080"
"""Address of the API in the documents."""

CUT = "…"
CURSOR_CHARACTERS = 24
FACET_VALUES = 3
OF_ONE_ITEM = {"metadata", "highlights"}
"""Their keys are fields of the catalogue; another item may lack some."""

_PAIR = re.compile(r"^```sh\n(curl [^`]+)```\n```json\n(.+?)\n```$", re.DOTALL | re.MULTILINE)
_BLOCK = re.compile(r"^```sh\n(.+?)^```$", re.DOTALL | re.MULTILINE)


class ExampleError(Exception):
    """An example cannot be played, or its answer cannot be shown; the message says what to do."""


@dataclass(frozen=True)
class HttpReply:
    """The answer that came back, or the part that the page shows."""

    status: int
    body: dict[str, Any]

    @property
    def outcome(self) -> str:
        """All successes are alike: the page does not distinguish a 200 from a 202."""
        return "success" if 200 <= self.status < 300 else f"status {self.status}"


@dataclass(frozen=True)
class Example:
    """A command of the page, the line it begins on, and the reply shown below it."""

    line: int
    command: str
    shown: HttpReply

    def __str__(self) -> str:
        return f"line {self.line}, {self.command[:90]}"


def main() -> int:
    """Exit status: 0 done, 1 an example could not be played or, with `--check`, is not as shown."""
    parser = argparse.ArgumentParser(prog="python -m tools.api_examples", description=__doc__)
    parser.add_argument("--url", default=f"http://{ADDRESS}", help="of the running system")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    arguments = parser.parse_args()
    page = PAGE.read_text(encoding="utf-8")
    try:
        found = examples(page)
        replies = [play(example.command, arguments.url) for example in found]
        unlike = list(differences(found, replies))
        if arguments.check:
            unlike += failures(README.read_text(encoding="utf-8"), arguments.url)
        else:
            PAGE.write_text(renewed(page, replies), encoding="utf-8")
    except ExampleError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(unlike) or f"{len(found)} examples are answered as the page shows")
    return 1 if arguments.check and unlike else 0


def examples(page: str) -> list[Example]:
    """Every command that is followed by its answer, in the page's order."""
    return [
        Example(page.count("\n", 0, pair.start(1)) + 1, _joined(pair[1]), _shown(pair[2]))
        for pair in _PAIR.finditer(page)
    ]


def _joined(block: str) -> str:
    return re.sub(r" *\\\n *", " ", block).strip()


def _shown(text: str) -> HttpReply:
    """Problem documents carry their status (RFC 9457); every other answer is a success."""
    body = json.loads(text.replace(f", {CUT}]", f', "{CUT}"]'))
    status = body.get("status")
    return HttpReply(status if isinstance(status, int) else 200, body)


def play(command: str, url: str) -> HttpReply:
    """Runs a curl command against `url`, without a shell. Raises ExampleError."""
    options = ["--silent", "--show-error", "--max-time", "60", "--write-out", r"\n%{http_code}"]
    ended = subprocess.run(  # noqa: S603 (words of our own pages, and only such as `_curl` lets through)
        [*_curl(command, url), *options], capture_output=True, text=True, check=False
    )
    if ended.returncode:
        raise ExampleError(f"{ended.stderr.strip()}\nStart `make demo`, or name another system with --url.")
    text, _, status = ended.stdout.rpartition("\n")
    try:
        return HttpReply(int(status), json.loads(text))
    except ValueError as error:
        raise ExampleError(f"{command}: the answer is no JSON: {text[:200]}") from error


def _curl(command: str, url: str) -> list[str]:
    """The command's words, if all they do is send a request to the one address."""
    try:
        program, *words = shlex.split(command)
        _, targets = getopt.gnu_getopt(words, "GX:H:d:", ["data-urlencode="])
    except (ValueError, getopt.GetoptError) as error:
        raise ExampleError(f"{command}: {error}") from error
    if program != "curl" or len(targets) != 1 or not targets[0].startswith(f"{ADDRESS}/"):
        raise ExampleError(f"{command}: only curl to {ADDRESS} is played")
    words[words.index(targets[0])] = url.rstrip("/") + targets[0].removeprefix(ADDRESS)
    return [program, *words]


def differences(found: Sequence[Example], replies: Sequence[HttpReply]) -> Iterator[str]:
    """A sentence for every example that is answered with another outcome or other keys than shown."""
    for example, reply in zip(found, replies, strict=True):
        before, after = ({it.outcome, *_keys(it.body)} for it in (example.shown, reply))
        if before != after:
            gone, new = sorted(before - after), sorted(after - before)
            yield f"{example}: without {', '.join(gone) or '-'}; with {', '.join(new) or '-'}"


def _keys(value: Any, path: str = "") -> Iterator[str]:
    """The paths of all keys, `hits.score` for that of any hit."""
    if isinstance(value, list):
        for element in value:
            yield from _keys(element, path)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield path + key
            if key not in OF_ONE_ITEM:
                yield from _keys(inner, f"{path}{key}.")


def failures(page: str, url: str) -> Iterator[str]:
    """A sentence for every curl command of the page that does not succeed."""
    for block in _BLOCK.findall(page):
        for line in _joined(block).splitlines():
            if line.startswith("curl ") and (reply := play(line, url)).outcome != "success":
                yield f"{line}: {reply.outcome}, {reply.body}"


def renewed(page: str, replies: Sequence[HttpReply]) -> str:
    """The page with these answers, and with their model version wherever it named the earlier one.

    Raises ExampleError for another outcome than shown: it says that the shop is not as it should be.
    """
    for example, reply in zip(examples(page), replies, strict=True):
        if reply.outcome != example.shown.outcome:
            raise ExampleError(f"{example}: {reply.outcome}, {reply.body}\nIs it a fresh copy of the shop?")
        if before := example.shown.body.get("model_version"):
            page = page.replace(before, reply.body.get("model_version", before))
    left = iter(replies)
    return _PAIR.sub(lambda pair: f"```sh\n{pair[1]}```\n```json\n{abridged(next(left).body)}\n```", page)


def abridged(body: dict[str, Any]) -> str:
    """The text of an answer as the page shows it: a line for each hit; long numbers, cursors, facets cut."""
    if cursor := body.get("next_cursor"):
        body = body | {"next_cursor": cursor[:CURSOR_CHARACTERS] + CUT}
    for name, values in body.get("facets", {}).items():
        if len(values) > FACET_VALUES:
            cut = {name: [*values[:FACET_VALUES], CUT]}
            body = body | {"facets": body["facets"] | cut}
    if not body.get("hits"):
        return _text(body)
    hits = ",\n".join(f"   {_text(hit)}" for hit in body["hits"])
    rest = _text({name: value for name, value in body.items() if name != "hits"})
    return f'{{"hits": [\n{hits}\n ], {rest[1:]}'


def _text(value: Any) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{_text(key)}: {_text(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_text, value)) + "]"
        case float():
            return _number(value)
    return CUT if value == CUT else json.dumps(value, ensure_ascii=False)


def _number(value: float) -> str:
    """Three digits; more if the number would otherwise look whole, as a probability of 0.9999 would."""
    away = abs(value - round(value))
    digits = next((digits for digits in range(3, 7) if away >= 10**-digits), 3)
    text = f"{value:.{digits}f}".rstrip("0")
    return f"{text}0" if text.endswith(".") else text


if __name__ == "__main__":
    sys.exit(main())
