"""The page without a mouse, for a screen reader, on a small screen: what axe-core, keys and pictures say.

https://github.com/dequelabs/axe-core looks for barriers of WCAG 2.2 A and AA, and best practices.
"""

from pathlib import Path

import pytest

from tests.helpers.chromium import CHROMIUM
from tests.helpers.pictures import picture

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium"),
    pytest.mark.skipif(not AXE.is_file(), reason="no axe-core here: npm ci"),
]
SCREENS = {
    "start": "",
    "results": "?q=pizza",
    "filtered": "?q=pizza&filters=%7B%22brand%22%3A%22B%22%7D",
    "nothing": "?q=zzzzz",
    "item": "?item=p1",
    "workbench": "?q=pizza&workbench=1",
}
WIDTHS = (1280, 390)
LEAST_BYTES = 5_000
"""Least size of a picture of a page with something on it."""
SHIFT = 0.1
"""Layout shift up to here is good: https://web.dev/articles/cls"""
LISTEN = """
window.shifted = 0;
window.movers = [];
new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
  if (entry.hadRecentInput) return;
  window.shifted += entry.value;
  for (const { node } of entry.sources) window.movers.push(node?.id || node?.className || node?.nodeName);
})).observe({type: "layout-shift", buffered: true});
"""


def barriers(page):
    """What axe finds, a line each: the rule and where."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]


def ready(page, address):
    page.goto(address)
    page.wait_for_selector("#product h2.title" if "item=" in address else "#results a.name")
    page.wait_for_load_state("networkidle")


def without_filters(page):
    page.locator("#filters > summary").click()
    page.wait_for_selector("#facets fieldset", state="hidden")


def with_filters_on_a_phone(page):
    page.set_viewport_size({"width": 390, "height": 800})
    page.reload()
    page.locator("#filters > summary").click()
    page.wait_for_selector("#facets fieldset")


def with_suggestions(page):
    page.locator("#query").fill("piz")
    page.wait_for_selector("#suggestions li")
    page.keyboard.press("ArrowDown")


def with_a_problem(page):
    page.route("**/search", lambda route: route.fulfill(status=503, json={"detail": "Starting."}))
    page.locator("#query").fill("soap")
    page.keyboard.press("Enter")
    page.wait_for_selector("#problem:has-text('Starting')")


STATES = (without_filters, with_filters_on_a_phone, with_suggestions, with_a_problem)


def focused(page):
    return page.evaluate("document.activeElement.id || document.activeElement.className")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("screen", SCREENS)
def test_axe_finds_no_barrier_and_a_picture_shows_the_screen(page, tmp_path, screen, width):
    page.set_viewport_size({"width": width, "height": 800})
    ready(page, SCREENS[screen])
    assert barriers(page) == []
    shown = tmp_path / f"{screen}-{width}.png"
    page.screenshot(path=shown, full_page=True)
    assert shown.stat().st_size > LEAST_BYTES


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_no_barrier_in_other_states(page, faults, state):
    ready(page, "?q=pizza")
    state(page)
    assert barriers(page) == []
    faults.clear()


@pytest.mark.parametrize("screen", SCREENS)
def test_axe_finds_no_barrier_in_the_dark(page, screen):
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    ready(page, SCREENS[screen])
    assert barriers(page) == []


@pytest.mark.parametrize("screen", SCREENS)
def test_nothing_is_cut_off_at_the_width_of_four_hundred_percent(page, screen):
    """https://www.w3.org/WAI/WCAG22/Understanding/reflow.html"""
    page.set_viewport_size({"width": 320, "height": 600})
    ready(page, SCREENS[screen])
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_name_without_a_space_widens_nothing(page, client):
    text = "Donaudampfschiffahrtselektrizitaetenhauptbetriebswerkbauunter"
    client("PUT", "/items/long", {"text": text, "metadata": {"price": 1e60}})
    page.set_viewport_size({"width": 320, "height": 600})
    ready(page, "?item=long")
    page.wait_for_selector("#session-note:has-text('Updated')")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_what_is_chosen_is_seen_in_the_readers_own_colours(page):
    page.emulate_media(forced_colors="active")
    ready(page, "?q=pizza&workbench=1")
    ground = "(id) => getComputedStyle(document.getElementById(id)).backgroundColor"
    assert page.evaluate(ground, "tab-compare") != page.evaluate(ground, "tab-rules")


def test_a_reload_keeps_the_workbenchs_tab_the_place_and_the_focus(page, client):
    for n in range(40):
        client("PUT", f"/items/soap-{n}", {"text": f"Soap number {n}", "metadata": {"price": 1.0 + n}})
    ready(page, "?q=soap&workbench=1")
    page.click("#tab-synonyms")
    page.wait_for_selector("#tab-synonyms[aria-selected=true]")
    card = page.locator("#results a.name").nth(20)
    card.focus()
    name, before = card.inner_text(), page.evaluate("scrollY")
    assert before > 0
    page.reload()
    page.wait_for_selector("#results a.name:focus")
    assert page.evaluate("document.activeElement.textContent") == name
    assert abs(page.evaluate("scrollY") - before) < 2
    assert page.get_attribute("#tab-synonyms", "aria-selected") == "true"
    page.focus("#tab-synonyms")
    page.reload()
    page.wait_for_selector("#tab-synonyms:focus")


