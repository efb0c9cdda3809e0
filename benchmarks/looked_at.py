"""Shoppers to look at: `python -m benchmarks.looked_at MODEL [--inner] [--shoppers 20]`.

Prints, of the sample shop, twenty first items with the list after each, and twenty households of each
segment by known events: the end of the history, our list, and that of the best counting peer (user-kNN). `*`
marks what the household then bought, `!` what is strange to a first item. MODEL is a folder with model and
ranker.
"""

import argparse
from collections.abc import Collection
from pathlib import Path

import numpy as np

from benchmarks.sample_shop import Trial, trial_of
from benchmarks.sample_shop_data import prepared
from benchmarks.short_histories import segments_of
from object2vec.core.arrays import Rows
from object2vec.training.evaluation.first_items import first_items
from object2vec.training.evaluation.peers import Counting
from object2vec.training.evaluation.similar_items import purchase_log
from object2vec.training.holdouts import Holdout
from object2vec.training.ranker.job import with_ranker
from object2vec.training.ranking_metrics import Scorer, best_items
from object2vec.training.trainer import use_one_thread

_PEER, _SHOWN = "user-knn", 10


def main() -> None:
    """Prints everything."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.looked_at", description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--inner", action="store_true", help="on the first nine tenths of the year")
    parser.add_argument("--shoppers", type=int, default=20)
    arguments = parser.parse_args()
    use_one_thread()
    trial = trial_of(prepared(inner=arguments.inner))
    ranked = with_ranker(trial.dataset, arguments.model, trial.counts)
    if ranked is None:
        raise SystemExit(f"{arguments.model} has no ranker: train one, or name another folder")
    past = trial.dataset.train.merged(trial.dataset.validation)
    counting = Counting(past, past.popularity(len(trial.dataset.catalogue)))
    _print_first_items(trial, ranked(first_items(trial.dataset.catalogue, purchase_log(past)).asked()))
    everybody = {"all": trial.users, **{str(k): u for k, u in segments_of(trial, past, 2_500).items()}}
    for name, users in everybody.items():
        chosen = np.sort(np.random.default_rng(1).choice(len(users), arguments.shoppers, replace=False))
        some = users.at(chosen)
        print(f"\n===== {name} known events")
        _print_shoppers(trial, some, {"ours": ranked(some), _PEER: counting.scorers(some)[_PEER]()})


def _print_first_items(trial: Trial, scorer: Scorer) -> None:
    past = trial.dataset.train.merged(trial.dataset.validation)
    found = first_items(trial.dataset.catalogue, purchase_log(past))
    lists = found.lists(scorer, trial.ranked)
    strangers = found.strangers(lists)
    print(f"strangers among the first ten: {strangers.mean():.3f}")
    for item, listed, odd in zip(found.items.tolist(), lists, strangers, strict=True):
        print(f"\nfirst item: {_text(trial, item)}")
        for row, strange in zip(listed.tolist(), odd.tolist(), strict=True):
            print(f"  {'!' if strange else ' '} {_text(trial, row)}")


def _print_shoppers(trial: Trial, users: Holdout, systems: dict[str, Scorer]) -> None:
    lists = {name: best_items(len(users), scorer, trial.ranked) for name, scorer in systems.items()}
    for at in range(len(users)):
        print(f"\nhad: {'; '.join(_text(trial, item) for item in users.histories[at][-_SHOWN:].tolist())}")
        for name, tops in lists.items():
            print(f"  {name:9}{_line(trial, tops[at][:_SHOWN], set(users.relevant[at].tolist()))}")


def _line(trial: Trial, listed: Rows, wanted: Collection[int]) -> str:
    return "; ".join(f"{'*' if item in wanted else ''}{_text(trial, item)}" for item in listed.tolist())


def _text(trial: Trial, item: int) -> str:
    catalogue = trial.dataset.catalogue
    return catalogue.texts[item][:40] or catalogue.ids[item]


if __name__ == "__main__":
    main()
