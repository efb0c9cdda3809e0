"""What goes wrong in a system's life: it converges or says why, and the API answers meanwhile.

The owner of the endpoints and the release function, with their endpoints in memory. After every look a search
function that runs and one that has just started are asked which model answers.
"""

from contextlib import nullcontext
from dataclasses import replace
from itertools import count, permutations
from types import SimpleNamespace

import pytest

from lambdas.endpoint_owner import handler as owner
from lambdas.release import handler as release
from lambdas.settings import ReleaseSettings
from object2vec.model.retrieval.artefact import MANIFEST
from object2vec.model.retrieval.encoder import load_encoder
from object2vec.release import live, seed
from object2vec.release.endpoint_markers import endpoint_marker
from object2vec.search.content import Content
from object2vec.search.embedded.base import build_index
from object2vec.search.live import LiveIndex
from object2vec.storage import FolderStore
from tests.helpers.killing import KilledError, Killer
from tests.helpers.rollouts import FAILS, REASON, settle, stored_model, write_model

UPDATE, DELETE = ({"RequestType": kind, "RequestId": kind} for kind in ("Update", "Delete"))
LOOKS = 12


class Api:
    """The search function: one instance that has run for long, and a new one at each question."""

    def __init__(self, store):
        self._store, self._now = store, 0.0
        self._running = LiveIndex(store, clock=lambda: self._now)

    def model(self):
        """The version that both answer with."""
        self._now += 60
        running, started = self._running.get(), LiveIndex(self._store).get()
        assert running.manifest.model_version == started.manifest.model_version
        return started.manifest.model_version


class Steps:
    """The pipeline's service: what its callback steps were told."""

    def __init__(self):
        self.succeeded, self.failed = [], []

    def send_pipeline_execution_step_success(self, **request):
        self.succeeded.append(request["OutputParameters"][0]["Value"])

    def send_pipeline_execution_step_failure(self, **request):
        self.failed.append(request["FailureReason"])


@pytest.fixture
def life(world, monkeypatch, tmp_path):
    """`old` is live; `new` and `other` are built, both judged against it."""
    folder = tmp_path / "other"
    write_model(folder, 7)
    other, encoder = stored_model(world.store, folder, "other")
    world.endpoints.encoders[other.model_artifact] = encoder
    for manifest in (world.new, other):
        write_index(world.store, manifest, world.endpoints.encoders[manifest.model_artifact], tmp_path)
    write_model(tmp_path / "seed", 8)
    write_model(tmp_path / "packages", 9)
    monkeypatch.setattr(seed, "seed_folder", lambda: tmp_path / "seed")
    monkeypatch.setattr(seed, "package_model", lambda _model, _bundle, archive: archive.write_bytes(b""))
    monkeypatch.setattr(owner, "serving_packages", lambda _uri: nullcontext(tmp_path / "packages"))
    monkeypatch.setattr(owner, "configured_endpoints", lambda _: world.endpoints)
    monkeypatch.setattr(owner, "delete_everything", lambda settings, endpoints: None)
    monkeypatch.setattr(owner, "trainings_ended", lambda _: True)
    woken = []
    monkeypatch.setattr(owner, "_wake_indexer", lambda _, request: woken.append(request))
    monkeypatch.setenv("JOB_BUNDLE_URI", "s3://bundle")
    return SimpleNamespace(**vars(world), other=other, api=Api(world.store), steps=Steps(), woken=woken)


def write_index(store, manifest, encoder, tmp_path):
    build_index(encoder, Content([]), folder := tmp_path / f"{manifest.version}-index")
    for path in folder.rglob("*"):
        if path.is_file():
            store.upload(path, f"releases/{manifest.version}/index/{path.relative_to(folder).as_posix()}")


def deployment():
    """The owner's looks, until it is complete."""
    owner.on_event(UPDATE, None)
    while not owner.is_complete(UPDATE, None)["IsComplete"]:
        yield


def releasing(life, manifest, attempts=LOOKS):
    """The looks of a release's message, until its step has been told the outcome."""
    evaluation = "executions/e/evaluation.json"
    life.store.put(evaluation, b'{"metrics": {}}')
    arguments = {
        "version": manifest.version, "instead_of": life.old.model_version, "created_at": "",
        "data_version": "d", "watermark": "0", "model_package": "arn",
        "model_artifact": manifest.model_artifact, "evaluation": f"{life.store.url}/{evaluation}",
    }  # fmt: skip
    for attempt in count(1):
        try:
            message = {"token": "t", "arguments": arguments}
            settings = ReleaseSettings.read()
            last = attempt == attempts
            release.take_up(message, life.endpoints, life.steps, settings=settings, last_attempt=last)
        except Exception as error:  # the queue delivers the message again
            assert attempt < attempts
            yield str(error)
        else:
            return


def play(life, *actors):
    """Lets the actors look in turn until all are done; the models that answered, without repetition."""
    models = [life.api.model()]
    under_way = list(actors)
    while under_way:
        for actor in list(under_way):
            if next(actor, "done") == "done":
                under_way.remove(actor)
            if models[-1] != (now := life.api.model()):
                models.append(now)
    return models


def only_endpoint(life):
    return life.endpoints.names() == [life.endpoints.name_for(live(life.store).model_version)]


