"""What can go wrong between PubMed and us, one name a kind, and a trial of each.

In a trial the topic is harvested without a fault; a day later there are new and revised papers, and
a harvest meets the fault, once or in every answer; then comes a harvest without it.
"""

import gzip
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from tests.harvests import State, run_harvest, state_of
from tests.pubmed_server import (
    Answer,
    Fault,
    Paper,
    PubMedServer,
    cut_at_record,
    doubled,
    ending,
    envelope,
    none,
    only,
    replaced,
    status,
)

ALWAYS = 10_000
"""So often is every answer."""
PAPERS = 40
FIRST, DAY_BEFORE, NEXT_DAY = date(2026, 11, 1), timedelta(days=-1), timedelta(days=1)
_BLOCKED = "<!DOCTYPE html><html><title>Blocked \x1b]0;PWNED\x07</title></html>"
_BACKEND = "Search Backend failed: Database is not supported: pubmed"
_TIMEOUT = "External viewer error: Empty Response from server, Timeout"
_RECORD = re.compile(rb"<PubmedArticle>.*?</PubmedArticle>", re.DOTALL)
Edit = Callable[[bytes], bytes]


def _body(edit: Edit) -> Fault:
    return lambda answer: replace(answer, body=edit(answer.body))


def _dated(text: str) -> Fault:
    return lambda answer: replace(answer, headers=(*answer.headers, ("Date", text)))


def _packed(pack: Edit, encoding: str = "gzip") -> Fault:
    """Send a body packed, with the header that says so."""
    return lambda answer: replace(
        answer,
        body=pack(answer.body),
        headers=(*answer.headers, ("Content-Encoding", encoding)),
    )


@cache
def _spaces() -> bytes:
    return gzip.compress(b" " * (270 << 20), 1)


def _bomb(body: bytes) -> bytes:
    """Pack a body behind more white space than is read."""
    return _spaces() + gzip.compress(body)


def _searched(inside: str) -> Fault:
    return status(200, f"<?xml version='1.0'?><eSearchResult>{inside}</eSearchResult>")


def _count(text: str) -> Fault:
    return _body(
        lambda body: re.sub(rb"<Count>.*?</Count>", f"<Count>{text}</Count>".encode(), body)
    )


def _fewer(answer: Answer) -> Answer:
    """Count and list the first three."""
    ids = b"".join(re.findall(rb"<Id>.*?</Id>", answer.body)[:3])
    count = b"<Count>%d</Count>" % ids.count(b"<Id>")
    start = answer.body.partition(b"<Count>")[0]
    return replace(answer, body=start + count + b"<IdList>" + ids + b"</IdList></eSearchResult>")


def _in_title(text: str) -> Fault:
    """Damage the title of one record in ten."""
    return _body(lambda body: re.sub(rb"(Paper \d*5)\b", rb"\1" + text.encode(), body))


def _everywhere(text: str) -> Fault:
    return _body(lambda body: body.replace(b"<ArticleTitle>", b"<ArticleTitle>" + text.encode()))


def _in_record(text: str) -> Fault:
    """Put a text before the article of one record in ten."""
    return _body(
        lambda body: re.sub(rb"(\d*5</PMID>)", rb"\1" + text.encode().replace(b"\\", b"\\\\"), body)
    )


def _pmid(text: str) -> Fault:
    return _body(lambda body: re.sub(rb">\d*5</PMID>", f">{text}</PMID>".encode(), body))


def _deleted(of: int) -> Fault:
    """Say of every n-th record that it is deleted."""

    def edit(body: bytes) -> bytes:
        records = _RECORD.findall(body)
        for record in records[::of]:
            pmid = re.search(rb"<PMID.*?</PMID>", record)
            assert pmid
            body = body.replace(record, b"<DeleteCitation>" + pmid[0] + b"</DeleteCitation>")
        return body

    return _body(edit)


