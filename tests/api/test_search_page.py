import json
import shutil
import subprocess
from pathlib import Path

import pytest

from lambdas.search.page import WEB, search_page

HOST = "https://shop.auth.eu-central-1.amazoncognito.com"
SIGN_IN = json.dumps({"host": HOST, "client": "c1", "scope": "openid"})


def test_without_sign_in_the_page_is_as_it_is_written():
    page = search_page()
    assert "SIGN_IN" not in page.html
    assert "connect-src 'self';" in page.headers["Content-Security-Policy"]


def test_with_sign_in_it_comes_before_the_pages_own_code():
    page = search_page(SIGN_IN)
    assert page.html.index("const SIGN_IN = ") < page.html.index("</head>") < page.html.index("await fetch(")
    policy = page.headers["Content-Security-Policy"]
    assert f"connect-src 'self' {HOST};" in policy


def test_no_setting_can_end_the_script():
    page = search_page(SIGN_IN.replace("c1", "</script><script>alert(1)"))
    assert "</script><script>alert" not in page.html


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
