"""The search page in a real browser, against the API with the tiny shop: what a person sees in the end."""

import json
import re
import shutil
import subprocess
from contextlib import ExitStack
from dataclasses import replace

import pytest

from lambdas.search.app import SearchRoutes
from lambdas.search.page import search_page
from local.http import gateway
from object2vec.search.service import SearchService
from tests.helpers.servers import served

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium here: apt-get install chromium")


TYPING = """
const asked = [], plainFetch = window.fetch, box = document.getElementById("query");
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
window.fetch = async (path, { signal, ...options } = {}) => {  // no signal: every answer comes
  const { query, prefix } = JSON.parse(options.body || "{}");
  if (query) asked.push(query + (prefix ? "*" : ""));
  const answer = await plainFetch(path, options);
  if (query === SLOW) await pause(2000);
  return answer;
};
(async () => {
  await pause(1000);
  for (const [text, ms] of TYPED) {
    box.value = text;
    box.dispatchEvent(new InputEvent("input"));
    if (!ms) document.getElementById("form").requestSubmit();
    await pause(ms);
  }
  await pause(3000);
  document.title = asked.join(" ");
})();
"""


@pytest.fixture
def serve(client, store, live):
    """Serves the API with a page; the page's URL."""
    with ExitStack() as servers:

        def served_page(page):
            api = SearchRoutes(SearchService(store, live), page)
            return f"{servers.enter_context(served(gateway(api.answer)))}/"

        yield served_page


@pytest.fixture
def url(serve):
    return serve(search_page())


@pytest.fixture
def typed(serve, tmp_path):
    """The page after somebody typed the texts, each with the milliseconds until the next (0: Enter); answers
    about `slow` come late."""

    def after(*texts, slow=""):
        script = f"const TYPED = {json.dumps(texts)}, SLOW = {json.dumps(slow)};{TYPING}"
        page = search_page()
        html = page.html.replace("</body>", f"<script>{script}</script></body>")
        return shown(serve(replace(page, html=html)), tmp_path)

    return after


def shown(url, tmp_path):
    """The document as the browser has it after its scripts, without the scripts and styles themselves."""
    command = [
        BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'browser'}",
        "--virtual-time-budget=10000", "--dump-dom", url,
    ]  # fmt: skip
    page = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    return re.sub(r"<(script|style)>.*?</\1>", "", page, flags=re.S)


def test_a_misspelt_search_shows_corrected_highlighted_results_and_facets(url, tmp_path):
    page = shown(f"{url}?q=frozn+piza", tmp_path)
    assert "Showing results for “frozen pizza”" in page
    assert "<mark>Frozen</mark> <mark>pizza</mark> cheese" in page
    assert re.search(r"<legend[^>]*>category</legend>", page)
    assert re.search(r'type="checkbox".*?Pizza', page, re.S)
    assert "Popular right now" in page
    assert re.search(r'id="problem"[^>]*hidden', page)


def test_a_search_without_a_result_says_what_to_do_and_shows_popular_items(url, tmp_path):
    page = shown(f"{url}?q=%3Czzzzz%3E", tmp_path)
    assert "Nothing found for “&lt;zzzzz&gt;”" in page
    assert "Diet cola bottle" in page.split('id="results"')[1].split("</ol>")[0]


def test_the_page_searches_while_one_types_and_marks_what_the_word_becomes(typed):
    page = typed(("f", 50), ("fr", 50), ("fro", 1000))
    assert "<title>fro*</title>" in page
    assert "<mark>Frozen</mark> pizza cheese" in page


def test_a_late_answer_does_not_replace_a_newer_one(typed):
    page = typed(("soap", 500), ("pizz", 500), slow="soap")
    assert "<title>soap* pizz*</title>" in page
    assert "for “pizz”" in page
    results = page.split('id="results"')[1].split("</ol>")[0]
    assert "<mark>pizza</mark>" in results
    assert "soap" not in results.lower()


def test_enter_searches_for_whole_words_at_once(typed):
    page = typed(("piz", 50), ("pizza", 0))
    assert "<title>pizza</title>" in page


def test_a_beginning_that_no_word_has_is_searched_as_a_misspelt_word(typed):
    page = typed(("piza", 500))
    assert "<title>piza* piza</title>" in page
    assert "Showing results for “pizza”" in page
