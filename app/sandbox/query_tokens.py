r"""The tokens of SPARQL, by the rules of its grammar (SPARQL 1.1, section 19.8; 1.2 adds ``<<(``).

Parsers disagree where text is not quite a token: Oxigraph needs no blank after a keyword, RDF4J and
Jena decode ``\u`` before they cut, all fall back to a shorter token where a long one fails. So a
text is cut in one way only, or it is refused.
"""

import re
from collections.abc import Iterator

from app.sandbox.answer import RefusedError

SCHEMES = r"(?:https?|urn|mailto|tag|info|doi|ftp|file)"
# as PN_CHARS_BASE, without U+1680 and U+FEFF, which some take for blanks
_LETTERS = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u167f\u1681-\u1fff"
    "\u200c\u200d\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufefe\uff00-\ufffd"
    "\U00010000-\U000effff"
)
_FIRST = f"{_LETTERS}_0-9"
_VARIABLE = f"{_FIRST}\u00b7\u0300-\u036f\u203f\u2040"
_CHARS = rf"{_VARIABLE}\-"
_CODE_POINT = r"u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}"
_ESCAPE = rf"\\(?:[tbnrf\"'\\]|{_CODE_POINT})"
_NEVER = "\x00\ud800-\udfff"  # no parser could be sent half a character
_IRI_CHARS = r"[^<>\"{}|^`\\\x00-\x20\ud800-\udfff]"
_LOCAL = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
_PREFIX = rf"[{_LETTERS}](?:[{_CHARS}]++|\.++(?=[{_CHARS}]))*+"
_STRING = "|".join(
    rf"{q * 3}(?:[^{q}\\{_NEVER}]++|{_ESCAPE}|{q}(?!{q}{q}))*+{q * 3}"
    # three quotes never begin a short string: parsers fall back to one where a long one fails
    rf"|{q}(?!{q}{q})(?:[^{q}\\\n\r{_NEVER}]++|{_ESCAPE})*+{q}"
    for q in "\"'"
)
_NAME = (
    rf"(?P<name>(?:{_PREFIX})?:(?:(?:[{_FIRST}:]|{_LOCAL})"
    rf"(?:[{_CHARS}:]++|{_LOCAL}|\.++(?=[{_CHARS}:%\\]))*+)?)|"
)
_NAMELESS = (
    r"(?P<space>[ \t\r\n]++)"
    r"|(?P<comment>#[^\r\n]*+)"
    r"|(?P<opening><<\()|(?P<closing>\)?>>)"
    rf"|(?P<quoted><<(?!{SCHEMES}:{_IRI_CHARS}*+>))"
    rf"|(?P<iri><(?:{_IRI_CHARS}++|\\(?:{_CODE_POINT}))*+>)"
    rf"|(?P<string>{_STRING})"
    r"|(?P<tag>@[A-Za-z]++(?:-[A-Za-z0-9]++)*+(?:--[A-Za-z]++)?)"
    rf"|(?P<variable>[?$][{_FIRST}][{_VARIABLE}]*+)"
    rf"|(?P<blank>_:[{_FIRST}](?:[{_CHARS}]++|\.++(?=[{_CHARS}]))*+)"
    r"|(?P<number>[+\-]?(?:[0-9]++(?:\.[0-9]*+[eE][+\-]?[0-9]++|[eE][+\-]?[0-9]++|\.[0-9]++)?+"
    r"|\.[0-9]++(?:[eE][+\-]?[0-9]++)?+))"
    r"|(?P<word>[A-Za-z][A-Za-z0-9_]*+)"
    r"|(?P<brackets>(?:[(\[\]};,]|\{(?!\|)|\)(?!>>)|\.(?![0-9])|!(?!=))++)"
    r"|(?P<mark>\{\||\|\}|&&|\|\||\^\^|[!<>]=|[/|^*+\-=<>?~])"
)
_TOKEN = re.compile(_NAME + _NAMELESS)
_TOKEN_IN_RUN = re.compile(_NAMELESS)
_RUN = re.compile(_PREFIX)
_ENCODED = re.compile(rf"\\(?:{_CODE_POINT})")
_IS_IRI = re.compile(rf"{_IRI_CHARS}*+")
_PART = re.compile(rf"(?P<code>\\(?:{_CODE_POINT}))|\\(?P<plain>.)|(?P<raw>[^\\]++)", re.DOTALL)
_PLAIN = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_WRITTEN = str.maketrans(
    {"\\": r"\\", '"': r"\"", "\n": r"\n", "\r": r"\r", "\b": r"\b", "\f": r"\f"}
)
_WHERE = " at line {}, column {}"
LONGEST_QUOTE = 60
UNREADABLE = {
    '"': r"A string does not end, or has an escape that is none of \t \b \n \r \f \" \' \\ \uXXXX",
    "\\": r"A \ outside of strings, IRIs and prefixed names is not accepted",
}
UNREADABLE["'"] = UNREADABLE['"']


