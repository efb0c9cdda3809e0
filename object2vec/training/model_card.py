"""The model card of an artefact: what the model is, what it was made from, and its limits.

Mitchell et al. 2019, "Model cards for model reporting".
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from object2vec.model.retrieval.artefact import ModelManifest

MODEL_CARD = "model_card.md"

_USE = """\
Ranks the items of one catalogue: for a text, for an item, and for a session of items. Its vectors are
comparable with each other and with no other version's. It is one signal of a search: prices, stock and rules
are for others.
"""

_LIMITS = """\
* An item it was not trained on is placed by its words alone; without words it is unknown.
* It ignores words outside its vocabulary, and the order of words.
* It repeats what people did in the period below: what was shown more was taken more, and stays ahead.
* Whoever is in the interactions is in the model until the next training; erasing a person needs one.
"""


def write_model_card(folder: Path, manifest: ModelManifest) -> None:
    """Writes `model_card.md` into an artefact's folder."""
    metrics = {name: value for name, value in manifest.metrics.items() if name not in ("history", "tasks")}
    sections = {
        "Intended use": _USE,
        "Limits": _LIMITS,
        "Data": _table(manifest.data),
        "Metrics on held-out data, during training": _table(_flat(metrics)),
        "Learning curve": _curve(manifest.metrics.get("history", ())),
        "Settings": _table(manifest.hyperparameters),
        "Files (sha256)": _table(manifest.files),
    }
    about = (
        f"{manifest.dim} dimensions, format {manifest.format_version}, half-lives of a session in items: "
        + (", ".join(f"{value:g}" for value in manifest.recency_half_lives))
    )
    about += f"; session encoder: {manifest.hyperparameters.get('session_encoder', 'pooled')}"
    text = f"# {manifest.version}\n\n{about}\n"
    for title, body in sections.items():
        text += f"\n## {title}\n\n{body}"
    (folder / MODEL_CARD).write_text(text, encoding="utf-8")


def _table(values: Mapping[str, Any]) -> str:
    lines = ["| | |", "|---|---|", *(f"| {name} | {_shown(value)} |" for name, value in values.items())]
    return "\n".join(lines) + "\n"


def _curve(history: Sequence[Mapping[str, Any]]) -> str:
    """A row an epoch: the smoothed loss of every task, and the metric that the weights were chosen by."""
    tasks = list(history[0]["losses"]) if history else []
    titles = ["epoch", *(f"{task} loss" for task in tasks), "validation ndcg"]
    rows = [[e["epoch"], *(e["losses"][task] for task in tasks), e["validation"]] for e in history]
    lines = [titles, ["---:"] * len(titles), *([_shown(value) for value in row] for row in rows)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        flat |= (
            {f"{name} {key}": v for key, v in value.items()} if isinstance(value, Mapping) else {name: value}
        )
    return flat


def _shown(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else "none" if value is None else str(value)
