"""Pictures of items, and searches with a picture, over HTTP."""

import base64
import json

import pytest

import lambdas.pictures.handler as pictures_function
from lambdas.search.app import SearchRoutes
from lambdas.search.pictures import RemoteReader, remote_reader
from object2vec.core.errors import StoreUnavailableError
from object2vec.core.keys import PENDING_PICTURES, SHOWN_PICTURES
from object2vec.core.pictures import WIDTHS, PictureError
from object2vec.ingest.pictures.attach import attach
from object2vec.ingest.pictures.encode import InProcessReader
from object2vec.ingest.pictures.kept import shown_key
from object2vec.search import engines
from object2vec.search.live import LiveIndex
from object2vec.search.s3vectors import build
from object2vec.search.service import SearchService
from object2vec.storage import item_log
from tests.api.conftest import Client, load_topics, release_version
from tests.helpers.pictures import MeanColour, picture
from tests.helpers.s3vectors_double import S3VectorsDouble
from tests.helpers.topics import SHOP

RED, GREEN, BLUE = (0.8, 0.2, 0.2), (0.2, 0.8, 0.2), (0.2, 0.2, 0.8)
"""Colours as of photographs: none is wholly unlike another."""


def sent(colour, kind="PNG"):
    return base64.b64encode(picture(colour, kind)).decode()


@pytest.fixture(params=[engine.name for engine in engines.ENGINES])
def target(request, monkeypatch):
    """Every search engine."""
    service = S3VectorsDouble()
    monkeypatch.setattr(build, "open_client", service.client)
    return engines.target({"INDEX": request.param, "VECTOR_BUCKET": "shop-vectors"})


@pytest.fixture
def shop(store, clock, target):
    """Three caps whose colour only their pictures tell, one without a picture."""
    item_log.append(store, SHOP)
    release_version(store, "v1", watermark=1, target=target)
    live = LiveIndex(store, load_encoder=load_topics, clock=clock)
    reader = InProcessReader(store, MeanColour)
    service = SearchService(store, live, picture_reader=reader, picture_address="https://shop/{}".format)
    ask = Client(SearchRoutes(service, auth="none"))
    for item_id, colour, category in (
        ("r", RED, "caps"),
        ("g", GREEN, "caps"),
        ("b", BLUE, "hats"),
        ("n", None, "caps"),
    ):
        assert ask("PUT", f"/items/{item_id}", {"text": "cap", "metadata": {"category": category}})[0] == 200
        if colour:
            status, written, _ = ask("PUT", f"/items/{item_id}/image", {"image": sent(colour)})
            assert (status, written["id"]) == (200, item_id)
    return ask


def ids(answer):
    return [hit["id"] for hit in answer[1]["hits"]]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_finds_what_looks_like_it(shop, kind):
    answer = shop("POST", "/search", {"image": sent((0.9, 0.2, 0.1), kind), "explain": True})
    assert answer[0] == 200
    assert ids(answer)[0] == "r"
    assert answer[1]["strategy"] == "look"
    assert answer[1]["hits"][0]["explain"]["look"] == pytest.approx(answer[1]["hits"][0]["score"])
    assert "n" not in ids(answer)


def test_a_data_url_is_a_picture_too(shop):
    assert ids(shop("POST", "/search", {"image": f"data:image/png;base64,{sent(BLUE)}"}))[0] == "b"


def test_base64_comes_in_lines_or_with_the_letters_for_urls(shop):
    content = picture(BLUE) + bytes(range(256))  # what follows the picture has every letter
    for written in (base64.encodebytes(content), base64.urlsafe_b64encode(content)):
        assert ids(shop("POST", "/search", {"image": written.decode()}))[0] == "b"


def test_like_this_item_but_in_another_colour_or_category(shop):
    assert ids(shop("POST", "/search", {"image_of": "r", "query": "green cap"}))[0] == "g"
    assert "r" not in ids(shop("POST", "/search", {"image_of": "r"}))
    answer = shop("POST", "/search", {"image": sent(RED), "filters": {"category": "hats"}})
    assert ids(answer) == ["b"]
    assert ids(shop("GET", "/search", query={"image_of": "r", "q": "cap"}))[:1] != ["r"]


