"""OBO files, read tolerantly: real ones break the grammar that fastobo and pronto insist on."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from ontology.vocabularies.reading import Tally, lines
from ontology.vocabularies.term import Term

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"\s*(\w*)')
_ESCAPED = re.compile(r"\\(.)")
_PARENT_RELATIONS = frozenset({"part_of", "BFO:0000050"})
Tags = Mapping[str, list[str]]


def read_obo(path: Path, tally: Tally) -> Iterator[Term]:
    """Read the terms of an OBO file: name, synonyms, parents, cross-references.

    Obsolete terms and foreign stanzas are left out. Synonyms of any scope count; only a reference
    that is called an exact match is exact. Parents are by ``is_a`` and ``part_of``.
    """
    for number, kind, tags in _stanzas(path, tally):
        if kind != "Term":
            continue
        if "id" not in tags:
            tally.reject(path, number, "a term without id")
        elif tags.get("is_obsolete") == ["true"]:
            tally.skip("obsolete")
        elif (curie := tally.curie(_plain(tags["id"][0]))) is not None:
            yield _term(curie, tags, path, number, tally)


def _stanzas(path: Path, tally: Tally) -> Iterator[tuple[int, str, Tags]]:
    kind, start, tags = "", 0, defaultdict[str, list[str]](list)
    for number, line in lines(path, tally):
        if line.startswith("["):
            yield start, kind, tags
            kind, start, tags = line.strip().strip("[]"), number, defaultdict(list)
        elif line and not line.startswith("!"):
            tag, colon, value = line.partition(":")
            if colon:
                tags[tag].append(value.strip())
            else:
                tally.reject(path, number, f"no tag: {line[:40]!r}")
    yield start, kind, tags


def _term(curie: str, tags: Tags, path: Path, number: int, tally: Tally) -> Term:
    synonyms: list[str] = []
    for value in tags.get("synonym", ()):
        match = _QUOTED.match(value)
        if match is None:
            tally.reject(path, number, f"{curie} has a synonym without quotes: {value[:40]!r}")
        elif text := _unescaped(match[1]):
            synonyms.append(text)
    above = (*tags.get("is_a", ()), *_related(tags))
    return Term(
        curie,
        _unescaped(_without_note(tags.get("name", [""])[0])),
        tuple(synonyms),
        parents=_known(above, tally),
        exact=_known(_exact(tags), tally),
        references=_known(tags.get("xref", ()), tally),
    )


def _related(tags: Tags) -> Iterator[str]:
    for value in tags.get("relationship", ()):
        relation, _, target = value.partition(" ")
        if relation in _PARENT_RELATIONS:
            yield target


def _exact(tags: Tags) -> Iterator[str]:
    for value in tags.get("property_value", ()):
        relation, _, target = value.partition(" ")
        if relation.endswith("exactMatch"):
            yield target


def _known(values: Iterator[str] | list[str] | tuple[str, ...], tally: Tally) -> tuple[str, ...]:
    curies = (tally.curie(_plain(value)) for value in values)
    return tuple(dict.fromkeys(curie for curie in curies if curie))


def _plain(value: str) -> str:
    """Take the identifier out of a value: notes, modifiers and quoted titles come after it."""
    return _unescaped(value.split(" ", 1)[0].strip('"'))


def _without_note(value: str) -> str:
    return value.partition(" {")[0] if value.endswith("}") else value


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: {"n": " ", "t": " ", "W": " "}.get(match[1], match[1]), text)
