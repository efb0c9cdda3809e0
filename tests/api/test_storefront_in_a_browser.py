"""web/embed.js on a page of another origin, in a real browser, against the API with the tiny shop."""

import json
from functools import cache, partial
from pathlib import Path
from queue import Queue

import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from lambdas.events.app import EventsRoutes
from lambdas.events.handler import event_service
from lambdas.routes import function_of
from lambdas.search.app import SearchRoutes
from lambdas.settings import EventsSettings
from local.http import gateway
from local.server import SameOriginOnly
from object2vec.search.service import SearchService
from tests.helpers.chromium import CHROMIUM
from tests.helpers.servers import one_at_a_time, served

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium")
EXPECTED = ("shop.css", "favicon", "429", "ERR_FAILED")
STRICT = "default-src 'none'; script-src 'self'; style-src 'self'; img-src https:; connect-src "


@pytest.fixture
def told():
    """Events that the page sent, in the order of their arrival."""
    return Queue()


@pytest.fixture
def page(chromium, client, store, live, told, tmp_path):
    """The sample page at an origin of its own; nothing may go wrong on the console."""
    origins: list[str] = []
    settings = EventsSettings(
        store_url=store.url, history_url=f"sqlite://{tmp_path / 'sessions.db'}", auth="none"
    )
    search = SearchRoutes(SearchService(store, live), None, origins, auth="none")
    events = EventsRoutes(cache(partial(event_service, settings)), origins, auth="none")

    def answer(event, context):
        if event["path"].endswith("/events"):
            for one in json.loads(event["body"])["events"]:
                told.put(one)
        return (events if function_of(event["path"]) == "events" else search).answer(event, context)

    with served(SameOriginOnly(gateway(one_at_a_time(answer)), origins)) as api:
        html = (ROOT / "docs/examples/storefront.html").read_text().replace("http://127.0.0.1:8080", api)
        pages = {
            "/": html,
            "/p1": html.replace("<h1>", '<h1 data-shop-item="p1">'),
            "/de": html.replace('lang="en"', 'lang="de-AT"'),
        }
        script = (ROOT / "web/embed.js").read_text()

        def file(request):
            if request.url.path == "/embed.js":
                return Response(script, media_type="text/javascript")
            text = pages.get(request.url.path, "")
            return Response(text, media_type="text/html", headers={"Content-Security-Policy": STRICT + api})

        with served(Starlette(routes=[Route("/{path:path}", file)])) as shop:
            origins.append(shop)
            context = chromium.new_context(viewport={"width": 390, "height": 800}, base_url=shop)
            tab, faults = context.new_page(), []
            tab.on("pageerror", lambda error: faults.append(str(error)))
            tab.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
            yield tab
            assert [fault for fault in faults if not any(word in fault for word in EXPECTED)] == []
            context.close()


def first_found(page, word):
    """The text of the first hit that has the word, once there is one."""
    hit = page.locator("shop-search li", has_text=word).first
    hit.wait_for()
    return hit.inner_text()


def test_a_shopper_searches_opens_and_is_followed(page, told):
    page.goto("/")
    page.get_by_role("searchbox").fill("pizza")
    first = page.locator("shop-search li a").first
    first.wait_for()
    assert "results" in page.locator("shop-search").get_by_role("status").inner_text()
    first.click()
    page.wait_for_url("**/products/*")
    event = told.get(timeout=30)
    assert event["user_id"].startswith("session-")
    assert page.url.endswith(f"/products/{event['item_id']}")


def test_the_texts_of_the_search_are_in_the_shops_language(page):
    page.goto("/")
    search = page.locator("shop-search")
    search.evaluate("""(search) => {
      search.setAttribute("found", "{count} Treffer");
      search.setAttribute("nothing", "Nichts für {query}");
      search.setAttribute("failed", "Später noch einmal");
    }""")
    for typed, said in (("pizza", "Treffer"), ("$&zzzzz", "Nichts für $&zzzzz")):
        page.get_by_role("searchbox").fill(typed)
        search.get_by_role("status").filter(has_text=said).wait_for()
    page.route("**/storefront/search", lambda route: route.abort())
    page.get_by_role("searchbox").fill("soap")
    search.get_by_role("status").filter(has_text="Später noch einmal").wait_for()


