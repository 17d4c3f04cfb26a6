"""The catalogue on the command line: list the questions, answer one."""

from collections.abc import Sequence
from pathlib import Path

from kg.graph.catalogue import Question, QuestionError, bind, question, questions, read_question
from kg.snapshots.snapshot import current_snapshot
from kg.stores import TripleStore
from kg.stores.address import StoreAddress
from kg.stores.embedded import EmbeddedStore
from kg.stores.open import open_store


class NoGraphError(ValueError):
    """There is no graph yet."""


def list_questions() -> list[tuple[str, str, str]]:
    """List (name, what it asks, its parameters)."""
    return [
        (each.name, each.summary, ", ".join(param.name for param in each.params))
        for each in questions()
    ]


def answer(
    name: str, arguments: Sequence[str], root: Path, store_url: str | StoreAddress | None
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Answer a question of the catalogue, or of a file: column names, then rows of plain values.

    ``arguments`` are ``name=value``; ``root`` is the folder of the snapshots.
    """
    asked = _find(name)
    text = bind(asked, dict(_argument(argument) for argument in arguments))
    rows = list(_store(root, store_url).select(text))
    names = tuple(rows[0]) if rows else ()
    return names, [tuple(_plain(row[column]) for column in names) for row in rows]


def _find(name: str) -> Question:
    return read_question(Path(name)) if name.endswith(".rq") else question(name)


def _argument(argument: str) -> tuple[str, str]:
    name, equals, value = argument.partition("=")
    if not equals:
        raise QuestionError(f"{argument!r}: an argument is name=value")
    return name, value


def _store(root: Path, store_url: str | StoreAddress | None) -> TripleStore:
    if store_url is not None:
        return open_store(store_url)
    snapshot = current_snapshot(root)
    if snapshot is None:
        raise NoGraphError(f"{root}: no graph yet; make one with `gutbrain run`")
    return EmbeddedStore.open_read_only(snapshot.graph)


def _plain(term: object) -> str:
    return "" if term is None else str(getattr(term, "value", term))
