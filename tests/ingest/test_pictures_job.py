"""The job that reads a backlog of uploaded pictures on several machines, before a training."""

from functools import partial

import orjson
import pytest

from object2vec.core.catalog import COLOURS, VECTOR
from object2vec.core.keys import IMAGE_UPLOADS, PENDING_PICTURES, PICTURE_VECTORS
from object2vec.core.pictures import WIDTHS
from object2vec.ingest.ownership.versions import Announced
from object2vec.ingest.pictures import attach as attaching
from object2vec.ingest.pictures import owner
from object2vec.ingest.pictures.attach import attach, mark
from object2vec.ingest.pictures.kept import current_encoder, shown_key
from object2vec.ingest.pictures.owner import PictureOwner
from object2vec.ingest.pictures.table import PictureTable
from object2vec.ingest.preprocess import preprocess_upload, quarantine_key
from object2vec.ingest.report import load_report
from object2vec.jobs import pictures as job
from object2vec.jobs.pictures import Share, waiting_uploads, work_off
from object2vec.storage import FolderStore, item_log
from object2vec.storage.log_records import Removed
from tests.helpers.killing import KilledError
from tests.helpers.observed_store import ObservedStore, killed_at
from tests.helpers.pictures import BLUE, GREEN, RED, MeanColour, picture, zipped
from tests.helpers.uploads import put_at

COLOURS_OF = {f"{n}": (RED, GREEN, BLUE)[n % 3] for n in range(12)}
TWO = [Share(0, 2), Share(1, 2)]


@pytest.fixture
def backlog(tmp_path):
    """A shop of twelve items, each with a picture of its own that nobody has read."""
    return with_backlog(FolderStore(tmp_path / "shop"))


def with_backlog(store):
    rows = [{"label": label, "text": f"text of {label}", "metadata": {}} for label in COLOURS_OF]
    put_at(store, "uploads/catalog/shop.jsonl", b"\n".join(map(orjson.dumps, rows)) + b"\n", 1_000.0)
    preprocess_upload(store, "uploads/catalog/shop.jsonl")
    for number, (label, colour) in enumerate(COLOURS_OF.items()):
        content = picture(colour, size=(8 + number, 8))
        put_at(store, f"{IMAGE_UPLOADS}{label}.png", content, 1_000.0 + number)
    return store


def colours(store):
    """The first colour of each item's vector and words."""
    items = item_log.replay(item_log.read(store))[0]
    vectors = {label: tuple(item.metadata[VECTOR]) for label, item in items.items()}
    assert all(len(item.metadata[COLOURS]) == 1 for item in items.values())
    return vectors


def test_two_machines_read_every_picture_once(backlog):
    encoder = MeanColour()
    done = [work_off(backlog, encoder, share) for share in TWO]
    assert min(part.uploads for part in done) > 0
    assert sum(part.uploads for part in done) == sum(part.pictures for part in done) == 12
    assert encoder.encoded == 12
    assert sum(part.items for part in done) == 12
    assert colours(backlog) == COLOURS_OF
    assert waiting_uploads(backlog) == []


def test_what_the_function_has_read_the_job_does_not_read_nor_encode_again(backlog):
    encoder = MeanColour()
    owners = {IMAGE_UPLOADS: partial(PictureOwner, encoder=encoder)}
    preprocess_upload(backlog, f"{IMAGE_UPLOADS}3.png", announced_of(backlog, "3"), owners)
    assert work_off(backlog, encoder, Share()).uploads == 11
    again = work_off(backlog, encoder, Share())
    assert (again.uploads, again.again, again.items, encoder.encoded) == (0, 0, 0, 12)
    assert again.sentence == "no picture waits"


def test_the_functions_messages_come_after_the_job_and_encode_nothing(backlog):
    encoder = MeanColour()
    owners = {IMAGE_UPLOADS: partial(PictureOwner, encoder=encoder)}
    work_off(backlog, encoder, Share())
    for label in COLOURS_OF:
        key = f"{IMAGE_UPLOADS}{label}.png"
        report = preprocess_upload(backlog, key, announced_of(backlog, label), owners)
        assert (report.accepted, report.unchanged) == (1, 1)
    assert (attach(backlog), encoder.encoded) == (0, 12)
    assert colours(backlog) == COLOURS_OF
    assert waiting_uploads(backlog) == []


def announced_of(store, label):
    """What S3's event says of the upload."""
    return Announced(store.head(f"{IMAGE_UPLOADS}{label}.png").etag, "0A")