def test_without_texts_of_its_own_a_german_page_has_german_ones(page):
    page.goto("/de")
    search = page.locator("shop-search")
    page.get_by_role("searchbox").fill("pizza")
    search.get_by_role("status").filter(has_text="Treffer").wait_for()
    page.get_by_role("searchbox").fill("zzzzz")
    search.get_by_role("status").filter(has_text="Nichts gefunden für „zzzzz“.").wait_for()
    page.route("**/storefront/search", lambda route: route.abort())
    page.get_by_role("searchbox").fill("soap")
    search.get_by_role("status").filter(has_text="Die Suche antwortet gerade nicht.").wait_for()


def test_what_a_products_page_shows_counts_for_the_list_of_the_session_on_it(page):
    said = []
    page.on("requestfinished", lambda request: said.append(request.url.rsplit("/")[-1]))
    page.on("request", lambda request: said.append(request.post_data or ""))
    page.goto("/p1")
    page.locator("shop-items[of=session] li").first.wait_for()
    assert said.index("events") < next(
        at for at, body in enumerate(said) if '"limit"' in body and "session-" in body
    )


def test_a_press_is_a_click_though_a_newer_list_arrives_before_the_release(page):
    page.goto("/")
    words, first = page.get_by_role("searchbox"), page.locator("shop-search li a").first
    words.fill("pizza")
    first.wait_for()
    held = []
    page.route("**/storefront/search", lambda route: held.append(route))  # noqa: PLW0108 - Playwright counts parameters
    with page.expect_request("**/storefront/search"):
        words.fill("pizza che")
    first.hover()
    page.mouse.down()
    with page.expect_response("**/storefront/search") as newer:
        held.pop().continue_()
    newer.value.finished()
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.mouse.up()
    page.wait_for_url("**/products/*")
    assert held == [], "leaving the field is no search"


def test_the_session_is_kept_between_pages_and_rails_fill(page, told):
    page.goto("/")
    page.locator("shop-items[of=session] li").first.wait_for()
    before = page.evaluate("localStorage['shop-session']")
    page.reload()
    page.locator("shop-items[of=session] li").first.wait_for()
    assert page.evaluate("localStorage['shop-session']") == before
    assert told.empty(), "looking at a list tells nothing"


def test_pictures_are_those_that_were_uploaded(page):
    page.goto("/")
    shown = {"id": "a", "text": "A lamp", "metadata": {"image": "lamps/a.jpg"}}
    hits = [
        {
            **shown,
            "image": "https://shown.example.com/large.jpg",
            "thumbnail": "https://shown.example.com/small.jpg",
        },
        shown,  # where the file lies that was uploaded is no address
        {**shown, "metadata": {"image": "https://shop.example.com/a.jpg"}},
    ]
    answer = {"body": json.dumps({"hits": hits, "total": 3}), "headers": {"Access-Control-Allow-Origin": "*"}}
    page.route("**/storefront/search", lambda route: route.fulfill(**answer))
    page.route("**/*.jpg", lambda route: route.fulfill(status=200, content_type="image/jpeg", body=b""))
    page.get_by_role("searchbox").fill("lamp")
    page.locator("shop-search li").nth(2).wait_for()
    images = page.locator("shop-search li img")
    assert [images.nth(at).get_attribute("src") for at in range(images.count())] == [
        "https://shown.example.com/small.jpg",
        "https://shop.example.com/a.jpg",
    ]


def test_a_product_is_called_by_its_name_and_a_long_text_is_cut(page):
    page.goto("/")
    hits = [
        {"id": "a", "text": "Chaz Hoodie. Ideal for training.", "metadata": {"name": "Chaz Hoodie"}},
        {"id": "b", "text": "long " * 40, "metadata": {}},
    ]
    answer = {"body": json.dumps({"hits": hits, "total": 2}), "headers": {"Access-Control-Allow-Origin": "*"}}
    page.route("**/storefront/search", lambda route: route.fulfill(**answer))
    page.get_by_role("searchbox").fill("hoodie")
    page.locator("shop-search li").nth(1).wait_for()
    first, second = page.locator("shop-search li span:first-of-type").all_inner_texts()
    assert first == "Chaz Hoodie"
    assert second.endswith("long…")


