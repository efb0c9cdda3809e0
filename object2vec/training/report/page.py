"""The report as one HTML file without scripts: it opens from a folder, a bucket or a mail. It is written
beside evaluation.json, with report.json, which has the same content."""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any

import orjson

from object2vec.core.step_cost import StepCost
from object2vec.model.retrieval.artefact import Artefact
from object2vec.model.retrieval.items import item_sums
from object2vec.training.dataset import Dataset
from object2vec.training.evaluation.systems import features_of
from object2vec.training.evaluation.verdict import FEWEST
from object2vec.training.report import charts
from object2vec.training.report.content import items_content, report_content
from object2vec.training.report.sections import (
    CHARTED,
    curve_section,
    first_items_section,
    is_drawn,
    map_section,
    neighbours_section,
    pairs_table,
    previous_section,
    section,
    settings_section,
    steps_section,
    table,
    tasks_section,
)

_MEANINGS = {
    "ndcg@10": "What shoppers took next, all products",
    "new_ndcg@10": "What shoppers took next, products that are new to them",
    "session_ndcg@10": "Unknown shoppers: the next basket of a session",
    "query_ndcg@10": "Queries of the search log",
    "text_ndcg@10": "Queries made from texts",
    "similar_ndcg@10": "What is bought together",
}
_SYSTEMS = {
    "model+ranker": "the new model and its ranker",
    "model": "the new model alone",
    "bm25+model": "words and the new model, as search uses them",
    "complements": "the list that GET /items/{id}/bought-together gives",
    "live": "the model that was live before",
    "seed": "the model that ships, which knows nothing of the shop",
    "bm25": "words alone",
    "popularity": "what sells most, the same list for everybody",
    "own-frequency": "what the shopper bought before, of late first",
    "user-knn": "what similar shoppers bought, the latest first (TIFU-KNN)",
    "item-knn": "what shares its buyers with the shopper's items",
    "co-occurrence": "what followed the shopper's latest items",
    "ease": "a linear model of all items at once (EASE)",
    "bought-together": "counts of what was bought near an item",
}
"""The systems that are measured, in words."""
_DATA = {
    "fingerprint": "data version",
    "items": "items",
    "interactions": "interactions to learn from",
    "start": "started from",
}
_DECISIONS = {
    "better": "better than what was live",
    "no worse": "no worse than what was live",
    "worse": "worse than what was live",
    "too few to tell": "unmeasured, too few to tell",
    "nothing to tell from": "unmeasured, nothing to tell from",
}
_TESTS = {"text": "queries made from texts", "query": "queries of the search log"}
_FEW = "too few to tell systems apart"
_NOT_DRAWN = "too few to draw; the numbers are in the tables below"
_STYLE = """
:root { color-scheme: light; } * { box-sizing: border-box; }
body { margin: 0; background: #f6f7f9; color: #1a2029; font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.2rem 1rem 3rem; }
h1 { font-size: 1.5rem; margin: .4rem 0; } h2 { font-size: 1.15rem; margin: 0 0 .6rem; }
h3 { font-size: 1rem; margin: 1rem 0 .2rem; }
section { background: #fff; border: 1px solid #d9dee5; border-radius: .7rem; }
section { padding: 1rem 1.2rem; margin: 1rem 0; }
svg { max-width: 100%; height: auto; } .quiet { color: #566070; font-size: .92rem; margin: .2rem 0 .6rem; }
.verdict { border-left: .5rem solid #0b6b52; } .verdict.refused { border-left-color: #a3241d; }
.verdict b { font-size: 1.15rem; } .wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; width: 100%; }
caption { text-align: left; color: #566070; padding-top: .6rem; } caption:empty { display: none; }
th, td { text-align: left; padding: .25rem .8rem .25rem 0; }
th, td { border-top: 1px solid #e5e9ee; vertical-align: top; }
td.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
tr.ours { font-weight: 600; color: #0b6b52; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1rem; list-style: none; padding: 0; font-size: .9rem; }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); gap: .4rem 1.6rem; }
details summary { cursor: pointer; font-weight: 600; margin: .6rem 0; }
ol.near { margin: .2rem 0; padding-left: 1.3rem; font-size: .92rem; }
"""
_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()
_POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"
"""By it a browser takes this style and nothing else, wherever the report lies."""
HTML, JSON = "report.html", "report.json"


def report_html(content: Mapping[str, Any]) -> str:
    """`content` as `report_content` gives it. Every text of a shop is escaped."""
    version = escape(str(content["model"]))
    sections = "".join(
        part
        for part in (
            _verdict(content),
            _data(content),
            previous_section(content),
            curve_section(content["curve"], content.get("validated", {})),
            tasks_section(content["tasks"]),
            _metrics(content["metrics"]),
            _segments(content["segments"]),
            map_section(content["map"]),
            neighbours_section(content["neighbours"]),
            first_items_section(content.get("first_items", {})),
            _examples(content["examples"]),
            steps_section(content["steps"]),
            settings_section(content["settings"]),
        )
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Model report: {version}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>Model report</h1><p class=quiet>{version}, compared with"
        f" {escape(str(content['compared_with']) or 'nothing before')}</p>{sections}</main></body></html>\n"
    )


