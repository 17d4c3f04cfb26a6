"""The graph's links: a mention is exactly a concept, or something below one, or provisional.

The shared task wants the annotators' concept for every mention, and annotators link "R6/2 mice" to
the mouse. A graph that did so would lose what the sentence says. So a link is *exact* only where it
is sure enough and the concept is not merely a part of the name; where a part of the name is a
concept, that one is *broader*; all else is provisional.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from extract.annotation import Mention
from extract.linking.candidates import PRIMARY, Clue, Row
from extract.linking.composition import Group, Item, read_group, read_items, without_setting
from extract.linking.linker import LinkedParts, RankedLinker
from extract.linking.meanings import Meaning, read_definitions
from extract.linking.ranking import Ranked
from extract.text import plain
from ingest.document import Document
from ontology.concept import Concept
from ontology.lexicon import Lexicon
from ontology.namespaces import CurieError, provisional_curie, to_iri
from ontology.normalising import fold, fold_blanks
from ontology.schema import EntityType as T

_REMEMBERED = 50_000
_DERIVED = "gbc:"
_RULES = "1"
"""Goes up when a rule of this module changes, so that graphs are linked anew."""
_NAMES = (
    Clue.NAME_NORMAL,
    Clue.NAME_FOLD,
    Clue.NAME_ORDER,
    Clue.NAME_BLANKS,
)
_BY_NAME = (*_NAMES, Clue.REFERENCE)
_PARTS = (Clue.PART_LINKED, Clue.PART_NAME)
_HEADS = (Clue.PART_LINKED_HEAD, Clue.PART_NAME_HEAD)
_LEAST_LETTERS = 5
"""Letters of the shortest name that is taken at its word: shorter ones mean many things."""
_SURE_ENOUGH = 0.5
"""From this probability on a concept that a part of a name names is broader."""

_TAXA = frozenset({T.ANIMAL, T.BACTERIA})


class GraphLinker:
    """A ranked linker; concepts of a small, chosen lexicon come before all others."""

    def __init__(self, linker: RankedLinker, chosen: Lexicon) -> None:
        self._linker, self._lexicon = linker, linker.lexicon
        self._chosen = chosen
        parts = (_RULES, linker.hash, chosen.hash)
        self.hash = hashlib.sha256("\0".join(parts).encode()).hexdigest()
        self._chosen_by_curie = dict(_by_curie(list(map(_by_primary, chosen.concepts.values()))))
        self._representative = lru_cache(maxsize=_REMEMBERED)(self._read_representative)
        self._parents = lru_cache(maxsize=_REMEMBERED)(self._read_parents)
        self._grounded = lru_cache(maxsize=_REMEMBERED)(self._ground)

    def link(self, document: Document, mentions: tuple[Mention, ...]) -> tuple[Concept, ...]:
        """Say which concept each mention names, in the mentions' order."""
        meanings = self._linker.meanings(document, mentions)
        pairs = zip(mentions, meanings, strict=True)
        return tuple(self._grounded(meaning, mention.type) for mention, meaning in pairs)

    def link_parts(self, document: Document, mentions: tuple[Mention, ...]) -> LinkedParts:
        """Do the same, with coordinations taken apart: a mention and a concept for each item."""
        definitions = read_definitions(document)
        concepts = self.link(document, mentions)
        return tuple(
            self._items(mention, definitions) or ((mention, concept),)
            for mention, concept in zip(mentions, concepts, strict=True)
        )

    def _items(
        self, mention: Mention, definitions: Mapping[str, str]
    ) -> tuple[tuple[Mention, Concept], ...]:
        """Take a coordination apart where every item is exactly a concept, and the whole is not."""
        items = read_items(mention.text)
        if not items or self._chosen_of(plain(mention.text).text, mention.type):
            return ()
        found = [(item, self._item_concept(item, mention.type, definitions)) for item in items]
        return (
            tuple((_part_of(mention, item), concept) for item, concept in found if concept)
            if all(concept for _, concept in found)
            else ()
        )

    def _item_concept(self, item: Item, kind: T, definitions: Mapping[str, str]) -> Concept | None:
        for name in item.names:
            meaning = self._linker.read(plain(name).text, definitions)
            concept = self._grounded(meaning, kind)
            if not is_derived(concept):
                return concept
        return None

    def spell(self, curie: str) -> str | None:
        """Give the URI that GutBrainIE has for a concept; None where it has none."""
        return self._linker.spell(curie)

    def _ground(self, meaning: Meaning, kind: T) -> Concept:
        ranked = self._linker.rank(meaning, kind)
        exact = self._exact(ranked, meaning, kind)
        if exact is None:
            return self._composed(meaning, kind) or self._derived(meaning.name, ranked, kind)
        return exact if exact.type is kind else derived_concept(kind, meaning.name, (exact,))

    def _derived(self, name: str, ranked: Ranked, kind: T) -> Concept:
        return derived_concept(kind, name, self._broader(ranked, kind))

    def _composed(self, meaning: Meaning, kind: T) -> Concept | None:
        """Take a name apart: the thing without the setting, or a group with its condition."""
        plainer = without_setting(meaning.name, kind)
        if plainer != meaning.name:
            found = self._grounded(Meaning(plainer), kind)
            if not is_derived(found):
                return found
        group = read_group(meaning.name, kind)
        return self._compose(group, kind) if group else None

    def _compose(self, group: Group, kind: T) -> Concept | None:
        """Name a group by its head and its condition's concept; without one, it is its head."""
        head = self._grounded(Meaning(group.head), kind)
        if is_derived(head):
            return None
        if not group.condition:
            return head if kind is T.ANIMAL else None
        condition = self._grounded(Meaning(group.condition), T.DDF)
        if is_derived(condition):
            return None
        name = f"{condition.name} {group.head}"
        composed = self._by_own_name(name, kind) or derived_concept(kind, name, (head,))
        return replace(composed, related=(condition.curie,)) if is_derived(composed) else composed

    def _exact(self, ranked: Ranked, meaning: Meaning, kind: T) -> Concept | None:
        if chosen := self._chosen_of(meaning.name, kind):
            return chosen
        best = ranked.rows[0].tolist()
        is_sure = ranked.probability >= self._linker.model.exact_from
        is_whole = not best[Clue.IS_MADE_UP] and not _is_coarse(best)
        if is_sure and is_whole and (found := self._canonical(ranked.concepts[0])):
            return found
        by_name = self._by_name(ranked, meaning.name, kind)
        is_long = _is_long(meaning.name)
        return by_name or (self._by_own_name(meaning.name, kind) if is_long else None)

    def _by_own_name(self, name: str, kind: T) -> Concept | None:
        """Find the concept that goes by this very name in the graph."""
        linked = (use.concept for use in self._linker.uses_of(name) if use.type is kind)
        named = (e.curie for e in self._lexicon.entries(fold_blanks(name), "blanks"))
        for curie in dict.fromkeys((*linked, *named)):
            found = self._representative(curie)
            if found and found.type is kind and fold_blanks(found.name) == fold_blanks(name):
                return self._canonical(curie)
        return None

    def _by_name(self, ranked: Ranked, name: str, kind: T) -> Concept | None:
        """Take a name at its word, where it is one of this type in a vocabulary."""
        named = [
            (concept, row)
            for concept, row in zip(ranked.concepts, ranked.rows.tolist(), strict=True)
            if _is_name(row, name)
        ]
        for concept, row in named:
            if row[Clue.NAME_SAME_TYPE]:
                return self._canonical(concept)
        untyped = (concept for concept, row in named if not row[Clue.NAME_OTHER_TYPE])
        return next((found for c in untyped if (found := self._untyped(c, kind))), None)

    def _untyped(self, concept: str, kind: T) -> Concept | None:
        """Let a concept that no source gives a type be one of this type, with an IRI of ours.

        With its own it would be of two types, once it is read as another.
        """
        if self._type_of(concept) or not _has_iri(concept):
            return None
        made = derived_concept(kind, self._name_of(concept), ())
        exact = (concept, *filter(_has_iri, self._lexicon.exact_matches(concept)))
        return replace(made, is_provisional=False, same_as=exact, exact_matches=exact)

    def _broader(self, ranked: Ranked, kind: T) -> tuple[Concept, ...]:
        """Find the concept that the longest part of a name names, the part at its end first."""
        rows = ranked.rows.tolist()
        if ranked.probability >= _SURE_ENOUGH and _is_coarse(rows[0]):
            found = self._canonical(ranked.concepts[0])
            return (found,) if found else ()
        heads = [
            (max(row[Clue.PART_LINKED_HEAD], row[Clue.PART_NAME_HEAD]), -place)
            for place, row in enumerate(rows)
            if _names_head(row) and self._fits(ranked.concepts[place], row, kind)
        ]
        if not heads:
            return ()
        _, place = max(heads)
        found = self._canonical(ranked.concepts[-place])
        return (found,) if found else ()

    def _fits(self, concept: str, row: Row, kind: T) -> bool:
        return bool(row[Clue.IS_LINKED_AS_TYPE]) or self._lexicon.type_of(concept) is kind

    def _canonical(self, concept: str) -> Concept | None:
        """Give the one concept that stands for all identifiers of a thing, with what is above."""
        found = self._representative(concept)
        if found is None:
            return None
        broader, ancestors = self._above(found)
        return replace(found, broader=broader, ancestors=ancestors)

    def _read_representative(self, concept: str) -> Concept | None:
        own = self._type_of(concept)
        if own is None:
            return self._chosen_by_curie.get(concept)
        by_name = self._chosen.find(self._name_of(concept), own)
        same = (concept, *self._lexicon.exact_matches(concept), *self._namesakes(concept, own))
        chosen = (self._chosen_by_curie.get(curie) for curie in same)
        return next(filter(None, chosen), by_name) or self._described(same, own)

    def _described(self, same: Sequence[str], kind: T) -> Concept | None:
        """Describe the best of some identifiers of one thing, with the others."""
        known = [c for c in dict.fromkeys(same) if self._lexicon.names_of(c)] or [same[0]]
        order = {v: place for place, v in enumerate(PRIMARY[kind])}
        best = min(known, key=lambda c: (order.get(c.partition(":")[0], len(order)), c))
        if not _has_iri(best):
            return None
        exact = tuple(c for c in self._lexicon.exact_matches(best) if _has_iri(c))
        others = tuple(sorted({c for c in (*same, *exact) if c != best and _has_iri(c)}))
        described = self._lexicon.concept(best, kind) or Concept(best, self._name_of(best), kind)
        return replace(described, same_as=others, exact_matches=exact)

    def _type_of(self, curie: str) -> T | None:
        """Say of which type a concept is: one, whatever type it was read as.

        Annotators' word counts first, then the vocabularies'.
        """
        same = (curie, *self._lexicon.exact_matches(curie))
        return self._linker.type_of(curie) or next(
            filter(None, map(self._lexicon.type_of, same)), None
        )

    def _chosen_of(self, name: str, kind: T) -> Concept | None:
        found = self._chosen.find(name, kind) or self._chosen.find(fold(name), kind)
        return self._canonical(found.curie) if found else None

    def _above(self, concept: Concept) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Walk up from all identifiers of a concept: what is right above, and all above."""
        names = (concept.curie, *concept.same_as)
        direct = {parent for curie in names for parent in self._parents(curie)}
        direct.discard(concept.curie)
        found, ahead = set(direct), list(direct)
        while ahead:
            new = self._parents(ahead.pop()) - found - {concept.curie}
            found |= new
            ahead.extend(new)
        return tuple(sorted(direct)), tuple(sorted(found))

    def _read_parents(self, curie: str) -> frozenset[str]:
        parents = map(self._representative, self._lexicon.parents(curie))
        return frozenset(parent.curie for parent in parents if parent)

    def _namesakes(self, concept: str, kind: T) -> Iterator[str]:
        """Name concepts of this type that go by the same name."""
        key = fold(self._name_of(concept))
        for entry in self._lexicon.entries(key):
            if entry.is_preferred and kind in (entry.type, self._linker.type_of(entry.curie)):
                yield entry.curie
        for use in self._linker.uses_of(key):
            if use.type is kind and fold(self._name_of(use.concept)) == key:
                yield use.concept

    def _name_of(self, concept: str) -> str:
        names = self._lexicon.names_of(concept)
        return names[0].name if names else self._linker.name_of(concept)


def is_derived(concept: Concept) -> bool:
    """Say whether a concept is one of no vocabulary: derived from a name that was read."""
    return concept.curie.startswith(_DERIVED) and not concept.exact_matches


def _part_of(mention: Mention, item: Item) -> Mention:
    start, end = mention.start + item.start, mention.start + item.end
    return replace(mention, start=start, end=end, text=mention.text[item.start : item.end])


def derived_concept(kind: T, name: str, broader: tuple[Concept, ...]) -> Concept:
    """Make the concept of a name that is none in a vocabulary; names that fold alike are one.

    It is provisional where not even a broader concept is known.
    """
    key = fold(name)
    curies = tuple(concept.curie for concept in broader)
    above = sorted({*curies, *(curie for concept in broader for curie in concept.ancestors)})
    return Concept(
        provisional_curie(kind, key),
        key,
        kind,
        is_provisional=not broader,
        broader=curies,
        ancestors=tuple(above),
    )


def _by_curie(concepts: Sequence[Concept]) -> Iterator[tuple[str, Concept]]:
    """Give concepts by all their identifiers; their own count more than references."""
    for concept in reversed(concepts):
        yield from ((curie, concept) for curie in concept.same_as)
    yield from ((concept.curie, concept) for concept in concepts)


def _names_head(row: Row) -> bool:
    return any(row[column] for column in _HEADS)


def _by_primary(concept: Concept) -> Concept:
    """Let a taxon go by its identifier among the taxa; other concepts keep theirs."""
    prefix = f"{PRIMARY[concept.type][0]}:"
    taxa = [curie for curie in concept.same_as if curie.startswith(prefix)]
    if concept.type not in _TAXA or concept.curie.startswith(prefix) or not taxa:
        return concept
    others = (concept.curie, *(curie for curie in concept.same_as if curie != taxa[0]))
    return replace(concept, curie=taxa[0], same_as=others)


def _is_coarse(row: Row) -> bool:
    """Say whether a part of the name names the concept, and the name itself does not."""
    return any(row[part] for part in _PARTS) and not any(row[column] for column in _BY_NAME)


def _is_long(name: str) -> bool:
    return len(name) >= _LEAST_LETTERS and not name.isupper()


def _is_name(row: Row, name: str) -> bool:
    is_named = any(row[column] for column in _NAMES)
    is_sure = _is_long(name) or row[Clue.NAME_SAME_CASE] > 0
    return is_named and is_sure


def _has_iri(curie: str) -> bool:
    try:
        to_iri(curie)
    except CurieError:
        return False
    return True
