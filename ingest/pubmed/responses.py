"""What came from PubMed: data, an error in some wrapping, or a web page in place of an answer.

PubMed reports failures with status 200 as readily as with 400, and passing ones like lasting
ones; so every body is judged before it is read.
"""

import re

from ingest.pubmed.timing import TransientError

_PROLOG = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*(?:<\?.*?\?>|<!--.*?-->|<![^>]*>|\s+)*", re.DOTALL)
_NAME = re.compile(rb"<([A-Za-z_][\w.-]*)")
_ERROR = re.compile(r"<ERROR>(.*?)</ERROR>|\"(?:ERROR|error)\"\s*:\s*\"(.*?)\"", re.DOTALL)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.DOTALL | re.IGNORECASE)
_EMPTY = ("id list is empty", "empty id list", "empty result")
_LASTING = ("api key invalid", "invalid db name", "unknown db", "can only retrieve the first")
_LONGEST_QUOTE = 160
_TAIL_BYTES = 200
_OK, _BAD_REQUEST, _TOO_MANY, _SERVER_ERRORS = 200, 400, 429, 500
_PASSING = frozenset({403, 408, 425})  # a block, too, is lifted


class PubMedError(ValueError):
    """PubMed refuses a request for good, or its answer contradicts itself."""


class EmptyAnswerError(PubMedError):
    """PubMed knows none of the PMIDs it was asked for."""


def check_answer(status: int, retry_after: str | None, body: bytes, root: str) -> None:
    """Accept a complete answer whose root element is ``root``, and raise on anything else.

    Raises TransientError for what may be over soon, cut answers among it, EmptyAnswerError, and
    PubMedError for what repeating does not mend.
    """
    raise_if_busy(status, retry_after)
    if status not in {_OK, _BAD_REQUEST}:
        _refuse(f"status {status}", is_passing=status in _PASSING)
    if status == _OK and root_name(body) == root:
        _check_end(body, root)
    else:
        _check_error(status, body)


def raise_if_busy(status: int, retry_after: str | None, place: str = "") -> None:
    """Raise TransientError where a server says that it is overloaded, or fails."""
    if status == _TOO_MANY or status >= _SERVER_ERRORS:
        raise TransientError(f"{place}status {status}", _seconds(retry_after))


def root_name(body: bytes) -> str:
    """Name the root element, empty where there is none.

    >>> root_name(b'<?xml version="1.0"?><!DOCTYPE a SYSTEM "b"><a/>')
    'a'
    """
    prolog = _PROLOG.match(body)
    found = _NAME.match(body, prolog.end() if prolog else 0)
    return found[1].decode() if found else ""


def _check_end(body: bytes, root: str) -> None:
    """See that the root is closed: without Content-Length, a cut body looks complete to HTTP."""
    tail = body[-_TAIL_BYTES:].rstrip()
    if not tail.endswith((f"</{root}>".encode(), b"/>")):
        raise TransientError(f"the answer breaks off after {len(body)} bytes")


def _check_error(status: int, body: bytes) -> None:
    text = body.decode(errors="replace")
    if message := error_message(text):
        raise_for_message(message)
    if root_name(body).lower() == "html":
        title = _TITLE.search(text)
        said = _quote(title[1]) if title else "without a title"
        raise TransientError(f"a web page in place of data: {said}")
    raise TransientError(f"status {status} with {_quote(text) or 'nothing'}")


def error_message(text: str) -> str:
    """Find the error in an answer, XML or JSON; empty where there is none."""
    found = _ERROR.search(text)
    return _quote(found[1] or found[2] or "unspecified") if found else ""


def raise_for_message(message: str) -> None:
    """Raise what an error message of PubMed amounts to; unknown ones count as passing."""
    known = message.lower()
    if any(words in known for words in _EMPTY):
        raise EmptyAnswerError(message)
    _refuse(message, is_passing=not any(words in known for words in _LASTING))


def _refuse(message: str, *, is_passing: bool) -> None:
    raise TransientError(message) if is_passing else PubMedError(message)


def _quote(text: str) -> str:
    return " ".join(text.split())[:_LONGEST_QUOTE]


def _seconds(retry_after: str | None) -> float | None:
    """Read Retry-After; as a date it is left out, since our clock may be wrong.

    >>> _seconds("3"), _seconds("Wed, 21 Oct 2026 07:28:00 GMT"), _seconds(None)
    (3.0, None, None)
    """
    return float(retry_after) if retry_after and retry_after.strip().isdecimal() else None
