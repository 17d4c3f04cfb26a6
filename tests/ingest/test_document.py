"""What a document says of itself: its hashes, its title, whether it is retracted."""

from dataclasses import dataclass, fields, replace
from datetime import date

import pytest

from ingest.document import (
    Correction,
    Document,
    Passage,
    RecordError,
    Section,
    is_pmid,
    printable,
    quote,
    to_pmid,
)

PASSAGES = (Passage("title", "A <i>title</i>"), Passage("abstract", "Said."))
PLAIN = Document("1", PASSAGES)
OTHERS: dict[str, object] = {
    "pmid": "2",
    "passages": (Passage("title", "B"),),
    "version": 2,
    "year": 2020,
    "revised": date(2020, 1, 2),
    "history": (("pubmed", date(2020, 1, 2)),),
    "translations": (("fre", "Dit."),),
    "identifiers": (("doi", "10.1/x"),),
    "corrections": (Correction("ErratumIn", "2", "J"),),
}
"""Another value for each field that is no text and no tuple of texts."""
TEXTS = {"journal", "published", "status", "vernacular_title"}


def changed(name: str) -> Document:
    return replace(PLAIN, **{name: OTHERS.get(name, "x" if name in TEXTS else ("x",))})


@pytest.mark.parametrize("name", [field.name for field in fields(Document)])
def test_each_field_counts_in_the_record_hash(name: str) -> None:
    assert changed(name).record_hash != PLAIN.record_hash


def test_no_two_fields_are_mistaken_for_each_other() -> None:
    hashes = {changed(field.name).record_hash for field in fields(Document)}
    assert len(hashes) == len(fields(Document))


def test_a_part_of_a_part_counts_in_the_record_hash() -> None:
    section = Section("METHODS", "", 0, 5)
    parted = replace(PLAIN, passages=(PASSAGES[0], replace(PASSAGES[1], sections=(section,))))
    moved = replace(PASSAGES[1], sections=(replace(section, end=4),))
    hashes = {
        PLAIN.record_hash,
        parted.record_hash,
        replace(parted, passages=(PASSAGES[0], moved)).record_hash,
        replace(PLAIN, passages=PASSAGES[::-1]).record_hash,
    }
    assert len(hashes) == 4


@dataclass(frozen=True, slots=True)
class PassageOfTomorrow(Passage):
    license: str = ""


@dataclass(frozen=True, slots=True)
class DocumentOfTomorrow(Document):
    funding: tuple[str, ...] = ()


def test_a_new_field_that_is_empty_changes_no_record_hash() -> None:
    passages = tuple(PassageOfTomorrow(p.name, p.text) for p in PASSAGES)
    assert DocumentOfTomorrow("1", passages).record_hash == PLAIN.record_hash
    assert DocumentOfTomorrow("1", passages, funding=("x",)).record_hash != PLAIN.record_hash


def test_the_record_hash_is_the_same_in_every_release() -> None:
    """Change it only with RECORD_HASH_VERSION: all graphs are then read again."""
    document = replace(PLAIN, year=2020, revised=date(2020, 1, 2), mesh=("Mice",))
    assert document.record_hash[:16] == "e06a38e1fc04bf8e"


def test_the_content_hash_is_of_the_passages_alone() -> None:
    assert changed("mesh").content_hash == PLAIN.content_hash
    assert changed("passages").content_hash != PLAIN.content_hash
    assert replace(PLAIN, passages=(Passage("a", "bc"),)).content_hash != (
        replace(PLAIN, passages=(Passage("ab", "c"),)).content_hash
    )


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("<i>A. muciniphila</i> in mice", "A. muciniphila in mice"),
        ("CO<sub>2</sub> and <SUP>13</SUP>C", "CO2 and 13C"),
        ('<math xmlns="x"><mi>n</mi></math>-6', "n-6"),
        ("p < 0.05 or a <b c> d", "p < 0.05 or a <b c> d"),
    ],
)
def test_a_title_is_shown_without_mark_up_and_its_passage_keeps_it(title: str, shown: str) -> None:
    document = Document("1", (Passage("title", title),))
    assert (document.title, document.text_of("title")) == (shown, title)


def test_a_document_without_a_title_has_an_empty_one() -> None:
    assert Document("1", (PASSAGES[1],)).title == ""


@pytest.mark.parametrize(
    ("field", "value", "is_retracted"),
    [
        ("publication_types", ("Journal Article", "Retracted Publication"), True),
        ("publication_types", ("Retraction of Publication",), False),
        ("corrections", (Correction("RetractionIn", "2", ""),), True),
        ("corrections", (Correction("RetractionOf", "2", ""),), False),
    ],
)
def test_the_retracted_article_is_marked_and_its_notice_is_not(
    field: str, value: object, *, is_retracted: bool
) -> None:
    assert replace(PLAIN, **{field: value}).is_retracted is is_retracted


@pytest.mark.parametrize("text", ["1", "31540992", "99999999"])
def test_a_pmid_has_one_to_eight_digits(text: str) -> None:
    assert is_pmid(text)


@pytest.mark.parametrize("text", ["", "0", "007", "1234567890", "-1", "1 ", "\u0663", "../../x"])
def test_anything_else_is_none(text: str) -> None:
    assert not is_pmid(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;PWNED\x07", r"\x1b]0;PWNED\x07"),
        ("a\u202eb\u200bc", r"a\u202eb\u200bc"),
        ("\x9b31m", r"\x9b31m"),
        ("\ud800", r"\ud800"),
        ("a\U000e0001b", r"a\U000e0001b"),
        ("α-synuclein, 5 µg", "α-synuclein, 5 µg"),
    ],
)
def test_what_a_terminal_would_obey_or_hide_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == quote(text) == shown


def test_lines_stay_lines_and_a_quotation_is_one_short_line() -> None:
    assert printable("a\n\tb") == "a\n\tb"
    assert quote("a\n\tb") == "a b"
    assert quote("x" * 1000) == "x" * 160
    assert quote("x" * 1000, 20) == "x" * 20


@pytest.mark.parametrize(
    ("text", "message"), [("", "^PMID is missing$"), ("x\n", "^'x' is no PMID$")]
)
def test_nothing_else_passes_as_a_pmid(text: str, message: str) -> None:
    with pytest.raises(RecordError, match=message):
        to_pmid(text)
    assert to_pmid("31540992") == "31540992"
