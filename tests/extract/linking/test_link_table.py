from pathlib import Path

import pytest

from extract.annotation import AnnotatedDocument
from extract.linking.link_table import (
    Link,
    LinkTable,
    Use,
    read_annotations,
    read_link_table,
    write_annotations,
)
from extract.model import ModelError
from ontology.schema import EntityType as T

Corpus = tuple[AnnotatedDocument, ...]
PD, MOUSE = "NCIT:C26845", "NCIT:C45247"


def test_links_are_counted_by_what_the_mention_means(corpus: Corpus) -> None:
    links = read_annotations(corpus).links
    uri = "http://purl.obolibrary.org/obo/NCIT_C26845"
    assert links[Link("Parkinson's disease", T.DDF, uri, is_short=False)] == 2
    assert links[Link("PD", T.DDF, uri, is_short=True)] == 1


def test_an_abbreviation_counts_less_than_its_long_form(table: LinkTable) -> None:
    assert table.uses_of("Parkinson's disease", 0) == {Use(T.DDF, PD): 2.0}
    assert table.uses_of("PD", 0) == {Use(T.DDF, PD): pytest.approx(0.3)}
    assert table.concepts[PD] == pytest.approx(2.3)


@pytest.mark.parametrize(
    ("name", "level", "is_there"),
    [
        ("MICE", 0, True),
        ("mouse", 0, False),
        ("mouse", 1, True),
        ("inflammation, low grade", 1, False),
        ("inflammation, low grade", 2, True),
        ("lowgrade inflammation", 2, False),
        ("lowgrade inflammation", 3, True),
    ],
)
def test_levels_fold_more_and_more(
    table: LinkTable, name: str, level: int, *, is_there: bool
) -> None:
    assert bool(table.uses_of(name, level)) is is_there


def test_a_concept_is_spelled_as_annotators_spell_it(table: LinkTable) -> None:
    assert table.spelling["MESH:D010361"] == "https://www.ncbi.nlm.nih.gov/mesh/68010361"


def test_only_what_two_documents_define_is_a_long_form_of_the_corpus(table: LinkTable) -> None:
    assert table.long_forms == {"PD": {"parkinson disease": 1.0}}


def test_the_most_frequent_concepts_come_first(table: LinkTable) -> None:
    assert table.frequent[T.DDF][0] == PD
    assert table.name_of["UMLS:C4050347"] == "cums"
    assert table.type_of[MOUSE] is T.ANIMAL


def test_mentions_without_concept_say_nothing(linked: object, corpus: Corpus) -> None:
    without = tuple(d for d in corpus if d.uris == ("",))
    assert read_annotations(without).links == {}


def test_a_table_is_read_back_as_it_was(tmp_path: Path, table: LinkTable) -> None:
    write_annotations(table.annotations, tmp_path)
    again = read_link_table(tmp_path)
    assert again.annotations.links == table.annotations.links
    assert again.long_forms == table.long_forms
    lines = (tmp_path / "links.tsv").read_text(encoding="utf-8").splitlines()
    assert lines[0].split("\t") == ["name", "type", "uri", "count", "is_short"]


def test_a_file_that_is_no_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"links\.tsv: No such file"):
        read_link_table(tmp_path)
    (tmp_path / "links.tsv").write_text("name\ttype\n", encoding="utf-8")
    with pytest.raises(ModelError, match="the columns must be name type uri count is_short"):
        read_link_table(tmp_path)
    (tmp_path / "links.tsv").write_text("name\ttype\turi\tcount\tis_short\nx\n", encoding="utf-8")
    with pytest.raises(ModelError, match="line 2: 1 columns"):
        read_link_table(tmp_path)
