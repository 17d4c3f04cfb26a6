"""The answer to a person's query, as a table, a yes or no, or Turtle."""

from dataclasses import dataclass

from pyoxigraph import QueryBoolean, QueryResultsFormat, parse_query_results

from app.explorer.queries.concepts import short_id
from app.graph_access import plain
from app.sandbox.answer import Answer


@dataclass(frozen=True, slots=True)
class ResultTable:
    """Rows of a SELECT, as text; identifiers of known namespaces are shortened."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    is_truncated: bool


def read_result(answer: Answer) -> ResultTable | bool | str:
    """Read an answer that was asked for as JSON or Turtle."""
    if not answer.media_type.endswith("+json"):
        return answer.body.decode()
    result = parse_query_results(answer.body, QueryResultsFormat.JSON)
    if isinstance(result, QueryBoolean):
        return bool(result)
    columns = tuple(variable.value for variable in result.variables)
    rows = tuple(tuple(_cell(row[name]) for name in columns) for row in result)
    return ResultTable(columns, rows, answer.is_truncated)


def _cell(term: object) -> str:
    value = plain(term)  # pyright: ignore[reportArgumentType]
    return "" if value is None else short_id(str(value))