@pytest.mark.parametrize("after", [False, True])
def test_a_run_that_is_killed_is_gone_on_with_by_the_next(tmp_path, monkeypatch, after):
    monkeypatch.setattr(job, "THREADS", 1)
    monkeypatch.setattr(job, "AT_ONCE", 5)
    write = 0
    while True:
        store, encoder = with_backlog(FolderStore(tmp_path / f"{write}")), MeanColour()
        try:
            work_off(killed_at(store, write, after=after), encoder, Share())
        except KilledError:
            work_off(store, encoder, Share())
            assert colours(store) == COLOURS_OF, write
            assert encoder.encoded <= 13, "at most the picture at which it was killed"
            assert [*store.list(PENDING_PICTURES)] == []
            write += 13
        else:
            break
    assert write > 70


def test_broken_pictures_are_reported_and_kept_as_the_function_does(backlog):
    put_at(backlog, f"{IMAGE_UPLOADS}broken.png", picture(RED)[:45], 2_000.0)
    put_at(
        backlog, f"{IMAGE_UPLOADS}all.zip", zipped(**{"x.png": b"no picture", "y.png": picture(RED)}), 2_000.0
    )
    done = work_off(backlog, MeanColour(), Share())
    assert (done.uploads, done.pictures, done.refused) == (14, 13, 2)
    report = load_report(backlog, f"{IMAGE_UPLOADS}broken.png")
    assert report is not None
    assert report.reasons["picture_damaged"].count == 1
    assert backlog.get(quarantine_key(f"{IMAGE_UPLOADS}broken.png")) == picture(RED)[:45]
    assert report.quarantine == quarantine_key(f"{IMAGE_UPLOADS}broken.png")
    assert colours(backlog) == COLOURS_OF


def test_an_upload_that_fails_every_time_keeps_nothing_else_waiting(backlog, monkeypatch, capsys):
    bad = f"{IMAGE_UPLOADS}5.png"
    read = backlog.download

    def denied(key, path):
        if key == bad:
            raise PermissionError("another key encrypts it")
        return read(key, path)

    monkeypatch.setattr(backlog, "download", denied)
    monkeypatch.setattr(backlog, "lend", denied)
    done = work_off(backlog, MeanColour(), Share())
    assert (done.uploads, done.failed) == (11, 1)
    assert done.sentence.endswith("; 1 upload failed, to be tried in the next run")
    assert f"{bad} failed and waits for the next run: PermissionError" in capsys.readouterr().out
    assert waiting_uploads(backlog) == [bad]
    monkeypatch.undo()
    assert work_off(backlog, MeanColour(), Share()).uploads == 1
    assert colours(backlog) == COLOURS_OF


def test_another_worker_may_look_before_the_table_has_the_pictures(backlog, monkeypatch):
    """It works off the marker and finds nothing new: the items have to be looked at once more."""
    changed = owner.change

    def late(store, *more):
        attach(store)
        changed(store, *more)

    monkeypatch.setattr(owner, "change", late)
    work_off(backlog, MeanColour(), Share())
    assert colours(backlog) == COLOURS_OF


def test_a_damaged_copy_does_not_keep_the_others_from_another_encoder(backlog):
    work_off(backlog, MeanColour(), Share())
    name = next(iter(PictureTable.read(backlog, ["5"]).all_names))
    backlog.put(shown_key(name, WIDTHS[-1]), b"no picture")
    encoder = MeanColour()
    encoder.version = "mean-2"
    work_off(backlog, encoder, Share())
    assert current_encoder(backlog) == "mean-2"
    assert encoder.encoded == 11


def test_machines_share_what_another_encoder_encoded(backlog):
    work_off(backlog, MeanColour(), Share())
    encoders = [MeanColour(), MeanColour()]
    for encoder in encoders:
        encoder.version = "mean-2"
    first = work_off(backlog, encoders[0], TWO[0])
    assert 0 < first.again < 12
    assert encoders[0].encoded == 12, "who ends first does what the others have not come to"
    assert (first.items, current_encoder(backlog)) == (12, "mean-2")
    second = work_off(backlog, encoders[1], TWO[1])
    assert (second.again, second.items, encoders[1].encoded) == (0, 0, 0)
    assert len([*backlog.list(f"{PICTURE_VECTORS}mean-2/")]) == 12


def test_a_confirmed_upload_is_taken(backlog):
    many = {f"{n}.png": picture((n % 256 / 255, 0, 0)) for n in range(100)}
    put_at(backlog, f"{IMAGE_UPLOADS}all.zip", zipped(**many), 2_000.0)
    work_off(backlog, MeanColour(), Share())
    put_at(backlog, f"{IMAGE_UPLOADS}all.zip", zipped(**{"1.png": picture(RED)}), 4e9)
    assert work_off(backlog, MeanColour(), Share()).uploads == 1
    report = load_report(backlog, f"{IMAGE_UPLOADS}all.zip")
    assert report is not None
    assert report.problem is not None
    put_at(backlog, f"{IMAGE_UPLOADS}all.zip.confirm", b"", 4e9 + 1)
    work_off(backlog, MeanColour(), Share())
    report = load_report(backlog, f"{IMAGE_UPLOADS}all.zip")
    assert report is not None
    assert (report.problem, report.removed) == (None, 99)


