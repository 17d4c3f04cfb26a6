"""What a store answers: rows, or an error in a single line."""

from collections.abc import Iterator

from pyoxigraph import QuerySolutions

from kg.stores import Row


class StoreError(RuntimeError):
    """A store did not do what it was asked."""


class DamagedError(StoreError):
    """The files of a store are not as they were written."""


class PassingError(StoreError):
    """What may be gone when asked again; ``wait_s`` is how long the server asks to wait."""

    wait_s: float = 0.0


class StoreUnreachableError(PassingError):
    """No store answers at the address."""


class BrokenOffError(PassingError):
    """The connection broke off: what was asked for may have been done or not."""


class BusyError(PassingError):
    """The server, or a proxy before it, asks to come again later (429, 502, 503)."""


class AccessError(StoreError):
    """The server wants to know who asks, or does not let them (401, 403)."""


class DeadlineError(StoreError):
    """The server took longer than it was given."""


class TruncatedError(StoreError):
    """The server gave fewer rows than the query has."""


class QueryError(StoreError, ValueError):
    """A store refused a query for what it says."""


def read_rows(solutions: QuerySolutions) -> Iterator[Row]:
    """Turn solutions into rows, one at a time."""
    names = [variable.value for variable in solutions.variables]
    for solution in solutions:
        yield dict(zip(names, solution, strict=True))


def one_line(error: Exception) -> str:
    """Fold the message of an error into one line of at most 300 characters."""
    return " ".join(str(error).split())[:300]
