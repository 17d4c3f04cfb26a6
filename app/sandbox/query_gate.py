"""Which queries are refused before any engine sees them, and what the engine is sent instead.

pyoxigraph and servers follow SERVICE with a real HTTP request and have no switch to forbid it, so
the word must not reach them. What is sent is not what came but what was read here: the same tokens,
without comments, with a blank between any two that could be read as one, strings in one form and no
code point escaped. So no parser can find other tokens in it than those that were judged. And the
letters of SERVICE are nowhere in it but in the names of variables and blank nodes.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from pyoxigraph import NamedNode

from app.sandbox.answer import Query, RefusedError
from app.sandbox.query_tokens import (
    SCHEMES,
    UnreadableError,
    ends_comment,
    read_iri,
    read_string,
    read_tokens,
    shortened,
    write_string,
)

UPDATE_WORDS = frozenset(
    ("LOAD", "INSERT", "DELETE", "DROP", "CLEAR", "CREATE", "COPY", "MOVE", "ADD", "WITH")
)
_QUERY_WORDS = """
A ABS ADJUST AS ASC ASK AVG BASE BIND BNODE BOUND BY CEIL COALESCE CONCAT CONSTRUCT CONTAINS
COUNT DATATYPE DAY DESC DESCRIBE DISTINCT ENCODE_FOR_URI EXISTS FALSE FILTER FLOOR FROM GRAPH
GROUP GROUP_CONCAT HASLANG HASLANGDIR HAVING HOURS IF IN IRI ISBLANK ISIRI ISLITERAL ISNUMERIC
ISTRIPLE ISURI LANG LANGDIR LANGMATCHES LATERAL LCASE LIMIT MAX MD5 MIN MINUS MINUTES MONTH
NAMED NOT NOW OBJECT OFFSET OPTIONAL ORDER PREDICATE PREFIX RAND REDUCED REGEX REPLACE ROUND
SAMETERM SAMEVALUE SAMPLE SECONDS SELECT SEPARATOR SHA1 SHA256 SHA384 SHA512 STR STRAFTER
STRBEFORE STRDT STRENDS STRLANG STRLANGDIR STRLEN STRSTARTS STRUUID SUBJECT SUBSTR SUM TIMEZONE
TRIPLE TRUE TZ UCASE UNDEF UNION URI UUID VALUES VERSION WHERE YEAR
"""
KEYWORDS = frozenset(_QUERY_WORDS.split())
"""Of queries in SPARQL 1.1 and 1.2 (section 19.8), and LATERAL and ADJUST of Oxigraph."""
SERVICE_REFUSED = "SERVICE is not answered here: a query may read this graph only."
UPDATE_REFUSED = "{} is an update: this endpoint only reads."
CODE_REFUSED = "{} calls code of the server: this endpoint only reads the graph."
GLUED_REFUSED = "{} can be read as a keyword and a name: write another prefix, or the IRI in full."
UNKNOWN_WORD = "{} is no word of SPARQL"
COMMENT_REFUSED = r"A comment has the \u of a line break, which ends it for some parsers"
AMBIGUOUS_REFUSED = (
    "{} inside parentheses can be read as an IRI or as a comparison: "
    "write IRIs in full, and spaces around < and >"
)
_CODE = re.compile(r"(?:java|bif|sql):", re.IGNORECASE)
"""Functions by class (Jena) and of the database (Virtuoso: ``bif:http_get`` asks any address)."""
_KEYWORD = re.compile("(SERVIC)(E)", re.IGNORECASE | re.ASCII)
_GLUED_PREFIX = re.compile("PREFIX", re.IGNORECASE)
_KNOWN_SCHEME = re.compile(rf"{SCHEMES}:")
_EXPRESSION = re.compile(r"[#?$()=&,;!*+']")
"""Without one of these, ``<ex:b>`` is no comparison with something after it."""
_OPENING, _CLOSING, _BEFORE_TERM = frozenset("([{"), frozenset(")]}"), frozenset("([{.;,!")
_GAPS = frozenset(("space", "comment"))
_BEFORE_OPERAND = frozenset(("mark", "opening", "quoted"))


@dataclass(frozen=True, slots=True)
class Admitted:
    """A query as it may be sent on, and the graphs it chooses by FROM; no graph without FROM."""

    query: Query
    graphs: tuple[str, ...]


class _Gate:
    """Judges token after token, and knows what came before."""

    def __init__(self) -> None:
        self.graphs: list[str] = []
        self._prefixes: dict[str, str] = {}
        self._brackets: list[str] = []
        self._is_operand = False
        self._before = self._last = ""
        self._writers: dict[str, Callable[[re.Match[str]], str]] = {
            "brackets": self._bracketed,
            "opening": self._bracketed,
            "closing": self._bracketed,
            "word": _word,
            "name": self._name,
            "iri": self._iri,
            "string": _string,
            "tag": _tag,
        }

    def pass_on(self, token: re.Match[str]) -> str:
        """Say what is sent in place of a token; raises RefusedError."""
        kind = str(token.lastgroup)
        write = self._writers.get(kind)
        text = write(token) if write else token.group()
        self._is_operand = kind not in _BEFORE_OPERAND and text[-1] not in _BEFORE_TERM
        self._before, self._last = self._last, text.upper() if kind == "word" else text
        return text

    def _bracketed(self, token: re.Match[str]) -> str:
        brackets = token.group()
        for bracket in brackets:
            if bracket in _OPENING:
                self._brackets.append(bracket)
            elif bracket in _CLOSING and self._brackets:
                self._brackets.pop()
        return " ".join(brackets) if token.lastgroup == "brackets" else brackets

    def _name(self, token: re.Match[str]) -> str:
        text = token.group()
        prefix, _, local = text.partition(":")
        if "SERVICE" in prefix.upper() or _GLUED_PREFIX.match(text):
            # Oxigraph reads SERVICEex:a as SERVICE ex:a, and PREFIXex: as PREFIX ex:
            raise RefusedError(GLUED_REFUSED.format(shortened(f"{prefix}:")))
        namespace = self._prefixes.get(prefix)
        if _CODE.match(text) and namespace is None and self._last != "PREFIX":
            raise RefusedError(CODE_REFUSED.format(shortened(text)))
        iri = (f"{prefix}:" if namespace is None else namespace) + local.replace("\\", "")
        self._names_graph(iri)
        return self._in_full(iri, namespace, token) if "SERVICE" in local.upper() else text

    def _in_full(self, iri: str, namespace: str | None, token: re.Match[str]) -> str:
        """Write an IRI for a name with the word in it, which must be one.

        Of ``http://e:80SERVICE`` Oxigraph would read the prefix alone, and then the keyword.
        """
        if namespace is None or not _is_iri(iri):
            raise RefusedError(GLUED_REFUSED.format(shortened(token.group())))
        return self._written_iri(iri, token)

    def _iri(self, token: re.Match[str]) -> str:
        iri = read_iri(token)
        if _CODE.match(iri):
            raise RefusedError(CODE_REFUSED.format(shortened(token.group())))
        if self._before == "PREFIX":
            self._prefixes[self._last[:-1]] = iri
        self._names_graph(iri)
        return self._written_iri(iri, token)

    def _written_iri(self, iri: str, token: re.Match[str]) -> str:
        if self._is_comparison(iri):
            what = AMBIGUOUS_REFUSED.format(shortened(token.group()))
            raise UnreadableError(what, token.string, token.start())
        return f"<{_without_keyword(iri)}>"

    def _names_graph(self, iri: str) -> None:
        if self._last == "FROM" or (self._before, self._last) == ("FROM", "NAMED"):
            self.graphs.append(iri)

    def _is_comparison(self, iri: str) -> bool:
        """Say whether Oxigraph may read an IRI as it reads ``?a<?b#>``: ``?a < ?b`` and a comment.

        Only after an operand inside of parentheses, and for a first part that is no known scheme.
        """
        if not (self._is_operand and self._brackets and self._brackets[-1] == "("):
            return False
        scheme = _KNOWN_SCHEME.match(iri)
        is_scheme = scheme is not None and scheme.group()[:-1] not in self._prefixes
        return not is_scheme and _EXPRESSION.search(iri) is not None


def _comment(token: re.Match[str]) -> str:
    if ends_comment(token.group()):
        raise UnreadableError(COMMENT_REFUSED, token.string, token.start())
    return " "


def _word(token: re.Match[str]) -> str:
    """Refuse what is no word of a query: parsers read ``trueSERVICE`` as two."""
    word = token.group().upper()
    if word in KEYWORDS:
        return token.group()
    if word in UPDATE_WORDS:
        raise RefusedError(UPDATE_REFUSED.format(word))
    if "SERVICE" in word:
        raise RefusedError(SERVICE_REFUSED)
    raise UnreadableError(
        UNKNOWN_WORD.format(shortened(token.group())), token.string, token.start()
    )


def _string(token: re.Match[str]) -> str:
    """Write a string in the one form; the lines that a long one takes follow it."""
    written = _without_keyword(write_string(read_string(token)))
    return written + "\n" * token.group().count("\n")


def _tag(token: re.Match[str]) -> str:
    if "SERVICE" in token.group().upper():
        raise RefusedError(GLUED_REFUSED.format(shortened(token.group())))
    return token.group()


def _is_iri(text: str) -> bool:
    """Ask the engine; a relative one is none, since its base is not known here."""
    with suppress(ValueError):
        return NamedNode(text).value == text
    return False


def _without_keyword(text: str) -> str:
    r"""Write the word in a string or IRI with an escaped letter: none else may look like a keyword.

    So Oxigraph, which knows ``\u`` in strings and IRIs alone, finds no SERVICE however it reads.
    """
    return _KEYWORD.sub(lambda word: f"{word[1]}\\u{ord(word[2]):04X}", text)


def admit(query: Query) -> Admitted:
    r"""Write a query anew from its tokens; raises RefusedError.

    An error of syntax passes where all its words are SPARQL's: the engine's own parser words it
    better. Lines stay as they are, columns grow where a blank was missing.

    >>> admit(Query("SELECT*{?s ?p 'at your SERVICE'}# SERVICE")).query.text
    'SELECT * { ?s ?p "at your SERVIC\\u0045" } '
    >>> admit(Query("SELECT * FROM <http://example.org/g> { ?s ?p ?o }")).graphs
    ('http://example.org/g',)
    >>> admit(Query("DELETE WHERE { ?s ?p ?o }"))
    Traceback (most recent call last):
    app.sandbox.answer.RefusedError: DELETE is an update: this endpoint only reads.
    """
    gate = _Gate()
    text = "".join(_written(query.text, gate))
    return Admitted(replace(query, text=text), tuple(gate.graphs))


def _written(text: str, gate: _Gate) -> Iterator[str]:
    last = "space"
    for token in read_tokens(text):
        kind = str(token.lastgroup)
        if kind == "space":
            yield token.group()
        elif kind == "comment":
            yield _comment(token)
        else:
            written = gate.pass_on(token)
            # Oxigraph knows CONCAT( and COALESCE( only without a blank, which no parser needs there
            is_apart = last in _GAPS or (last == "word" and written[0] == "(")
            yield written if is_apart else f" {written}"
        last = kind