def _declared(encoding: str) -> Edit:
    return lambda body: body.replace(b'"1.0" ?', f'"1.0" encoding="{encoding}" ?'.encode())


_ENTITIES = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
TRANSPORT: dict[str, Fault] = {
    "429": status(429),
    "429 with Retry-After": status(429, "", Retry_After="3"),
    "503": status(503, "busy"),
    "502 page": status(502, "<html>Bad Gateway</html>"),
    "403 page": status(403, _BLOCKED),
    "400 envelope": envelope(_TIMEOUT, 400),
    "200 envelope": envelope(_TIMEOUT),
    "200 backend failed": envelope(_BACKEND),
    "200 JSON error": status(200, f'{{"esearchresult":{{"ERROR":"{_BACKEND}"}}}}'),
    "200 page": status(200, _BLOCKED),
    "200 nothing": status(200, ""),
    "reset": ending("reset"),
    "cut": ending("cut", 0.6),
    "hang": ending("hang"),
    "date of 2036": _dated("Wed, 26 Nov 2036 10:00:00 GMT"),
    "date of 9999": _dated("Fri, 31 Dec 9999 23:59:59 -1400"),
    "date of 1970": _dated("Thu, 01 Jan 1970 00:00:00 GMT"),
    "gzip bomb": _packed(_bomb),
    "packed twice": _packed(lambda body: gzip.compress(gzip.compress(body)), "gzip, gzip"),
    "gzip cut": _packed(lambda body: gzip.compress(body)[:-20]),
    "no gzip": _packed(lambda body: body),
}
SEARCH: dict[str, Fault] = {
    "empty answer": _searched(""),
    "empty root": status(200, "<eSearchResult/>"),
    "<error>": _searched("<error>backend down</error>"),
    "<ERROR>": _searched("<ERROR>backend down</ERROR>"),
    "<Error> beside a count": _searched("<Count>0</Count><IdList/><Error a='b'>down</Error>"),
    "no count": _body(lambda body: re.sub(rb"<Count>.*?</Count>", b"", body)),
    "count empty": _count(""),
    "count of words": _count("many"),
    "count negative": _count("-1"),
    "count of 5,000 digits": _count("9" * 5000),
    "count 0": _searched("<Count>0</Count><IdList></IdList>"),
    "empty result": status(200, "<eSearchResult><ERROR>Empty result</ERROR></eSearchResult>"),
    "far fewer": _fewer,
    "listed in part": _body(lambda body: body.replace(b"<Id>41</Id>", b"")),
    "ids that are none": _body(lambda body: body.replace(b"<Id>", b"<Id>../")),
    "no XML": _body(lambda body: body.replace(b"</Count>", b"</Cnt>")),
}
FETCH: dict[str, Fault] = {
    "cut between records": cut_at_record,
    "empty set": only(0),
    "ids unknown": envelope("ID list is empty! Possibly it has no correct IDs.", 400),
    "half of them": only(10),
    "twice": doubled,
    "records of others": _body(
        lambda body: body.replace(
            b"</PubmedArticleSet>", Paper(9999, FIRST).xml().encode() + b"</PubmedArticleSet>"
        )
    ),
    "undefined entity": _in_title("&nbsp;"),
    "control character": _in_title("\x0b"),
    "NUL": _in_title("\0"),
    "bare ampersand": _in_title(" & "),
    "wrong end tag": _in_title("</AbstractText>"),
    "unclosed comment": _in_record("<!-- "),
    "unclosed CDATA": _in_record("<![CDATA[ "),
    "unclosed instruction": _in_record("<?x "),
    "nested 200,000 deep": _in_record("<a>" * 200_000),
    "attribute of 20 MB": _in_record(f'<a b="{"x" * (20 << 20)}"/>'),
    "text of 12 MB": _in_title("x" * (12 << 20)),
    "record of 70 MB": replaced("Paper 45<", f"{'<a/>' * ((70 << 20) // 4)}Paper 45<"),
    "version of 20 digits": _body(
        lambda body: re.sub(rb'Version="1">(\d*5)<', rb'Version="99999999999999999999">\1<', body)
    ),
    "version of letters": replaced('Version="1"', 'Version="b"'),
    "no PMID": _pmid(""),
    "PMID that is a path": _pmid("../../x"),
    "PMID of 400 digits": _pmid("9" * 400),
    "Latin-1": _body(lambda body: body.replace(b"Paper 4", "Papér 4".encode("latin-1"))),
    "unknown encoding": _body(_declared("klingon")),
    "wrong encoding": _body(_declared("utf-16")),
    "entity bomb": _body(
        lambda body: body.replace(
            b"<PubmedArticleSet>", _ENTITIES.encode() + b"<PubmedArticleSet>"
        ).replace(b"<ArticleTitle>", b"<ArticleTitle>&b;")
    ),
    "all unreadable": _everywhere("\x0b"),
    "all deleted": _deleted(1),
    "a third deleted": _deleted(3),
    "record without end": _body(lambda body: body.replace(b"</PubmedArticle>", b"", 1)),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A fault, by its name and the utility whose answer it spoils."""

    utility: str
    name: str
    fault: Fault


LARGE = ("hang", "gzip bomb", "attribute of 20 MB", "text of 12 MB", "record of 70 MB")
"""Names of kinds that take seconds each."""
KINDS = (
    *(Kind("esearch", name, fault) for name, fault in {**TRANSPORT, **SEARCH}.items()),
    *(Kind("efetch", name, fault) for name, fault in {**TRANSPORT, **FETCH}.items()),
)


@dataclass(frozen=True, slots=True)
class Trial:
    """How a trial ended: ``problem`` is empty where the archive is as it would be without fault.

    ``said`` is what the harvest that met the fault reported; no trial may be silent and lack
    something at once.
    """

    problem: str
    said: str


class Trials:
    """The server of all trials, and what a harvest without fault makes of it."""

    def __init__(self, server: PubMedServer, folder: Path) -> None:
        self._server, self._folder = server, folder
        days = (FIRST + timedelta(days=n % 19) for n in range(1, PAPERS + 1))
        server.add(*(Paper(n, day, title=f"Paper {n}") for n, day in enumerate(days, 1)))
        run_harvest(server, folder / "before")
        server.now += NEXT_DAY
        today = (server.now + DAY_BEFORE).date()
        server.add(*(Paper(n, today, title=f"Paper {n}") for n in range(41, 61)))
        server.add(*(Paper(n, FIRST, today, f"Paper {n}, revised") for n in (5, 8, 15, 16)))
        self.wanted = self._harvested("wanted", none, "efetch", 0)[1]

    def hold(self, kind: Kind, times: int) -> Trial:
        """Try a kind of fault, so many times in a row."""
        (said, met), state = self._harvested("tried", kind.fault, kind.utility, times)
        said_nothing = not said and not met.dead
        if said_nothing and met.documents != self.wanted.documents:
            return Trial("the harvest lacks records and says nothing", said)
        return Trial(_difference(state, self.wanted), said)

    def _harvested(
        self, name: str, fault: Fault, utility: str, times: int
    ) -> tuple[tuple[str, State], State]:
        """Harvest with the fault, then without; returns what was said and held after each."""
        folder = self._folder / name
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self._folder / "before", folder)
        self._server.faults[utility] = [fault] * times
        report = run_harvest(self._server, folder)
        self._server.faults.clear()
        said = "; ".join(report.problems) or ("" if report.is_complete else "incomplete")
        met = state_of(folder)
        run_harvest(self._server, folder)
        return (said, met), state_of(folder)


def _difference(state: State, wanted: State) -> str:
    names = [name for name in State.__slots__ if getattr(state, name) != getattr(wanted, name)]
    return f"other {', '.join(names)}" if names else ""
