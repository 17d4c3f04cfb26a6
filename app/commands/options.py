"""Options that several commands share, and settings that the command line may change."""

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any

import typer

from app.settings import load_settings
from extract.method_names import Preset, RecognizerName, RelationMethod, Runtime

PARTIAL = 3
"""Exit code: done in part."""

DataOption = Annotated[
    Path | None, typer.Option("--data", help="Data directory; by default ./data.")
]
StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store", help="URL of a graph server (GraphDB, RDF4J, SPARQL 1.1) to use instead."
    ),
]
AcceptOption = Annotated[
    bool, typer.Option("--accept", help="Publish an update that was held back.")
]
WHICH = "Which snapshot: number, name, current, previous, or a day (YYYY-MM-DD)."
SnapshotArgument = Annotated[str, typer.Argument(help=WHICH)]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_SETTINGS = {
    "data": DataOption,
    "store": StoreOption,
    "model": Annotated[
        Path | None, typer.Option(help="Model folder; by default the shipped model.")
    ],
    "ner": Annotated[RecognizerName | None, typer.Option(help="How mentions are found.")],
    "relations": Annotated[RelationMethod | None, typer.Option(help="How relations are found.")],
    "preset": Annotated[
        Preset | None, typer.Option(help="Which relations enter the graph; precise keeps fewer.")
    ],
    "runtime": Annotated[
        Runtime | None, typer.Option(help="The library that runs a trained recognizer.")
    ],
}
"""What the command line may set, and how it is asked for."""


def with_settings(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command an option for each of some settings; its first argument is the settings."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def run(**given: Any) -> None:
            options = {name: given.pop(name) for name in names}
            command(load_settings(**options), **given)

        own = list(signature(command).parameters.values())[1:]
        options = [
            Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=_SETTINGS[name])
            for name in names
        ]
        setattr(run, "__signature__", Signature([*own, *options]))  # noqa: B010 typer reads it
        return run

    return decorate
