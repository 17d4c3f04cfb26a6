from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from extract.model import ModelError
from extract.ner.lexicon import (
    KnownName,
    LexiconModel,
    LexiconRecognizer,
    modifier_keys,
    read_lexicon_model,
    write_lexicon_model,
)
from ingest.document import Document
from ontology.schema import EntityType

Write = Callable[..., Document]
NAMES = {
    "mice": EntityType.ANIMAL,
    "patients": EntityType.HUMAN,
    "parkinson's disease": EntityType.DDF,
    "bowel": EntityType.ANATOMICAL_LOCATION,
    "co2": EntityType.CHEMICAL,
    "gaba": EntityType.CHEMICAL,
}
MODIFIERS = frozenset(
    {
        (EntityType.HUMAN, "pd"),
        (EntityType.HUMAN, "parkinson's"),
        (EntityType.ANIMAL, "germ-free"),
        (EntityType.ANIMAL, "male"),
        (EntityType.ANIMAL, "-treated"),
        (EntityType.ANIMAL, "co2"),
    }
)
MODEL = LexiconModel(tuple(KnownName(n, label, 0.9) for n, label in NAMES.items()), MODIFIERS)


def read(document: Document) -> list[tuple[str, EntityType]]:
    return [(m.text, m.type) for m in LexiconRecognizer(MODEL).recognize(document)]


def test_a_known_name_is_found_with_its_type_and_score(write: Write) -> None:
    (mention,) = LexiconRecognizer(MODEL).recognize(write("Many Mice ran."))
    assert (mention.passage, mention.start, mention.end) == ("abstract", 5, 9)
    assert (mention.text, mention.type, mention.score) == ("Mice", EntityType.ANIMAL, 0.9)
    assert mention.concept is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the germ-free mice ran", "germ-free mice"),
        ("the male germ-free mice ran", "male germ-free mice"),
        ("the CPZ-treated mice ran", "CPZ-treated mice"),
        ("the germ-free\u00a0mice ran", "germ-free\u00a0mice"),
        ("the old mice ran", "mice"),
        ("the germ-free, mice ran", "mice"),
        ("Germ-free mice ran", "Germ-free mice"),
    ],
)
def test_a_mention_takes_in_the_modifiers_before_it(write: Write, text: str, expected: str) -> None:
    assert read(write(text)) == [(expected, EntityType.ANIMAL)]


def test_what_was_found_inside_the_modifiers_gives_way(write: Write) -> None:
    assert read(write("the CO2 mice ran")) == [("CO2 mice", EntityType.ANIMAL)]


def test_other_types_do_not_grow(write: Write) -> None:
    assert read(write("germ-free bowel")) == [("bowel", EntityType.ANATOMICAL_LOCATION)]


def test_an_abbreviation_takes_the_type_of_its_long_form_in_all_passages(write: Write) -> None:
    document = write("Parkinson's disease (PD) is not PDs. PD\u2013like, PD-like, pd.", "PD now")
    assert read(document) == [
        ("PD", EntityType.DDF),
        ("Parkinson's disease", EntityType.DDF),
        ("PD", EntityType.DDF),
        ("PDs", EntityType.DDF),
    ]


def test_a_long_form_takes_the_type_of_its_abbreviation(write: Write) -> None:
    document = write("gamma-aminobutyric acid (GABA)", "On gamma-aminobutyric acid")
    assert read(document) == [
        ("gamma-aminobutyric acid", EntityType.CHEMICAL),
        ("gamma-aminobutyric acid", EntityType.CHEMICAL),
        ("GABA", EntityType.CHEMICAL),
    ]


def test_a_modifier_that_is_an_abbreviation_grows_the_head(write: Write) -> None:
    document = write("Parkinson's disease (PD): PD patients came.")
    assert read(document)[-1] == ("PD patients", EntityType.HUMAN)


def test_a_document_does_not_teach_the_next_one(write: Write) -> None:
    recognizer = LexiconRecognizer(MODEL)
    recognizer.recognize(write("Parkinson's disease (PD)"))
    assert recognizer.recognize(write("PD")) == ()


