"""evaluation.json of artefacts in folders, as the job makes it."""

from object2vec.model.retrieval.artefact import read_artefact
from object2vec.training.evaluation.evaluate import evaluate
from object2vec.training.evaluation.systems import systems_of


def evaluated(dataset, model, seed, *, live=None, rankers=()):
    """`live` is the folder of a live model, if there is one; `rankers` by name of the system."""
    lived = None if live is None else read_artefact(live)
    systems = systems_of(dataset, read_artefact(model), lived, read_artefact(seed), dict(rankers))
    return evaluate(dataset, systems, live_is_seed=live is None, about={})