def test_an_api_at_the_shops_own_address_shows_pictures_too(page):
    """`data-api` may be relative: a shop that passes its own /v1 on to the API."""
    html = (ROOT / "docs/examples/storefront.html").read_text()
    html = html.replace("http://127.0.0.1:8080/storefront", "/v1")
    page.route(
        lambda url: url.endswith("/"), lambda route: route.fulfill(body=html, content_type="text/html")
    )
    hits = [
        {"id": "a", "text": "A lamp", "metadata": {}, "thumbnail": "https://shown.example.com/small.jpg"},
        {"id": "b", "text": "A lamp", "metadata": {}, "image": "/images/large.jpg"},
    ]
    answer = {"body": json.dumps({"hits": hits, "total": 2}), "content_type": "application/json"}
    page.route("**/v1/**", lambda route: route.fulfill(**answer))
    page.route("**/*.jpg", lambda route: route.fulfill(status=200, content_type="image/jpeg", body=b""))
    page.goto("/")
    page.get_by_role("searchbox").fill("lamp")
    images = page.locator("shop-search li img")
    images.nth(1).wait_for(state="attached")
    shown = [images.nth(at).get_attribute("src") for at in range(images.count())]
    assert shown[0] == "https://shown.example.com/small.jpg"
    assert shown[1].startswith("http://127.0.0.1")
    assert shown[1].endswith("/images/large.jpg")


def test_variants_of_a_product_are_one_result(page):
    page.goto("/")
    page.locator("shop-search").evaluate("element => element.setAttribute('distinct', 'category')")
    with page.expect_request("**/storefront/search") as asked:
        page.get_by_role("searchbox").fill("pizza")
    assert asked.value.post_data_json["distinct"] == "category"
    page.locator("shop-search li a").first.wait_for()


def test_what_the_api_refuses_is_said_on_the_page(page):
    page.goto("/")
    problem = json.dumps({"title": "Too many requests", "detail": "come again in a second"})
    refusal = {"status": 429, "body": problem, "headers": {"Access-Control-Allow-Origin": "*"}}
    page.route("**/storefront/search", lambda route: route.fulfill(**refusal))
    page.get_by_role("searchbox").fill("pizza")
    said = page.locator("shop-search p", has_text="come again in a second")
    said.wait_for()
    assert said.is_visible()


def test_before_the_first_event_nothing_is_said_to_be_trending(page):
    hits = [{"id": "a", "text": "A lamp", "metadata": {}, "score": 0.0}]
    answer = {"body": json.dumps({"hits": hits}), "headers": {"Access-Control-Allow-Origin": "*"}}
    page.route("**/storefront/recommendations", lambda route: route.fulfill(**answer))
    page.goto("/")
    page.locator("shop-items[of=session] li").first.wait_for()
    page.locator("shop-items[of=trending]").wait_for(state="hidden")


def test_a_late_rail_does_not_replace_the_one_of_a_newer_item(page):
    page.goto("/")
    page.locator("shop-items[of=session] li").first.wait_for()
    held = []
    page.route("**/items/p1/similar*", lambda route: held.append(route))  # noqa: PLW0108 - Playwright counts parameters
    page.evaluate("""() => {
      const rail = document.createElement("shop-items");
      rail.id = "rail";
      rail.setAttribute("of", "similar");
      rail.setAttribute("item", "p1");
      document.body.append(rail);
      rail.setAttribute("item", "k1");
    }""")
    names = page.locator("#rail li")
    names.first.wait_for()
    shown = names.all_inner_texts()
    with page.expect_response("**/items/p1/similar*") as late:
        held.pop().continue_()
    late.value.finished()
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert names.all_inner_texts() == shown


def test_a_shop_that_keeps_presses_to_itself_gets_newer_lists_all_the_same(page):
    page.goto("/")
    page.evaluate("document.addEventListener('pointerup', (event) => event.stopPropagation())")
    words = page.get_by_role("searchbox")
    words.click()
    words.fill("pizza")
    assert "pizza" in first_found(page, "pizza").lower()


def test_a_search_without_a_network_says_so(page):
    page.goto("/")
    page.route("**/storefront/search", lambda route: route.abort())
    page.get_by_role("searchbox").fill("pizza")
    said = page.locator("shop-search").get_by_text("Are you online?")
    said.wait_for()
    assert said.is_visible()


@pytest.mark.parametrize("button", ["left", "right"])
def test_lists_go_on_after_a_press_whose_release_never_comes(page, button):
    page.goto("/")
    words = page.get_by_role("searchbox")
    words.hover()
    page.mouse.down(button=button)
    words.fill("pizza")
    assert "pizza" in first_found(page, "pizza").lower()
