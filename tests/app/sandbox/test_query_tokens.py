"""Tokens as the grammar of SPARQL has them (section 19.8), and what is refused as none."""

import pytest

from app.sandbox.query_tokens import (
    UnreadableError,
    ends_comment,
    read_iri,
    read_string,
    read_tokens,
    shortened,
    write_string,
)


def cut(text: str) -> list[str]:
    return [token.group() for token in read_tokens(text) if token.lastgroup != "space"]


def kinds(text: str) -> list[str | None]:
    return [token.lastgroup for token in read_tokens(text) if token.lastgroup != "space"]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("ex:.a", ["ex:", ".", "a"]),
        ("ex:a.b..c.", ["ex:a.b..c", "."]),
        ("ex.y:a", ["ex.y:a"]),
        ("a.:b", ["a", ".", ":b"]),
        (":1a:b-c%20\\#.d", [":1a:b-c%20\\#.d"]),
        ("true.ex:b true-1.5e+3", ["true.ex:b", "true", "-1.5e+3"]),
        ("_:a.b. _:1", ["_:a.b", ".", "_:1"]),
        ("?s?p$o ex:p? ?x", ["?s", "?p", "$o", "ex:p", "?", "?x"]),
        ("?\u00e9\u00b7\u0300- $1_", ["?\u00e9\u00b7\u0300", "-", "$1_"]),
        ("1 1. 1.5.2 .5 1.e5 .5E-3 +1 -.5 1e", ["1", "1", ".", "1.5", ".2", ".5", "1.e5", ".5E-3"]),
        ("?a-5 - 5", ["?a", "-5", "-", "5"]),
        ("'a'@en-GB--ltr'b'@en-", ["'a'", "@en-GB--ltr", "'b'", "@en", "-"]),
        (
            "?a<= ?b>=?c!=?d&&?e||!?f^^<g>",
            ["?a", "<=", "?b", ">=", "?c", "!=", "?d", "&&", "?e", "||"],
        ),
        ("?a<<http://e> <<?s", ["?a", "<", "<http://e>", "<<", "?s"]),
        ("<<(?s ex:p<o>)>>", ["<<(", "?s", "ex:p", "<o>", ")>>"]),
        ("{|?p ?o|}", ["{|", "?p", "?o", "|}"]),
        ("([{.;,!)>>", ["([{.;,!", ")>>"]),
        ("<a#b>#c\n<?d>", ["<a#b>", "#c", "<?d>"]),
        ("#a\rb", ["#a", "b"]),
        ("'''a''b\n''''c'", ["'''a''b\n'''", "'c'"]),
        ("'' \"\" ''''''", ["''", '""', "''''''"]),
    ],
)
def test_a_text_is_cut_into_the_longest_tokens(text: str, tokens: list[str]) -> None:
    assert cut(text)[: len(tokens)] == tokens


def test_tokens_have_their_kinds() -> None:
    text = "a ex:a <a> ?a _:a 'a' @a 1 #\n ( <<( )>> << >> ="
    expected = "word name iri variable blank string tag number comment brackets opening closing"
    assert kinds(text) == [*expected.split(), "quoted", "closing", "mark"]


@pytest.mark.parametrize(
    "text",
    [
        *("'a", "'a\n'", "'''a''", '"""a" ""b', "'\\x'", "'\\u12G4'", "'\\U0000004'", "'\x00'"),
        *("\\", "\\u0041", "ex:\\u0041", "ex:\\x", "?\\u0041", "\x0c", "\x85", "\u2028", "\u00a0"),
        *("ex:a\u1680b:", "?a\u3000", "ex:a\ufeff", " \ufeff", "\ud800", "'\ud800'", "<\ud800>"),
        *("ex:a%2", "%", "@", "&", "$", "_", "`", "\u00e9"),
    ],
)
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError):
        cut(text)


def test_the_place_of_what_cannot_be_read_is_named() -> None:
    with pytest.raises(UnreadableError, match=r"^'%' cannot be read at line 2, column 3\.$"):
        cut("a\n  %")


def test_a_mark_at_the_start_is_left_out() -> None:
    assert cut("\ufeffASK") == ["ASK"]


def first_string(text: str) -> str:
    return read_string(next(read_tokens(text)))


def first_iri(text: str) -> str:
    return read_iri(next(read_tokens(text)))


def test_strings_are_decoded_and_written_anew() -> None:
    text = r"""'\t\b\n\r\f\"\'\\ \u00e9\U0001F600 \\u0022'"""
    value = "\t\b\n\r\f\"'\\ \u00e9\U0001f600 \\u0022"
    assert first_string(text) == value
    assert first_string(write_string(value)) == value
    assert write_string(value) == '"\t\\b\\n\\r\\f\\"\'\\\\ \u00e9\U0001f600 \\\\u0022"'
    assert first_string('"""a\n"b"\\u000A"""') == 'a\n"b"\n'


@pytest.mark.parametrize(
    "text",
    [
        *(
            r"'\u0027'",
            r'"\u0022"',
            r"'''\u0027'''",
            r'"""\U00000022"""',
            r"'\u005C'",
            r"'''\u005c'''",
        ),
        *(r"'\u000A'", r"'\u000d'", r"'\u0000'", r"'''\u0000'''", r"'\uD800'", r"'\uDFFF'"),
        *(r"'\U00110000'", r"'\\\u0027'"),
    ],
)
def test_an_escape_of_what_may_not_be_there_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError):
        first_string(text)


@pytest.mark.parametrize("text", [r"'\u0022'", r'"\u0027"', r"'\uD7FF\uE000\U0010FFFF'"])
def test_an_escape_of_what_may_be_there_is_decoded(text: str) -> None:
    assert "\\" not in first_string(text)


def test_iris_are_decoded_and_looked_at_again() -> None:
    assert first_iri(r"<http://\u0065/\U000000e9>") == "http://e/\u00e9"
    for code in ("3C", "3E", "20", "22", "5C", "7B", "7D", "7C", "5E", "60", "00", "0A"):
        with pytest.raises(UnreadableError, match="is no IRI"):
            first_iri(rf"<a\u00{code}>")


@pytest.mark.parametrize("code", [r"\u000A", r"\u000d", r"\U0000000a", r"\U0000000D"])
def test_an_escaped_line_break_ends_a_comment_for_some(code: str) -> None:
    assert ends_comment(f"# a {code} b")
    assert not ends_comment(f"# {code[:-1]}1 \\n")


def test_a_quoted_piece_is_short_and_can_be_printed() -> None:
    assert shortened("a" * 60) == "a" * 60
    assert shortened("a" * 61) == "a" * 60 + "..."
    assert shortened("\x9b") == "'\\x9b'"
