"""Graph servers: check one, create a repository for the graph."""

from typing import Annotated

import typer

from app.commands.options import JsonOption
from app.console import note, show_record
from app.settings import load_settings
from kg.stores.address import AddressError, StoreAddress
from kg.stores.open import create_repository, open_server

app = typer.Typer()
store = typer.Typer(help="Graph servers.", no_args_is_help=True)
app.add_typer(store, name="store")
UrlArgument = Annotated[
    str | None, typer.Argument(help="Address of the server, by default the setting `store`.")
]


@store.command()
def check(url: UrlArgument = None, as_json: JsonOption = False) -> None:
    """Show what a graph server is, holds and can do."""
    address = _address(url)
    server = open_server(address)
    found = server.capabilities
    values: dict[str, str | int | None] = {
        "address": str(address),
        "kind": found.kind.value,
        "server": found.server,
        "quads": server.size(),
        "can_write": found.can_write,
        "transactions": found.has_transactions,
        "signed_in_by": found.scheme.value,
        "rows_as": found.rows,
        "update": found.update,
        "graph_store": found.graph_store,
    }
    server.close()
    show_record(values, as_json=as_json)


@store.command()
def create(url: UrlArgument = None) -> None:
    """Make a repository for the graph on a GraphDB or RDF4J server."""
    address = _address(url)
    create_repository(address)
    note(f"created {address}")


def _address(url: str | None) -> StoreAddress:
    address = load_settings(store=url).store_address
    if address is None:
        raise AddressError("no server given: name its URL, or set GUTBRAIN_STORE")
    return address
