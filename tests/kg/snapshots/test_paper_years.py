"""What is counted once a snapshot is what the graph answers."""

import random
from collections.abc import Callable
from pathlib import Path

from extract.annotation import AnnotatedDocument
from kg.graph.catalogue import ask
from kg.graph.rdf import cell
from kg.loading import load
from kg.snapshots.labels import build_index
from kg.snapshots.paper_years import read_paper_years, write_paper_years
from kg.stores.embedded import EmbeddedStore
from ontology.namespaces import to_iri
from ontology.schema import Predicate
from tests.kg.conftest import CONCEPTS

Paper = Callable[..., AnnotatedDocument]
PARKINSON, BUTYRATE = to_iri("NCIT:C26845"), to_iri("CHEBI:17968")


def said_at_random(dice: random.Random) -> list[tuple[str, Predicate, str]]:
    taxon = dice.choice(("A. muciniphila", "F. prausnitzii"))
    disease = dice.choice(("Parkinson's disease", "depression"))
    return [
        (taxon, Predicate.INFLUENCE, disease),
        ("butyrate", Predicate.INFLUENCE, disease),
    ][: dice.randint(1, 2)]


def test_every_concept_has_the_papers_that_the_graph_tells(
    store: EmbeddedStore, paper: Paper, tmp_path: Path
) -> None:
    dice = random.Random(1)
    papers = [
        paper(str(n), *said_at_random(dice), year=dice.choice((2019, 2020, 2021, None)))
        for n in range(1, 40)
    ]
    load(store, papers, min_belief=0.5)
    index = tmp_path / "labels.sqlite"
    build_index(store, index)
    write_paper_years(store, index)
    for concept in CONCEPTS:
        rows = ask(store, "view_concept_years", {"concept": concept.curie})
        told = tuple((int(cell(row, "year")), int(cell(row, "papers"))) for row in rows)
        assert read_paper_years(index, to_iri(concept.curie)) == told
    assert read_paper_years(index, PARKINSON)


def test_a_paper_counts_once_and_one_that_denies_counts_too(
    store: EmbeddedStore, paper: Paper, tmp_path: Path
) -> None:
    twice = [
        ("butyrate", Predicate.INFLUENCE, "Parkinson's disease"),
        ("A. muciniphila", Predicate.INFLUENCE, "Parkinson's disease"),
    ]
    denied = [("butyrate", Predicate.INFLUENCE, "Parkinson's disease")]
    text = "We found that butyrate did not affect Parkinson's disease."
    load(
        store,
        [paper("1", *twice, year=2020), paper("2", *denied, text=text, year=2020)],
        min_belief=0.5,
    )
    write_paper_years(store, tmp_path / "labels.sqlite")
    assert read_paper_years(tmp_path / "labels.sqlite", PARKINSON) == ((2020, 2),)
    assert read_paper_years(tmp_path / "labels.sqlite", BUTYRATE) == ((2020, 2),)


def test_a_file_of_before_has_none(store: EmbeddedStore, tmp_path: Path) -> None:
    build_index(store, tmp_path / "labels.sqlite")
    assert read_paper_years(tmp_path / "labels.sqlite", PARKINSON) is None