def test_words_find_the_colour_that_only_the_picture_shows(shop):
    assert ids(shop("POST", "/search", {"query": "blue"})) == ["b"]


def test_the_colours_of_pictures_are_counted(shop, target):
    if not target.engine.capabilities.can("facets"):
        pytest.skip("this engine counts no facets")
    answer = shop("POST", "/search", {"query": "blue cap", "facets": ["picture_colours"]})
    assert ids(answer) == ["b"]
    assert {"value": "blue", "count": 1} in answer[1]["facets"]["picture_colours"]


def test_pages_of_a_look_hold_every_item_once(shop):
    first = shop("POST", "/search", {"image": sent(RED), "limit": 1})
    body = {"image": sent(RED), "limit": 1, "cursor": first[1]["next_cursor"]}
    second = shop("POST", "/search", body)
    assert {*ids(first), *ids(second)} <= {"r", "g", "b"}
    assert ids(first) != ids(second)
    status, problem, _ = shop("POST", "/search", {**body, "image": sent(BLUE)})
    assert (status, "cursor" in problem["detail"]) == (400, True)


def test_hits_carry_the_addresses_of_their_pictures(shop, store):
    hit = shop("POST", "/search", {"query": "cap", "filters": {"picture_colours": "red"}})[1]["hits"][0]
    keys = [entry.key for entry in store.list(SHOWN_PICTURES)]
    assert hit["image"].removeprefix("https://shop/") in keys
    assert hit["thumbnail"].endswith(f"-{WIDTHS[0]}.jpg")
    item = shop("GET", "/items/r")[1]
    assert (item["image"], item["metadata"]) == (hit["image"], {"category": "caps"})
    assert item["images"] == [{name: hit[name] for name in ("image", "thumbnail")}]
    assert "image" not in shop("GET", "/items/n")[1]


def test_a_new_text_keeps_the_picture_and_a_new_picture_replaces_it(shop):
    shop("PUT", "/items/r", {"text": "hat", "metadata": {"category": "hats"}})
    assert ids(shop("POST", "/search", {"image": sent(RED)}))[0] == "r"
    shop("PUT", "/items/r/image", {"image": sent(BLUE)})
    body = {"query": "hat", "filters": {"picture_colours": "blue"}, "limit": 1}
    (hit,) = shop("POST", "/search", body)[1]["hits"]
    assert (hit["id"], hit["metadata"]["category"]) == ("r", "hats")
    assert set(ids(shop("POST", "/search", {"image": sent(BLUE)}))[:2]) == {"r", "b"}
    shop("DELETE", "/items/r")
    shop("PUT", "/items/r", {"text": "hat", "metadata": {}})
    assert "image" not in shop("GET", "/items/r")[1]


@pytest.mark.parametrize("said", ["x", 7, ["a"], []])
def test_a_field_under_the_name_of_what_pictures_say_is_left_out(shop, said):
    answer = shop("PUT", "/items/r", {"text": "odd hat", "metadata": {"$pictures": said, "price": 3}})
    assert (answer[0], answer[1]["metadata"]) == (200, {"price": 3})
    assert shop("GET", "/items/r")[1]["metadata"] == {"price": 3}
    assert ids(shop("POST", "/search", {"query": "odd"})) == ["r"]
    assert ids(shop("POST", "/search", {"image": sent(RED)}))[0] == "r"


def test_nothing_is_left_to_attach(shop, store):
    assert not list(store.list(PENDING_PICTURES))
    assert attach(store) == 0


