"""Every view, run by Streamlit on the small graph; a URL is a state."""

import csv
import io
import json
import re
from html import unescape
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse
from streamlit.testing.v1 import AppTest

from app.explorer.citations import choose, outlines_of
from app.explorer.downloads import as_csv, as_json
from app.explorer.views import evidence, relations
from app.explorer.views.relations import FACETS, read_filter
from kg.graph.catalogue import QuestionError
from kg.snapshots.read_model import ReadModel, RelationFilter
from kg.snapshots.snapshot import Snapshot, next_snapshot
from kg.stores.embedded import EmbeddedStore

LIKES = "aaaaaaaaaaaaaaaa"
pytestmark = pytest.mark.usefixtures("small_data")


def opened(view: str, **parameters: str) -> AppTest:
    """Run a view with the parameters of a URL."""
    at = AppTest.from_string(
        f"from app.explorer.views import {view}\n{view}.show()", default_timeout=20
    )
    for name, value in parameters.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def markup(at: AppTest) -> str:
    return "\n".join(str(element.proto.body) for element in at.get("html"))


def words(at: AppTest) -> str:
    """What a person reads, the white space folded."""
    shown = unescape(re.sub(r"<[^>]*>", " ", markup(at)))
    captions = " ".join(caption.value for caption in at.caption)
    return " ".join(f"{shown} {captions}".split())


def test_home_tells_what_the_graph_holds() -> None:
    told = words(opened("search"))

    assert "65 concepts 64 relations 7 evidence sentences 4 papers 2022 latest paper" in told


def test_a_synonym_finds_its_concept() -> None:
    at = opened("search")

    at.text_input[0].set_value("butanoate").run()

    assert "butyrate chemical CHEBI:17968 butanoate 1" in words(at)
    assert at.query_params["q"] == "butanoate"


def test_an_identifier_finds_its_concept() -> None:
    assert "Akkermansia muciniphila" in words(opened("search", q="NCBITaxon:239935"))


def test_a_search_keeps_to_the_type() -> None:
    assert "No concept is called" in words(opened("search", q="butyrate", type="DDF"))
    assert "No concept is called" in words(opened("search", q="butyrate", type="nothing"))


def test_each_type_says_how_many_results_of_the_search_it_opens() -> None:
    at = opened("search", q="bacterium")
    assert at.selectbox[0].options == ["bacteria (60)"]
    assert "1 to 50 of 60 concepts" in words(at)
    at.selectbox[0].set_value("bacteria").run()
    assert "1 to 50 of 60 concepts" in words(at)
    assert "51 to 60 of 60 concepts" in words(opened("search", q="bacterium", page="2"))


def test_without_a_search_no_type_is_offered() -> None:
    assert not opened("search").selectbox


@pytest.fixture
def snapshot(small_data: Path) -> Snapshot:
    return Snapshot(small_data / "graph" / "snapshots" / "000001")


@pytest.fixture
def lists(snapshot: Snapshot) -> ReadModel:
    return ReadModel.open(snapshot.read_model)


def exported_rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_every_facet_counts_the_list_that_it_opens(lists: ReadModel) -> None:
    opened_lists = 0
    for _, name in FACETS:
        for value, count in lists.facet(RelationFilter(), name).items():
            chosen = read_filter({name: value})
            assert (name, value, lists.count(chosen)) == (name, value, count)
            assert len(exported_rows(relations.exported(lists, chosen))) == count
            opened_lists += 1

    assert opened_lists == 6


def test_an_export_has_every_row_that_the_filters_leave(
    lists: ReadModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relations, "EXPORTED_AT_ONCE", 25)
    chosen = RelationFilter(object_type="DDF", belief=45)

    rows = exported_rows(relations.exported(lists, chosen))

    assert len(rows) == len({row["assertion"] for row in rows}) == lists.count(chosen) == 63
    assert rows[0]["subject"] == "Akkermansia muciniphila"


