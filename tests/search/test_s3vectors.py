"""What is S3 Vectors' own: requests, sizes, blocks, and a base that moves on under its readers."""

import json
import shutil
from dataclasses import replace
from threading import Barrier

import numpy as np
import pytest
from botocore.exceptions import ClientError, ParamValidationError

from object2vec.core.catalog import CatalogItem
from object2vec.core.errors import CorruptIndexError, UnsupportedError
from object2vec.core.keys import RELEASES
from object2vec.release import Manifest
from object2vec.search import base_formats, engine_code, engines, filters, rebuild
from object2vec.search.content import Content
from object2vec.search.embedded.base import Statistics
from object2vec.search.index import OPTIONS, Request, Sort, require
from object2vec.search.item_statistics import STATISTICS
from object2vec.search.s3vectors import build, looks, remote
from object2vec.search.s3vectors.bucket import remove_indexes
from object2vec.search.s3vectors.records import MAX_FILTERABLE_BYTES, filterable, to_record
from object2vec.search.s3vectors.remote import RemoteIndex
from object2vec.storage import FolderStore, item_log
from object2vec.storage.item_log import Removed, Segment
from tests.helpers.curated import write_curated
from tests.helpers.s3vectors_double import S3VectorsDouble
from tests.helpers.topics import POPULARITY, SHOP, TopicEncoder

BUCKET = "shop-vectors"
LONG_S = 60.0
TARGET = engines.Target(engines.S3VECTORS, {"bucket": BUCKET})


@pytest.fixture
def service():
    return S3VectorsDouble()


@pytest.fixture
def directory(tmp_path, service, encoder):
    content = Content(SHOP, Statistics(POPULARITY), 7)
    build.build_index(encoder, content, tmp_path / "base", bucket=BUCKET, client=service.client())
    return tmp_path / "base"


@pytest.fixture
def index(directory, service, encoder, tmp_path):
    own = shutil.copytree(directory, tmp_path / "a reader's copy")
    return build.load_index(own, encoder, "r1", service.client())


def ids(result):
    return [hit.item.id for hit in result.hits]


def asked(service, operation):
    return [request for name, request in service.calls if name == operation]


def test_a_text_with_a_vector_is_one_hybrid_query(index, service, encoder):
    condition = filters.parse({"category": "Pizza"})
    vector = encoder.encode_queries(["pizza"])[0]
    result = index.snapshot.search(Request(text="pizza", vector=vector, filters=condition))
    assert set(ids(result)) == {"p1", "p2"}
    (query,) = asked(service, "QueryVectors")
    assert query["filter"] == {"category": {"$in": ["Pizza"]}}
    assert query["queryTexts"][0] == {"text": "pizza", "metadataKey": "_text"}
    assert query["queryVector"]["float32"] == [*vector.tolist(), 0.0]


def test_an_item_the_model_knows_nothing_about_is_found_by_its_words_only(service, encoder, tmp_path):
    items = [CatalogItem("x", "unheard"), CatalogItem("y", "pizza")]
    build.build_index(encoder, Content(items), tmp_path, bucket=BUCKET, client=service.client())
    snapshot = build.load_index(tmp_path, encoder, "r1", service.client()).snapshot
    assert ids(snapshot.search(Request(text="unheard"))) == ["x"]
    assert not snapshot.vector("x").any()
    near = snapshot.search(Request(vector=encoder.encode_queries(["pizza"])[0]))
    assert near.hits[0].item.id == "y"


def test_batches_stay_within_what_one_call_takes(service, encoder, tmp_path):
    items = [CatalogItem(f"{n:04}", "pizza") for n in range(1_201)]
    build.build_index(encoder, Content(items), tmp_path, bucket=BUCKET, client=service.client())
    assert sorted(len(put["vectors"]) for put in asked(service, "PutVectors")) == [201, 500, 500]


def test_throttled_calls_are_repeated(index, service):
    service.throttle = 2
    assert ids(index.snapshot.search(Request(text="margherita"))) == ["p2"]
    service.throttle = 9
    with pytest.raises(ClientError, match="TooManyRequests"):
        index.snapshot.search(Request(text="margherita"))


def test_the_double_refuses_what_the_service_refuses(service):
    remote = RemoteIndex(service.client(), BUCKET, "model-1")
    remote.create(3)
    with pytest.raises(ClientError, match="zero vector"):
        remote.put([{"key": "a", "data": {"float32": [0.0, 0.0, 0.0]}, "metadata": {}}])
    with pytest.raises(ClientError, match="dimension"):
        remote.put([{"key": "a", "data": {"float32": [1.0]}, "metadata": {}}])
    with pytest.raises(ParamValidationError):
        remote.put([{"key": 1, "data": {"float32": [1.0, 0.0, 0.0]}}])


