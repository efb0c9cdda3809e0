"""The evaluation job: models and dataset in, evaluation.json with the gate's verdict out."""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from object2vec.core.encoder import Encoder
from object2vec.core.progress import stretch, tell
from object2vec.core.step_cost import cost_since, read_cost
from object2vec.jobs.exit_message import reason_left
from object2vec.jobs.settings import JobSettings
from object2vec.model.archive import RANKER_VERDICT, unpacked
from object2vec.model.pairs.shape import KIND as PAIRS
from object2vec.model.retrieval.artefact import Artefact, ArtefactError, kind_of, read_artefact
from object2vec.model.retrieval.encoder import load_encoder
from object2vec.release.previous_metrics import FILE, FOLDER
from object2vec.release.seed import seed_folder
from object2vec.training.builtin.trained import REQUESTS, VECTORS, trained_encoder

if TYPE_CHECKING:
    from object2vec.training.dataset import Dataset

SAID = ("ndcg@10", "similar_ndcg@10", "text_ndcg@10", "mean_squared_error", "accuracy")
"""Numbers that the job's output tells of each system."""


def main() -> None:
    """Runs on the folders under SAGEMAKER_BASE_DIR. Exits with 2 for input that cannot be used."""
    started, settings = time.monotonic(), JobSettings.read()
    with reason_left(settings.sagemaker_base_dir):
        _evaluate(settings.inputs, settings.output("evaluation"), started)


def _evaluate(source: Path, out: Path, started: float) -> None:
    from object2vec.training.dataset import read_dataset
    from object2vec.training.report.page import write_report

    artefact = dataset = None
    costs = {"Prepare": read_cost(source / "auxiliary")}
    with ExitStack() as stack:
        model, live, seed = (
            stack.enter_context(unpacked(source / name)) for name in ("model", "live", "seed")
        )
        if model is not None:
            costs["Train"] = read_cost(model)
        if (source / REQUESTS).is_dir():
            result = _evaluate_builtin(source, live, seed)
        elif model is None:
            raise ArtefactError(f"{source / 'model'} holds neither an artefact nor model.tar.gz: train first")
        elif kind_of(model) == PAIRS:
            result = _evaluate_pairs(source, model, live)
        else:
            artefact, dataset = read_artefact(model), read_dataset(source)
            result = _evaluate_retrieval(source, dataset, artefact, model, live=live, seed=seed)
    out.mkdir(parents=True, exist_ok=True)
    (out / "evaluation.json").write_bytes(orjson.dumps(result, option=orjson.OPT_INDENT_2))
    costs["Evaluate"] = cost_since(started)
    write_report(out, result, artefact, dataset, costs=costs, previous=_previous(source))
    print(result["gate"]["reason"])
    for line in _lines(result):
        print(line)


def _previous(source: Path) -> list[dict[str, Any]]:
    """The metrics of previous releases, as the snapshot wrote them."""
    path = source / FOLDER / FILE
    found: list[dict[str, Any]] = orjson.loads(path.read_bytes()) if path.is_file() else []
    return found


def _lines(result: Mapping[str, Any]) -> Iterator[str]:
    """One line for each system: its main metrics, with interval and count where they are known. All others
    are in `evaluation.json` and the report."""
    counts = result.get("counts", {})
    for system, metrics in result["metrics"].items():
        intervals = result.get("intervals", {}).get(system, {})
        numbers = []
        for name in (name for name in SAID if name in metrics):
            low, high = intervals.get(name, (None, None))
            sure = "" if low is None else f" ({low:.4f} to {high:.4f}, n={counts[name]})"
            numbers.append(f"{name} {metrics[name]:.4f}{sure}")
        if numbers:
            yield f"{system} {', '.join(numbers)}"


def _evaluate_retrieval(
    source: Path,
    dataset: "Dataset",
    artefact: Artefact,
    model: Path,
    *,
    live: Path | None,
    seed: Path | None,
) -> dict[str, Any]:
    from object2vec.training.evaluation.evaluate import evaluate
    from object2vec.training.evaluation.evaluation_set import newcomers_in
    from object2vec.training.evaluation.systems import systems_of
    from object2vec.training.ranker.job import counts_before_test, with_ranker

    if live is not None and kind_of(live) == PAIRS:
        live = None
    kept = model / RANKER_VERDICT
    verdict = {"ranker": orjson.loads(kept.read_bytes())} if kept.is_file() else {}
    seeded = read_artefact(seed or seed_folder())
    lived = read_artefact(live) if live is not None else None
    unknown = dataset.user_keys[newcomers_in(dataset)]
    counts = cache(partial(counts_before_test, source, unknown))
    folders = {"model": model} | ({"live": live} if live is not None else {})
    tell(0.1)
    rankers = {name: with_ranker(dataset, folder, counts) for name, folder in folders.items()}
    with stretch(0.2, 0.95):
        measured = evaluate(
            dataset,
            systems_of(dataset, artefact, lived, seeded, rankers),
            live_is_seed=lived is None or lived.manifest.kind == "seed",
            same=_same(lived, seeded),
            about=_about(
                artefact.manifest.version,
                None if lived is None else lived.manifest.version,
                seeded.manifest.version,
            ),
            ranked=sum(ranker is not None for ranker in rankers.values()),
        )
    return verdict | {"data_notes": list(dataset.notes)} | measured


def _same(live: Artefact | None, seed: Artefact) -> dict[str, str]:
    """Systems that are the same, by name: at the first training the seed is live."""
    return {"seed": "live"} if live is not None and live.manifest.version == seed.manifest.version else {}


def _evaluate_builtin(source: Path, live: Path | None, seed: Path | None) -> dict[str, Any]:
    """Evaluates a model of AWS's image, with the hold-out, systems and gate of our own models."""
    from object2vec.training.dataset import read_dataset
    from object2vec.training.evaluation.evaluate import evaluate
    from object2vec.training.evaluation.systems import EncodedSystem

    dataset = read_dataset(source)
    model, seeded = trained_encoder(source / REQUESTS, source / VECTORS), load_encoder(seed or seed_folder())
    lived = load_encoder(live) if live is not None and kind_of(live) != PAIRS else None
    encoders: dict[str, Encoder] = {"model": model, "seed": seeded}
    if lived is not None:
        encoders["live"] = lived
    return evaluate(
        dataset,
        {name: partial(EncodedSystem, dataset, encoder) for name, encoder in encoders.items()},
        live_is_seed=lived is None or lived.version == seeded.version,
        about=_about(model.version, None if lived is None else lived.version, seeded.version),
    )


def _evaluate_pairs(source: Path, model: Path, live: Path | None) -> dict[str, Any]:
    from object2vec.training.pairs.evaluation import evaluate_pairs

    comparable = live is not None and kind_of(live) == PAIRS
    return evaluate_pairs(source / "test", model, live if comparable else None)


def _about(model: str, live: str | None, seed: str) -> dict[str, str]:
    return {"model": model, "live": live or "the seed, as no live model is of this kind", "seed": seed}