def test_group_sizes_are_no_abbreviations(write: Write) -> None:
    document = write("controls (n=15), comorbid patients (n=15)")
    assert read(document) == [("patients", EntityType.HUMAN)]


def test_offsets_count_the_marked_up_text(write: Write) -> None:
    document = write("p < 0.001 in <i>germ-free</i> mice, CO<sub>2</sub> > 3")
    mentions = LexiconRecognizer(MODEL).recognize(document)
    assert [m.text for m in mentions] == ["germ-free</i> mice", "CO<sub>2"]
    for mention in mentions:
        assert document.text_of("abstract")[mention.start : mention.end] == mention.text


def test_mentions_come_in_order_and_do_not_overlap(write: Write) -> None:
    text = "Parkinson's disease (PD) patients, PD mice and PD patients with GABA, male mice."
    mentions = LexiconRecognizer(MODEL).recognize(write(text))
    assert len(mentions) > 5
    for one, other in pairwise(mentions):
        assert one.end <= other.start


def test_a_document_without_text_has_no_mentions() -> None:
    assert LexiconRecognizer(MODEL).recognize(Document("1", ())) == ()


def test_a_modifier_counts_by_its_last_part_too() -> None:
    assert modifier_keys("old") == ("old",)
    assert modifier_keys("LPS\u2013Treated") == ("lps-treated", "-treated")
    assert modifier_keys("pre-") == ("pre-",)


def test_a_model_folder_gives_the_model_back(tmp_path: Path) -> None:
    write_lexicon_model(MODEL, tmp_path)
    again = read_lexicon_model(tmp_path)
    assert set(again.names) == set(MODEL.names)
    assert again.modifiers == MODEL.modifiers


def test_the_same_model_in_another_order_makes_the_same_files(tmp_path: Path) -> None:
    folders = tmp_path / "one", tmp_path / "other"
    for folder, names in zip(folders, (MODEL.names, MODEL.names[::-1]), strict=True):
        folder.mkdir()
        write_lexicon_model(LexiconModel(names, MODIFIERS), folder)
    one, other = ({path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders)
    assert one == other


def test_a_model_without_modifiers_can_be_read(tmp_path: Path) -> None:
    write_lexicon_model(LexiconModel(MODEL.names, frozenset()), tmp_path)
    assert read_lexicon_model(tmp_path).modifiers == frozenset()


@pytest.mark.parametrize(
    ("file", "line", "reason"),
    [
        ("names.tsv", "mice\tanimal", "3 columns expected"),
        ("names.tsv", "mice\t\t0.9", "3 columns expected"),
        ("names.tsv", "\tanimal\t0.9", "3 columns expected"),
        ("names.tsv", "mice\tvermin\t0.9", "'vermin' is not a valid EntityType"),
        ("names.tsv", "mice\tanimal\thigh", "could not convert string to float: 'high'"),
        ("modifiers.tsv", "animal\tmale\t1", "2 columns expected"),
        ("modifiers.tsv", "vermin\tmale", "'vermin' is not a valid EntityType"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, file: str, line: str, reason: str) -> None:
    write_lexicon_model(MODEL, tmp_path)
    path = tmp_path / file
    good = path.read_text(encoding="utf-8").splitlines()[0]
    path.write_text(f"{good}\n{line}\n", encoding="utf-8")
    with pytest.raises(ModelError) as error:
        read_lexicon_model(tmp_path)
    assert str(error.value) == f"{path}, line 2: {reason}"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    write_lexicon_model(MODEL, tmp_path)
    (tmp_path / "modifiers.tsv").unlink()
    with pytest.raises(ModelError, match=r"modifiers\.tsv: No such file"):
        read_lexicon_model(tmp_path)


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    write_lexicon_model(MODEL, tmp_path)
    (tmp_path / "names.tsv").write_bytes(b"mice\xff")
    with pytest.raises(ModelError, match=r"names\.tsv: 'utf-8' codec"):
        read_lexicon_model(tmp_path)