def test_a_url_is_read_as_a_filter() -> None:
    given = {
        "subject": "http://purl.obolibrary.org/obo/CHEBI_17968", "object": " HP:0000739 ",
        "predicate": "affect", "subject_type": "DDF", "object_type": "", "papers": "2",
        "belief": "90", "latest": "2021", "first": "2019", "page": "3", "utm": "x",
    }  # fmt: skip

    assert read_filter(given) == RelationFilter(
        "CHEBI:17968", "DDF", "affect", "HP:0000739", "", 2, 90, 2021, 2019
    )
    assert read_filter({}) == RelationFilter()


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"papers": "many"}, "At least papers"), ({"belief": "-1"}, "Belief of at least %"),
        ({"subject": "<http://e/> } DROP ALL #"}, "subject"), ({"object": "nothing"}, "object"),
    ],
)  # fmt: skip
def test_a_filter_that_is_none_is_refused_by_its_name(wrong: dict[str, str], named: str) -> None:
    with pytest.raises(QuestionError, match=named):
        read_filter(wrong)


def test_a_facet_counts_under_the_other_filters() -> None:
    at = opened("relations", subject_type="chemical", papers="1")
    predicate = next(box for box in at.selectbox if box.label == "Predicate")

    assert predicate.options == ["influence (2)"]
    assert "2 relations" in words(at)


def test_choosing_a_facet_writes_the_url_and_narrows_the_list() -> None:
    at = opened("relations", page="2")

    next(box for box in at.selectbox if box.label == "Predicate").set_value("affect").run()

    assert (at.query_params["predicate"], "page" in at.query_params) == ("affect", False)
    assert "1 relation, best supported first" in words(at)


def test_a_url_of_relations_restores_filters_and_page() -> None:
    second = opened("relations", object="MONDO:0002050", page="2")
    bounded = opened("relations", papers="2", belief="90", latest="2021", first="2019")

    assert "51 to 62 of 62 relations" in words(second)
    assert "Bacterium 59" in words(second)
    assert "1 relation, best" in words(bounded)
    assert "Akkermansia muciniphila bacteria influence anxiety DDF 2 1 0.94 2019–2021" in words(
        bounded
    )


def test_an_unknown_filter_is_told_and_harms_nothing() -> None:
    assert "unknown" in words(opened("relations", subject="<http://e/> } DROP ALL #"))
    assert "unknown" in words(opened("relations", papers="many"))
    assert "No relation passes" in words(opened("relations", predicate="invents"))


def test_an_entity_shows_names_and_counts_by_predicate_in_both_directions() -> None:
    told = words(opened("entity", id="MONDO:0002050"))

    assert "depression DDF MONDO:0002050 depressive disorder" in told
    assert "As subject: 1 relation affect 1 relation" in told
    assert "As object: 62 relations influence 62 relations" in told


MANY = """
@prefix gb: <https://w3id.org/gutbrain/ontology#> .
@prefix graph: <https://w3id.org/gutbrain/graph/> .
@prefix biolink: <https://w3id.org/biolink/vocab/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix obo: <http://purl.obolibrary.org/obo/> .
graph:concepts { obo:MONDO_1 a skos:Concept , gb:DDF ; skos:prefLabel "hub" . }
"""
ONE = """
graph:concepts {{ obo:CHEBI_{n} a skos:Concept , gb:Chemical ; skos:prefLabel "drug {n:03}" }}
graph:assertions {{ <https://w3id.org/gutbrain/assertion/{n:016x}> a biolink:Association ;
    biolink:subject obo:CHEBI_{n} ; biolink:predicate gb:{predicate} ; biolink:object obo:MONDO_1 ;
    gb:paperCount {papers} ; gb:evidenceCount 1 ; gb:belief 0.5e0 ; gb:isBelieved true }}
"""


