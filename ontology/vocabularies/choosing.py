"""Choosing the names of a small lexicon: what texts of the field say comes first."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from ontology.spelling import fold_characters
from ontology.vocabularies.configuration import ChoiceRules
from ontology.vocabularies.term import Term

_TOKEN = re.compile(r"[^\W_]+|[^\w\s]|_")
_INVERTED = re.compile(r"([^,]+), ([^,]+)")
_NEVER = 1_000_000
_SHORTEST = 3
_NAMELESS = Term("")


def choose(terms: Sequence[Term], choice: ChoiceRules, texts: Iterable[str]) -> list[Term]:
    """Keep terms up to the number of names, and of the others what they say of kept concepts.

    A concept has each name once, whatever its case. Names that are too long are left out, and
    inversions of another name ("Diets, Vegan"). Terms that come only because a text has their
    concept keep the names that it has.
    """
    said = _said(terms, choice, texts)
    ranks = _ranks(terms, choice, {term.curie for term in terms if _names_in(term, said)})
    order = sorted(range(len(terms)), key=lambda place: (ranks[place], place))
    listed = frozenset((*choice.always, *choice.then))
    kept, seen, count = dict[int, Term](), set[tuple[str, str]](), 0
    for place in order:
        if ranks[place] == _NEVER or count >= choice.names:
            break
        term = terms[place]
        wanted = term if term.source in listed else _only(term, said)
        kept[place] = _once(_usable(wanted, choice), seen)
        count += _size(kept[place])
    return list(_with_relations(terms, kept, choice))


def _names_in(term: Term, said: set[str]) -> bool:
    return any(fold_characters(name) in said for name in (term.name, *term.synonyms))


def _only(term: Term, said: set[str]) -> Term:
    name = term.name if fold_characters(term.name) in said else ""
    synonyms = (each for each in term.synonyms if fold_characters(each) in said)
    return replace(term, name=name, synonyms=tuple(synonyms))


def _once(term: Term, seen: set[tuple[str, str]]) -> Term:
    """Leave out names that the concept has already; ``seen`` takes in the others."""
    new = list[str]()
    for name in (term.name, *term.synonyms):
        key = (term.curie, fold_characters(name))
        new.append("" if key in seen or not name else name)
        seen.add(key)
    return replace(term, name=new[0], synonyms=tuple(name for name in new[1:] if name))


def _usable(term: Term, choice: ChoiceRules) -> Term:
    names = {term.name, *term.synonyms}
    synonyms = (name for name in term.synonyms if _is_usable(name, names, choice))
    name = term.name if _is_short(term.name, choice) else ""
    return replace(term, name=name, synonyms=tuple(synonyms))


def _is_usable(name: str, names: set[str], choice: ChoiceRules) -> bool:
    inverted = _INVERTED.fullmatch(name)
    is_double = inverted is not None and f"{inverted[2]} {inverted[1]}" in names
    return _is_short(name, choice) and not is_double


def _is_short(name: str, choice: ChoiceRules) -> bool:
    return len(name) <= choice.longest and name.count(" ") < choice.most_words


def _size(term: Term) -> int:
    return bool(term.name) + len(term.synonyms)


def _said(terms: Iterable[Term], choice: ChoiceRules, texts: Iterable[str]) -> set[str]:
    """Find the names that stand in a text as whole tokens, folded."""
    names = {fold_characters(name) for term in terms for name in (term.name, *term.synonyms)}
    found = set[str]()
    for text in texts:
        found.update(names.intersection(_pieces(fold_characters(text), choice.most_words)))
    # Two letters are found everywhere.
    return {name for name in found if len(name) >= _SHORTEST}


def _pieces(text: str, most_words: int) -> Iterator[str]:
    """Yield the stretches of a text that tokens start and end; a word may be three tokens."""
    spans = [match.span() for match in _TOKEN.finditer(text)]
    for first, (start, _) in enumerate(spans):
        for _, end in spans[first : first + 2 * most_words]:
            yield text[start:end]


def _ranks(terms: Iterable[Term], choice: ChoiceRules, said: set[str]) -> list[int]:
    always = frozenset(choice.always)
    listed = {term.curie for term in terms if term.source in always}
    places = {source: place for place, source in enumerate(choice.then, start=3)}
    return [_rank(term, always, said, listed, places) for term in terms]


def _rank(
    term: Term,
    always: frozenset[str],
    said: set[str],
    listed: set[str],
    places: Mapping[str, int],
) -> int:
    if term.source in always:
        return 0
    if term.curie in said:
        return 1
    if term.curie in listed:
        return 2
    return places.get(term.source, _NEVER) if term.type else _NEVER


def _with_relations(
    terms: Sequence[Term], kept: Mapping[int, Term], choice: ChoiceRules
) -> Iterator[Term]:
    """Yield kept terms; of the others the matches of kept concepts and the parents above them."""
    named = {term.curie for term in kept.values()}
    lineage = _lineage(named, terms)
    for place, term in enumerate(terms):
        references = _matches(term, term.references, named, choice)
        exact = _matches(term, term.exact, named, choice)
        parents = term.parents if term.curie in lineage else ()
        if place in kept or references or exact or parents:
            names = kept.get(place, _NAMELESS)
            yield replace(
                term,
                name=names.name,
                synonyms=names.synonyms,
                references=references,
                exact=exact,
                parents=parents,
            )


def _matches(
    term: Term, others: Iterable[str], named: set[str], choice: ChoiceRules
) -> tuple[str, ...]:
    return tuple(
        other
        for other in others
        if (term.curie in named or other in named)
        and _is_referenced(term.curie, choice)
        and _is_referenced(other, choice)
    )


def _is_referenced(curie: str, choice: ChoiceRules) -> bool:
    return not choice.references or curie.partition(":")[0] in choice.references


def _lineage(named: set[str], terms: Iterable[Term]) -> set[str]:
    """Find the concepts with a name and all above them."""
    parents = {term.curie: term.parents for term in terms if term.parents}
    found, waiting = set(named), list(named)
    while waiting:
        for parent in parents.get(waiting.pop(), ()):
            if parent not in found:
                found.add(parent)
                waiting.append(parent)
    return found