@pytest.mark.parametrize("tab", ["releases", "rules", "synonyms", "shopper"])
def test_axe_finds_no_barrier_in_the_tabs_of_the_workbench(page, publish, tab):
    publish("v2", model="topics-2")
    page.request.put("rules", data={"rules": [{"action": "pin", "items": ["p1"], "queries": ["pizza"]}]})
    page.request.put("synonyms", data={"synonyms": [{"words": ["pie", "pizza"]}]})
    ready(page, "?q=pizza&workbench=1")
    page.click(f"#tab-{tab}")
    page.wait_for_load_state("networkidle")
    assert barriers(page) == []


def test_a_search_an_item_and_the_way_back_need_no_mouse(page):
    ready(page, "")
    page.keyboard.press("Tab")
    assert focused(page) == "skip"
    page.focus("#query")
    page.keyboard.type("pizza")
    page.keyboard.press("Enter")
    page.wait_for_selector("#status:has-text('pizza')")
    page.focus("#skip")
    page.keyboard.press("Enter")
    assert focused(page) == "name"
    name = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    page.wait_for_selector("#product h2.title")
    assert page.inner_text("#product-title") == name
    page.keyboard.press("Escape")
    page.wait_for_selector("#results a.name:focus")
    assert page.evaluate("document.activeElement.textContent") == name


def test_the_way_back_from_a_suggested_item_leads_to_the_search_box(page):
    ready(page, "?q=soap")
    with_suggestions(page)
    page.keyboard.press("Enter")
    page.wait_for_selector("#product h2.title")
    page.keyboard.press("Escape")
    page.wait_for_selector("#list:not([hidden])")
    page.wait_for_selector("#query:focus")


def test_a_filter_and_its_chip_need_no_mouse(page):
    ready(page, "?q=pizza")
    page.locator("#facets input[type=checkbox]").first.focus()
    page.keyboard.press("Space")
    page.wait_for_selector("#chips button")
    assert page.evaluate("document.activeElement.type") == "checkbox", "the focus stays where it was"
    page.locator("#chips button").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#chips", state="hidden")


def test_arrows_go_from_tab_to_tab_of_the_workbench(page):
    ready(page, "?q=pizza&workbench=1")
    page.focus("#tab-compare")
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector("#tab-shopper:focus")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("#tab-compare:focus")
    assert page.locator("[role=tab][tabindex='0']").count() == 1


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("screen", ["results", "item", "workbench"])
def test_nothing_jumps_while_the_first_results_come(page, width, screen):
    page.set_viewport_size({"width": width, "height": 800})
    page.add_init_script(LISTEN)
    ready(page, SCREENS[screen])
    assert page.evaluate("window.shifted") < SHIFT, page.evaluate("window.movers")
    if screen != "item":
        assert page.evaluate("performance.getEntriesByName('first-result').length") == 1


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_jumps_when_the_workbench_comes_after_the_results(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.add_init_script(LISTEN)
    held = []

    def hold_comparisons(route):
        if "mode" in route.request.post_data_json:
            held.append(route)
        else:
            route.continue_()

    page.route("**/search", hold_comparisons)
    page.goto(SCREENS["workbench"])
    page.wait_for_selector("#results a.name")
    assert page.inner_text("#bench") == "Loading…"
    for route in held:
        route.continue_()
    page.wait_for_selector("#bench .columns")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.shifted") < SHIFT, page.evaluate("window.movers")
    page.click("#tab-rules")
    page.wait_for_selector("#workbench:not(.late)")


@pytest.mark.parametrize("known", [True, False])
def test_the_pictures_of_a_product_are_looked_through_with_keys(page, known):
    """From a card, which has the first picture's address, and from the product's own address."""
    colours = {"a": (1.0, 0.0, 0.0), "b": (0.0, 1.0, 0.0), "c": (0.0, 0.0, 1.0)}
    images = [{"image": f"shown/{name}-1200.png", "thumbnail": f"shown/{name}-360.png"} for name in colours]
    page.route(
        "**/shown/*",
        lambda route: route.fulfill(
            body=picture(colours[route.request.url.rsplit("/")[-1][0]]), content_type="image/png"
        ),
    )

    def with_images(route):
        item = route.fetch().json()
        route.fulfill(json=item | images[0] | {"images": images})

    def with_image(route):
        answer = route.fetch().json()
        route.fulfill(json=answer | {"hits": [hit | images[0] for hit in answer["hits"]]})

    page.route("**/items/p1", with_images)
    page.route("**/search", with_image)
    if known:
        ready(page, "?q=pizza")
        page.locator("#results [data-id=p1] a.name").click()
    else:
        ready(page, "?item=p1")
    thumbs = page.get_by_role("group", name="Pictures").get_by_role("button")
    thumbs.nth(2).wait_for()
    assert thumbs.count() == 3
    thumbs.nth(0).focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    main = page.locator("#product .product > div .picture img")
    assert main.get_attribute("src") == "shown/b-1200.png"
    assert main.get_attribute("alt").endswith(", picture 2 of 3")
    assert [thumb.get_attribute("aria-pressed") for thumb in thumbs.all()] == ["false", "true", "false"]
    assert focused(page) == thumbs.nth(1).evaluate("button => button.id || button.className")
    assert barriers(page) == []