def test_creating_again_is_fine_but_not_for_another_dimension(service):
    remote = RemoteIndex(service.client(), BUCKET, "model-1")
    remote.create(3)
    remote.create(3)
    with pytest.raises(ClientError, match="Conflict"):
        remote.create(4)


def test_building_again_for_the_same_model_removes_what_is_gone(directory, service, encoder, tmp_path):
    content = Content(SHOP[:2], watermark=9)
    build.build_index(encoder, content, tmp_path / "again", bucket=BUCKET, client=service.client())
    assert set(service.indexes[encoder.version]["vectors"]) == {"p1", "p2"}


def test_an_item_that_does_not_fit_is_left_out_and_named(service, encoder, tmp_path):
    items = [CatalogItem("big", "é" * 20_600), CatalogItem("p", "pizza")]
    build.build_index(encoder, Content(items), tmp_path, bucket=BUCKET, client=service.client())
    header = json.loads((tmp_path / engines.VECTORS_HEADER).read_bytes())
    assert header["left_out"] == ["big"]
    assert header["rows"] == 1


def test_filterable_fields_stay_within_the_limit_short_ones_first():
    metadata = {f"field{n}": "x" * (10 * n + 1) for n in range(25)} | {"_text": "mine", "numbers": [1.0]}
    chosen = filterable(CatalogItem("a", "", metadata))
    assert len(json.dumps(chosen, separators=(",", ":"))) <= MAX_FILTERABLE_BYTES
    assert list(chosen) == ["field0", "numbers", *(f"field{n}" for n in range(1, len(chosen) - 1))]
    record = to_record(CatalogItem("a", "", metadata), np.array([1.0], np.float32))
    assert json.loads(record["metadata"]["_metadata"]) == metadata


LACKING = [option.name for option in OPTIONS if not engines.S3VECTORS.capabilities.can(option.name)]


@pytest.mark.parametrize("option", LACKING)
def test_an_option_that_an_engine_does_not_list_is_refused(option):
    """A new one too: nobody has to name it there."""
    asked = replace(Request(), **{option: "something"})
    with pytest.raises(UnsupportedError, match=f"^{option}: this search engine cannot; index=embedded can"):
        require(engines.S3VECTORS.capabilities, asked)
    require(replace(engines.S3VECTORS.capabilities, options=frozenset({option})), asked)
    require(engines.EMBEDDED.capabilities, asked)


def test_what_it_cannot_do_is_refused_with_the_way_out(index):
    asked = (
        Request(facets=("category",)),
        Request(text="pizza", sort=Sort("price")),
        Request(text="piz", prefix=True),
    )
    for request in asked:
        with pytest.raises(UnsupportedError, match="index=embedded"):
            index.snapshot.search(request)


def test_pages_go_on_from_block_to_block_without_gaps_or_repeats(service, encoder, tmp_path):
    items = [CatalogItem(f"{n:03}", "pizza " + "bread " * (n % 7)) for n in range(257)]
    build.build_index(encoder, Content(items), tmp_path, bucket=BUCKET, client=service.client())
    snapshot = build.load_index(tmp_path, encoder, "r1", service.client()).snapshot
    vector = encoder.encode_queries(["pizza"])[0]
    seen, cursor = [], None
    while True:
        page = snapshot.search(Request(text="pizza", vector=vector, limit=30, cursor=cursor))
        seen += ids(page)
        cursor = page.next_cursor
        if cursor is None:
            break
    assert sorted(seen) == [item.id for item in items]


CHANGES = [
    CatalogItem("p1", "Frozen soap", {"category": "Care", "brand": "A"}),
    CatalogItem("n1", "New pizza", {"category": "Pizza", "size": "L"}),
    Removed("p2"),
]


def _answers(snapshot, encoder):
    vector = encoder.encode_queries(["pizza"])[0]
    return (
        ids(snapshot.search(Request(text="pizza", vector=vector))),
        set(ids(snapshot.search(Request(text="soap")))),
        ids(snapshot.search(Request(text="pizza", filters=filters.parse({"size": "L"})))),
        snapshot.get("p2"),
        snapshot.get("p1"),
        snapshot.vector("p2"),
        len(snapshot),
    )


def test_changes_hide_the_base_and_are_found_at_once(index, encoder):
    index.apply(CHANGES, 8)
    assert _answers(index.snapshot, encoder) == (["n1"], {"s1", "p1"}, ["n1"], None, CHANGES[0], None, 8)
    assert index.snapshot.watermark == 8


