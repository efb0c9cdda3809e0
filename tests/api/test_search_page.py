import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from lambdas.search.app import SearchRoutes
from lambdas.search.page import WEB, search_page
from local.gateway_event import gateway_event
from object2vec.search.service import SearchService

HOST = "https://shop.auth.eu-central-1.amazoncognito.com"
SIGN_IN = json.dumps({"host": HOST, "client": "c1", "scope": "openid"})


def test_without_sign_in_the_page_is_as_it_is_written():
    page = search_page()
    assert page.html == (WEB / "index.html").read_text(encoding="utf-8")
    assert "connect-src 'self';" in page.headers["Content-Security-Policy"]


def test_nothing_written_into_the_page_is_run():
    policy = search_page(SIGN_IN).headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "unsafe" not in policy
    assert "<style" not in search_page(SIGN_IN).html
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", search_page(SIGN_IN).html))


def test_with_sign_in_it_comes_before_the_pages_own_code():
    page = search_page(SIGN_IN)
    assert (
        page.html.index('name="sign-in"') < page.html.index("web/signin.js") < page.html.index("web/main.js")
    )
    policy = page.headers["Content-Security-Policy"]
    assert f"connect-src 'self' {HOST};" in policy


def test_no_setting_can_end_its_attribute():
    page = search_page(SIGN_IN.replace("c1", "'\\\"><script>alert(1)"))
    assert "<script>alert" not in page.html


def test_the_api_serves_what_the_page_loads(store, live):
    api = SearchRoutes(SearchService(store, live), search_page(), auth="none")
    modules = {path.name for path in WEB.glob("*.js")} - {"signin.js", "embed.js"}
    loaded = {"main.js"}
    while (
        more := {
            name for module in loaded for name in re.findall(r'from "\./(.*?)"', (WEB / module).read_text())
        }
        - loaded
    ):
        loaded |= more
    assert loaded == modules
    for name in modules:
        answer = api.answer(gateway_event("GET", f"/web/{name}"), None)
        assert answer["statusCode"] == 200
        assert answer["multiValueHeaders"]["Content-Type"] == ["text/javascript; charset=utf-8"]
    for name in ("nothing.js", "..%2Fcdk.json", "index.html"):
        assert api.answer(gateway_event("GET", f"/web/{name}"), None)["statusCode"] == 404


@pytest.mark.skipif(shutil.which("node") is None, reason="the demo needs no Node; the stack does")
def test_a_person_signs_in_once_and_every_request_carries_the_token():
    """web/signin.js itself, in Node with a browser's few objects and an authorisation server that answers."""
    command = ["node", Path(__file__).with_name("browser.js"), WEB / "signin.js", SIGN_IN]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    seen = json.loads(run.stdout)
    assert seen["to"] == f"{HOST}/oauth2/authorize"
    asked = seen["asked"]
    assert (asked["response_type"], asked["client_id"], asked["code_challenge_method"]) == (
        "code",
        "c1",
        "S256",
    )
    assert asked["redirect_uri"] == "https://api.example.com/v1/"
    token, request = seen["calls"]
    assert "code=code-1" in token["body"]
    assert token["authorization"] is None
    assert asked["code_challenge"] == seen["challenge"]
    assert request == {"path": "/v1/health", "body": "", "authorization": "Bearer token-1"}
    assert seen["leftAgain"] == 2  # an answer to a question we did not ask is not taken
    assert seen["refreshed"] == 2  # as the page loads, and once for the three requests after it
