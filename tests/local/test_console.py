"""What a person reads of the uploads: a line each, and never a screen full of the same."""

from local.console import SHOWN_CLEAN, SHOWN_REFUSED, show_answer, show_metrics, show_reports
from object2vec.ingest.report import Report
from object2vec.ingest.rules import ROW_PROBLEMS


def shown(reports, capsys):
    rows = show_reports(reports)
    return rows, capsys.readouterr().out.splitlines()


def test_a_few_files_have_a_line_each(capsys):
    some = Report("uploads/catalog/a.csv", rows_read=3, accepted=2)
    some.reject(next(iter(ROW_PROBLEMS)), 2, b"x")
    rows, lines = shown([some, Report("uploads/interactions/b.csv", removed=4)], capsys)
    assert rows == 6
    assert [line.split(":")[0].strip() for line in lines if "rows read" in line] == [
        "uploads/catalog/a.csv",
        "uploads/interactions/b.csv",
    ]
    assert ROW_PROBLEMS[next(iter(ROW_PROBLEMS))] in lines[1]


def test_of_thousands_of_pictures_a_few_have(capsys):
    reports = [Report(f"uploads/images/{at}.jpg", rows_read=1, accepted=1) for at in range(1_461)]
    refused = [
        Report(f"uploads/images/x{at}.jpg", problem={"code": "broken", "message": "no picture"})
        for at in range(30)
    ]
    log = Report("uploads/interactions/log.csv", rows_read=7, accepted=7)
    rows, lines = shown([*reports, *refused, log], capsys)
    assert rows == 1_468
    assert len(lines) == SHOWN_CLEAN + SHOWN_REFUSED + 1 + 1
    assert lines[-1] == (
        f"  uploads/images/: {1_461 - SHOWN_CLEAN + 30 - SHOWN_REFUSED:,} more files, 1,456 rows read,"
        " 1,456 accepted; each has its report in reports/uploads/images/"
    )


def test_a_file_that_lost_most_of_its_rows_is_told(capsys):
    _, lines = shown([Report("uploads/catalog/a.csv", removed=49, changed=2, unchanged=12)], capsys)
    assert (
        lines[1]
        == "    49 rows are gone of the 63 that it had: if that is a mistake, put the previous file back"
    )
    _, lines = shown([Report("uploads/catalog/a.csv", removed=10, unchanged=53)], capsys)
    assert len(lines) == 1


NEXT = {
    "model": 0.3, "model+ranker": 0.4, "live": 0.2, "seed": 0.1, "popularity": 0.2, "own-frequency": 0.35,
    "item-knn": 0.2, "co-occurrence": 0.2, "user-knn": 0.39, "ease": 0.3, "bm25": 0.1,
}  # fmt: skip
SEARCH = dict.fromkeys(("model", "live", "seed", "bm25", "bm25+model", "bm25+live", "bm25+seed"), 0.5)


def test_the_summary_of_a_training_fits_a_screen(capsys):
    metrics = {name: {"ndcg@10": value, "hr@10": value} for name, value in NEXT.items()}
    for name, value in SEARCH.items():
        metrics.setdefault(name, {})["text_ndcg@10"] = value
    reason = "passed: 1,000 shoppers who came back were held out. " * 9
    counts = {"ndcg@10": 1_000, "hr@10": 1_000, "text_ndcg@10": 80}
    ranker = {"kept": True, "reason": "of 327 " * 90}
    show_metrics({"gate": {"reason": reason}, "ranker": ranker, "metrics": metrics, "counts": counts})
    for query in ("tent", "two person tent", "stove", "bag", "lamp"):
        show_answer(query, [{"text": "A tent that weighs nothing. " * 9, "metadata": {"price": 9.5}}])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) + sum(len(line) // 100 for line in lines) <= 27, (
        "of 30, with what comes before and after"
    )
    shown = [line.split()[0] for line in lines if "0.3900" in line or "0.3500" in line or "0.4000" in line]
    assert shown == ["model+ranker", "user-knn"], "of what only counts the best is enough"


def test_where_nobody_comes_back_the_table_shows_the_sessions_that_decide(capsys):
    sessions = NEXT | {"item-knn": 0.5}
    metrics = {name: {"ndcg@10": NEXT[name], "session_ndcg@10": value} for name, value in sessions.items()}
    counts = {"ndcg@10": 1, "session_ndcg@10": 46}
    show_metrics({"gate": {"reason": "refused: of 46 sessions"}, "metrics": metrics, "counts": counts})
    lines = capsys.readouterr().out.splitlines()
    assert any(line.split() == ["system", "n=1", "n=46"] for line in lines), lines
    shown = [line.split()[0] for line in lines if line.strip()[:1].islower()]
    assert "item-knn" in shown, "the best of those that only count, by the metric that tells"
    assert "user-knn" not in shown


def test_an_answer_is_no_markup(capsys):
    show_answer("[b]ag", [{"text": "[red] bag", "metadata": {}}])
    show_answer("nothing", [])
    assert capsys.readouterr().out.splitlines() == ["  [b]ag: [red] bag", "  nothing: nothing found"]
