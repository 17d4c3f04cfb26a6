"""Pictures of the views; each has a table or a sentence beside it that says the same."""

from collections.abc import Sequence

import streamlit as st

from app.explorer.markup import hue
from app.explorer.queries.concepts import End, YearCount
from app.explorer.queries.relation_table import RelationRow

NEIGHBOURS = 24


def papers_chart(years: Sequence[YearCount]) -> None:
    """Draw papers a year, with the years that have none."""
    papers = {row.year: row.papers for row in years}
    span = range(min(papers), max(papers) + 1)
    st.bar_chart(
        {"year": [str(year) for year in span], "papers": [papers.get(year, 0) for year in span]},
        x="year",
        y="papers",
        height=200,
        width=min(120 + 64 * len(span), 1200),
        alt="Papers a year: " + ", ".join(f"{row.year} {row.papers}" for row in years),
    )


def neighbourhood(centre: End, relations: Sequence[RelationRow]) -> None:
    """Draw the best supported relations of a concept, at most 24 neighbours."""
    shown: dict[str, End] = {}
    links: list[dict[str, object]] = []
    for row in relations:
        other = row.object if row.subject.id == centre.id else row.subject
        if other.id == centre.id or (len(shown) == NEIGHBOURS and other.id not in shown):
            continue
        shown[other.id] = other
        links.append(_edge(row))
    nodes = [_node(centre, 34), *(_node(end, 18) for end in shown.values())]
    alt = f"{centre.name} and {len(shown)} neighbours, listed above"
    st.echarts_chart({"series": [_series(nodes, links)], "tooltip": {}}, height=420, alt=alt)


def _series(nodes: list[dict[str, object]], links: list[dict[str, object]]) -> dict[str, object]:
    return {
        "type": "graph",
        "layout": "force",
        "roam": True,
        "draggable": True,
        "force": {"repulsion": 260, "edgeLength": [70, 150], "layoutAnimation": False},
        "edgeSymbol": ["none", "arrow"],
        "edgeSymbolSize": 7,
        "labelLayout": {"hideOverlap": True},
        "data": nodes,
        "links": links,
    }


def _node(end: End, size: int) -> dict[str, object]:
    # the name is plain text to ECharts: the default tooltip escapes it
    return {
        "id": end.id,
        "name": end.name,
        "symbolSize": size,
        "itemStyle": {"color": f"hsl({hue(end.type)}, 50%, 52%)"},
        "label": {"show": True, "position": "right", "width": 130, "overflow": "truncate"},
    }


def _edge(row: RelationRow) -> dict[str, object]:
    width = 1 + min(row.papers, 6) / 2
    return {
        "source": row.subject.id,
        "target": row.object.id,
        "value": row.predicate,
        "lineStyle": {"width": width, "opacity": 0.55},
    }
