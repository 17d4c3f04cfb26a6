"""From a configuration to typed terms, with an account of each source."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path

from ontology.namespaces import normalise_name
from ontology.schema import EntityType
from ontology.vocabularies.configuration import Configuration, SourceFile, SourceFormat, Typing
from ontology.vocabularies.gene_info import read_gene_info, read_hgnc
from ontology.vocabularies.mesh import (
    read_mesh_ascii,
    read_mesh_tables,
    read_mesh_xml,
    with_tree_parents,
)
from ontology.vocabularies.ncit import read_ncit
from ontology.vocabularies.obo import read_obo
from ontology.vocabularies.owl import read_owl
from ontology.vocabularies.reading import Tally, VocabularyError
from ontology.vocabularies.sssom import read_sssom
from ontology.vocabularies.tables import read_concept_list, read_names, read_pairs
from ontology.vocabularies.taxonomy import read_taxonomy
from ontology.vocabularies.term import Term
from ontology.vocabularies.typing_rules import (
    PREFIX_TYPES,
    by_lineage,
    by_semantic_type,
    by_tree,
)
from ontology.vocabularies.umls import UmlsSelection, read_umls

Reader = Callable[[Path, Tally], Iterator[Term]]
_READERS: Mapping[SourceFormat, Reader] = {
    SourceFormat.CONCEPT_LIST: read_concept_list,
    SourceFormat.GENE_INFO: read_gene_info,
    SourceFormat.HGNC: read_hgnc,
    SourceFormat.MESH_ASCII: read_mesh_ascii,
    SourceFormat.MESH_XML: read_mesh_xml,
    SourceFormat.NAMES: read_names,
    SourceFormat.NCIT: read_ncit,
    SourceFormat.OBO: read_obo,
    SourceFormat.OWL: read_owl,
    SourceFormat.PAIRS: read_pairs,
    SourceFormat.SSSOM: read_sssom,
    SourceFormat.TAXDUMP: read_taxonomy,
}
_RULES = {Typing.MESH: by_tree, Typing.LINEAGE: by_lineage, Typing.SEMANTIC: by_semantic_type}
_MESH = frozenset({SourceFormat.MESH_ASCII, SourceFormat.MESH_TABLES, SourceFormat.MESH_XML})
_PACKAGE = "package:"
Report = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Account:
    """What became of one source."""

    name: str
    terms: int
    names: int
    tally: Tally = field(default_factory=Tally)


@dataclass(frozen=True, slots=True)
class Assembly:
    """The terms of all sources in order, and the account of each."""

    terms: tuple[Term, ...]
    accounts: tuple[Account, ...]


def assemble(configuration: Configuration, base: Path, report: Report) -> Assembly:
    """Read all sources; relative paths are from ``base``. ``report`` hears of each source.

    Raises VocabularyError on a file that is missing, or that holds nothing of use.
    """
    terms, accounts = list[Term](), list[Account]()
    for number, source in enumerate(configuration.source):
        report(f"reading {source.name}", number, len(configuration.source))
        tally = Tally()
        found = list(_read_source(source, base, tally))
        if not found:
            raise VocabularyError(f"{base / source.path}: {_nothing(source, tally)}")
        names = sum(bool(term.name) + len(term.synonyms) for term in found)
        accounts.append(Account(source.name, len(found), names, tally))
        terms += found
    report("reading", len(configuration.source), len(configuration.source))
    return Assembly(tuple(_with_types(terms)), tuple(accounts))


def _nothing(source: SourceFile, tally: Tally) -> str:
    first = f"; first: {tally.complaints[0]}" if tally.complaints else ""
    left_out = sum(tally.skipped.values())
    return f"nothing of use for {source.name} ({tally.bad} bad rows, {left_out} left out{first})"


def _read_source(source: SourceFile, base: Path, tally: Tally) -> Iterator[Term]:
    read = list(_read(source, base, tally))
    terms = with_tree_parents(read) if source.format in _MESH else read
    typed = _RULES[source.typing](list(terms)) if source.typing else terms
    for term in typed:
        if source.prefixes and term.curie.partition(":")[0] not in source.prefixes:
            tally.skip("identifier of another vocabulary")
        elif term.source in source.without:
            tally.skip(f"of source {term.source}")
        else:
            yield replace(term, source=term.source or source.name, type=term.type or source.type)


def _read(source: SourceFile, base: Path, tally: Tally) -> Iterator[Term]:
    path = _located(source.path, base)
    if source.format is SourceFormat.UMLS:
        selection = UmlsSelection(
            source.languages, source.vocabularies, source.semantic_types, source.children_of
        )
        return read_umls(path, tally, selection)
    if source.format is SourceFormat.MESH_TABLES:
        return read_mesh_tables(path, tally, base / source.trees if source.trees else None)
    return _READERS[source.format](path, tally)


def _located(path: Path, base: Path) -> Path:
    """Find a file below ``base``, or the package's own where it is ``package:NAME``."""
    name = str(path)
    if name.startswith(_PACKAGE):
        return Path(str(files("ontology"))) / name.removeprefix(_PACKAGE)
    return base / path


def _with_types(terms: Sequence[Term]) -> Iterator[Term]:
    """Give terms without a type that of the concept elsewhere, of its matches, or of its name.

    A name decides only where all typed terms agree on it; a species is what its genus is.
    """
    by_curie = {term.curie: term.type for term in reversed(terms) if term.type}
    by_match = _match_types(terms, by_curie)
    by_name = _name_types(terms)
    for term in terms:
        yield (
            term if term.type else replace(term, type=_borrowed(term, by_curie, by_match, by_name))
        )


def _match_types(
    terms: Iterable[Term], by_curie: Mapping[str, EntityType]
) -> Mapping[str, EntityType]:
    found = dict[str, EntityType]()
    for term in terms:
        for other in (*term.exact, *term.references):
            for one, match in ((term.curie, other), (other, term.curie)):
                if match in by_curie:
                    found.setdefault(one, by_curie[match])
    return found


def _name_types(terms: Iterable[Term]) -> Mapping[str, EntityType]:
    kinds = defaultdict[str, set[EntityType]](set)
    for term in terms:
        if term.type:
            for name in (term.name, *term.synonyms):
                kinds[normalise_name(name)].add(term.type)
    return {name: each.pop() for name, each in kinds.items() if len(each) == 1}


def _borrowed(
    term: Term,
    by_curie: Mapping[str, EntityType],
    by_match: Mapping[str, EntityType],
    by_name: Mapping[str, EntityType],
) -> EntityType | None:
    prefix = term.curie.partition(":")[0]
    known = by_curie.get(term.curie) or PREFIX_TYPES.get(prefix) or by_match.get(term.curie)
    if known:
        return known
    names = [normalise_name(name) for name in (term.name, *term.synonyms) if name]
    if prefix == "NCBITaxon":
        names += [name.partition(" ")[0] for name in names]
    kinds = Counter(by_name[name] for name in names if name in by_name)
    return kinds.most_common(1)[0][0] if kinds else None
