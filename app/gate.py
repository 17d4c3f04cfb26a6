"""Which queries of strangers are refused before any engine sees them.

pyoxigraph follows SERVICE with a real HTTP request and has no switch to forbid it, so the word must
not reach it. FROM and FROM NAMED pass: pyoxigraph fetches nothing for them, they choose graphs.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

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
    r"|(?P<word>[^\W\d_]\w*)"
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
    """A piece of a query; ``is_in_parentheses`` is where an expression may stand."""

    kind: str
    text: str
    is_in_parentheses: bool


def refusal(query: str) -> str | None:
    r"""Say why a query is refused, None where it may be asked.

    A syntax error is not refused here: the engine's own parser words it better.

    >>> refusal("SELECT * { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }")
    'SERVICE is not answered here: a query may read this graph only.'
    >>> refusal('SELECT * { ?s ?p "at your SERVICE" } # SERVICE')
    >>> refusal("DELETE WHERE { ?s ?p ?o }")
    'DELETE is an update: this endpoint only reads.'
    """
    declares_scheme = _SCHEME_AS_PREFIX.search(query) is not None
    reasons = (_reason(token, declares_scheme=declares_scheme) for token in tokens(query))
    return next((reason for reason in reasons if reason), None)


def names_dataset(query: str) -> bool:
    """Tell whether the query itself says FROM, and so chooses its graphs.

    >>> names_dataset("SELECT * FROM <http://example.org/g> { ?s ?p ?o }")
    True
    """
    return any(token.kind == "word" and "FROM" in token.text.upper() for token in tokens(query))


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
        case "word":
            return _word_reason(token.text.upper())
        case "name":
            # oxigraph reads SERVICEex:a as SERVICE ex:a, keywords need no space after them
            return SERVICE_REFUSED if "SERVICE" in token.text.partition(":")[0].upper() else None
        case "escape":
            return ESCAPE_REFUSED
        case "iri" if token.is_in_parentheses:
            return _iri_reason(token.text, declares_scheme=declares_scheme)
        case _:
            return None


def _word_reason(word: str) -> str | None:
    # not only equal: oxigraph reads trueSERVICE and SERVICESILENT as two keywords
    if "SERVICE" in word:
        return SERVICE_REFUSED
    return UPDATE_REFUSED.format(word) if word in UPDATE_WORDS else None


def _iri_reason(iri: str, *, declares_scheme: bool) -> str | None:
    """Refuse ``?a<?b#>``: oxigraph reads a comparison and a comment, and code may follow it."""
    if _ABSOLUTE.match(iri) and not declares_scheme:
        return None
    return AMBIGUOUS_REFUSED.format(iri)
