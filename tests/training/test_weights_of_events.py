"""What the setting `event_weights` says of a type of event is in the model that is trained."""

from pathlib import Path

import duckdb

from object2vec.core.catalog import CatalogItem
from object2vec.dataset.write import write_dataset
from object2vec.model.retrieval.encoder import load_encoder
from object2vec.training.dataset import read_dataset
from object2vec.training.fit import fit
from object2vec.training.hyperparameters import Hyperparameters

SETTINGS = Hyperparameters(enc_dim=16, epochs=4, mini_batch_size=16, time_limit=1e4)
DAY, START = 86_400, 1_735_689_600
BOUGHT, OTHER = [f"pan{n}" for n in range(10)], [f"rake{n}" for n in range(10)]


def log_of(act: str) -> list[tuple[str, str, int, str]]:
    """Sixty people buy pans, and do something with rakes in between."""
    return [
        (f"u{user}", shelf[(user + 3 * step) % 10], START + user * DAY + 60 * step, kind)
        for user in range(60)
        for step in range(8)
        for shelf, kind in ((BOUGHT, "purchase"), (OTHER, act))
    ]


def liking(folder: Path, seed_folder: Path, act: str, weights: dict[str, float]) -> float:
    """Score of the rakes for those who bought pans, after a training."""
    folders = [folder / name for name in ("catalog", "interactions", "queries", "data")]
    for one in folders:
        one.mkdir(parents=True)
    with duckdb.connect() as db:
        db.execute("CREATE TABLE e (user_id VARCHAR, item_id VARCHAR, timestamp BIGINT, event_type VARCHAR)")
        db.executemany("INSERT INTO e VALUES (?, ?, ?, ?)", log_of(act))
        db.sql("SELECT *, NULL::DOUBLE AS event_value FROM e").write_parquet(
            str(folder / "interactions" / "log.parquet")
        )
    write_dataset(*folders, event_weights=weights)
    fit(read_dataset(folder / "data"), seed_folder, folder / "model", SETTINGS)
    encoder = load_encoder(folder / "model")
    session = encoder.encode_sessions([[CatalogItem(name, "") for name in BOUGHT[:3]]])[0]
    return float((encoder.encode_items([CatalogItem(name, "") for name in OTHER]) @ session).mean())


def test_what_a_type_weighs_decides_what_the_model_learns_of_it(tmp_path, seed_folder):
    found = {
        weight: liking(tmp_path / str(weight), seed_folder, "view", {"view": weight})
        for weight in (1.0, -1.0)
    }
    assert found[1.0] > found[-1.0] + 0.2


def test_what_everybody_dislikes_is_not_what_the_next_one_gets(tmp_path, seed_folder):
    """The usual weights: as many dislikes as there were purchases in the other log."""
    found = {act: liking(tmp_path / act, seed_folder, act, {}) for act in ("purchase", "dislike")}
    assert found["purchase"] > found["dislike"] + 0.2