def test_the_owner_is_called_twice(life):
    """CloudFormation repeats a call whose answer was lost, also while the first is still at work."""
    models = play(life, deployment(), deployment())
    assert models == [life.old.model_version]
    assert only_endpoint(life)
    assert life.woken == [UPDATE["RequestId"]] * 2  # the queue drops the second


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_the_owner_is_killed_between_two_calls(life, monkeypatch, tmp_path, done):
    """At every call it makes, in an account where nothing is yet; the next call finishes its work."""
    for at in count():
        store = FolderStore(tmp_path / f"fresh{at}" / "store")
        life.endpoints.running.clear()
        life.endpoints.encoders |= seeds_encoder(store, tmp_path)
        killer = Killer(at, done)
        with monkeypatch.context() as patch:
            patch.setenv("STORE_URL", store.url)
            patch.setattr(owner, "open_store", lambda _url, k=killer, s=store: k.over(s))
            patch.setattr(owner, "configured_endpoints", lambda _, k=killer: k.over(life.endpoints))
            killed = False
            try:
                list(deployment())
            except KilledError:
                killed = True
        monkeypatch.setenv("STORE_URL", store.url)
        list(deployment())
        assert live(store).kind == "seed"
        assert life.endpoints.names() == [life.endpoints.name_for(live(store).model_version)]
        assert Api(store).model() == live(store).model_version
        if not killed:
            assert at > 10
            return


def seeds_encoder(store, tmp_path):
    encoder = load_encoder(tmp_path / "seed")
    return {f"{store.url}/releases/{encoder.version}/model.tar.gz": encoder}


@pytest.mark.parametrize("stuck", [False, True], ids=["goes", "stays"])
def test_an_endpoint_is_stuck_in_failed(life, stuck):
    """The model goes live without it, whether SageMaker lets it go or not."""
    life.endpoints.script = FAILS
    name = life.endpoints.name_for(life.new.model_version)
    life.endpoints.busy = {name} if stuck else set()
    assert play(life, releasing(life, life.new)) == [life.old.model_version, life.new.model_version]
    assert life.steps.succeeded == ["new"]
    assert endpoint_marker(life.store, life.new.model_version) == REASON
    life.endpoints.busy.clear()
    play(life, deployment())  # tries once more, and fails once more
    assert life.endpoints.names() == []
    assert endpoint_marker(life.store, life.new.model_version) == REASON


@pytest.mark.parametrize("lost", [f"encoder/{MANIFEST}", "encoder/", "index/"])
def test_an_artefact_is_missing(life, lost):
    """The release is given up with what is missing, and leaves no endpoint behind."""
    for entry in list(life.store.list(f"releases/new/{lost}")):
        life.store.delete(entry.key)
    assert play(life, releasing(life, life.new)) == [life.old.model_version]
    assert life.steps.succeeded == []
    assert f"releases/new/{lost}" in life.steps.failed[0]
    assert only_endpoint(life)


def test_the_models_archive_is_missing(life, monkeypatch):
    """SageMaker refuses to make a model of it."""
    start = life.endpoints.start

    def refuse(name, artifact):
        if artifact == life.new.model_artifact:
            raise RuntimeError(f"Could not find model data at {artifact}")
        start(name, artifact)

    monkeypatch.setattr(life.endpoints, "start", refuse)
    assert play(life, releasing(life, life.new)) == [life.old.model_version]
    assert life.new.model_artifact in life.steps.failed[0]
    assert only_endpoint(life)


def test_the_registry_is_empty(life):
    """What is live is the pointer's affair: the package that the manifest names may be gone."""
    settle(
        life.store,
        life.endpoints,
        replace(life.new, model_package="arn:gone"),
        instead_of=life.old.model_version,
    )
    life.endpoints.running.clear()
    assert play(life, deployment()) == [life.new.model_version]
    assert only_endpoint(life)


def test_two_releases_come_at_once(life):
    """Both were judged against the same model: one takes its place, the other says why it does not."""
    models = play(life, releasing(life, life.new), releasing(life, life.other))
    (winner,) = life.steps.succeeded
    assert models == [life.old.model_version, live(life.store).model_version]
    assert live(life.store).version == winner
    assert "went live while this one" in life.steps.failed[0]
    assert only_endpoint(life)


@pytest.mark.parametrize("order", list(permutations("dr")), ids="".join)
def test_a_release_comes_while_a_deployment_runs(life, order):
    """The deployment renews the old model's endpoint meanwhile."""
    life.endpoints.outdated = set(life.endpoints.names())
    actors = {"d": deployment(), "r": releasing(life, life.new)}
    models = play(life, *(actors[name] for name in order))
    assert models == [life.old.model_version, life.new.model_version]
    assert life.steps.succeeded == ["new"]
    assert only_endpoint(life)


@pytest.mark.parametrize("looks", range(4))
def test_the_stack_is_deleted_while_a_pipeline_runs(life, looks):
    """Its release has come so far, looks once more when the deletion has begun, and nothing can be removed
    while it is being created."""
    release_looks = releasing(life, life.new)
    for _ in range(looks):
        next(release_looks, None)
    owner.on_event(DELETE, None)
    next(release_looks, None)
    life.endpoints.busy = set(life.endpoints.names())
    assert owner.is_complete(DELETE, None) == {"IsComplete": False}
    assert life.api.model() in (life.old.model_version, life.new.model_version)
    life.endpoints.busy.clear()
    assert owner.is_complete(DELETE, None) == {"IsComplete": True}
    assert life.endpoints.names() == []