def test_items_get_their_vectors_while_others_wait(backlog, monkeypatch):
    monkeypatch.setattr(job, "AT_ONCE", 4)
    attached = []
    monkeypatch.setattr(job, "attach", lambda store: attached.append(attach(store)) or attached[-1])
    assert work_off(backlog, MeanColour(), Share()).items == 12
    assert attached == [0, 4, 4, 4]


@pytest.mark.parametrize("machines", [1, 2, 7])
def test_every_key_falls_to_one_machine(machines):
    keys = [f"{IMAGE_UPLOADS}{n}.jpg" for n in range(700)] + [f"{IMAGE_UPLOADS}\udce4.jpg"]
    shares = [Share(place, machines).of(keys) for place in range(machines)]
    assert sorted(key for share in shares for key in share) == sorted(keys)
    assert min(map(len, shares)) > 0.7 * len(keys) / machines


def test_a_machine_knows_its_place_by_sagemakers_file(tmp_path):
    assert Share.of_machine(tmp_path) == Share(0, 1)
    config = tmp_path / "config"
    config.mkdir()
    hosts = ["algo-2", "algo-10", "algo-1"]
    places = set()
    for host in hosts:
        resources = {"current_host": host, "hosts": hosts}
        (config / "resourceconfig.json").write_bytes(orjson.dumps(resources))
        share = Share.of_machine(tmp_path)
        places.add(share.place)
        assert share.machines == 3
    assert places == {0, 1, 2}


def test_it_says_how_long_the_rest_takes(backlog, monkeypatch, capsys):
    monkeypatch.setattr(job, "SAID_EVERY_S", 0.0)
    done = work_off(backlog, MeanColour(), Share())
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "0 of 12 uploads of pictures read"
    assert said[1].startswith("1 of 12 uploads of pictures read, about ")
    assert said[-1] == "12 of 12 uploads of pictures read, about 0 min left"
    assert done.sentence.startswith("12 uploads read: 12 pictures, 0 refused; ")


def test_the_program_works_in_the_store_of_its_environment(backlog, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path / "ml"))
    monkeypatch.setenv("STORE_URL", backlog.url)
    monkeypatch.setattr(job, "EfficientNetLite", MeanColour)
    job.main()
    assert "12 uploads read" in capsys.readouterr().out
    assert colours(backlog) == COLOURS_OF


def test_a_store_that_fails_is_the_jobs_reason(backlog, tmp_path, monkeypatch):
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path / "ml"))
    monkeypatch.setenv("STORE_URL", backlog.url)

    def fails(_store, _encoder, _share):
        raise OSError("no space left")

    monkeypatch.setattr(job, "work_off", fails)
    with pytest.raises(OSError, match="no space"):
        job.main()
    assert (tmp_path / "ml/output/message").read_text() == "OSError: no space left"


@pytest.fixture
def encoded(backlog, monkeypatch):
    """All pictures are encoded, and no item has its own yet."""
    monkeypatch.setattr(job, "attach", lambda store: 0)
    work_off(backlog, MeanColour(), Share())
    return backlog


def test_workers_with_the_same_task_share_it_however_often_another_is_first(encoded, monkeypatch):
    """Each time this one wants to write, another worker has just given an item its picture."""
    monkeypatch.setattr(attaching, "_ATTEMPTS", 2)
    monkeypatch.setattr(attaching, "_AT_ONCE", 1)
    for entry in [*encoded.list(PENDING_PICTURES)]:
        encoded.delete(entry.key)
    mark(encoded, [*COLOURS_OF])
    left, end = [*COLOURS_OF], item_log.end(encoded)

    def around(name, request):
        if name == "create" and left:
            changed.append(attaching._attach(encoded, {left.pop()}))
        return request()

    changed = []
    changed.append(attach(ObservedStore(encoded, around)))
    assert (sum(changed), left) == (12, [])
    assert colours(encoded) == COLOURS_OF
    lines = [change.id for segment in item_log.read(encoded, after=end) for change in segment.changes]
    assert sorted(lines) == sorted(COLOURS_OF), "no item is written twice"


def test_what_is_prepared_stays_so_while_others_write_about_other_items(encoded, monkeypatch):
    prepared, writes = [], []
    make = attaching.attached
    monkeypatch.setattr(attaching, "attached", lambda *given: prepared.append(1) or make(*given))

    def around(name, request):
        if name == "create" and len(writes) < 50:
            writes.append(item_log.append(encoded, [Removed("nobody")]))
        return request()

    assert attach(ObservedStore(encoded, around)) == 12
    assert (len(writes), len(prepared)) == (50, 1)
    assert colours(encoded) == COLOURS_OF
