"""Tables of the documentation that repeat numbers of the code are held to them."""

import json
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from lambdas.events.app import documented_routes
from lambdas.http.openapi import document
from lambdas.http.problems import TABLE
from lambdas.search.app import SearchRoutes
from object2vec.core.event_kinds import KIND_WEIGHTS, kind_of
from object2vec.ingest.logs import exports
from object2vec.ingest.logs.headings import normal
from object2vec.search import languages
from object2vec.search.languages import supported
from object2vec.training.hyperparameters import Hyperparameters
from stacks.settings import StackSettings

DATA = (Path(__file__).parents[2] / "docs/data.md").read_text(encoding="utf-8")


def test_the_weights_of_events_are_those_of_the_code():
    section = DATA.partition("### What events mean")[2].partition("\n#")[0]
    shown = {}
    for acts, weight in re.findall(r"^\| ([^|]+) \| (-?[\d.]+) \|", section, re.MULTILINE):
        shown |= dict.fromkeys(re.findall(r"`(\w+)`", acts), float(weight))
    assert shown == KIND_WEIGHTS


def test_spellings_of_event_types_in_the_text_are_known():
    quoted = re.search(r"write it \(([^)]+)\)", DATA)
    assert quoted is not None
    names = re.findall(r"`([^`]+)`", quoted[1])
    assert {kind_of(name) for name in names} == {"cart"}


SETTINGS = (Path(__file__).parents[2] / "docs/settings.md").read_text(encoding="utf-8")


def table_below(heading: str) -> dict[str, str]:
    """The defaults by name."""
    section = SETTINGS.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]+`) \|\s*(?:`([^`]*)`)? \|", section, re.MULTILINE)
    return {name: default for names, default in rows for name in re.findall(r"`([^`]+)`", names)}


def defaults_of(model: type[BaseModel]) -> dict[str, str]:
    fields = model.model_fields.items()
    return {name: _shown(f.default) for name, f in fields}


def _shown(default: object) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    return str(default) if default not in ({}, "") else ""


def test_settings_of_a_deployment_are_those_of_the_code():
    assert table_below("Of a deployment") == defaults_of(StackSettings)


def test_hyperparameters_are_those_of_the_code():
    assert table_below("Of a training on a catalogue") == defaults_of(Hyperparameters)


def test_errors_of_the_api_are_those_of_the_code():
    api = (Path(__file__).parents[2] / "docs/api.md").read_text(encoding="utf-8")
    section = api.partition("## Errors\n")[2].partition("\n## ")[0]
    shown = set()
    for statuses, types in re.findall(r"^\| ([\d, ]+) \| ([^|]+) \|", section, re.MULTILINE):
        shown |= {(int(s), t) for s in statuses.split(",") for t in re.findall(r"`([\w-]+)`", types)}
    assert {(status, name) for status, name, _ in TABLE.values()} <= shown
    assert {name for _, name in shown} == {name for _, name, _ in TABLE.values()}


def test_the_table_of_routes_is_the_contract():
    api = (Path(__file__).parents[2] / "docs/api.md").read_text(encoding="utf-8")
    shown = set()
    for cell in re.findall(r"^\| (`[A-Z]+ /[^|]*) \|", api, re.MULTILINE):
        methods = re.findall(r"`([A-Z]+)(?: (/[^`]*))?`", cell)
        shown |= {(method, path or methods[0][1]) for method, path in methods}
    paths = json.loads(document(SearchRoutes(None, auth="none").routes, documented_routes()))["paths"]
    contract = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert shown == contract | {("GET", "/openapi.json"), ("GET", "/")}


def test_the_languages_are_those_with_word_forms():
    api = (Path(__file__).parents[2] / "docs/api.md").read_text(encoding="utf-8")
    listed = api.partition("field `language`: ")[2].partition(".")[0]
    codes = {country_free(name) for name in listed.replace("\n", " ").split(", ")}
    assert codes == set(supported())


def country_free(name: str) -> str:
    """The code that Snowball's own name of the language leads to."""
    return next(
        code
        for code, stemmer in languages._STEMMERS.items()
        if stemmer.removesuffix("_porter") == name.lower()
    )


@pytest.mark.parametrize(
    "export",
    [one for table in (exports.FLAT, exports.NESTED) for exports in table.values() for one in exports],
    ids=lambda export: export.title,
)
def test_the_table_of_logs_says_what_each_column_is_read_from(export):
    rows = [line for line in DATA.splitlines() if line.startswith(f"| {export.title}")]
    said = [{normal(name) for name in re.findall("`([^`]+)`", row)} for row in rows]
    read = {normal(name) for source in export.fields.values() for name in source.names}
    assert any(read <= names for names in said), read
