"""The search page in a real browser, against the API with the tiny shop: what a person sees and does."""

import re
from base64 import b64encode

import pytest

from object2vec.core.catalog import CatalogItem
from tests.helpers.chromium import CHROMIUM
from tests.helpers.pictures import picture
from tests.helpers.topics import SHOP

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium")


def names(page, rail="#results"):
    return page.locator(f"{rail} a.name").all_inner_texts()


def opened(page, query, name):
    """The product view of a result."""
    page.goto(f"?q={query}")
    page.locator("#results a.name", has_text=name).first.click()
    page.wait_for_selector("#product h2.title")


def test_a_misspelt_search_shows_corrected_highlighted_results_and_filters(page):
    page.goto("?q=frozn+piza")
    page.wait_for_selector("#results mark")
    assert "Showing results for “frozen pizza”" in page.inner_text("#corrected")
    assert "Frozen pizza cheese" in names(page)[0]
    assert page.locator("#results a.name").first.locator("mark").all_inner_texts() == ["Frozen", "pizza"]
    legends = page.locator("#facets legend").all_inner_texts()
    assert legends == ["Brand", "Price"]  # one category tells nothing apart
    assert "Popular right now" in page.inner_text("#session-note")
    assert page.is_hidden("#problem")


def test_a_search_without_a_result_says_what_to_do_and_shows_popular_items(page):
    page.goto("?q=%3Czzzzz%3E")
    page.wait_for_selector("#results a.name")
    assert "Nothing found for “<zzzzz>”" in page.inner_text("#status")
    assert any("Diet cola bottle" in name for name in names(page))


def test_before_the_first_event_nothing_is_said_to_be_popular(page):
    def untouched(route):
        answer = route.fetch()
        body = answer.json()
        for hit in body["hits"]:
            hit["score"] = 0.0
        route.fulfill(response=answer, json=body)

    for path in ("search", "recommendations"):
        page.route(f"**/{path}", untouched)
    page.goto("")
    page.locator("#session-note", has_text=re.compile("^Open an item")).wait_for()
    page.locator("#status", has_text=re.compile("items in the catalogue$")).wait_for()
    page.wait_for_load_state("networkidle")
    assert page.is_hidden("#trending-rail")


def test_variants_of_one_product_are_counted_as_one(page, client):
    for n in range(3):
        client("PUT", f"/items/cap-{n}", {"text": "Odd cap", "metadata": {"group": "cap"}})
    page.goto("?q=odd")
    page.locator("#status", has_text=re.compile("^1 product for")).wait_for()


def test_it_searches_while_one_types_and_marks_what_the_word_becomes(page, sent):
    page.goto("")
    page.wait_for_selector("#results a.name")
    page.locator("#query").press_sequentially("fro")
    page.wait_for_selector("#results mark")
    assert {"query": "fro", "prefix": True}.items() <= sent["/search"][-1].items()
    assert "Frozen" in page.locator("#results mark").all_inner_texts()


def test_a_late_answer_does_not_replace_a_newer_one(page):
    page.goto("")
    page.wait_for_selector("#results a.name")
    held = []

    def late(route):
        held.append(route) if route.request.post_data_json.get("query") == "soap" else route.continue_()

    page.route("**/search", late)
    page.fill("#query", "soap")
    page.press("#query", "Enter")
    page.fill("#query", "pizza")
    page.press("#query", "Enter")
    page.wait_for_selector("#status:has-text('pizza')")
    for route in held:
        route.continue_()
    page.wait_for_load_state("networkidle")
    assert "pizza" in page.inner_text("#status")
    assert not any("soap" in name.lower() for name in names(page))


def test_a_press_is_a_click_though_a_newer_list_arrives_before_the_release(page):
    page.goto("?q=pizza")
    page.wait_for_selector("#results mark")
    held = []
    page.route("**/search", lambda route: held.append(route))  # noqa: PLW0108 - Playwright counts parameters
    with page.expect_request("**/search"):
        page.fill("#query", "soap")
    page.locator("#results a.name").first.hover()
    page.mouse.down()
    with page.expect_response("**/search"):
        for route in held:
            route.continue_()
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.mouse.up()
    page.wait_for_selector("#product h2.title")
    assert "pizza" in page.inner_text("#product h2.title")


def test_enter_searches_for_whole_words(page, sent):
    page.goto("")
    page.wait_for_selector("#results a.name")
    page.fill("#query", "pizza")
    page.press("#query", "Enter")
    page.wait_for_selector("#results mark")
    asked = [body for body in sent["/search"] if body.get("query") == "pizza" and "facets" in body]
    assert asked[-1]["prefix"] is False
    assert page.url.endswith("?q=pizza")


