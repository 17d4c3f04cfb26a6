"""Which files make a lexicon: a TOML file with a ``[[source]]`` for each, the first one first.

Configurations that come with the package are ``configurations/NAME.toml``; to make another, copy
one.
"""

import tomllib
from dataclasses import field
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from ontology.schema import EntityType
from ontology.vocabularies.reading import VocabularyError

_STRICT = ConfigDict(extra="forbid")
_BUNDLED = files("ontology").joinpath("vocabularies", "configurations")
Count = Annotated[int, Field(ge=1)]
Names = tuple[str, ...]


class SourceFormat(StrEnum):
    """The formats that there is a reader for."""

    CONCEPT_LIST = "concept list"
    GENE_INFO = "gene_info"
    HGNC = "hgnc"
    MESH_ASCII = "mesh ascii"
    MESH_TABLES = "mesh tables"
    MESH_XML = "mesh xml"
    NAMES = "names"
    NCIT = "ncit flat"
    OBO = "obo"
    OWL = "owl"
    PAIRS = "pairs"
    SSSOM = "sssom"
    TAXDUMP = "taxdump"
    UMLS = "umls"


class Licence(StrEnum):
    """What the licence of a vocabulary asks of those who use and pass on a lexicon made of it."""

    OPEN = "open"
    ATTRIBUTION = "attribution"
    SHARE_ALIKE = "share-alike"
    NON_COMMERCIAL = "non-commercial"
    AGREEMENT = "agreement"


FREE = frozenset({Licence.OPEN, Licence.ATTRIBUTION})
"""Licences that nobody must agree to first."""


class Typing(StrEnum):
    """How the terms of a source get their type, where the source is not of one type."""

    MESH = "mesh"
    LINEAGE = "lineage"
    SEMANTIC = "semantic types"


@dataclass(frozen=True, slots=True, config=_STRICT)
class SourceFile:
    """One file or folder of a vocabulary, and what is taken from it."""

    name: str
    format: SourceFormat
    path: Path
    licence: Licence = Licence.ATTRIBUTION
    type: EntityType | None = None
    typing: Typing | None = None
    trees: Path | None = None
    """Tree numbers beside MeSH tables."""
    prefixes: Names = ()
    """Keep identifiers of these vocabularies only."""
    without: Names = ()
    """Leave out rows that a table ascribes to these sources."""
    languages: Names = ("ENG",)
    vocabularies: Names = ()
    semantic_types: dict[EntityType, Names] = field(default_factory=dict)
    children_of: dict[EntityType, Names] = field(default_factory=dict)
    """UMLS only: languages, source vocabularies, what makes a type."""


@dataclass(frozen=True, slots=True, config=_STRICT)
class ChoiceRules:
    """Which names a small lexicon keeps.

    First all concepts of the sources in ``always``, then those with a name in the ``texts``, then
    those of the sources in ``then``, in this order, until there are ``names``.
    """

    names: Count
    always: Names = ()
    texts: Names = ()
    then: Names = ()
    references: Names = ()
    """Keep cross-references between these vocabularies only."""
    longest: Count = 60
    most_words: Count = 7


@dataclass(frozen=True, slots=True, config=_STRICT)
class Configuration:
    """A lexicon to be made; ``licences`` are those beyond the free ones that the user agrees to."""

    source: tuple[SourceFile, ...]
    licences: tuple[Licence, ...] = ()
    choose: ChoiceRules | None = None


_READER = TypeAdapter(Configuration)


def bundled_configurations() -> dict[str, Path]:
    """List the configurations that come with the package, by name."""
    found = (Path(str(each)) for each in _BUNDLED.iterdir())
    return {path.stem: path for path in sorted(found) if path.suffix == ".toml"}


def read_configuration(path: Path) -> Configuration:
    """Read a configuration; raises VocabularyError with the file and the key that is wrong."""
    try:
        configuration = _READER.validate_python(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise VocabularyError(f"{path}: {where}: {first['msg']}") from error
    except (OSError, ValueError) as error:
        raise VocabularyError(f"{path}: {error}") from error
    _check(path, configuration)
    return configuration


def _check(path: Path, configuration: Configuration) -> None:
    if not configuration.source:
        raise VocabularyError(f"{path}: no [[source]]")
    agreed = FREE | set(configuration.licences)
    for source in configuration.source:
        if source.licence not in agreed:
            raise VocabularyError(
                f"{path}: {source.name} has the licence {source.licence.value!r}; if you agree to"
                f' it, write licences = ["{source.licence.value}"] at the top of the file'
            )
