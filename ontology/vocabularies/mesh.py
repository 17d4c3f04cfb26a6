"""MeSH as the NLM gives it: descriptors in XML or ASCII, and tables made from them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from lxml import etree

from ontology.vocabularies.reading import (
    Tally,
    VocabularyError,
    lines,
    open_bytes,
    rows,
    split_list,
    table,
)
from ontology.vocabularies.term import Term

_RECORDS = {"DescriptorRecord": "Descriptor", "SupplementalRecord": "SupplementalRecord"}
"""Elements of records, and what the names of their identifier and name begin with."""


def read_mesh_xml(path: Path, tally: Tally) -> Iterator[Term]:
    """Read ``desc20xx.xml`` or ``supp20xx.xml``: names, entry terms, tree numbers."""
    try:
        with open_bytes(path) as stream:
            for _, record in etree.iterparse(stream, tag=tuple(_RECORDS)):
                yield from _xml_term(record, path, tally)
                record.clear()
                while record.getprevious() is not None:  # read records stay below the root
                    del record.getparent()[0]
    except etree.XMLSyntaxError as error:
        raise VocabularyError(f"{path}: {error}") from error


def read_mesh_ascii(path: Path, tally: Tally) -> Iterator[Term]:
    """Read ``d20xx.bin``: MH, ENTRY, PRINT ENTRY, MN and UI of each record."""
    record, start = defaultdict[str, list[str]](list), 0
    for number, line in lines(path, tally):
        if line == "*NEWRECORD":
            yield from _ascii_term(record, path, start, tally)
            record, start = defaultdict(list), number
        elif line:
            tag, equals, value = line.partition(" = ")
            if equals:
                record[tag].append(value)
            else:
                tally.reject(path, number, f"no element: {line[:40]!r}")
    yield from _ascii_term(record, path, start, tally)


def read_mesh_tables(path: Path, tally: Tally, trees: Path | None) -> Iterator[Term]:
    """Read a table of id, name, entry terms with ``|``; ``trees`` has mesh_id, mesh_tree_number."""
    numbers = _trees(trees, tally) if trees else {}
    for number, (unique_id, name, entries) in rows(path, tally, 3):
        curie = tally.curie(f"MESH:{unique_id}")
        if not curie or not name:
            tally.reject(path, number, f"{unique_id} has no name")
            continue
        yield Term(curie, name, split_list(entries), categories=numbers.get(unique_id, ()))


def _trees(path: Path, tally: Tally) -> Mapping[str, tuple[str, ...]]:
    found = defaultdict[str, tuple[str, ...]](tuple)
    for _, row in table(path, tally, ("mesh_id", "mesh_tree_number")):
        found[row["mesh_id"]] += (row["mesh_tree_number"],)
    return found


def _xml_term(record: Any, path: Path, tally: Tally) -> Iterator[Term]:
    kind = _RECORDS[record.tag]
    unique_id, name = record.findtext(f"{kind}UI"), record.findtext(f"{kind}Name/String")
    if not unique_id or not name:
        tally.reject(path, record.sourceline or 0, f"a {record.tag} without {kind}UI or name")
        return
    terms = (
        term.text or "" for term in record.iterfind("ConceptList/Concept/TermList/Term/String")
    )
    trees = (tree.text or "" for tree in record.iterfind("TreeNumberList/TreeNumber"))
    mapped = record.iterfind(
        "HeadingMappedToList/HeadingMappedTo/DescriptorReferredTo/DescriptorUI"
    )
    above = ((each.text or "").lstrip("*") for each in mapped)
    yield Term(
        f"MESH:{unique_id}",
        name,
        tuple(dict.fromkeys(term for term in terms if term not in {"", name})),
        parents=tuple(f"MESH:{each}" for each in above if each.startswith("D")),
        categories=tuple(trees),
    )


def _ascii_term(
    record: Mapping[str, list[str]], path: Path, start: int, tally: Tally
) -> Iterator[Term]:
    if not record:
        return
    names, unique_ids = record.get("MH") or record.get("NM"), record.get("UI")
    if not names or not unique_ids:
        tally.reject(path, start, "a record without MH or UI")
        return
    # The first field is the entry term; semantic types and dates follow it.
    entries = (*record.get("ENTRY", ()), *record.get("PRINT ENTRY", ()), *record.get("SY", ()))
    synonyms = dict.fromkeys(entry.partition("|")[0] for entry in entries)
    yield Term(
        f"MESH:{unique_ids[0]}", names[0], tuple(synonyms), categories=tuple(record.get("MN", ()))
    )


def with_tree_parents(terms: list[Term]) -> Iterator[Term]:
    """Give descriptors their parents: the records whose tree number is one step shorter."""
    owners = {tree: term.curie for term in terms for tree in term.categories}
    for term in terms:
        above = (owners.get(tree.rpartition(".")[0]) for tree in term.categories)
        parents = dict.fromkeys((*term.parents, *(curie for curie in above if curie)))
        yield replace(term, parents=tuple(parents))