def test_a_beginning_that_no_word_has_is_searched_as_a_misspelt_word(page):
    page.goto("")
    page.wait_for_selector("#results a.name")
    page.locator("#query").press_sequentially("piza")
    page.wait_for_selector("#corrected:not([hidden])")
    assert "Showing results for “pizza”" in page.inner_text("#corrected")


def test_a_suggestion_is_chosen_with_the_keyboard(page):
    page.goto("")
    page.wait_for_selector("#results a.name")
    page.locator("#query").press_sequentially("fro")
    page.wait_for_selector("#suggestions li")
    page.keyboard.press("ArrowDown")
    chosen = page.get_attribute("#query", "aria-activedescendant")
    assert page.get_attribute(f"#{chosen}", "aria-selected") == "true"
    page.keyboard.press("Enter")
    page.wait_for_selector("#product h2.title")
    assert "item=" in page.url
    page.go_back()
    page.wait_for_selector("#list:not([hidden])")
    page.fill("#query", "piz")
    page.wait_for_selector("#suggestions li")
    page.keyboard.press("Escape")
    assert page.is_hidden("#suggestions")


def test_an_item_has_an_address_and_the_way_back_leads_to_its_card(page):
    opened(page, "pizza", "Frozen pizza cheese")
    assert "item=" in page.url
    title = page.inner_text("#product-title")
    page.wait_for_selector("#similar-rail a.name")
    page.keyboard.press("Escape")
    page.wait_for_selector("#list:not([hidden])")
    page.wait_for_selector("#results a.name:focus")
    assert title in page.evaluate("document.activeElement.textContent")
    page.go_forward()
    page.wait_for_selector("#product:not([hidden])")
    assert page.inner_text("#product-title") == title
    page.reload()
    page.wait_for_selector("#product h2.title")
    assert page.inner_text("#product-title") == title


def test_opening_an_item_is_told_to_the_api_once_and_the_rail_follows(page, sent):
    opened(page, "pizza", "Frozen pizza cheese")
    page.wait_for_selector("#session-note:has-text('Updated')")
    page.reload()
    page.wait_for_selector("#product h2.title")
    page.wait_for_load_state("networkidle")
    (event,) = [event for body in sent["/events"] for event in body["events"]]
    assert event["event_type"] == "view"
    assert event["user_id"].startswith("session-")
    assert "Frozen pizza" in page.inner_text("#viewed")
    assert "1 item" in page.inner_text("#session-note") or "the item" in page.inner_text("#session-note")


def test_a_filter_is_a_chip_that_takes_it_away_and_the_address_is_shared(page, url):
    page.goto("?q=pizza")
    page.wait_for_selector("#facets input[type=checkbox]")
    page.locator("#facets input[type=checkbox]").first.check()
    page.wait_for_selector("#chips button")
    address = page.url
    assert "filters=" in address
    count = page.inner_text("#status")
    page.goto("about:blank")
    page.goto(address)
    page.wait_for_selector("#chips button")
    assert page.inner_text("#status") == count
    page.locator("#chips button").first.click()
    page.wait_for_selector("#chips", state="hidden")
    assert "filters=" not in page.url


def test_a_slider_has_both_ends_and_needs_no_mouse(page, sent, client):
    for n in range(12):
        client("PUT", f"/items/tent-{n}", {"text": f"Tent {n}", "metadata": {"price": 1.5 + 2 * (n % 4)}})
    page.goto("")
    page.wait_for_selector(".slider input")
    low, high = page.get_by_label("Price from, slider"), page.get_by_label("Price to, slider")
    high.focus()
    page.keyboard.press("PageDown")
    page.wait_for_selector("#chips button:has-text('Price up to')")
    low.focus()
    for _ in range(3):
        page.keyboard.press("PageUp")
    page.wait_for_selector("#chips button:has-text(' to ')")
    chosen = sent["/search"][-1]["filters"]["price"]
    assert 0 < chosen["gte"] < chosen["lte"] < 12
    for _ in range(20):  # the ends do not cross
        page.get_by_label("Price from, slider").press("PageUp")
    page.wait_for_load_state("networkidle")
    chosen = sent["/search"][-1]["filters"]["price"]
    assert chosen["gte"] <= chosen["lte"]


def test_the_first_result_is_two_keys_away(page):
    page.goto("?q=pizza")
    page.wait_for_selector("#results a.name")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.className") == "name"


