from collections.abc import Callable

from extract.linking.meanings import read_definitions, read_meaning, spell_out
from ingest.document import Document

Write = Callable[..., Document]
DEFINED = {"PD": "Parkinson's disease", "L. reuteri": "Limosilactobacillus reuteri"}
CORPUS = {"PD": {"parkinson disease": 0.9, "panic disorder": 0.06, "x": 0.03, "y": 0.01}}


def test_a_document_says_what_its_abbreviations_mean(write: Write) -> None:
    document = write("A personality disorder (PD), not Parkinson's disease (PD).", "On IBS")
    assert read_definitions(document)["PD"] == "personality disorder"


def test_a_species_that_is_written_out_gives_its_short_name(write: Write) -> None:
    document = write("Limosilactobacillus reuteri was fed. L. reuteri helped.")
    assert read_definitions(document)["L. reuteri"] == "Limosilactobacillus reuteri"


def test_abbreviations_are_spelled_out_inside_a_mention() -> None:
    assert spell_out("PD patients", DEFINED) == "Parkinson's disease patients"
    assert spell_out("PD/AD mice", DEFINED) == "Parkinson's disease/AD mice"
    assert spell_out("live L. reuteri DSM 1", DEFINED) == "live Limosilactobacillus reuteri DSM 1"
    assert spell_out("PDs", DEFINED) == "PDs"


def test_what_the_document_defines_never_means_something_else() -> None:
    assert read_meaning("PD", DEFINED, CORPUS).others == ()


def test_what_no_document_defines_means_what_the_corpus_says() -> None:
    meaning = read_meaning("PD patients", {}, CORPUS)
    assert meaning.name == "PD patients"
    assert meaning.others == (
        ("parkinson disease patients", 0.9),
        ("panic disorder patients", 0.06),
        ("x patients", 0.03),
    )
