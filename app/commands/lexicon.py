"""Lexicons: build one from vocabularies, find a name, compare two."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from app.commands.options import JsonOption
from app.console import note, print_rows, progress, show_record, show_records
from extract.corpus import read_corpus
from ontology.lexicon_writing import write_lexicon
from ontology.mapped_lexicon import Entry, MappedLexicon, shipped_lexicon
from ontology.normalising import fold
from ontology.vocabularies.assembling import Account, Assembly, assemble
from ontology.vocabularies.choosing import choose
from ontology.vocabularies.configuration import (
    ChoiceRules,
    Configuration,
    bundled_configurations,
    read_configuration,
)
from ontology.vocabularies.term import Term

app = typer.Typer()
lexicon = typer.Typer(help="Lexicons of names from vocabularies.", no_args_is_help=True)
app.add_typer(lexicon, name="lexicon")
LexiconOption = Annotated[
    Path | None, typer.Option("--lexicon", help="Lexicon folder; by default the shipped one.")
]
_COLUMNS = {
    "concept": "curie",
    "name": "name",
    "type": "type",
    "preferred": "is_preferred",
    "source": "source",
}


@lexicon.command()
def build(
    configuration: Annotated[
        str,
        typer.Argument(help="TOML file, or the name of a bundled one (shipped, gazetteers)."),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder to write.")],
    base: Annotated[
        Path | None,
        typer.Option("--from", help="Folder of the vocabularies; by default that of the TOML."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Build a lexicon folder; the same files make the same hash."""
    path = bundled_configurations().get(configuration, Path(configuration))
    wanted, folder = read_configuration(path), base or path.parent
    with progress() as report:
        made = assemble(wanted, folder, report)
    for account in made.accounts:
        _note_account(account)
    written = write_lexicon(_chosen(made, wanted, folder), out)
    counts = {"hash": written.hash, "names": written.names, "concepts": written.concepts}
    show_record({"folder": str(out), **counts}, as_json=as_json)


@lexicon.command()
def find(name: str, folder: LexiconOption = None, as_json: JsonOption = False) -> None:
    """Show the concepts that have a name, in any case and spelling."""
    found = _opened(folder).entries(fold(name))
    if not found:
        note(f"no concept has the name {name!r}")
        raise typer.Exit(1)
    show_records(_COLUMNS, found, as_json=as_json)


@lexicon.command()
def diff(
    before: Annotated[Path, typer.Argument(help="Lexicon folder.")],
    after: Annotated[Path, typer.Argument(help="Lexicon folder to compare with it.")],
) -> None:
    """List the names that the first lexicon has (-) and the second has (+), not the other."""
    old, new = (_names(MappedLexicon.open(folder)) for folder in (before, after))
    changes = [("-", *pair) for pair in old - new] + [("+", *pair) for pair in new - old]
    rows = sorted(changes, key=lambda row: (row[1], row[2], row[0] == "+"))
    print_rows(("change", "concept", "name"), rows)


def _note_account(account: Account) -> None:
    tally = account.tally
    note(f"{account.name}: {account.names} names of {account.terms} terms")
    for reason, count in tally.skipped.most_common():
        note(f"  left out: {count} ({reason})")
    for complaint in tally.complaints:
        note(f"  {complaint}")
    if tally.bad > len(tally.complaints):
        note(f"  and {tally.bad - len(tally.complaints)} more bad rows")


def _chosen(made: Assembly, wanted: Configuration, folder: Path) -> list[Term]:
    if wanted.choose is None:
        return list(made.terms)
    return choose(made.terms, wanted.choose, _texts(wanted.choose, folder))


def _texts(choice: ChoiceRules, folder: Path) -> Iterator[str]:
    for name in choice.texts:
        for annotated in read_corpus(folder / name):
            yield from (passage.text for passage in annotated.document.passages)


def _opened(folder: Path | None) -> MappedLexicon:
    return MappedLexicon.open(folder) if folder else shipped_lexicon()


def _names(opened: MappedLexicon) -> set[tuple[str, str]]:
    entries: Iterator[Entry] = opened.names()
    return {(entry.curie, entry.name) for entry in entries}