def test_the_workbench_explains_compares_and_keeps_rules(page):
    page.goto("?q=pizza&workbench=1")
    page.wait_for_selector("#bench .columns li")
    assert page.locator("#bench .columns h2").count() == 3
    assert "lexical" in page.locator("#results .explain").first.inner_text()
    page.click("#tab-rules")
    last = page.locator("#results .card").last.get_attribute("data-id")
    page.get_by_role("textbox", name="Items").fill(last)
    page.get_by_role("button", name="Preview").click()
    page.wait_for_selector("#bench .preview li")
    assert page.request.get("rules").json()["rules"] == []
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector("#bench table.rules")
    (rule,) = page.request.get("rules").json()["rules"]
    assert (rule["action"], rule["items"], rule["queries"]) == ("pin", [last], ["pizza"])


def test_a_saved_rule_is_seen_in_the_list_at_once(page):
    page.goto("?q=pizza&workbench=rules")
    page.wait_for_selector("#results .card")
    last = page.locator("#results .card").last.get_attribute("data-id")
    page.get_by_role("textbox", name="Items").fill(last)
    page.get_by_role("button", name="Save").click()
    page.locator(f"#results .card:first-child[data-id='{last}']").wait_for()
    assert page.locator("#results .card").first.get_attribute("data-id") == last


def test_texts_have_the_direction_of_their_script(page, client):
    client("PUT", "/items/lamp", {"text": "מנורת שולחן pizza", "metadata": {"title": "מנורת שולחן (LED)"}})
    page.goto("?q=pizza")
    name = page.locator(".card[data-id=lamp] a.name")
    name.wait_for()
    assert name.evaluate("(node) => getComputedStyle(node).unicodeBidi") == "plaintext"
    page.fill("#query", "מנורה")
    assert page.locator("#query").evaluate("(node) => node.matches(':dir(rtl)')")


def test_prices_of_several_currencies_can_be_told_apart(page, client):
    for n, currency in enumerate(["EUR", "USD", "JPY"] * 4):
        metadata = {"price": n + 1, "currency": currency}
        client("PUT", f"/items/{n}", {"text": f"Pizza {n}", "metadata": metadata})
    page.goto("?q=pizza")
    page.get_by_role("checkbox", name="JPY").check()
    page.locator("#status", has_text=re.compile("^4 items")).wait_for()
    assert page.locator("#results .price").all_inner_texts() == ["¥3", "¥6", "¥9", "¥12"]


def test_the_workbench_tries_a_synonym_before_it_is_stored(page):
    page.goto("?q=flatbread&workbench=1")
    page.click("#tab-synonyms")
    page.get_by_role("textbox", name="finds").fill("pizza")
    page.get_by_role("button", name="Preview").click()
    tried = page.locator("#bench .preview .columns > div").last
    tried.locator("li", has_text="pizza").first.wait_for()
    assert page.request.get("synonyms").json()["synonyms"] == []
    page.get_by_role("button", name="Save").click()
    page.locator("#bench table.rules", has_text="flatbread").wait_for()
    (entry,) = page.request.get("synonyms").json()["synonyms"]
    assert entry["words"] == ["flatbread", "pizza"]


def test_the_workbench_shows_the_live_release_beside_the_one_before(page, publish):
    publish("v2", [*SHOP, CatalogItem("p9", "Frozen pizza spinach")], model="topics-2")
    page.goto("?q=pizza&workbench=1")
    page.wait_for_selector("#bench .columns")
    page.click("#tab-releases")
    page.get_by_text("Before: topics-1. Live: topics-2.").wait_for()
    before, live = page.locator("#bench .columns > div").all()
    assert "spinach" in live.locator("li", has=page.locator(".only")).inner_text()
    assert "spinach" not in before.inner_text()


def test_a_first_release_has_nothing_to_be_compared_with_and_that_is_no_error(page, faults):
    page.goto("?q=pizza&workbench=releases")
    page.locator("#bench", has_text="Only one model has been live so far").wait_for()
    assert page.locator("#bench .problem").count() == 0
    faults.clear()  # the browser's own line about the status


def test_a_search_says_whose_it_is_so_that_a_click_counts_for_it(page, sent):
    opened(page, "pizza", "Frozen pizza cheese")
    page.wait_for_selector("#session-note:has-text('Updated')")
    (event,) = [event for body in sent["/events"] for event in body["events"]]
    asked = [body for body in sent["/search"] if body.get("query") == "pizza" and "facets" in body]
    assert asked[-1]["user_id"] == event["user_id"]
    page.click("#forget")  # then it is somebody else who searches
    page.fill("#query", "soap")
    page.press("#query", "Enter")
    page.wait_for_selector("#status:has-text('soap')")
    assert sent["/search"][-1]["user_id"] != event["user_id"]


