"""One concept: its names, what is said of it, and when."""

from collections.abc import Iterable
from dataclasses import replace

import streamlit as st

from app.explorer.markup import (
    Html,
    address,
    chips,
    element,
    empty,
    entity,
    figures,
    join,
    link,
    meter,
    quiet,
    table,
    text,
    type_badge,
    words,
)
from app.explorer.views import page_parts as page
from app.explorer.views.charts import neighbourhood, papers_chart
from app.explorer.views.relations import opposition, years
from kg.assertion import Edge
from kg.snapshots.read_model import ReadModel, RelationFilter
from ontology.concept import Concept
from ontology.namespaces import CurieError, to_iri

DRAWN = 100
"""Relations of each direction that the picture is made of."""
SHOWN_EACH = 6
COLUMNS = (*words("Concept"), *figures("Papers", "Against", "Belief", "Years"))


@page.view
def show(source: page.Source) -> None:
    """Show the concept that the URL names."""
    wanted = page.parameter("id")
    concept = source.lists.concept(wanted)
    if concept is None:
        page.title("Concept")
        missing = f"The graph has no concept {wanted or 'without a name'}."
        page.show_html(empty(missing, link("Search for one", "/")))
        return
    page.title(concept.name)
    show_names(concept)
    show_relations(source.lists, concept)


def show_names(concept: Concept) -> None:
    """Show type, identifiers and synonyms."""
    known = (() if concept.is_provisional else (concept.curie,)) + concept.same_as
    lines = [join((type_badge(concept.type), *(link(name, outward(name)) for name in known)), "  ")]
    if concept.is_provisional:
        lines.append(quiet("Provisional: no vocabulary of ours has this name."))
    if concept.synonyms:
        lines.append(chips(text(synonym) for synonym in concept.synonyms))
    page.show_html(*(element("p", line) for line in lines))


def outward(identifier: str) -> str:
    """Where the world keeps an identifier, empty where that is not known."""
    try:
        return identifier if identifier.startswith("http") else to_iri(identifier)
    except CurieError:
        return ""


def show_relations(lists: ReadModel, concept: Concept) -> None:
    """Show what is said of the concept in both directions, then the pictures."""
    said, received = RelationFilter(subject=concept.curie), RelationFilter(object=concept.curie)
    if not lists.count(said) + lists.count(received):
        advice = link("All relations", "/relations")
        page.show_html(empty("No relation of this concept was found.", advice))
        return
    for heading, chosen in page.side_by_side((("As subject", said), ("As object", received))):
        show_direction(lists, heading, chosen)
    edges = (*lists.relations(said, DRAWN), *lists.relations(received, DRAWN))
    show_pictures(lists, concept, edges)


def show_direction(lists: ReadModel, heading: str, chosen: RelationFilter) -> None:
    """Show the relations of one direction, a table a predicate, the most frequent first."""
    counts = lists.facet(chosen, "predicate")
    total = page.counted(sum(counts.values()), "relation")
    page.show_html(element("h2", text(f"{heading}: {total}")))
    for predicate, relations in sorted(counts.items(), key=lambda count: -count[1]):
        narrowed = replace(chosen, predicate=predicate)
        opened = link(
            page.counted(relations, "relation"), address("relations", **narrowed.values())
        )
        line = element("p", element("b", text(predicate)), text(" "), opened)
        best = lists.relations(narrowed, SHOWN_EACH)
        page.show_html(line, table(COLUMNS, (_row(edge, chosen) for edge in best)))


def _row(edge: Edge, chosen: RelationFilter) -> tuple[Html, ...]:
    other = edge.object if chosen.subject else edge.subject
    papers = link(f"{edge.assertion.paper_count:,}", address("evidence", id=edge.id))
    return (
        entity(other),
        papers,
        opposition(edge),
        meter(edge.assertion.belief),
        years(edge.assertion),
    )


def show_pictures(lists: ReadModel, concept: Concept, edges: Iterable[Edge]) -> None:
    """Draw papers a year and the neighbourhood."""
    by_year = lists.paper_years(concept.curie)
    if by_year:
        st.subheader("Papers a year", anchor=False)
        papers_chart(by_year)
    st.subheader("Neighbourhood", anchor=False)
    st.caption("The best supported relations; colours are the types, thicker lines more papers.")
    best = sorted(edges, key=lambda e: (-e.assertion.paper_count, -e.assertion.belief))
    neighbourhood(concept, best)