def test_a_reader_of_the_old_base_does_not_notice_that_the_index_moves_on(
    directory, index, service, encoder, tmp_path
):
    index.apply(CHANGES, 8)
    before = _answers(index.snapshot, encoder)
    watermark = build.move_on(
        directory, encoder, [Segment(8, CHANGES)], tmp_path / "next", client=service.client()
    )
    assert watermark == 8
    assert _answers(index.snapshot, encoder) == before
    moved = build.load_index(tmp_path / "next", encoder, "r2", service.client()).snapshot
    assert moved.watermark == 8
    assert not moved.changed
    assert _answers(moved, encoder) == before


@pytest.mark.parametrize("name", STATISTICS)
def test_an_index_that_moves_on_keeps_every_statistic(service, encoder, tmp_path, name):
    statistics = Statistics(**{name: {"p1": 3.0}})
    client = service.client()
    content = Content(SHOP, statistics, 7)
    build.build_index(encoder, content, tmp_path / "base", bucket=BUCKET, client=client)
    build.move_on(tmp_path / "base", encoder, [Segment(8, CHANGES)], tmp_path / "next", client=client)
    head = build.load_index(tmp_path / "next", encoder, "r2", client).snapshot.head
    assert head.statistics[name][head.numbers.get("p1")] == 3.0


def test_a_damaged_header_says_to_build_again(directory, encoder, service):
    (directory / engines.VECTORS_HEADER).write_text("{")
    with pytest.raises(CorruptIndexError, match="build it again"):
        build.load_index(directory, encoder, "r1", service.client())
    (directory / engines.VECTORS_HEADER).write_text(json.dumps({"format": 99}))
    with pytest.raises(CorruptIndexError, match="format 99"):
        build.load_index(directory, encoder, "r1", service.client())


def test_an_unreachable_service_is_an_error_not_an_empty_answer(index, service):
    service.indexes.clear()
    with pytest.raises(ClientError, match="NotFound"):
        index.snapshot.search(Request(text="pizza"))


def test_encoders_of_the_topics_have_the_dimension_of_the_index(service, directory):
    created = asked(service, "CreateIndex")[0]
    assert created["dimension"] == TopicEncoder.dim + 1
    assert created["metadataConfiguration"]["nonFilterableMetadataKeys"] == ["_text", "_facts", "_metadata"]


RED, BLUE = [1.0, 0.2], [0.2, 1.0]


@pytest.fixture
def with_looks(service, encoder, tmp_path):
    """The folder of a base of one pizza with a picture and one without."""
    items = [CatalogItem("red", "pizza", {"vector": RED}), CatalogItem("none", "pizza")]
    build.build_index(encoder, Content(items), tmp_path / "base", bucket=BUCKET, client=service.client())
    return tmp_path / "base"


def moved_on(service, encoder, folder, out, *changes, **more):
    build.move_on(folder, encoder, [Segment(1, changes)], out, client=service.client(), **more)
    return build.load_index(out, encoder, "r2", service.client()).snapshot


def of_looks(service):
    """The index of looks, which there is one of: its name, and its vectors by key."""
    ((name, index),) = [(name, index) for name, index in service.indexes.items() if "-looks-" in name]
    return name, index["vectors"]


def test_both_indexes_have_the_deployments_tags_whoever_makes_them(service, encoder, tmp_path):
    tags, shop = {"object2vec:stack": "Shop", "team": "search"}, Content([CatalogItem("none", "pizza")])
    build.build_index(encoder, shop, tmp_path / "base", bucket=BUCKET, client=service.client(), tags=tags)
    first = CatalogItem("red", "pizza", {"vector": RED})
    moved_on(service, encoder, tmp_path / "base", tmp_path / "next", first, tags=tags)
    assert [created["tags"] for created in asked(service, "CreateIndex")] == [tags, tags]


def test_looks_have_an_index_of_their_own_without_what_hits_do_not_need(with_looks, service):
    name, vectors = of_looks(service)
    assert name.startswith(TopicEncoder.version)
    assert set(vectors) == {"red"}
    assert json.loads(vectors["red"]["metadata"]["_metadata"]) == {}
    (main,) = set(service.indexes) - {name}
    assert set(service.indexes[main]["vectors"]) == {"red", "none"}


def test_a_shop_without_pictures_has_no_index_of_looks(directory, service):
    assert list(service.indexes) == [TopicEncoder.version]
    assert not (directory / looks.BASIS).exists()


