"""The page while answers are slow, fail, or come in another order than they were asked for."""

from urllib.parse import quote

import pytest

from tests.helpers.chromium import CHROMIUM
from tests.helpers.pictures import picture

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium")


class Held:
    """Holds back the requests to a path until they are let go; only those that `which` picks."""

    def __init__(self, page, path, which=lambda request: True):
        self._page, self._which, self._holding = page, which, True
        self.routes, self._open = [], set()
        page.on("requestfinished", lambda request: self._open.discard(request))  # noqa: PLW0108
        page.on("requestfailed", lambda request: self._open.discard(request))  # noqa: PLW0108
        page.route(path, self._hold)

    def _hold(self, route):
        if not (self._holding and self._which(route.request)):
            route.continue_()
            return
        self._open.add(route.request)
        self.routes.append(route)

    def wait(self, count):
        until(self._page, lambda: len(self.routes) >= count)

    def let_go(self, *, last_first=False):
        self._holding = False
        for route in reversed(self.routes) if last_first else self.routes:
            if route.request in self._open:
                route.continue_()
            until(self._page, lambda request=route.request: request not in self._open)
        drawn(self._page)


def until(page, condition):
    """Lets the page go on until the condition holds."""
    while not condition():
        page.evaluate("0")


def drawn(page):
    """Until the page has drawn what it knows."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def chips(page):
    return page.locator("#chips button").evaluate_all("chips => chips.map((chip) => chip.ariaLabel)")


def ready(page, address=""):
    page.goto(address)
    page.wait_for_selector("#results a.name")
    page.wait_for_load_state("networkidle")


def test_a_search_that_fails_says_so_until_one_succeeds(page, faults):
    ready(page, "?q=pizza")
    page.route("**/search", lambda route: route.abort())
    page.fill("#query", "soap")
    page.press("#query", "Enter")
    page.wait_for_selector("#problem:not([hidden])")
    page.wait_for_load_state("networkidle")
    drawn(page)
    assert page.inner_text("#problem") == "The server does not answer. Are you online?"
    page.unroute("**/search")
    page.press("#query", "Enter")
    page.wait_for_selector("#status:has-text('soap')")
    assert page.is_hidden("#problem")
    faults.clear()


def test_a_filter_of_the_address_that_the_shop_does_not_know_can_be_taken_away(page, faults):
    page.goto("?q=pizza&filters=" + quote('{"flavour":"mint"}'))
    page.wait_for_selector("#problem:has-text('flavour')")
    assert page.inner_text("#status") == "Nothing to show."
    page.locator("#chips button").click()
    page.wait_for_selector("#status:has-text('pizza')")
    assert page.is_hidden("#problem")
    assert page.locator("#results a.name").count() > 0
    faults.clear()


@pytest.mark.parametrize("filters", ["[1,2]", '"brand"', "7", "null", "{bad"])
def test_an_address_whose_filters_are_no_table_has_none(page, filters):
    ready(page, "?q=pizza&filters=" + quote(filters))
    assert page.is_hidden("#problem")
    assert chips(page) == []


def test_an_id_that_no_path_can_hold_is_said(page):
    page.goto("?item=..")
    page.wait_for_selector("#problem:not([hidden])")
    assert page.inner_text("#problem") == "The server's answer cannot be read"


def test_an_item_that_is_gone_is_said(page, faults):
    page.goto("?item=nope")
    page.wait_for_selector("#problem:not([hidden])")
    page.wait_for_load_state("networkidle")
    drawn(page)
    assert "nope" in page.inner_text("#problem")
    faults.clear()


def test_a_late_item_is_not_shown_over_the_list(page, sent):
    ready(page, "?q=pizza")
    page.locator("#results a.name").last.click()
    page.wait_for_selector("#session-note:has-text('Updated')")
    page.go_back()
    page.wait_for_selector("#list:not([hidden])")
    until(page, lambda: sent["/events"])
    events = len(sent["/events"])
    held = Held(page, "**/items/*")
    page.go_forward()
    held.wait(1)
    page.go_back()
    page.wait_for_selector("#list:not([hidden])")
    held.let_go()
    assert page.is_hidden("#product")
    assert len(sent["/events"]) == events


def test_two_boxes_ticked_before_an_answer_both_count(page):
    ready(page)
    page.wait_for_selector("#facets input[type=checkbox]")
    held = Held(page, "**/search")
    boxes = page.locator("#facets fieldset:has-text('Brand') input[type=checkbox]")
    boxes.nth(0).check()
    boxes.nth(1).check()
    held.wait(1)
    held.let_go()
    page.wait_for_selector("#chips button")
    page.wait_for_load_state("networkidle")
    assert chips(page)[:2] == ["Remove filter A", "Remove filter B"]


def test_two_chips_removed_before_an_answer_are_both_gone(page):
    ready(page, "?filters=%7B%22brand%22%3A%5B%22A%22%2C%22B%22%2C%22C%22%5D%7D")
    held = Held(page, "**/search")
    page.click("#chips [aria-label='Remove filter A']")
    page.click("#chips [aria-label='Remove filter B']")
    held.wait(2)
    held.let_go()
    page.wait_for_selector("#chips [aria-label='Remove filter A']", state="detached")
    assert chips(page) == ["Remove filter C"]


def test_more_pressed_twice_is_one_page_more(page, client):
    for n in range(40):
        client("PUT", f"/items/soap-{n}", {"text": f"Soap number {n}", "metadata": {"price": 1.0 + n}})
    ready(page, "?q=soap")
    held = Held(page, "**/search")
    page.evaluate("document.getElementById('more').click(); document.getElementById('more').click()")
    held.wait(1)
    drawn(page)
    held.let_go()
    page.wait_for_load_state("networkidle")
    ids = page.locator("#results .card").evaluate_all("cards => cards.map((card) => card.dataset.id)")
    assert len(ids) == len(set(ids)) > 24


def test_suggestions_that_come_after_the_search_stay_away(page):
    ready(page)
    held = Held(page, "**/search", lambda request: request.post_data_json["limit"] == 12)
    page.locator("#query").press_sequentially("pizza")
    held.wait(1)
    page.press("#query", "Enter")
    page.wait_for_selector("#status:has-text('pizza')")
    held.let_go()
    assert page.is_hidden("#suggestions")


def test_a_refused_picture_does_not_spoil_the_next_search(page, sent, faults):
    ready(page)
    page.route(
        "**/search",
        lambda route: (
            route.fulfill(status=503, json={"detail": "Pictures cannot be read now."})
            if "image" in route.request.post_data_json
            else route.continue_()
        ),
    )
    page.set_input_files(
        "#look-file", {"name": "red.png", "mimeType": "image/png", "buffer": picture((0.8, 0.2, 0.2))}
    )
    page.wait_for_selector("#problem:has-text('Pictures cannot')")
    page.fill("#query", "pizza")
    page.press("#query", "Enter")
    page.wait_for_selector("#status:has-text('pizza')")
    assert "image" not in sent["/search"][-1]
    faults.clear()


def test_a_page_that_could_not_start_starts_later(page, faults):
    page.clock.install()
    page.route("**/search", lambda route: route.fulfill(status=503, json={"detail": "Starting."}))
    page.goto("")
    page.wait_for_selector("#problem:has-text('Starting')")
    page.unroute("**/search")
    page.clock.run_for(16_000)
    page.wait_for_selector("#results a.name")
    page.wait_for_selector("#facets fieldset")
    assert page.is_hidden("#problem")
    faults.clear()


def test_a_basket_pressed_twice_has_the_item_once(page):
    ready(page, "?q=pizza")
    sent = []
    page.on("request", lambda asked: sent.append(asked.post_data_json) if "/events" in asked.url else None)
    page.locator("#results a.name").first.click()
    page.get_by_role("button", name="Add to basket").dblclick()
    page.wait_for_selector("#session-note:has-text('basket')")
    drawn(page)
    assert [event["event_type"] for body in sent for event in body["events"]] == ["view", "cart"]


def test_a_late_rail_does_not_replace_a_newer_one(page):
    ready(page, "?q=pizza")
    held = Held(page, "**/recommendations")
    page.locator("#results a.name").first.click()
    held.wait(1)
    page.get_by_role("button", name="Add to basket").click()
    held.wait(2)
    held.let_go(last_first=True)
    page.wait_for_selector("#session-note:has-text('basket')")
    assert "basket" in page.inner_text("#session-note")


def test_a_click_right_after_typing_opens_the_item(page):
    page.clock.install()
    ready(page, "?q=pizza")
    page.evaluate("""() => {
      const query = document.getElementById('query');
      query.value = 'soap';
      query.dispatchEvent(new Event('input'));
      document.querySelector('#results a.name').click();
    }""")
    page.wait_for_selector("#product h2.title")
    page.clock.run_for(1_000)  # a search while one types would have begun
    drawn(page)
    assert "item=" in page.url
    assert page.is_visible("#product")


def test_back_pressed_twice_goes_back_once(page):
    ready(page, "?q=soap")
    page.goto("?q=pizza")
    page.wait_for_selector("#results a.name")
    page.locator("#results a.name").first.click()
    page.wait_for_selector("#product h2.title")
    backs = page.evaluate("""() => {
      const back = history.back.bind(history);
      let backs = 0;
      history.back = () => { backs += 1; back(); };
      document.getElementById('close').click();
      document.getElementById('close').click();
      return backs;
    }""")
    page.wait_for_selector("#list:not([hidden])")
    assert backs == 1
    assert "q=pizza" in page.url


def test_the_focus_stays_among_the_chips(page):
    ready(page, "?filters=%7B%22brand%22%3A%5B%22A%22%2C%22B%22%5D%7D")
    page.focus("#chips [aria-label='Remove filter A']")
    page.keyboard.press("Enter")
    page.wait_for_selector("#chips [aria-label='Remove filter A']", state="detached")
    assert page.evaluate("document.activeElement.ariaLabel") == "Remove filter B"


def test_the_focus_stays_in_the_results(page):
    ready(page, "?q=pizza")
    held = Held(page, "**/search")
    page.fill("#query", "snack")
    held.wait(1)
    page.locator("#results a.name").first.focus()
    held.let_go()
    page.wait_for_selector("#status:has-text('snack')")
    assert page.evaluate("document.activeElement.className") == "name"


def test_save_pressed_twice_saves_once(page):
    ready(page, "?q=pizza&workbench=1")
    page.click("#tab-rules")
    page.get_by_role("textbox", name="Items").fill("p1")
    page.get_by_role("button", name="Save").dblclick()
    page.wait_for_selector("#bench table.rules")
    page.wait_for_load_state("networkidle")
    assert len(page.request.get("rules").json()["rules"]) == 1
    assert "Saved" in page.inner_text("#bench .preview")


def test_a_tap_opens_what_it_touched_though_a_newer_list_arrives(chromium, url):
    context = chromium.new_context(
        viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True, base_url=url
    )
    page = context.new_page()
    ready(page, "?q=pizza")
    held = Held(page, "**/search")
    page.fill("#query", "soap")
    held.wait(1)
    first = page.locator("#results a.name").first
    name = first.inner_text()
    first.scroll_into_view_if_needed()
    box = first.bounding_box()
    at = [{"x": box["x"] + 5, "y": box["y"] + 5}]
    session = context.new_cdp_session(page)
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": at})
    held.let_go()
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_selector("#product h2.title")
    assert page.inner_text("#product h2.title") == name
    context.close()


def test_a_filter_ticked_and_unticked_before_an_answer_filters_nothing(page):
    page.clock.install()
    ready(page)
    before = page.inner_text("#status")
    held = Held(page, "**/search")
    box = page.locator("#facets fieldset:has-text('Brand') input[type=checkbox]").first
    box.check()
    held.wait(1)
    box.uncheck()
    held.let_go()
    page.clock.run_for(300)  # a list waits until the press has been a click
    drawn(page)
    assert (page.inner_text("#status"), chips(page), box.is_checked()) == (before, [], False)


@pytest.mark.parametrize("button", ["left", "right"])
def test_lists_go_on_after_a_press_whose_release_never_comes(page, button):
    ready(page, "?q=pizza")
    page.locator("#status").hover()
    page.mouse.down(button=button)
    page.fill("#query", "soap")
    status = page.locator("#status", has_text="soap")
    status.wait_for()
    assert status.is_visible()


def test_a_chosen_shopper_is_asked_for_before_the_search_answers(page):
    ready(page, "?q=pizza&workbench=1")
    page.click("#tab-shopper")
    page.fill("#bench input", "u1")
    held = Held(page, "**/search")

    def rail(request):
        body = request.post_data_json if request.url.endswith("/recommendations") else {}
        return "diversity" in body and body.get("user_id") == "u1"

    with page.expect_request(rail) as asked:
        page.get_by_role("button", name="Look").click()
    assert "history" not in asked.value.post_data_json, "nor for what the visitor looked at"
    assert len(held.routes) == 1, "the search has not answered"
    held.let_go()


def test_filters_are_there_though_the_rails_fail(page, faults):
    page.route("**/recommendations", lambda route: route.fulfill(status=503, json={"detail": "No rails."}))
    page.goto("?q=pizza")
    page.wait_for_selector("#facets input[type=checkbox]")
    page.wait_for_selector("#problem:has-text('No rails')")
    assert page.locator("#facets input[type=checkbox]").count() > 0
    faults.clear()


def test_back_brings_its_words_into_the_field_one_is_in(page):
    ready(page, "?q=pizza")
    page.fill("#query", "soap")
    page.press("#query", "Enter")
    page.wait_for_selector("#status:has-text('soap')")
    page.go_back()
    page.wait_for_selector("#status:has-text('pizza')")
    assert page.input_value("#query") == "pizza"


def test_a_slow_server_is_asked_once(page):
    page.clock.install()
    held = Held(page, "**/search")
    page.goto("")
    held.wait(1)
    page.clock.run_for(46_000)
    asked = len(held.routes)
    held.let_go()
    page.wait_for_selector("#results a.name")
    assert asked == 1


def test_more_starts_anew_where_its_cursor_is_of_an_older_release(page, client, faults):
    for n in range(40):
        client("PUT", f"/items/soap-{n}", {"text": f"Soap number {n}", "metadata": {"price": 1.0 + n}})
    ready(page, "?q=soap")
    page.route(
        "**/search",
        lambda route: (
            route.fulfill(status=400, json={"detail": "No cursor of ours."})
            if route.request.post_data_json.get("cursor")
            else route.continue_()
        ),
    )
    with page.expect_request(
        lambda request: request.url.endswith("/search") and "cursor" not in request.post_data_json
    ):
        page.click("#more")
    page.wait_for_load_state("networkidle")
    assert page.is_hidden("#problem")
    faults.clear()
