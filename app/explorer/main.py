"""The explorer's entry script: Streamlit runs it for every change of a page."""

from pathlib import Path

import streamlit as st

from app.explorer.views import entity, evidence, paper, relations, search, sparql, status

ICON = Path(__file__).parent / "static" / "icon.svg"


def main() -> None:
    """Lay out the pages and run the one that the address names."""
    st.set_page_config(page_title="gutbrain", page_icon=ICON, layout="wide")
    st.logo(ICON, size="large")
    pages = [
        st.Page(search.show, title="Search", url_path="search", default=True),
        st.Page(relations.show, title="Relations", url_path="relations"),
        st.Page(sparql.show, title="SPARQL", url_path="query"),
        st.Page(status.show, title="Status", url_path="status"),
        st.Page(entity.show, title="Concept", url_path="entity", visibility="hidden"),
        st.Page(evidence.show, title="Evidence", url_path="evidence", visibility="hidden"),
        st.Page(paper.show, title="Paper", url_path="paper", visibility="hidden"),
    ]
    st.navigation(pages, position="top").run()


if __name__ == "__main__":
    main()
