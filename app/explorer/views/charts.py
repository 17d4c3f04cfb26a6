"""Pictures of the views; each has a table or a sentence beside it that says the same."""

from collections.abc import Sequence

import streamlit as st

from app.explorer.markup import hue
from kg.assertion import Edge
from ontology.concept import Concept

NEIGHBOURS = 24
LAYOUT = {
    "type": "graph",
    "layout": "force",
    "roam": True,
    "draggable": True,
    "force": {"repulsion": 260, "edgeLength": [70, 150], "layoutAnimation": False},
    "edgeSymbol": ["none", "arrow"],
    "edgeSymbolSize": 7,
    "labelLayout": {"hideOverlap": True},
}


def papers_chart(years: Sequence[tuple[int, int]]) -> None:
    """Draw (year, papers), with the years that have none."""
    papers = dict(years)
    span = range(min(papers), max(papers) + 1)
    st.bar_chart(
        {"year": [str(year) for year in span], "papers": [papers.get(year, 0) for year in span]},
        x="year",
        y="papers",
        height=200,
        width=min(120 + 64 * len(span), 1200),
        alt="Papers a year: " + ", ".join(f"{year} {count}" for year, count in years),
    )


def neighbourhood(centre: Concept, edges: Sequence[Edge]) -> None:
    """Draw the best supported relations of a concept, at most 24 neighbours."""
    shown: dict[str, Concept] = {}
    links: list[dict[str, object]] = []
    for edge in edges:
        other = edge.object if edge.subject.curie == centre.curie else edge.subject
        is_new = other.curie not in {centre.curie, *shown}
        if other.curie in shown or (is_new and len(shown) < NEIGHBOURS):
            shown[other.curie] = other
            links.append(_link(edge))
    nodes = [_node(centre, 34), *(_node(concept, 18) for concept in shown.values())]
    series = {**LAYOUT, "data": nodes, "links": links}
    alt = f"{centre.name} and {len(shown)} neighbours, listed above"
    st.echarts_chart({"series": [series], "tooltip": {}}, height=420, alt=alt)


def _node(concept: Concept, size: int) -> dict[str, object]:
    # the name is plain text to ECharts: the default tooltip escapes it
    return {
        "id": concept.curie,
        "name": concept.name,
        "symbolSize": size,
        "itemStyle": {"color": f"hsl({hue(concept.type)}, 50%, 52%)"},
        "label": {"show": True, "position": "right", "width": 130, "overflow": "truncate"},
    }


def _link(edge: Edge) -> dict[str, object]:
    width = 1 + min(edge.assertion.paper_count, 6) / 2
    return {
        "source": edge.subject.curie,
        "target": edge.object.curie,
        "value": edge.predicate,
        "lineStyle": {"width": width, "opacity": 0.55},
    }
