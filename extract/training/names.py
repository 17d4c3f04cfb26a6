"""Fitting names and modifiers: which surface forms name what, and how far they can be trusted."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from extract.annotation import AnnotatedDocument, Corpus, Mention
from extract.ner.lexicon import KnownName, LexiconModel, modifier_keys, word_before
from extract.ner.matcher import NameMatcher
from extract.text import fold, plain
from ontology.lexicon import Lexicon
from ontology.schema import EntityType

KEPT_PRECISION = 0.5
"""A name that names its type in fewer than half of its occurrences is dropped."""
OTHER_WEIGHT = 0.5
"""What an occurrence in a text that no expert annotated counts for."""
SHORTEST_NAME = 2
GROWING_TYPES = frozenset({EntityType.HUMAN, EntityType.ANIMAL, EntityType.MICROBIOME})
"""Types whose mentions are mostly a few head nouns with modifiers before them."""

Labels = dict[str, EntityType]


@dataclass(frozen=True, slots=True)
class _Record:
    """How often names were found in running text, and how often they named their type there."""

    hits: defaultdict[str, float]
    occurrences: defaultdict[str, float]

    def precision(self, name: str) -> float:
        """Smoothed by one half hit in one occurrence: an unseen name has 0.5."""
        return (self.hits[name] + 0.5) / (self.occurrences[name] + 1)


def fit_names(
    experts: Corpus, others: Corpus, lexicon: Lexicon, *, starter_only: bool
) -> LexiconModel:
    """Choose the names that hold in the corpus, and the modifiers of their heads.

    With ``starter_only`` the names are the lexicon's alone: the corpus says which to trust.
    """
    labels = _lexicon_labels(lexicon)
    if not starter_only:
        labels |= _surface_labels([*experts, *others])
    record = _measure(labels, experts, others)
    known = tuple(
        KnownName(name, entity_type, record.precision(name))
        for name, entity_type in labels.items()
        if record.precision(name) >= KEPT_PRECISION
    )
    return LexiconModel(known, fit_modifiers([*experts, *others], known))


def _lexicon_labels(lexicon: Lexicon) -> Labels:
    names = sorted((fold(name), concept.type) for name, concept in lexicon.names())
    return {name: entity_type for name, entity_type in names if len(name) >= SHORTEST_NAME}


def _surface_labels(corpus: Iterable[AnnotatedDocument]) -> Labels:
    counts: defaultdict[str, Counter[EntityType]] = defaultdict(Counter)
    for document in corpus:
        for mention in document.mentions:
            counts[_surface(mention)][mention.type] += 1
    return {name: _most_frequent(types) for name, types in counts.items() if name}


def _surface(mention: Mention) -> str:
    return fold(plain(mention.text).text.strip())


def _most_frequent(types: Counter[EntityType]) -> EntityType:
    # The label breaks ties, so that the same corpus makes the same model.
    return max(types, key=lambda entity_type: (types[entity_type], entity_type))


def _measure(labels: Labels, experts: Corpus, others: Corpus) -> _Record:
    matcher = NameMatcher(labels)
    record = _Record(defaultdict(float), defaultdict(float))
    for weight, corpus in ((1.0, experts), (OTHER_WEIGHT, others)):
        for document in corpus:
            for name, is_hit in _occurrences(matcher, labels, document):
                record.occurrences[name] += weight
                record.hits[name] += weight * is_hit
    return record


def _occurrences(
    matcher: NameMatcher, labels: Labels, document: AnnotatedDocument
) -> Iterator[tuple[str, bool]]:
    """Yield names as they are in the text, and whether they name their type there.

    A head of a growing type also hits where the mention began before it: "mice" in "germ-free
    mice". Its modifiers are fitted afterwards.
    """
    gold = {(m.passage, m.end): m for m in document.mentions}
    for passage in document.document.passages:
        text = plain(passage.text)
        for match in matcher.find(text.text):
            start, end = text.span_in_original(match.start, match.end)
            mention, label = gold.get((passage.name, end)), labels[match.name]
            is_type = mention is not None and mention.type is label
            starts_there = mention is not None and mention.start == start
            yield match.name, is_type and (starts_there or label in GROWING_TYPES)


def fit_modifiers(corpus: Corpus, known: Iterable[KnownName]) -> frozenset[tuple[EntityType, str]]:
    """Find the words that, right before a head, mostly belong to its mention.

    Inside are the words of a mention left of the shortest known name that ends it; outside is the
    word before each mention.
    """
    types = {entry.name: entry.type for entry in known}
    inside: Counter[tuple[EntityType, str]] = Counter()
    outside: Counter[tuple[EntityType, str]] = Counter()
    for document in corpus:
        for mention in document.mentions:
            if mention.type in GROWING_TYPES and (words := _modifiers(mention, types)) is not None:
                inside.update(_keys(mention, words))
                outside.update(_keys(mention, _word_before(document, mention)))
    return frozenset(key for key in inside if inside[key] >= outside[key])


def _modifiers(mention: Mention, types: Labels) -> list[str] | None:
    """List the words before the shortest known name that ends the mention; None without one."""
    words = plain(mention.text).text.split(" ")
    for start in range(len(words) - 1, -1, -1):
        if types.get(fold(" ".join(words[start:]))) is mention.type:
            return words[:start]
    return None


def _word_before(document: AnnotatedDocument, mention: Mention) -> list[str]:
    before = plain(document.document.text_of(mention.passage)[: mention.start]).text
    word = word_before(before, len(before))
    return [word] if word else []


def _keys(mention: Mention, words: Iterable[str]) -> Iterator[tuple[EntityType, str]]:
    return ((mention.type, key) for word in words for key in modifier_keys(word))
