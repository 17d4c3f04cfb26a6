"""Queries in SPARQL: examples to start from, limits, results, downloads."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import streamlit as st
from pyoxigraph import Literal, QueryBoolean, QueryResultsFormat, parse_query_results

from app.clients import client_of
from app.explorer.downloads import as_csv, as_tsv
from app.explorer.markup import element, empty, text
from app.explorer.views import page_parts as page
from app.graph_access import shared_sandbox
from app.questions import write_query
from app.sandbox.answer import JSON, Answer, NoAnswerError, Query
from app.settings import Settings
from kg.graph.catalogue import Param, Question, QuestionError, question, questions
from kg.identifiers import identifier_of
from kg.stores import Term

EDITOR, ASKED = "editor", "query in the editor"
SHOWN_ROWS = 500
SHOWN_CHARACTERS = 20_000
START = (Path(__file__).parents[1] / "static" / "start.rq").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class ResultTable:
    """Rows of a SELECT, as text; identifiers of known namespaces are shortened."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    is_truncated: bool


@page.view
def show(source: page.Source) -> None:
    """Show the query page; the URL holds the query, so that its address is a permalink."""
    page.title("SPARQL", limits_line(source.settings))
    show_examples(source)
    show_editor()
    if page.parameter("query"):
        show_answer(page.parameter("query"))


def limits_line(settings: Settings) -> str:
    """Say what a query may use."""
    return (
        f"A query may take {settings.query_timeout_s:g} s and give {settings.max_rows:,} rows. "
        "Programs ask the same at /sparql."
    )


def show_examples(source: page.Source) -> None:
    """Offer the questions of the catalogue, to be filled in."""
    labels, chosen = {known.name: known.summary for known in questions()}, page.parameter("example")
    page.select("Start from a question", "example", labels, "choose one of these")
    if chosen in labels:
        show_parameters(question(chosen), source)


def show_parameters(asked: Question, source: page.Source) -> None:
    """Ask for the parameters of a question, by name or identifier, and write the query."""
    with st.form(f"parameters of {asked.name}", border=bool(asked.params)):
        given = {param.name: _parameter_field(param) for param in asked.params}
        if not st.form_submit_button("Write this query"):
            return
    try:
        filled = {name: value for name, value in given.items() if value}
        bound = write_query(asked, filled, lambda: source.lists)
    except QuestionError as error:
        page.show_html(empty("These parameters do not fit.", text(str(error))))
        return
    page.set_parameters({"query": bound, "example": asked.name})
    st.rerun()


def _parameter_field(param: Param) -> str:
    hint = param.default.strip('<>"')
    return st.text_input(f"{param.name}: {param.label}", placeholder=hint).strip()


def show_editor() -> None:
    """Show the query and its button."""
    take_query_from_url()
    with st.form("query", border=False):
        query = st.text_area("Query", height=300, key=EDITOR)
        if st.form_submit_button("Run", type="primary"):
            page.set_parameters({"query": query})
            st.rerun()


def take_query_from_url() -> None:
    """Put the URL's query into the editor when the URL has another one than before.

    The editor keeps one key: with a new one at each query Streamlit shows two editors for a
    moment, the old and the new, and what is typed into the old one is lost.
    """
    asked = page.parameter("query")
    if EDITOR not in st.session_state or st.session_state.get(ASKED) != asked:
        st.session_state[EDITOR] = asked or START
        st.session_state[ASKED] = asked


def read_result(answer: Answer) -> ResultTable | bool | str:
    """Read an answer in JSON as a table, or as yes or no; one in Turtle stays text."""
    if not answer.media_type.endswith("+json"):
        return answer.body.decode()
    result = parse_query_results(answer.body, QueryResultsFormat.JSON)
    if isinstance(result, QueryBoolean):
        return bool(result)
    columns = tuple(variable.value for variable in result.variables)
    rows = tuple(tuple(_cell(row[name]) for name in columns) for row in result)
    return ResultTable(columns, rows, answer.is_truncated)


def _cell(term: Term) -> str:
    if isinstance(term, Literal):
        return term.value
    return "" if term is None else identifier_of(getattr(term, "value", str(term)))


def show_answer(query: str) -> None:
    """Run a query in the sandbox and show what comes back."""
    try:
        with st.spinner("Running"):
            result = read_result(_answer(query))
    except NoAnswerError as error:
        page.show_html(empty("No answer.", element("code", text(str(error)))))
        return
    match result:
        case ResultTable():
            show_table(query, result)
        case bool():
            page.show_html(element("h3", text("Yes" if result else "No")))
        case str():
            st.code(result[:SHOWN_CHARACTERS], language="turtle")
            page.downloads([("Turtle", result.encode, "answer.ttl", "text/turtle")])


def show_table(query: str, table: ResultTable) -> None:
    """Show at most 500 rows, and say what is not shown."""
    st.caption(_rows_line(table))
    if table.rows:
        columns = {
            name: [row[n] for row in table.rows[:SHOWN_ROWS]]
            for n, name in enumerate(table.columns)
        }
        st.dataframe(columns, hide_index=True, alt="Answer to the query")
    csv = partial(as_csv, table.columns, table.rows)
    tsv = partial(as_tsv, table.columns, table.rows)
    json = partial(_download, query, "application/sparql-results+json")
    page.downloads(
        [
            ("CSV", csv, "answer.csv", "text/csv"),
            ("TSV", tsv, "answer.tsv", "text/tab-separated-values"),
            ("JSON", json, "answer.json", "application/json"),
        ]
    )


def _rows_line(table: ResultTable) -> str:
    count = len(table.rows)
    rows = page.counted(count, "row")
    if table.is_truncated:
        return f"The first {rows}: the answer was cut at the limit, add LIMIT and OFFSET for more"
    return f"{rows}, the first {SHOWN_ROWS} are shown" if count > SHOWN_ROWS else rows


def _download(query: str, bindings: str) -> bytes:
    return _answer(query, bindings).body


def _answer(query: str, bindings: str = JSON) -> Answer:
    """Ask for the visitor who looks at the page: visitors wait for each other, not for all."""
    return shared_sandbox().answer(
        Query(query, bindings, client=client_of(str(st.context.ip_address or "")))
    )
