"""What the views share: showing HTML, reading and writing the URL, pages of a list."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import streamlit as st

from app.explorer.markup import Html, element, empty, quiet, text
from app.graph_access import NotPreparedError, graph_version, look_again, open_graph, read_model
from app.settings import Settings, load_settings
from app.work import graph_fault
from kg.graph.catalogue import QuestionError
from kg.snapshots.read_model import ReadModel, ReadModelError
from kg.snapshots.snapshot import SnapshotError
from kg.stores import TripleStore
from kg.stores.answers import StoreError

T = TypeVar("T")
PAGE_SIZE = 50
"""Rows of a list, and sentences, on one page."""
STYLE = Path(__file__).parents[1] / "static" / "explorer.css"
PREPARING = "This takes some seconds, for a large graph some minutes. Open this page again then."
LOG = logging.getLogger(__name__)


def show_html(*parts: Html) -> None:
    """Show safe HTML in the explorer's style."""
    st.html(element("div", *parts, css="gb"))


def title(heading: str, remark: str = "") -> None:
    """Head a view. Not by st.title: it would read a concept's name as Markdown."""
    remarks = (element("p", quiet(remark)),) if remark else ()
    show_html(element("h1", text(heading)), *remarks)


@dataclass(frozen=True, slots=True)
class Source:
    """What a page reads from: the settings and the graph, as they were when it was opened."""

    settings: Settings
    version: str

    @property
    def lists(self) -> ReadModel:
        """Concepts and relations; raises NotPreparedError while that is made."""
        return read_model(self.settings, self.version)

    @property
    def store(self) -> TripleStore:
        """The graph itself."""
        return open_graph(self.version, self.settings.store_address)


def view(show: Callable[[Source], None]) -> Callable[[], None]:
    """Give a page its style, and a sentence for what a URL or a store may do wrong."""

    def shown() -> None:
        st.html(STYLE)
        settings = load_settings()
        try:
            version = graph_version(settings)
            _show_fault(settings)
            show(Source(settings, version)) if version else _show_how_to_start()
        except QuestionError as error:
            show_html(empty("This address asks for something unknown.", text(str(error))))
        except NotPreparedError:
            show_html(empty("The lists of this graph are being prepared.", text(PREPARING)))
        except (SnapshotError, StoreError, ReadModelError) as error:
            LOG.warning("The graph does not answer: %s", error)
            look_again(settings)
            show_html(empty("The graph does not answer.", text("Try again soon.")))

    return shown


def _show_fault(settings: Settings) -> None:
    """Say that an older graph is shown; files of the server are not named to visitors."""
    if graph_fault(settings):
        line = "The newest graph is damaged. An older one is shown until the next night."
        show_html(element("p", text(line), css="gb-warning"))


def _show_how_to_start() -> None:
    title("gutbrain")
    command = element("code", text("gutbrain run"))
    advice = element("p", text("Make one from the bundled sample: "), command)
    show_html(empty("There is no graph yet.", advice))


def parameter(name: str) -> str:
    """A parameter of the URL, empty where it is missing."""
    return st.query_params.get(name, "")


def page_number() -> int:
    """The page that the URL names, 1 where it names none."""
    given = parameter("page")
    return max(1, int(given)) if given.isascii() and given.isdigit() else 1


def set_parameters(changes: Mapping[str, str]) -> None:
    """Write into the URL; an empty value takes the parameter out. A change leads to page 1."""
    for name, value in {"page": "", **changes}.items():
        if value:
            st.query_params[name] = value
        else:
            st.query_params.pop(name, None)


def writes_url(name: str, key: str) -> Callable[[], None]:
    """A callback that writes a widget's value into the URL, the one place state is kept."""

    def write() -> None:
        value = st.session_state[key]
        set_parameters({name: "" if value is None else str(value).strip()})

    return write


def widget_key(name: str) -> str:
    """A key that changes with the URL, so that the widget starts from what the URL says."""
    return f"{name}={parameter(name)}"


def choice(label: str, name: str, counts: Mapping[str, int], *, overlaps: bool = False) -> None:
    """A choice among counted values, bound to the URL; one thing may count under several."""
    current = parameter(name)
    options = sorted(counts.keys() | ({current} if current else set()))
    labels = {value: f"{value} ({counts.get(value, 0):,})" for value in options}
    select(label, name, labels, "any" if overlaps else f"any ({sum(counts.values()):,})")


def select(label: str, name: str, options: Mapping[str, str], placeholder: str) -> None:
    """A choice among values, shown by their labels and bound to the URL."""
    key, current, values = widget_key(name), parameter(name), list(options)
    st.selectbox(
        label,
        values,
        index=values.index(current) if current in options else None,
        format_func=options.__getitem__,
        placeholder=placeholder,
        key=key,
        on_change=writes_url(name, key),
    )


def entry(label: str, name: str, placeholder: str = "", explanation: str | None = None) -> None:
    """A text field, bound to the URL."""
    key = widget_key(name)
    st.text_input(
        label,
        parameter(name),
        key=key,
        placeholder=placeholder,
        help=explanation,
        on_change=writes_url(name, key),
    )


def side_by_side(items: Sequence[T]) -> Iterator[T]:
    """Walk over items, each drawn in a column of its own."""
    for column, item in zip(st.columns(len(items)), items, strict=True):
        with column:
            yield item


def pager(total: int) -> None:
    """Page numbers of a list, bound to the URL; nothing where one page holds it all."""
    pages = -(-total // PAGE_SIZE)
    if pages <= 1:
        return
    key = f"pager={page_number()}"
    st.pagination(
        pages,
        default=min(page_number(), pages),
        key=key,
        on_change=lambda: st.query_params.update(page=str(st.session_state[key])),
    )


def first_shown(total: int) -> int:
    """How many rows come before the page that the URL names, or before the last page."""
    return (min(page_number(), max(1, -(-total // PAGE_SIZE))) - 1) * PAGE_SIZE


def counted(number: int, noun: str) -> str:
    """Say a number of things.

    >>> counted(1, "relation"), counted(1200, "relation")
    ('1 relation', '1,200 relations')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def shown_range(start: int, total: int, noun: str) -> str:
    """Say which part of a list is shown.

    >>> shown_range(50, 70, "relation"), shown_range(0, 1, "relation")
    ('51 to 70 of 70 relations', '1 relation')
    """
    if total <= PAGE_SIZE:
        return counted(total, noun)
    return f"{start + 1:,} to {min(start + PAGE_SIZE, total):,} of {counted(total, noun)}"


def downloads(buttons: Sequence[tuple[str, Callable[[], bytes], str, str]]) -> None:
    """Buttons (label, content made when clicked, file name, media type) in a row."""
    with st.container(horizontal=True):
        for label, content, file_name, media_type in buttons:
            st.download_button(label, content, file_name, media_type, on_click="ignore")