def _verdict(content: Mapping[str, Any]) -> str:
    gate = content["gate"]
    passed = bool(gate["passed"])
    word, _, reason = str(gate["reason"]).partition(": ")
    ranker = content["ranker"]
    kept = (
        f"<p>Ranker: {'kept' if ranker.get('kept') else 'left out'}."
        f" {escape(str(ranker.get('reason', '')))}</p>"
        if ranker
        else ""
    )
    decided = str(gate.get("decision", word))
    decision = f"{'Released' if passed else 'Refused'}: {escape(_DECISIONS.get(decided, decided))}"
    sentences = re.split(r"(?<=\.) (?=[A-Z])", reason.removeprefix("unmeasured. ") or str(gate["reason"]))
    lines = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return (
        f'<section class="verdict{"" if passed else " refused"}"><h2>The gate\'s decision</h2>'
        f"<p><b>{decision}</b></p><ul>{lines}</ul>{kept}</section>"
    )


def _data(content: Mapping[str, Any]) -> str:
    rows = [(_DATA.get(name, name), value) for name, value in content["data"].items() if name != "events"]
    warnings = "".join(f"<li>{escape(str(warning))}</li>" for warning in content["warnings"])
    return section("Data and warnings", pairs_table(rows) + (f"<ul>{warnings}</ul>" if warnings else ""))


def _metrics(metrics: Sequence[Mapping[str, Any]]) -> str:
    by_name = {metric["name"]: metric for metric in metrics}
    drawn = "".join(
        f"<h3>{_MEANINGS[name]}</h3>{_drawn(by_name[name])}" for name in CHARTED if name in by_name
    )
    tables = "".join(_metric_table(metric) for metric in metrics)
    every = f"<details><summary>All {len(metrics)} metrics as tables</summary>{tables}</details>"
    measured = {system["name"] for metric in metrics for system in metric["systems"]}
    who = pairs_table((name, words) for name, words in _SYSTEMS.items() if name in measured)
    note = (
        "<p class=quiet>Peers that count are made of the same events as the model. The settings of"
        " own-frequency and user-knn were chosen on the sample shop, the others' are the usual ones;"
        " none is tuned on this shop.</p>"
    )
    return section(
        "Beside its peers", f"{drawn}<details><summary>Who is who</summary>{note}{who}</details>{every}"
    )


def _drawn(metric: Mapping[str, Any]) -> str:
    drawn = is_drawn(metric)
    asked = _asked(metric["n"]) if drawn else f", n = {metric['n']}: {_NOT_DRAWN}"
    return f"<p class=quiet>{escape(metric['name'])}{asked}</p>{charts.compared(metric) if drawn else ''}"


def _asked(count: int | None) -> str:
    """How many users or queries were asked, and what their number means."""
    if not count:
        return ""
    return f", n = {count:,}; the bars are 95 % intervals{f': {_FEW}' if count < FEWEST else ''}"


def _metric_table(metric: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr{' class=ours' if 'model' in system['name'] else ''}><td>{escape(system['name'])}</td>"
        f"<td class=number>{system['value']:.4f}</td>"
        f"<td class=number>{_interval(system['interval'])}</td></tr>"
        for system in metric["systems"]
    )
    n = f", n = {metric['n']:,}" if metric["n"] else ""
    head = "<tr><th scope=col>system</th><th scope=col>value</th><th scope=col>95 % interval</th></tr>"
    return table(f"<b>{escape(metric['name'])}</b>{n}", head + rows)


def _interval(bounds: Sequence[float] | None) -> str:
    return f"{bounds[0]:.4f} to {bounds[1]:.4f}" if bounds else ""


def _segments(rows: Sequence[Mapping[str, Any]]) -> str:
    if not any(map(is_drawn, rows)):
        return ""
    few = any(row["n"] and row["n"] < FEWEST for row in rows)
    note = f"<p class=quiet>NDCG@10; the bars are 95 % intervals{f': {_FEW}' if few else ''}</p>"
    return section("By how much is known of a shopper", note + charts.segments(rows))


def _examples(tests: Mapping[str, Any]) -> str:
    body = ""
    for test, sides in tests.items():
        for side, rows in sides.items():
            cells = "".join(
                f"<tr><td>{escape(row['query'])}</td><td class=number>{row['model']:.2f}</td>"
                f"<td class=number>{row['words']:.2f}</td></tr>"
                for row in rows
            )
            head = (
                "<tr><th scope=col>query</th><th scope=col>words and model</th><th scope=col>words</th></tr>"
            )
            body += table(f"<b>{escape(side)}</b>, {_TESTS.get(test, escape(test))} (NDCG@10)", head + cells)
    return section("The best and the worst queries", body)


def write_report(
    out: Path,
    result: Mapping[str, Any],
    artefact: Artefact | None = None,
    dataset: Dataset | None = None,
    *,
    costs: Mapping[str, StepCost | None] | None = None,
    previous: Sequence[Mapping[str, Any]] = (),
) -> None:
    """`artefact` and the `dataset` it was evaluated on draw its items; without them (models of pairs have no
    catalogue, the vectors of AWS's own image are not ours to draw) the report is metrics alone. `costs` are
    those of the steps so far by their names, `previous` the records of `previous_releases`."""
    if artefact is None or dataset is None:
        content = report_content(result)
    else:
        catalogue = dataset.catalogue
        vectors = item_sums(artefact.weights, features_of(dataset, artefact))
        popularity = dataset.train.popularity(len(catalogue))
        content = report_content(result, artefact.manifest) | items_content(catalogue, vectors, popularity)
    content |= {
        "steps": {name: asdict(cost) for name, cost in (costs or {}).items() if cost is not None},
        "earlier": [dict(release) for release in previous],
    }
    (out / JSON).write_bytes(orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY))
    (out / HTML).write_text(report_html(content), encoding="utf-8")
