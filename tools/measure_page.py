"""`python -m tools.measure_page http://127.0.0.1:8080`: how soon the page shows something to choose from.

Prints, at two widths, the median of five visits with an empty cache: milliseconds to the first result, layout
shift until nothing loads any more, and presses of Tab from the skip link to the first result. Needs Chromium
and the development packages, and a machine on which nothing else runs.
"""

import shutil
import sys
from statistics import median
from typing import Any

VISITS, WIDTHS, MOST_TABS = 5, (1280, 390), 60
LISTEN = """window.shifted = 0; new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
  if (!entry.hadRecentInput) window.shifted += entry.value;
})).observe({type: "layout-shift", buffered: true});"""


def main() -> int:
    """Exit status 2 without an address or a browser."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if len(sys.argv) != 2 or browser is None:
        print("usage: python -m tools.measure_page URL; needs chromium", file=sys.stderr)
        return 2
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        for width in WIDTHS:
            visits = [_visit(chromium, sys.argv[1], width) for _ in range(VISITS)]
            first, shift, tabs = (median(visit[at] for visit in visits) for at in range(3))
            print(f"{width} px: first result {first:.0f} ms, layout shift {shift:.3f}, Tab {tabs:.0f} times")
        chromium.close()
    return 0


def _visit(chromium: Any, url: str, width: int) -> tuple[float, float, int]:
    context = chromium.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    page.add_init_script(LISTEN)
    page.goto(f"{url.rstrip('/')}/?q=milk")
    page.wait_for_selector("#results a.name")
    page.wait_for_load_state("networkidle")
    first = page.evaluate("performance.getEntriesByName('first-result')[0].startTime")
    shift, tabs = page.evaluate("window.shifted"), 0
    page.focus("#skip")
    page.keyboard.press("Enter")
    while page.evaluate("document.activeElement.className") != "name" and tabs < MOST_TABS:
        page.keyboard.press("Tab")
        tabs += 1
    context.close()
    return float(first), float(shift), tabs


if __name__ == "__main__":
    sys.exit(main())
