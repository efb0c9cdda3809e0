"""evaluation.json of a model of AWS's image: the same hold-out, systems and gate as for our own model."""

from typing import Any

from object2vec.core.encoder import Encoder
from object2vec.model.sagemaker.encoder import BuiltinEncoder
from object2vec.training.dataset import Dataset
from object2vec.training.evaluation.evaluate import evaluate
from object2vec.training.evaluation.systems import EncodedSystem, Load


def evaluate_builtin(
    dataset: Dataset, model: BuiltinEncoder, live: Encoder | None, seed: Encoder
) -> dict[str, Any]:
    """`live` is None where nothing is live, or what is cannot be read."""
    encoders = {"model": model, "seed": seed} | ({} if live is None else {"live": live})
    return evaluate(
        dataset,
        {name: _loaded(dataset, encoder) for name, encoder in encoders.items()},
        live_is_seed=live is None or live.version == seed.version,
        about={
            "model": model.version,
            "live": "the seed, as nothing was live" if live is None else live.version,
            "seed": seed.version,
        },
    )


def _loaded(dataset: Dataset, encoder: Encoder) -> Load:
    return lambda: EncodedSystem(dataset, encoder)
