"""The search page in a real browser, against the API with the tiny shop: what a person sees in the end."""

import re
import shutil
import socket
import subprocess
import threading
import time

import pytest
import uvicorn

from lambdas.search.app import SearchApi
from lambdas.search.page import search_page
from local.http import gateway
from object2vec.search.service import SearchService

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium here: apt-get install chromium")


@pytest.fixture
def url(client, store, live):
    api = SearchApi(SearchService(store, live), search_page())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(gateway(api.answer), port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}/"
    server.should_exit = True
    thread.join(5)


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
