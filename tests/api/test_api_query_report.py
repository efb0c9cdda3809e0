"""Searches are counted while they are answered, and the report is handed out."""

import json

import pytest

from lambdas.search.app import SearchRoutes
from object2vec.search.queries.log import QueryLogWriter, read_line
from object2vec.search.queries.report import write_report
from object2vec.search.service import SearchService
from tests.api.conftest import Client


@pytest.fixture
def lines():
    return []


@pytest.fixture
def counted(store, client, live, lines):
    """A client of a function whose log is at hand."""
    log = QueryLogWriter(lines.append, store.url)
    return Client(SearchRoutes(SearchService(store, live), auth="none", query_log=log))


def read(lines):
    return [read_line(line) for line in lines]


def test_a_search_is_a_line_of_the_log(counted, lines):
    _, answer, _ = counted("POST", "/search", {"query": "Frozen  Pizza", "user_id": "u", "limit": 2})
    (entry,) = read(lines)
    assert (entry.query, entry.hits, entry.known) == ("frozen pizza", answer["total"], True)
    assert (entry.by_words, entry.filtered, entry.further) == (True, False, False)
    assert len(entry.items) == len(answer["hits"])


def test_get_and_q_are_counted_alike(counted, lines):
    counted("GET", "/search", query={"q": "pizza"})
    (entry,) = read(lines)
    assert (entry.query, entry.known) == ("pizza", False)


@pytest.mark.parametrize("body", [{}, {"query": " "}, {"query": "piz", "prefix": True}])
def test_what_is_no_finished_query_is_not_counted(counted, lines, body):
    assert counted("POST", "/search", body)[0] == 200
    assert lines == []


def test_what_a_merchandiser_tries_out_is_not_counted(counted, lines):
    tried = [{"query": ["pie"], "finds": ["pizza"]}]
    assert counted("POST", "/search", {"query": "pie", "synonyms": tried})[0] == 200
    assert lines == []


def test_a_refused_search_is_not_counted(counted, lines):
    assert counted("POST", "/search", {"query": "pizza", "filters": {"nothing": 1}})[0] == 400
    assert lines == []


def test_the_next_page_is_no_search_of_its_own(counted, lines):
    _, first, _ = counted("POST", "/search", {"query": "pizza", "limit": 1})
    counted("POST", "/search", {"query": "pizza", "limit": 1, "cursor": first["next_cursor"]})
    assert [entry.further for entry in read(lines)] == [False, True]


def test_hits_that_are_near_in_meaning_alone_are_told_from_others(counted, lines):
    _, answer, _ = counted("POST", "/search", {"query": "qwxyz"})
    (entry,) = read(lines)
    assert answer["notes"]
    assert not entry.by_words


def test_filters_are_noted(counted, lines):
    counted("POST", "/search", {"query": "pizza", "min_score": 0.1})
    assert [entry.filtered for entry in read(lines)] == [True]


def test_before_the_first_report_there_is_an_empty_one(client):
    status, report, _ = client("GET", "/query-report")
    assert (status, report["since"], report["popular"], report["searches"]) == (200, None, [], 0)


def test_the_latest_report_is_handed_out(counted, store, lines):
    for user in ("u", "v"):
        counted("POST", "/search", {"query": "pizza", "user_id": user})
    now = json.loads(lines[-1])["at"] + 1
    made = write_report(store, lambda since, until: lines if since < now - 1 < until else [], now)
    status, report, _ = counted("GET", "/query-report")
    assert (status, report) == (200, made)
    assert [row["query"] for row in report["popular"]] == ["pizza"]
