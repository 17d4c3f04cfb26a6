"""The link table: which concepts annotators gave which names, and how often.

A file holds names with a type, a concept's URI in the spelling of the annotations, and a count; no
text. ``is_short`` marks the abbreviation itself beside the name that it stood for.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from extract.annotation import AnnotatedDocument, Mention
from extract.corpus import uri_identity
from extract.linking.meanings import LongForms, read_definitions, spell_out
from extract.linking.ngrams import NgramIndex, index_names
from extract.model import ModelError
from extract.text import plain
from ontology.namespaces import normalise_name
from ontology.normalising import fold, fold_blanks, fold_order
from ontology.schema import EntityType

LEVELS = (normalise_name, fold, fold_order, fold_blanks)
"""How names are folded, from strict to loose."""
LINKS_FILE, SHORT_FORMS_FILE = "links.tsv", "short_forms.tsv"
_LINK_COLUMNS = ["name", "type", "uri", "count", "is_short"]
_SHORT_COLUMNS = ["short", "long", "count"]
_SHORT_WEIGHT = 0.3
"""What a link of an abbreviation counts beside one of the name that it stood for."""
_LEAST_DEFINITIONS = 2
"""Documents that must define a short form alike before others are read by it."""


class Link(NamedTuple):
    """A name that annotators linked to a concept, as this type."""

    name: str
    type: EntityType
    uri: str
    is_short: bool


class Use(NamedTuple):
    """A concept as one type."""

    type: EntityType
    concept: str


Links = Mapping[Link, int]
Uses = Mapping[Use, float]


@dataclass(frozen=True, slots=True)
class Annotations:
    """What annotated documents say of links: how often each, and how often each definition."""

    links: Links
    definitions: Mapping[tuple[str, str], int]

    def __add__(self, other: "Annotations") -> "Annotations":
        """Add up."""
        links, defined = Counter(self.links), Counter(self.definitions)
        links.update(other.links)
        defined.update(other.definitions)
        return Annotations(links, defined)


def read_annotations(documents: Iterable[AnnotatedDocument]) -> Annotations:
    """Count the links of a corpus; a mention without a concept says nothing."""
    links: Counter[Link] = Counter()
    defined: Counter[tuple[str, str]] = Counter()
    for document in documents:
        definitions = read_definitions(document.document)
        defined.update((short, fold(long)) for short, long in definitions.items())
        for mention, uri in linked_mentions(document):
            surface = plain(mention.text).text
            name = spell_out(surface, definitions)
            links[Link(name, mention.type, uri, is_short=False)] += 1
            if name != surface:
                links[Link(surface, mention.type, uri, is_short=True)] += 1
    return Annotations(links, defined)


def linked_mentions(document: AnnotatedDocument) -> Iterator[tuple[Mention, str]]:
    """Give the mentions of a corpus that have a concept, with its URI."""
    pairs = zip(document.mentions, document.uris, strict=True) if document.uris else ()
    return ((mention, uri) for mention, uri in pairs if uri)


class LinkTable:
    """Annotations, ready to be asked."""

    def __init__(self, annotations: Annotations) -> None:
        self.annotations = annotations
        self.concepts: defaultdict[str, float] = defaultdict(float)
        self.uses: defaultdict[Use, float] = defaultdict(float)
        self.types: defaultdict[EntityType, float] = defaultdict(float)
        self.vocabularies: defaultdict[tuple[EntityType, str], float] = defaultdict(float)
        self.names: defaultdict[str, set[str]] = defaultdict(set)
        self._levels = tuple(_new_level() for _ in LEVELS)
        self._spellings: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for link, count in annotations.links.items():
            self._take(link, count)
        self.spelling = {c: max(sorted(u), key=u.__getitem__) for c, u in self._spellings.items()}
        self.keys = list(self._levels[1])
        self.index: NgramIndex = index_names(self.keys)
        self.long_forms: LongForms = _long_forms(annotations.definitions)
        self.frequent = _frequent(self.uses)
        links = sorted(annotations.links.items(), key=lambda each: (each[1], each[0]))
        names = ((uri_identity(link.uri), link.name) for link, _ in links if not link.is_short)
        self.name_of = {concept: normalise_name(name) for concept, name in names}
        most_used = sorted(self.uses.items(), key=lambda each: (each[1], each[0]))
        self.type_of = {use.concept: use.type for use, _ in most_used}

    def _take(self, link: Link, count: int) -> None:
        concept = uri_identity(link.uri)
        use, weight = Use(link.type, concept), count * (_SHORT_WEIGHT if link.is_short else 1.0)
        for level, names in zip(LEVELS, self._levels, strict=True):
            names[level(link.name)][use] += weight
        self._spellings[concept][link.uri] += count
        self.names[concept].add(fold(link.name))
        self.concepts[concept] += weight
        self.uses[use] += weight
        self.types[link.type] += weight
        self.vocabularies[link.type, concept.partition(":")[0]] += weight

    def uses_of(self, name: str, level: int) -> Uses:
        """Give the concepts of a name at a level of folding, with weights."""
        return self._levels[level].get(LEVELS[level](name), {})

    def uses_of_key(self, key: str) -> Uses:
        """Give the concepts of a name that is folded already."""
        return self._levels[1].get(key, {})


def _new_level() -> defaultdict[str, defaultdict[Use, float]]:
    return defaultdict(lambda: defaultdict(float))


def _long_forms(definitions: Mapping[tuple[str, str], int]) -> LongForms:
    frequent = {pair: n for pair, n in definitions.items() if n >= _LEAST_DEFINITIONS}
    totals: Counter[str] = Counter()
    for (short, _), count in frequent.items():
        totals[short] += count
    found: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for (short, long), count in frequent.items():
        found[short][long] = count / totals[short]
    return found


_MOST_FREQUENT = 4


def _frequent(uses: Uses) -> Mapping[EntityType, tuple[str, ...]]:
    """Name the most frequent concepts of each type."""
    found: defaultdict[EntityType, list[str]] = defaultdict(list)
    for use, _ in sorted(uses.items(), key=lambda each: (-each[1], each[0])):
        if len(found[use.type]) < _MOST_FREQUENT:
            found[use.type].append(use.concept)
    return {kind: tuple(concepts) for kind, concepts in found.items()}


def write_annotations(annotations: Annotations, folder: Path) -> None:
    """Write both files of a link table; definitions that came once are left out."""
    links = ((*link[:3], count, int(link.is_short)) for link, count in annotations.links.items())
    _write(folder / LINKS_FILE, _LINK_COLUMNS, sorted(links))
    frequent = ((*pair, n) for pair, n in annotations.definitions.items() if n > 1)
    _write(folder / SHORT_FORMS_FILE, _SHORT_COLUMNS, sorted(frequent))


def read_link_table(folder: Path) -> LinkTable:
    """Read a link table; raises ModelError on a file that is none."""
    links = {
        Link(name, EntityType(kind), uri, is_short=short == "1"): int(count)
        for name, kind, uri, count, short in _read(folder / LINKS_FILE, _LINK_COLUMNS)
    }
    rows = _read(folder / SHORT_FORMS_FILE, _SHORT_COLUMNS)
    return LinkTable(Annotations(links, {(short, long): int(n) for short, long, n in rows}))


def _write(path: Path, columns: list[str], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def _read(path: Path, columns: list[str]) -> Iterator[list[str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file, delimiter="\t")
            if next(rows, None) != columns:
                raise ModelError(f"{path}: the columns must be {' '.join(columns)}")
            for number, row in enumerate(rows, start=2):
                if len(row) != len(columns):
                    raise ModelError(f"{path}, line {number}: {len(row)} columns")
                yield row
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}") from error
