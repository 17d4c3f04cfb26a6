"""What a harvest does not believe stays as it was, is reported, and is asked for again."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.harvests import TOPIC, run_harvest, state_of
from tests.pubmed_server import Answer, Paper, PubMedServer, Request, records_of


def day(n: int) -> date:
    return date(2026, 11, n)


def fetched(server: PubMedServer) -> set[str]:
    """Name the PMIDs fetched since last asked."""
    found = {pmid for request in server.asked("efetch") for pmid in request.form["id"].split(",")}
    server.requests.clear()
    return found


def test_a_topic_without_any_record_is_not_believed(
    pubmed_server: PubMedServer, tmp_path: Path
) -> None:
    report = run_harvest(pubmed_server, tmp_path)
    assert "PubMed counts 0 records, where it had 1 or more" in report.problems[0]
    assert (report.slices, state_of(tmp_path).watermarks[0]) == ((), None)


@pytest.mark.parametrize(("gone", "is_believed"), [(10, True), (11, False)])
def test_a_topic_that_shrinks_is_counted_again_and_not_believed(
    pubmed_server: PubMedServer, tmp_path: Path, gone: int, *, is_believed: bool
) -> None:
    pubmed_server.add(*(Paper(n, date(2026, 2, 1)) for n in range(1, 101)))
    run_harvest(pubmed_server, tmp_path)
    for n in range(1, gone + 1):
        del pubmed_server.papers[n]
    fetched(pubmed_server)
    report = run_harvest(pubmed_server, tmp_path)
    counted = [
        request for request in pubmed_server.asked("esearch") if request.form["retmax"] == "0"
    ]
    assert (report.is_complete, len(counted)) == (is_believed, 2 if is_believed else 10)
    assert len(state_of(tmp_path).documents) == (100 - gone if is_believed else 100)


@pytest.mark.parametrize(("count", "is_believed"), [(2, True), (3, False)])
@pytest.mark.parametrize("kind", ["deleted", "unreadable"])
def test_of_many_records_at_once_a_tenth_is_believed(
    pubmed_server: PubMedServer, tmp_path: Path, kind: str, count: int, *, is_believed: bool
) -> None:
    pubmed_server.add(*(Paper(n, day(1), title="one") for n in range(1, 21)))
    run_harvest(pubmed_server, tmp_path)
    pubmed_server.now += timedelta(days=1)
    pubmed_server.add(*(Paper(n, day(1), day(20), title="two") for n in range(1, 21)))

    def damage(answer: Answer) -> Answer:
        for record in records_of(answer.body)[:count]:
            gone = b"<DeleteCitation>" + record[record.index(b"<PMID") :].partition(b"<D")[0]
            new = (
                gone + b"</DeleteCitation>" if kind == "deleted" else record.replace(b"two", b"&x;")
            )
            answer = replace(answer, body=answer.body.replace(record, new))
        return answer

    pubmed_server.faults["efetch"] = [damage] * 99
    report = run_harvest(pubmed_server, tmp_path)
    state = state_of(tmp_path)
    assert report.is_complete is is_believed
    assert len(state.deleted) == (count if kind == "deleted" and is_believed else 0)
    assert (report.rejected > 0) is (kind == "unreadable" or not is_believed)
    if not is_believed:
        assert "of 20 records not readable, first" in report.problems[0]
        pubmed_server.faults.clear()
        assert run_harvest(pubmed_server, tmp_path).is_complete
        state = state_of(tmp_path)
        assert ({d.title for d in state.documents}, state.dead) == ({"two"}, ())


def test_dead_letters_are_asked_for_again_the_next_night(
    pubmed_server: PubMedServer, tmp_path: Path
) -> None:
    pubmed_server.add(Paper(1, date(2026, 2, 1)), Paper(2, date(2026, 2, 1), title="a\x0bb"))
    assert run_harvest(pubmed_server, tmp_path).is_complete
    pubmed_server.add(Paper(2, date(2026, 2, 1), title="ab"))
    pubmed_server.now += timedelta(days=1)
    fetched(pubmed_server)
    report = run_harvest(pubmed_server, tmp_path, limit=5)
    assert fetched(pubmed_server) == {"2"}
    assert [(p.source, p.asked, p.got) for p in report.slices[:1]] == [
        (TOPIC.source("letters"), 1, 1)
    ]
    assert state_of(tmp_path).dead == ()


def test_letters_that_stay_dead_end_no_harvest(pubmed_server: PubMedServer, tmp_path: Path) -> None:
    pubmed_server.add(*(Paper(n, date(2026, 2, 1), title="&x;") for n in range(1, 5)))
    pubmed_server.add(*(Paper(n, date(2026, 2, 1)) for n in range(5, 60)))
    reports = [run_harvest(pubmed_server, tmp_path) for _ in range(2)]
    assert [(report.rejected, report.is_complete) for report in reports] == [
        (8, True),  # by the stream, and by the sweep of a new topic
        (4, True),
    ]


def test_what_is_listed_and_then_unknown_is_not_believed_where_it_is_much(
    pubmed_server: PubMedServer, tmp_path: Path
) -> None:
    pubmed_server.add(*(Paper(n, day(1)) for n in range(1, 21)))
    run_harvest(pubmed_server, tmp_path)
    pubmed_server.now += timedelta(days=1)
    pubmed_server.add(*(Paper(n, day(20)) for n in range(21, 31)))

    def forget(request: Request) -> None:
        if request.name == "efetch":
            for n in (21, 22, 23):
                pubmed_server.papers.pop(n, None)

    pubmed_server.before = forget
    report = run_harvest(pubmed_server, tmp_path)
    assert "3 records listed, then unknown: not believed" in report.problems[0]
