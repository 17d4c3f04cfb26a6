"""Serve the graph to people and programs."""

import os
from typing import Annotated

import typer

from app.commands.options import DataOption, StoreOption
from app.console import note
from app.server import serve as serve_forever
from app.settings import load_settings

app = typer.Typer()


@app.command()
def serve(
    data: DataOption = None,
    store: StoreOption = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Serve the explorer, and the SPARQL endpoint at /sparql, until Ctrl+C."""
    settings = load_settings(data=data, store=store, host=host, port=port)
    # The explorer's script reads the settings anew, once a page.
    os.environ["GUTBRAIN_DATA"] = str(settings.data.resolve())
    if store:
        os.environ["GUTBRAIN_STORE"] = store  # as given: with its password, if it has one
    serve_forever(settings, note)