def test_an_entity_shows_the_best_of_each_predicate_however_rare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = [("influence", 2)] * 120 + [("interact", 1)] * 8
    text = MANY + "".join(
        ONE.format(n=n, predicate=name, papers=papers) for n, (name, papers) in enumerate(said)
    )
    with next_snapshot(tmp_path / "graph") as store:
        store.bulk_load(parse(text.encode(), RdfFormat.TRIG))
    monkeypatch.setenv("GUTBRAIN_DATA", str(tmp_path))

    shown = words(opened("entity", id="MONDO:1"))

    assert "As subject: 0 relations As object: 128 relations influence 120 relations" in shown
    rare = shown[shown.index("interact 8 relations") :]
    assert re.findall(r"drug \d+", rare) == [f"drug {n}" for n in range(120, 126)]
    assert len(re.findall(r"drug \d+", shown)) == 12


def test_an_entity_is_found_by_the_identifier_of_a_close_match() -> None:
    told = words(opened("entity", id="MESH:D002087"))

    assert told.startswith("butyrate chemical CHEBI:17968 MESH:D002087 butanoate")


def test_an_entity_links_its_identifiers_outwards_and_its_counts_inwards() -> None:
    shown = markup(opened("entity", id="CHEBI:17968"))

    assert 'href="http://purl.obolibrary.org/obo/CHEBI_17968"' in shown
    assert 'href="https://identifiers.org/mesh:D002087">MESH:D002087' in shown
    assert "/relations?subject=CHEBI%3A17968&amp;predicate=influence" in shown


def test_evidence_marks_both_mentions_where_their_offsets_say() -> None:
    shown = markup(opened("evidence", id=LIKES))

    assert re.search(
        r"In β-mice, <mark [^>]*>A\. muciniphila</mark> reduced <mark [^>]*>anxiety</mark>\.", shown
    )
    assert 'href="https://pubmed.ncbi.nlm.nih.gov/1"' in shown


def test_evidence_tells_direction_counts_and_the_formula_of_its_belief() -> None:
    told = words(opened("evidence", id=LIKES))

    assert "subject Akkermansia muciniphila bacteria — influence → object anxiety DDF" in told
    assert "2 papers for 1 papers against 4 sentences 0.94 belief 0.30 disbelief" in told
    assert "2019–2021 years" in told
    assert "1 − (1 − 0.8000) × (1 − 0.7000) = 0.9400" in told
    assert "mentions by lexicon, relation by counts" in told


def test_evidence_tells_what_speaks_against_it_and_from_what_studies() -> None:
    told = words(opened("evidence", id=LIKES))

    assert "Direction reported: decrease (1), no change (1)" in told
    assert "Studies that say it: animal (1), human (1)" in told
    assert "1 − (1 − 0.3000) = 0.3000" in told
    assert "A. muciniphila did not affect anxiety . against no change animal study" in told
    assert "A. muciniphila may ease anxiety . decrease speculative animal study" in told


def test_sentences_can_be_narrowed_to_what_they_say_and_to_a_kind_of_study() -> None:
    at = opened("evidence", id=LIKES)
    says = next(box for box in at.selectbox if box.label == "What they say")
    assert says.options == [
        "against (1)", "decrease (2)", "for (3)", "no change (1)", "speculative (1)",
    ]  # fmt: skip

    says.set_value("against").run()

    assert at.query_params["says"] == "against"
    assert "1 sentence, latest papers first" in words(at)
    assert "may ease" not in words(at)
    both = words(opened("evidence", id=LIKES, says="decrease", study="animal"))
    assert "2 sentences" in both
    assert "unknown" in words(opened("evidence", id=LIKES, says="nonsense"))


def test_evidence_is_exported_as_it_is_chosen(lists: ReadModel, snapshot: Snapshot) -> None:
    edge = lists.relation(LIKES)
    assert edge is not None
    store = EmbeddedStore.open_read_only(snapshot.graph)
    outlines = outlines_of(store, edge.iri)

    rows = exported_rows(evidence.exported(as_csv, store, edge, outlines))
    chosen = choose(outlines, "decrease", "").evidence
    fewer = exported_rows(evidence.exported(as_csv, store, edge, chosen))

    assert [(row["pmid"], row["stance"]) for row in rows] == [
        ("3", "opposes"), ("2", "supports"), ("1", "supports"), ("1", "supports"),
    ]  # fmt: skip
    assert [row["polarity"] for row in fewer] == ["decrease", "decrease"]
    assert len(json.loads(evidence.exported(as_json, store, edge, chosen))) == 2


