"""Options that several commands share, and what they load."""

from pathlib import Path
from typing import Annotated

import typer

from extract.extractor import Preset
from extract.methods import RecognizerName, RelationMethod, Runtime

PARTIAL, UNREACHABLE = 3, 4
"""Exit codes: done in part; the store cannot be reached."""

DataOption = Annotated[Path | None, typer.Option("--data", help="Data directory.")]
StoreOption = Annotated[
    str | None,
    typer.Option("--store", help="Graph server (GraphDB, RDF4J, SPARQL 1.1), in place of ours."),
]
ModelOption = Annotated[Path | None, typer.Option("--model", help="Model folder.")]
NerOption = Annotated[RecognizerName | None, typer.Option("--ner", help="Recognizer.")]
RelationsOption = Annotated[
    RelationMethod | None, typer.Option("--relations", help="Relation method.")
]
PresetOption = Annotated[
    Preset | None, typer.Option("--preset", help="Which relations reach the graph.")
]
RuntimeOption = Annotated[
    Runtime | None, typer.Option("--runtime", help="What runs a trained recognizer.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]
AcceptOption = Annotated[
    bool, typer.Option("--accept", help="Let an update through that was held back.")
]