def test_the_index_of_looks_moves_on_and_a_reader_of_the_old_base_does_not_notice(
    with_looks, service, encoder, tmp_path
):
    own = shutil.copytree(with_looks, tmp_path / "a reader's copy")
    reader = build.load_index(own, encoder, "r1", service.client())
    red = reader.snapshot.look("red")
    changes = [CatalogItem("red", "pizza"), CatalogItem("blue", "pizza", {"vector": BLUE})]
    reader.apply(changes, 1)
    before = ids(reader.snapshot.search(Request(look=red)))
    moved = moved_on(service, encoder, with_looks, tmp_path / "next", *changes)
    assert set(of_looks(service)[1]) == {"blue"}
    assert not moved.changed
    assert ids(moved.search(Request(look=red))) == ids(reader.snapshot.search(Request(look=red))) == before
    assert (moved.look("red"), before) == (None, ["blue"])


def test_the_first_pictures_after_the_base_make_the_index_of_looks(directory, service, encoder, tmp_path):
    changes = [CatalogItem("red", "", {"vector": RED}), CatalogItem("c1", "Diet cola", {"vector": BLUE})]
    moved = moved_on(service, encoder, directory, tmp_path / "next", *changes)
    assert set(of_looks(service)[1]) == {"red", "c1"}
    assert ids(moved.search(Request(look=moved.look_of(np.array(BLUE, np.float32))))) == ["c1", "red"]
    again = moved_on(service, encoder, tmp_path / "next", tmp_path / "later", Removed("c1"))
    assert set(of_looks(service)[1]) == {"red"}
    assert ids(again.search(Request(look=again.look("red")))) == ["red"]


def test_first_pictures_find_none_that_an_earlier_base_left(with_looks, service, encoder, tmp_path):
    """The space of a few pictures is always the same, and so is its index."""
    words = Content([CatalogItem("none", "pizza")])
    build.build_index(encoder, words, tmp_path / "words", bucket=BUCKET, client=service.client())
    change = CatalogItem("blue", "pizza", {"vector": BLUE})
    moved = moved_on(service, encoder, tmp_path / "words", tmp_path / "next", change)
    assert set(of_looks(service)[1]) == {"blue"}
    assert ids(moved.search(Request(look=moved.look("blue")))) == ["blue"]


def test_a_renewed_head_keeps_the_space_of_the_looks(with_looks, service, encoder, tmp_path):
    """Another catalogue would choose other directions; the vectors in the service are in these."""
    basis = np.load(with_looks / looks.BASIS)[:, ::-1].copy()
    np.save(with_looks / looks.BASIS, basis)
    items = [CatalogItem("red", "pizza", {"vector": RED}), CatalogItem("none", "pizza")]
    build.renew_head(with_looks, encoder, Content(items), tmp_path / "again")
    assert (np.load(tmp_path / "again" / looks.BASIS) == basis).all()
    head = build.base.load_index(tmp_path / "again" / engines.HEAD, encoder, "r1").snapshot
    assert (head.looks.basis == basis).all()


def test_a_damaged_space_of_looks_says_to_build_again(with_looks, service, encoder):
    (with_looks / looks.BASIS).write_bytes(b"\x93NUMPY")
    with pytest.raises(CorruptIndexError, match="build the base again"):
        build.load_index(with_looks, encoder, "r1", service.client())


@pytest.fixture
def store(tmp_path, service, encoder, monkeypatch):
    """A shop's log, and a model whose items the indexer may put into S3 Vectors."""
    store = FolderStore(tmp_path / "store")
    store.put("releases/v1/encoder/version", encoder.version.encode())
    monkeypatch.setattr(build, "open_client", service.client)
    monkeypatch.setattr(rebuild, "load_encoder", lambda folder: encoder)
    item_log.append(store, SHOP)
    return store


MODEL = Manifest(
    version="v1", model_version=TopicEncoder.version, kind="seed", encoder="releases/v1/encoder/"
)  # fmt: skip
RELEASE = replace(MODEL, index="releases/v1/index/", watermark=1)


@pytest.fixture
def released(store, service, tmp_path):
    """Its first base, and changes after it."""
    assert rebuild.rebuild_base(store, MODEL, tmp_path / "first", TARGET) == 1
    base_formats.upload(store, tmp_path / "first", RELEASE.index)
    item_log.append(store, CHANGES)
    service.calls.clear()
    return store


def test_the_indexer_moves_on_what_is_there_and_builds_what_is_not(released, service, encoder, tmp_path):
    assert rebuild.rebuild_base(released, RELEASE, tmp_path / "second", TARGET) == 2
    assert [len(put["vectors"]) for put in asked(service, "PutVectors")] == [2]
    assert asked(service, "DeleteVectors")[0]["keys"] == ["p2"]
    assert engine_code.load_index(tmp_path / "second", encoder, "r2").snapshot.get("n1") == CHANGES[1]


