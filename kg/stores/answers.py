"""What a store answers: rows, or an error in a single line."""

from collections.abc import Iterator

from pyoxigraph import QuerySolutions

from kg.stores import Row


class StoreError(RuntimeError):
    """A store did not do what it was asked."""


class StoreUnreachableError(StoreError):
    """No store answers at the address."""


class QueryError(StoreError, ValueError):
    """A store refused a query for what it says."""


def read_rows(solutions: QuerySolutions) -> Iterator[Row]:
    """Turn solutions into rows, one at a time."""
    names = [variable.value for variable in solutions.variables]
    for solution in solutions:
        yield {name: solution[name] for name in names}


def one_line(error: Exception) -> str:
    """Fold the message of an error into one line of at most 300 characters."""
    return " ".join(str(error).split())[:300]