def test_the_base_index_holds_the_looks(shop, store, clock, target):
    items = [shop("GET", f"/items/{item_id}")[1] for item_id in "rgbn"]
    assert len(items) == 4
    found, end = item_log.replay(item_log.read(store))
    release_version(store, "v2", list(found.values()), watermark=end, target=target)
    clock.now += 60
    assert shop("GET", "/health")[1]["index"]["version"] == "v2"
    assert ids(shop("POST", "/search", {"image": sent(GREEN)}))[0] == "g"
    alike = shop("GET", "/items/r/similar", query={"by": "look", "explain": "true"})
    assert set(ids(alike)) == {"g", "b"}
    assert {name for hit in alike[1]["hits"] for name in hit["explain"]} == {"look"}


def test_a_category_is_predicted_from_a_picture(shop):
    status, answer, _ = shop("POST", "/categorize", {"image": sent((0.1, 0.1, 0.9))})
    assert status == 200
    assert answer["categories"][0]["category"] == "hats"
    assert sum(one["probability"] for one in answer["categories"]) == pytest.approx(1)


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/search", {"image": "no base64!"}, "is not base64"),
        ("/search", {"image": base64.b64encode(b"<svg/>").decode()}, "SVG"),
        ("/search", {"image": base64.b64encode(b"GIF89a").decode()}, "JPEG, PNG or WebP"),
        ("/search", {"image": sent(RED), "image_of": "r"}, "give one of them"),
        ("/search", {"image_of": "n"}, "has no picture"),
        ("/search", {"image": 7}, "base64"),
        ("/categorize", {}, "text or image"),
        ("/categorize", {"image": sent(RED), "text": "cap"}, "text or image"),
    ],
)
def test_what_cannot_be_asked_is_a_sentence(shop, path, body, said):
    status, problem, _ = shop("POST", path, body)
    assert status in (400, 422)
    assert said in str(problem)


def test_an_unknown_item_has_no_picture_to_give(shop):
    assert shop("PUT", "/items/ghost/image", {"image": sent(RED)})[0] == 404
    assert shop("POST", "/search", {"image_of": "ghost"})[0] == 404
    assert shop("GET", "/items/ghost")[0] == 404


def test_a_picture_may_have_four_megabytes_and_no_more(shop):
    large = base64.b64encode(picture(RED) + bytes(3_900_000)).decode()
    assert shop("POST", "/search", {"image": large})[0] == 200
    assert (
        shop("POST", "/search", {"image": base64.b64encode(picture(RED) + bytes(4_000_001)).decode()})[0]
        == 400
    )
    too_large = {"image": base64.b64encode(picture(RED) + bytes(4_000_001)).decode()}
    status, problem, _ = shop("PUT", "/items/r/image", too_large)
    assert (status, "send at most 4,000,000" in problem["detail"]) == (400, True)
    assert shop("POST", "/search", {"image": "A" * 5_700_000})[0] == 413
    assert shop("POST", "/recommendations", {"query": "a" * 1_100_000})[0] == 413


class Payload:
    def __init__(self, content):
        self.read = content.encode


class LambdaDouble:
    """Calls the function's entry, through JSON as Lambda does."""

    def __init__(self, monkeypatch, store):
        monkeypatch.setattr(pictures_function, "_reader", lambda: InProcessReader(store, MeanColour))
        self.fails = False

    def invoke(self, FunctionName, Payload: bytes):  # noqa: N803 (boto3's names)
        assert FunctionName == "pictures-look"
        if self.fails:
            return {"FunctionError": "Unhandled", "Payload": _payload({"errorMessage": "out of memory"})}
        return {"Payload": _payload(pictures_function.look(json.loads(Payload), None))}


def _payload(answer):
    return Payload(json.dumps(answer))


def test_another_function_reads_the_pictures_in_aws(store, monkeypatch):
    function = LambdaDouble(monkeypatch, store)
    reader = RemoteReader("pictures-look", function)
    assert reader.vector(picture(RED)) == pytest.approx(RED)
    name = reader.keep(picture(RED))
    assert store.head(shown_key(name, WIDTHS[0]))
    with pytest.raises(PictureError, match="JPEG, PNG or WebP"):
        reader.vector(b"no picture")
    function.fails = True
    with pytest.raises(StoreUnavailableError, match="out of memory"):
        reader.vector(picture(RED))
    assert remote_reader("") is None