class UnreadableError(RefusedError):
    """A text that is not SPARQL, or that two parsers would cut differently."""

    status = 400

    def __init__(self, what: str, text: str, position: int) -> None:
        line = text.count("\n", 0, position) + 1
        super().__init__(what + _WHERE.format(line, position - text.rfind("\n", 0, position)) + ".")


def shortened(text: str) -> str:
    """Quote a piece of a query in one line of a message."""
    shown = text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}..."
    return shown if shown.isprintable() else repr(shown)


def read_tokens(text: str) -> Iterator[re.Match[str]]:
    """Cut a text into tokens, each named by its group; raises UnreadableError at the first gap.

    Brackets come together as ``brackets``, with the signs that are one character anywhere. A byte
    order mark at the start is left out.
    """
    position, run_end = int(text.startswith("\ufeff")), 0
    while position < len(text):
        # a run without colon holds no name, and must not be searched again from each of its words
        token = (_TOKEN if position >= run_end else _TOKEN_IN_RUN).match(text, position)
        if token is None:
            what = UNREADABLE.get(text[position], f"{text[position]!r} cannot be read")
            raise UnreadableError(what, text, position)
        yield token
        if token.lastgroup == "word" and position >= run_end:
            run_end = _end(_RUN.match(text, position))
        position = token.end()


def _end(run: re.Match[str] | None) -> int:
    return run.end() if run else 0


def read_iri(token: re.Match[str]) -> str:
    """Decode the IRI between the angle brackets; raises UnreadableError where it is none then."""
    written = token.group()[1:-1]
    if "\\" not in written:
        return written
    iri = _ENCODED.sub(lambda code: _decoded(code.group(), token), written)
    if not _IS_IRI.fullmatch(iri):
        raise UnreadableError(f"{shortened(token.group())} is no IRI", token.string, token.start())
    return iri


def read_string(token: re.Match[str]) -> str:
    r"""Decode a string; raises UnreadableError for a code point that may not stand there as such.

    SPARQL allows an escape only where its character would be legal (section 19.2): for those who
    decode ``\u0022`` before they cut, it ends the string.
    """
    written = token.group()
    is_long = written.startswith(('"""', "'''"))
    content = written[3:-3] if is_long else written[1:-1]
    if "\\" not in content:
        return content
    illegal = written[0] + ("\\\x00" if is_long else "\\\n\r\x00")
    return "".join(_parts(content, illegal, token))


def _parts(content: str, illegal: str, token: re.Match[str]) -> Iterator[str]:
    for part in _PART.finditer(content):
        if code := part["code"]:
            character = _decoded(code, token)
            if character in illegal:
                raise UnreadableError(
                    f"{code} is read as the end of a string by some: write it without \\u",
                    token.string,
                    token.start(),
                )
            yield character
        else:
            yield part["raw"] or _PLAIN[part["plain"]]


def _decoded(code: str, token: re.Match[str]) -> str:
    number = int(code.lstrip(r"\uU"), 16)
    if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:  # noqa: PLR2004 - Unicode, section 3.9
        raise UnreadableError(f"{code} is no character", token.string, token.start())
    return chr(number)


def write_string(value: str) -> str:
    r"""Write a string in the one form that all parsers read alike.

    >>> print(write_string('a "b"\n'))
    "a \"b\"\n"
    """
    return f'"{value.translate(_WRITTEN)}"'


def ends_comment(comment: str) -> bool:
    """Say whether an escape in a comment ends it for those who decode before they cut."""
    return any(int(code.lstrip(r"\uU"), 16) in {10, 13} for code in _ENCODED.findall(comment))