def test_a_head_of_another_format_is_renewed_alone(released, service, encoder, tmp_path, monkeypatch):
    """The vectors stay for both; a reader of either base answers the same, also with the tail."""
    before = engine_code.load_index(tmp_path / "first", encoder, "v1")
    monkeypatch.setattr(engines, "FORMAT", engines.FORMAT + 1)
    assert base_formats.lacks_base(released, RELEASE)
    rebuild.same_base(released, RELEASE, tmp_path / "again", TARGET)
    assert service.calls == []
    base_formats.add_base(released, RELEASE, tmp_path / "again")
    after = engine_code.load_index(tmp_path / "again", encoder, "v1")
    assert (after.snapshot.watermark, after.snapshot.get("p2")) == (1, before.snapshot.get("p2"))
    for index in (before, after):
        index.apply(CHANGES, 2)
    assert _answers(after.snapshot, encoder) == _answers(before.snapshot, encoder)
    service.calls.clear()
    assert rebuild.rebuild_base(released, RELEASE, tmp_path / "next", TARGET) == 2
    assert [len(put["vectors"]) for put in asked(service, "PutVectors")] == [2]


def test_interactions_are_counted_in_the_head_and_cost_no_vectors(released, service, encoder, tmp_path):
    write_curated(released, "one", "abc", "a")
    assert rebuild.rebuild_base(released, RELEASE, tmp_path / "next", TARGET, count_again=True) == 1
    assert service.calls == []
    base = base_formats.Base(f"{RELEASES}v2/index/", "v2", 1)
    base_formats.upload(released, tmp_path / "next", base.prefix)
    assert base_formats.log_bytes_of(released, base) == rebuild.log_bytes(released) > 0


def test_vectors_of_another_format_are_put_again(released, service, encoder, tmp_path, monkeypatch):
    """All of the base's items, and none that came after it."""
    monkeypatch.setattr(engines, "VECTORS_FORMAT", engines.VECTORS_FORMAT + 1)
    assert base_formats.lacks_base(released, RELEASE)
    rebuild.same_base(released, RELEASE, tmp_path / "again", TARGET)
    assert [len(put["vectors"]) for put in asked(service, "PutVectors")] == [len(SHOP)]
    again = engine_code.load_index(tmp_path / "again", encoder, "v1").snapshot
    assert (again.watermark, again.get("n1"), again.get("p2")) == (1, None, SHOP[1])


def test_a_log_with_a_gap_costs_no_vectors(released, service, encoder, tmp_path, monkeypatch):
    monkeypatch.setattr(engines, "VECTORS_FORMAT", engines.VECTORS_FORMAT + 1)
    released.delete(item_log.segment_key(1))
    with pytest.raises(CorruptIndexError, match="ends at 0"):
        rebuild.same_base(released, RELEASE, tmp_path / "again", TARGET)
    assert set(service.indexes[encoder.version]["vectors"]) == {item.id for item in SHOP}


def test_indexes_of_models_that_nobody_needs_are_removed(service):
    for name in ("model-1", "model-1-looks-0a", "model-2", "model-2-looks-0b", "model-3"):
        RemoteIndex(service.client(), BUCKET, name).create(2)
    for _ in range(2):
        remove_indexes(service.client(), BUCKET, keep={"model-2", "model-9"})
        assert set(service.indexes) == {"model-2", "model-2-looks-0b"}


def test_calls_that_write_an_index_are_under_way_together():
    class Slow:
        """Answers when as many calls as may be are waiting."""

        def __init__(self):
            self.full, self.written = Barrier(remote.PUT_AT_ONCE), []

        def put_vectors(self, vectors, **_):
            self.full.wait(LONG_S)
            self.written += [vector["key"] for vector in vectors]

    client, count = Slow(), 2 * remote.PUT_AT_ONCE * remote.PUT_VECTORS
    records = [{"key": str(number)} for number in range(count)]
    assert RemoteIndex(client, BUCKET, "r1").put(records) == count
    assert sorted(client.written) == sorted(record["key"] for record in records)


def test_a_call_that_fails_fails_the_building():
    class Broken:
        def put_vectors(self, vectors, **_):
            if any(vector["key"] == "3" for vector in vectors):
                raise RuntimeError("throttled for too long")

    with pytest.raises(RuntimeError, match="throttled"):
        RemoteIndex(Broken(), BUCKET, "r1").put([{"key": str(number)} for number in range(9)])
