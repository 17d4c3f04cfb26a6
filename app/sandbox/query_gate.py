"""Which queries are refused before any engine sees them.

pyoxigraph follows SERVICE with a real HTTP request and has no switch to forbid it, so the word must
not reach it. FROM and FROM NAMED pass: pyoxigraph fetches nothing for them, they choose graphs.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.sandbox.answer import RefusedError

UPDATE_WORDS = frozenset(
    ("LOAD", "INSERT", "DELETE", "DROP", "CLEAR", "CREATE", "COPY", "MOVE", "ADD", "WITH")
)
_SCHEME = r"(?:https?|urn|mailto|tag|info|doi|ftp|file)"
_IRI = r"<(?:[^<>\"{}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*>"
_STRING = (
    r'"""(?:(?:"|"")?(?:[^"\\]|\\.))*"""'
    r"|'''(?:(?:'|'')?(?:[^'\\]|\\.))*'''"
    r'|"(?:[^"\\\n\r]|\\.)*"'
    r"|'(?:[^'\\\n\r]|\\.)*'"
)
_TOKEN = re.compile(
    rf"(?P<comment>#[^\n\r]*)"
    rf"|(?P<quoted><<(?!{_SCHEME}:))"
    rf"|(?P<iri>{_IRI})"
    rf"|(?P<string>{_STRING})"
    r"|(?P<tag>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)"
    r"|(?P<variable>[?$]\w+)"
    r"|(?P<blank>_:\w[\w.\-]*)"
    r"|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<name>(?:[^\W\d_][\w.\-]*)?:(?:[\w:\-]|%[0-9A-Fa-f]{2}"
    r"|\\[_~.\-!$&'()*+,;=/?#@%]|\.(?=[\w:%\-\\]))*)"
    # as far as a prefix could reach, or a run without colon would be read again from each letter
    r"|(?P<word>[^\W\d_][\w.\-]*)"
    r"|(?P<open>[({\[])|(?P<close>[)}\]])|(?P<escape>\\)|(?P<other>.)",
    re.DOTALL,
)
_ABSOLUTE = re.compile(rf"<{_SCHEME}:")
_SCHEME_AS_PREFIX = re.compile(rf"\b{_SCHEME}:[\s<#]", re.IGNORECASE)

SERVICE_REFUSED = "SERVICE is not answered here: a query may read this graph only."
UPDATE_REFUSED = "{} is an update: this endpoint only reads."
ESCAPE_REFUSED = r"A \ outside of strings, IRIs and prefixed names is not accepted."
AMBIGUOUS_REFUSED = (
    "{} inside parentheses can be read as an IRI or as a comparison: "
    "write IRIs in full, and spaces around < and >."
)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a query; ``is_in_parentheses`` is where an expression may be."""

    kind: str
    text: str
    is_in_parentheses: bool


def admit(query: str) -> bool:
    r"""Let a query pass, and say whether it chooses its graphs by FROM; raises RefusedError.

    A syntax error passes: the engine's own parser words it better.

    >>> admit('SELECT * { ?s ?p "at your SERVICE" } # SERVICE')
    False
    >>> admit("SELECT * FROM <http://example.org/g> { ?s ?p ?o }")
    True
    >>> admit("DELETE WHERE { ?s ?p ?o }")
    Traceback (most recent call last):
    app.sandbox.answer.RefusedError: DELETE is an update: this endpoint only reads.
    """
    declares_scheme = _SCHEME_AS_PREFIX.search(query) is not None
    names_dataset = False
    for token in tokens(query):
        if reason := _reason(token, declares_scheme=declares_scheme):
            raise RefusedError(reason)
        names_dataset = names_dataset or (token.kind == "word" and "FROM" in token.text.upper())
    return names_dataset


def tokens(query: str) -> Iterator[Token]:
    """Cut a query by the grammar of SPARQL; white space comes as ``other``."""
    open_brackets: list[str] = []
    for match in _TOKEN.finditer(query):
        kind, text = str(match.lastgroup), match.group()
        yield Token(kind, text, bool(open_brackets) and open_brackets[-1] == "(")
        if kind == "open":
            open_brackets.append(text)
        elif kind == "close" and open_brackets:
            open_brackets.pop()


def _reason(token: Token, *, declares_scheme: bool) -> str | None:
    match token.kind:
        case "word" if token.text.upper() in UPDATE_WORDS:
            return UPDATE_REFUSED.format(token.text.upper())
        case "word":
            # not only equal: oxigraph reads trueSERVICE and SERVICESILENT as two keywords
            return SERVICE_REFUSED if "SERVICE" in token.text.upper() else None
        case "name":
            # oxigraph reads SERVICEex:a as SERVICE ex:a, keywords need no space after them
            return SERVICE_REFUSED if "SERVICE" in token.text.partition(":")[0].upper() else None
        case "escape":
            return ESCAPE_REFUSED
        case "iri" if token.is_in_parentheses:
            return _iri_reason(token.text, declares_scheme=declares_scheme)
        case _:
            return None


def _iri_reason(iri: str, *, declares_scheme: bool) -> str | None:
    """Refuse ``?a<?b#>``: oxigraph reads a comparison and a comment, and code may follow it."""
    if _ABSOLUTE.match(iri) and not declares_scheme:
        return None
    return AMBIGUOUS_REFUSED.format(iri)
