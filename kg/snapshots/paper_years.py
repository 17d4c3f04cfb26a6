"""In how many papers a year a concept is related to another, counted once a snapshot.

Asked of the graph it costs a look at all evidence of the concept, a third of a second for one of
5,000 relations; all concepts together cost a walk along five properties. Kept in the SQLite file of
the label index.
"""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from pyoxigraph import NamedNode

from kg.graph import vocabulary as v
from kg.graph.rdf import cell
from kg.graph.reading_back import read_rows
from kg.stores import TripleStore

_SCHEMA = """
    CREATE TABLE paper_year (concept TEXT, year INTEGER, papers INTEGER,
        PRIMARY KEY (concept, year)) WITHOUT ROWID;
"""
_ADD = "INSERT INTO paper_year VALUES (?, ?, ?)"
_FIND = "SELECT year, papers FROM paper_year WHERE concept = ? ORDER BY year"
_IS_THERE = "SELECT 1 FROM sqlite_master WHERE name = 'paper_year'"


def write_paper_years(store: TripleStore, path: Path) -> None:
    """Count a graph's papers, and add them to the file of its label index."""
    with closing(sqlite3.connect(path)) as index:
        index.executescript(_SCHEMA)
        index.executemany(_ADD, _counted(store))
        index.commit()


def read_paper_years(path: Path, concept: str) -> tuple[tuple[int, int], ...] | None:
    """Give (year, papers) of a concept's IRI by year; None where the file was made without them."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as index:
        if index.execute(_IS_THERE).fetchone() is None:
            return None
        return tuple(index.execute(_FIND, (concept,)))


def _counted(store: TripleStore) -> Iterator[tuple[str, int, int]]:
    years = {node: int(year) for node, year in _column(store, v.YEAR)}
    for concept, articles in _articles(store).items():
        counts = Counter(years[article] for article in articles if article in years)
        for year in sorted(counts):
            yield concept, year, counts[year]


def _articles(store: TripleStore) -> Mapping[str, set[str]]:
    """Map concepts to the articles with evidence for or against what is said of them."""
    article_of = dict(_column(store, v.ARTICLE))
    of_assertion: defaultdict[str, set[str]] = defaultdict(set)
    for term in (v.SUPPORTS, v.OPPOSES):
        for evidence, assertion in _column(store, term):
            of_assertion[assertion].add(article_of[evidence])
    of_concept: defaultdict[str, set[str]] = defaultdict(set)
    for term in (v.SUBJECT, v.OBJECT):
        for assertion, concept in _column(store, term):
            of_concept[concept] |= of_assertion[assertion]
    return of_concept


def _column(store: TripleStore, term: NamedNode) -> Iterator[tuple[str, str]]:
    rows = read_rows(store, "column", {"property": (term,)})
    return ((cell(row, "node"), cell(row, "value")) for row in rows)