def test_the_file_of_sentences_says_how_many_are_chosen() -> None:
    at = opened("evidence", id=LIKES, says="decrease")

    labels = [button.proto.label for button in at.get("download_button")]
    assert labels == ["Download all 2 as CSV", "JSON"]


def test_a_paper_lists_all_that_was_read_in_it() -> None:
    told = words(opened("paper", pmid="2"))

    assert "3 relations 3 evidence sentences" in told
    assert "Butyrate relieved depression ." in told
    assert "Study: human" in told
    assert "human study" not in told


def test_a_retracted_paper_says_so() -> None:
    assert "This article was retracted" in words(opened("paper", pmid="4"))


@pytest.mark.parametrize(
    ("view", "parameters"),
    [
        ("evidence", {"id": LIKES}),
        ("evidence", {"id": "cccccccccccccccc"}),
        ("paper", {"pmid": "2"}),
        ("entity", {"id": "gbc:chemical/hostile"}),
        ("search", {"q": "img"}),
        ("relations", {"subject_type": "chemical"}),
        ("status", {}),
    ],
)
def test_hostile_text_stays_text(view: str, parameters: dict[str, str]) -> None:
    at = opened(view, **parameters)

    assert "<script" not in markup(at)
    assert "<img" not in markup(at)
    assert "&lt;img src=" in markup(at)
    assert not any("203.0.113.7" in shown.value for shown in at.markdown)


def test_a_query_in_the_url_runs_and_is_shown() -> None:
    at = opened("sparql", query="SELECT ?name { ?s a gb:X . ?s ?p ?name }")
    assert "prefix" in words(at).lower()

    at.text_area[0].set_value("SELECT (64 AS ?n) {}")
    next(button for button in at.button if button.label == "Run").click().run()

    assert at.dataframe[0].value.to_dict("list") == {"n": ["64"]}
    assert at.query_params["query"] == "SELECT (64 AS ?n) {}"


def test_a_refused_query_is_told_why() -> None:
    at = opened("sparql", query="SELECT * { SERVICE <http://127.0.0.1:9/> {} }")

    assert "SERVICE is not answered here" in words(at)


def test_a_question_of_the_catalogue_is_filled_in_and_run() -> None:
    at = opened("sparql", example="top_relations")

    next(button for button in at.button if button.label == "Write this query").click().run()

    assert not at.exception
    assert len(at.dataframe[0].value) > 0


def test_a_question_takes_the_name_of_a_concept_and_offers_similar_ones() -> None:
    at = opened("sparql", example="neighbours")
    write = next(button for button in at.button if button.label == "Write this query")

    at.text_input[0].set_value("depressiv")
    write.click().run()
    assert "No concept is called 'depressiv'; similar names: MONDO:0002050 depression" in words(at)

    at.text_input[0].set_value("depressive disorder")
    next(button for button in at.button if button.label == "Write this query").click().run()
    assert "obo/MONDO_0002050>" in at.query_params["query"]


NOWHERE = [
    ("entity", "id", "NCBITaxon:1", "has no concept NCBITaxon:1"),
    ("entity", "id", "'; DROP", "has no concept '; DROP"),
    ("evidence", "id", "0" * 15, "no such relation"),
    ("paper", "pmid", "99", "has no paper 99"),
    ("relations", "page", "99", "51 to 64 of 64 relations"),
]


@pytest.mark.parametrize(("view", "parameter", "value", "told"), NOWHERE)
def test_an_address_of_nothing_is_told(view: str, parameter: str, value: str, told: str) -> None:
    assert told in words(opened(view, **{parameter: value}))