def test_nothing_of_another_shopper_is_written_while_one_looks_as_them(page, sent):
    page.goto("?q=pizza&workbench=1&user=u1")
    page.locator("#results a.name").first.click()
    page.wait_for_selector("#product h2.title")
    page.wait_for_load_state("networkidle")
    assert sent["/events"] == []


def test_the_list_of_another_shopper_is_theirs_alone(page, sent):
    opened(page, "pizza", "Frozen pizza cheese")
    page.wait_for_selector("#session-note:has-text('Updated')")
    page.goto("?workbench=shopper&user=u1")
    page.wait_for_selector("#session-note:has-text('Nothing is known of u1')")
    page.locator("#results a.name").first.click()
    page.wait_for_load_state("networkidle")
    of_u1 = [body for body in sent["/recommendations"] if body.get("user_id") == "u1" and "diversity" in body]
    assert of_u1
    assert all("history" not in body for body in of_u1)
    assert "Updated" not in page.inner_text("#session-note")


def test_names_and_numbers_of_fields_are_shown_as_the_shop_writes_them(page):
    """A German noun keeps its capital; years, ids and bar codes have no thousands."""
    page.goto("")
    names = ["product_type", "productType", "GEWICHT", "ID", "Farbe Rahmen"]
    found = page.evaluate("async (names) => names.map((await import('./web/item.js')).label)", names)
    assert found == ["Product type", "Product type", "Gewicht", "ID", "Farbe Rahmen"]
    metadata = {"Jahr": 2024, "ID": 12345, "EAN": 4006381333931, "Aufrufe": 12345}
    facts = page.evaluate(
        "async (metadata) => (await import('./web/item.js')).factsOf({ metadata })", metadata
    )
    assert dict(facts) == {"Jahr": "2024", "ID": "12345", "EAN": "4006381333931", "Aufrufe": "12,345"}


def test_html_in_a_description_is_text_and_pictures_prices_and_stock_are_shown(page, client):
    metadata = {
        "title": "Stove & oven", "price": 1145.95, "currency": "EUR", "availability": "out of stock",
        "image": "web/no-such.png",
    }  # fmt: skip
    text = "<p>Stove &amp; oven</p><ul><li>Warm<li>Safe<img src=x onerror=alert(1)></ul>"
    client("PUT", "/items/stove", {"text": text, "metadata": metadata})
    page.route("**/no-such.png", lambda route: route.fulfill(body=b"", content_type="image/png"))
    page.goto("?item=stove")
    page.wait_for_selector("#product h2.title")
    assert page.inner_text("#product-title") == "Stove & oven"
    assert "€1,145.95" in page.inner_text("#product")
    assert "Out of stock" in page.inner_text("#product")
    assert "<" not in page.inner_text("#product .description")
    page.wait_for_selector("#product .picture.drawn")  # the picture cannot be read: a tile in its place


def test_a_card_shows_the_word_that_was_found_far_down_a_text(page, client):
    text = "Chloe Compete Tank. " + "It keeps cool and dry on hot days. " * 3 + "Made of marzipan, with more."
    client("PUT", "/items/tank", {"text": text, "metadata": {"title": "Chloe Compete Tank"}})
    page.goto("?q=marzipan")
    snippet = page.locator("#results .snippet").first
    mark = snippet.locator("mark").bounding_box()
    shown = snippet.bounding_box()
    assert shown["y"] <= mark["y"] < mark["y"] + mark["height"] <= shown["y"] + shown["height"] + 2


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("address", ["", "?q=pizza", "?q=pizza&workbench=1"])
def test_nothing_is_wider_than_the_window(page, width, address):
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(address)
    page.wait_for_selector("#results a.name")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_picture_searches_alone_and_with_words(page, sent):
    red = (0.8, 0.2, 0.2)
    shown = {"body": picture(red), "content_type": "image/png"}
    page.route("**/images/**", lambda route: route.fulfill(**shown))
    page.request.put("items/p1/image", data={"image": b64encode(picture(red)).decode()})
    page.goto("")
    page.wait_for_selector("#results a.name")
    file = {"name": "red.png", "mimeType": "image/png", "buffer": picture(red, size=(2_000, 1_000))}
    page.set_input_files("#look-file", file)
    page.get_by_role("button", name="Remove picture").wait_for()
    page.get_by_text("most alike first").wait_for()
    assert sent["/search"][-1]["image"].startswith("data:image/jpeg;base64,")
    assert len(sent["/search"][-1]["image"]) < 100_000
    assert page.locator("#results [data-id]").first.get_attribute("data-id") == "p1"
    assert page.locator("#results img").first.get_attribute("src").endswith("-360.jpg")
    page.get_by_role("button", name="Remove picture").click()
    page.get_by_text("popular ones first").wait_for()
    assert "image" not in sent["/search"][-1]
