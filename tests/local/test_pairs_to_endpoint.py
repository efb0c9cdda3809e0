"""Only uploads/pairs/: from the files to scores at the endpoint, through the deployed pipeline's steps."""

import json
import random
import urllib.request

import pytest

from local.server import application
from local.system import LocalSystem
from tests.helpers.servers import served

SETTINGS = {
    "enc0_network": "pooled_embedding", "enc_dim": "8", "enc0_token_embedding_dim": "8", "mlp_layers": "1",
    "mlp_dim": "8", "learning_rate": "0.03", "epochs": "8",
}  # fmt: skip


def get(url, body=None):
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(url, None if body is None else json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


@pytest.mark.slow
def test_pairs_alone_train_and_serve_a_pair_model(tmp_path):
    folder = tmp_path / "data" / "uploads" / "pairs"
    folder.mkdir(parents=True)
    rng = random.Random(0)
    drawn = [(rng.randint(1, 8), rng.randint(1, 8)) for _ in range(600)]
    records = [{"label": int((a < 5) == (b < 5)), "in0": [a], "in1": [b]} for a, b in drawn]
    (folder / "mine.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    system = LocalSystem(tmp_path / "data", tmp_path / "work")
    assert [report.accepted for report in system.uploads.sync()] == [600]
    assert system.has_data
    with served(application(system.endpoints.route(), system.api.answer)) as url:
        system.converge()
        execution = system.train(lambda *_: None, SETTINGS)
        assert execution.status == "Succeeded", execution.reason
        metrics = system.evaluation(execution)["metrics"]
        assert metrics["model"]["cross_entropy"] < metrics["constant"]["cross_entropy"]
        version = system.live_version()
        assert version.startswith("pairs-")
        asked = {"instances": [{"in0": [1], "in1": [2]}, {"in0": [1], "in1": [7]}, {"in0": [1]}]}
        answer = get(f"{url}/endpoints/local-{version}/invocations", asked)
        same, other, embedded = answer["predictions"]
        assert same["scores"][1] > 0.5 > other["scores"][1]
        assert len(embedded["embeddings"]) == 8
        assert get(f"{url}/search?query=tea")["hits"] == []
        assert get(f"{url}/health")["model"]["kind"] == "pairs"
