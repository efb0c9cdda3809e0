"""The dashboard answers an operator's questions in their order, and every alarm has its page."""

import json
import re
from pathlib import Path

import pytest

from local.waiting import KINDS
from tests.stacks.conftest import synthesise

DOCS = Path(__file__).parents[2] / "docs"
EVERYTHING = {"retrain_after_interactions": "9", "monthly_budget_usd": "50", "alarm_email": "a@example.com"}
QUESTIONS = ["Is it up?", "Is it fast?", "Is it good?", "Is it fresh?", "What does it cost?"]
FREE_METRICS = 50
"""Most metrics of a dashboard that costs nothing; docs/cost.md counts one dashboard."""


@pytest.fixture(scope="module")
def everything():
    return synthesise(**EVERYTHING)


@pytest.fixture(scope="module")
def widgets(everything):
    (dashboard,) = everything.of("AWS::CloudWatch::Dashboard").values()
    parts = dashboard["DashboardBody"]["Fn::Join"][1]
    return json.loads("".join(part if isinstance(part, str) else "token" for part in parts))["widgets"]


def test_the_questions_stand_in_their_order_and_each_has_an_answer(widgets):
    titles = [w["properties"]["markdown"].split("\n")[0] for w in widgets if w["type"] == "text"]
    assert titles == [f"# {question}" for question in QUESTIONS] + ["# What the alarms watch"]
    answers = [0]
    for widget in widgets:
        answers = [*answers, 0] if widget["type"] == "text" else [*answers[:-1], answers[-1] + 1]
    assert all(answers[1:])


def test_what_waits_has_the_names_of_the_local_metrics(widgets):
    (graph,) = (w["properties"] for w in widgets if "what waits" in w["properties"].get("title", ""))
    assert [metric[-1]["label"] for metric in graph["metrics"]] == list(KINDS)


def test_nothing_overlaps(widgets):
    places = [(w["x"], w["y"], w["x"] + w["width"], w["y"] + w["height"]) for w in widgets]
    for at, (left, top, right, bottom) in enumerate(places):
        for other in places[at + 1 :]:
            assert right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top
    assert max(right for _, _, right, _ in places) <= 24


def test_with_a_published_site_alarms_and_dashboard_have_full_addresses():
    site = "https://docs.example.com/search"
    template = synthesise(docs_url=f"{site}/", alarm_email="a@example.com")
    described = [alarm["AlarmDescription"] for alarm in template.of("AWS::CloudWatch::Alarm").values()]
    assert all(re.search(rf" {site}/alarms\.html#[a-z]+$", text) for text in described)
    (dashboard,) = template.of("AWS::CloudWatch::Dashboard").values()
    body = json.dumps(dashboard)
    assert f"{site}/alarms.html says what each means" in body
    assert f"By use: {site}/cost.html" in body
    assert "docs/" not in body


def test_every_alarm_leads_to_its_heading_and_no_heading_is_of_no_alarm(everything):
    anchors = set()
    for alarm in everything.of("AWS::CloudWatch::Alarm").values():
        page, anchor = re.search(r"docs/(\w+\.md)#(\w+)$", alarm["AlarmDescription"]).groups()
        assert page == "alarms.md"
        anchors.add(anchor)
    text = (DOCS / "alarms.md").read_text(encoding="utf-8")
    headings = {title.lower() for title in re.findall(r"^## (\w+)$", text, re.MULTILINE)}
    assert anchors == headings
