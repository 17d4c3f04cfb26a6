"""Lists read from memory and lists that a server answers are the same lists."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from app.explorer.queries import relations
from app.explorer.queries.relation_table import current_table
from app.explorer.queries.relations import Filter, Kind, relation_kinds, relation_page
from kg.graph.catalogue import QuestionError

FILTERS = (
    Filter(),
    Filter(subject_type="bacteria"),
    Filter(predicate="influence", object_type="DDF"),
    Filter(object="MONDO:0002050"),
    Filter(object="http://purl.obolibrary.org/obo/MONDO_0002050", papers="1", belief="45"),
    Filter(subject="CHEBI:17968", object="MONDO:0002050"),
    Filter(papers="2"),
    Filter(latest="2021", first="2019"),
    Filter(belief="94"),
    Filter(subject="MONDO:9999999"),
)
pytestmark = pytest.mark.usefixtures("small_data")


def by_sparql(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relations, "current_table", lambda: None)


@pytest.mark.parametrize("chosen", FILTERS)
def test_a_list_in_memory_is_the_list_of_the_query(
    chosen: Filter, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = [relation_page(chosen, page, 25) for page in (1, 2, 3)]
    kinds = relation_kinds(chosen)

    by_sparql(monkeypatch)

    assert [relation_page(chosen, page, 25) for page in (1, 2, 3)] == pages
    assert set(relation_kinds(chosen)) == set(kinds)


def test_the_lists_that_are_compared_are_not_all_empty() -> None:
    lengths = [sum(kind.relations for kind in relation_kinds(chosen)) for chosen in FILTERS]

    assert lengths[0] == 64
    assert lengths[-1] == 0
    assert all(lengths[:-1])


@pytest.mark.parametrize(
    "wrong",
    [
        {"papers": "many"}, {"belief": "-1"}, {"subject": "<http://e/> } DROP ALL #"},
        {"object": "nothing"}, {"predicate": "invents"}, {"subject_type": "dragon"},
    ],
)  # fmt: skip
def test_both_refuse_the_same(wrong: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(QuestionError) as in_memory:
        relation_page(Filter(**wrong), 1)

    by_sparql(monkeypatch)

    with pytest.raises(QuestionError) as asked:
        relation_page(Filter(**wrong), 1)
    assert str(in_memory.value) == str(asked.value)


def test_a_snapshot_is_read_once(small_data: Path) -> None:
    assert small_data.is_dir()
    assert current_table() is current_table()


def test_a_server_is_asked_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUTBRAIN_STORE", "http://127.0.0.1:9/repositories/none")

    assert current_table() is None


def test_a_kind_is_counted_once() -> None:
    kinds = relation_kinds(Filter(predicate="influence"))

    assert len({(k.subject_type, k.predicate, k.object_type) for k in kinds}) == len(kinds)
    assert Kind("bacteria", "influence", "DDF", 61) in kinds
