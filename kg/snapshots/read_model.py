"""What search, lists, counts and the pages of concepts read: an SQLite file for a state of a graph.

Evidence and SPARQL are the store's. The columns are named and explained in ``read_model.sql``;
``read_model_build.py`` fills them, once for each snapshot.
"""

import json
import re
import sqlite3
import unicodedata
from collections.abc import Collection, Mapping
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

from extract.annotation import Pipeline
from ingest.sqlite_file import cause, damages
from kg.assertion import Assertion, Claim, Edge
from kg.identifiers import ASSERTION, digest, identifier_of
from kg.sentence.cues import Polarity
from kg.sentence.study import StudyKind
from kg.snapshots.damage import FileListError, read_record
from ontology.concept import Concept
from ontology.schema import EntityType, Predicate

SQL = files("kg.snapshots")
SCHEMA = (SQL / "read_model.sql").read_text(encoding="utf-8")
VERSION = "1-" + digest(SCHEMA)
"""The number goes up when the same columns get another meaning."""
COUNTED_BY: Mapping[Polarity | StudyKind, str] = {
    value: value.replace(" ", "_") for value in (*Polarity, *StudyKind)
}
"""What papers of a relation are counted by, and the columns with these counts."""

FacetName = Literal["subject_type", "predicate", "object_type"]
Value = str | int | float | None
_APOSTROPHES = str.maketrans(dict.fromkeys("'’‘ʼ`´", ""))
_WITHIN = {
    "subject": "subject = (SELECT id FROM concept WHERE curie = :subject)",
    "subject_type": "subject_type = :subject_type",
    "predicate": "predicate = :predicate",
    "object": "object = (SELECT id FROM concept WHERE curie = :object)",
    "object_type": "object_type = :object_type",
    "papers": "papers >= :papers",
    "belief": "belief * 100 >= :belief",
    "latest": "last_year >= :latest",
    "first": "first_year <= :first",
}
_EDGES = """
    SELECT relation.*,
        s.curie AS subject_curie, s.name AS subject_name,
        s.is_provisional AS subject_is_provisional,
        o.curie AS object_curie, o.name AS object_name,
        o.is_provisional AS object_is_provisional
    FROM relation JOIN concept AS s ON s.id = subject JOIN concept AS o ON o.id = object
"""
_FOUND = """
    FROM (
        SELECT concept, curie AS text, -is_own AS rank FROM identifier WHERE folded = :identifier
        UNION ALL
        SELECT label.concept, label.text,
            CASE WHEN label.folded = :folded THEN 1
                 WHEN substr(label.folded, 1, length(:folded)) = :folded THEN 2
                 ELSE 3 END
        FROM word JOIN label ON label.id = word.rowid WHERE word MATCH :words
    ) AS found JOIN concept ON concept.id = found.concept
"""
_SEARCH = f"""
    SELECT concept.*, found.text AS matched, min(found.rank) AS rank {_FOUND}
    WHERE :type IS NULL OR concept.type = :type
    GROUP BY concept.id
    ORDER BY rank, degree DESC, length(name), curie LIMIT :limit OFFSET :offset
"""
_TYPES_FOUND = f"""
    SELECT type, count(DISTINCT concept.id) AS many {_FOUND}
    GROUP BY type ORDER BY many DESC, type
"""
_NAMED = """
    SELECT concept.* FROM identifier JOIN concept ON concept.id = identifier.concept
    WHERE identifier.folded = :folded AND identifier.curie = :curie
    ORDER BY is_own DESC, degree DESC, concept.id LIMIT 1
"""
_TOTALS = """
    SELECT (SELECT count(*) FROM concept) AS concepts, (SELECT count(*) FROM relation) AS relations,
        evidence, articles, retracted,
        (SELECT count(*) FROM concept WHERE is_provisional) AS provisional, last_year
    FROM origin
"""


class ReadModelError(ValueError):
    """A read model that is not there, or was made with other columns than those read here."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A concept in a list: the label it was found by, and in how many relations it is.

    The concept comes without its synonyms and references.
    """

    concept: Concept
    matched: str
    relations: int


@dataclass(frozen=True, slots=True)
class Totals:
    """How much the graph holds; ``last_year`` is that of its latest article."""

    concepts: int
    relations: int
    evidence: int
    articles: int
    retracted: int
    provisional: int
    last_year: int | None


@dataclass(frozen=True, slots=True)
class RelationFilter:
    """Which relations are wanted; what is empty or 0 leaves open.

    ``subject`` and ``object`` are identifiers, types and predicate their labels. ``papers`` and
    ``belief`` (in percent) are the least; ``latest`` keeps what was reported in that year or later,
    ``first`` what was first reported in that year or earlier.
    """

    subject: str = ""
    subject_type: str = ""
    predicate: str = ""
    object: str = ""
    object_type: str = ""
    papers: int = 0
    belief: int = 0
    latest: int = 0
    first: int = 0

    def values(self) -> dict[str, str | int]:
        """The fields that are set."""
        return {name: value for name, value in asdict(self).items() if value}


@dataclass(frozen=True, slots=True)
class ReadModel:
    """One file, opened anew for each question, so that any thread may ask.

    ``state`` is that of the server's graph it was made of, empty for a snapshot.
    """

    path: Path
    state: str = ""

    @classmethod
    def open(cls, path: Path) -> "ReadModel":
        """Check the version of a file; raises ReadModelError where it is another or missing."""
        if not path.is_file():
            raise ReadModelError(f"{path}: there is no read model yet")
        if found := _damage(path, *_state(path)):
            raise ReadModelError(f"{path}: {found}")
        found = cls(path).rows("SELECT version, state FROM origin")
        version = found[0]["version"] if found else "none"
        if version != VERSION:
            raise ReadModelError(f"{path} has version {version}, {VERSION} is needed")
        return cls(path, found[0]["state"])

    def rows(self, query: str, values: Mapping[str, Value] | None = None) -> list[sqlite3.Row]:
        """Ask the file in SQL; raises ReadModelError where it is gone, or no read model."""
        address = f"{self.path.absolute().as_uri()}?mode=ro&immutable=1"
        try:
            with closing(sqlite3.connect(address, uri=True)) as base:
                base.row_factory = sqlite3.Row
                return base.execute(query, values or {}).fetchall()
        except sqlite3.DatabaseError as error:
            reason = cause(error, self.path)
            raise ReadModelError(
                f"{self.path} does not answer as a read model: {reason}"
            ) from error

    def search(
        self, text: str, entity_type: EntityType | None = None, limit: int = 20, offset: int = 0
    ) -> list[Hit]:
        """Find concepts by identifier, or by a label with a word for each word of ``text``.

        A word of a label may go on after the one that is given. Concepts with that identifier come
        first, their own before that of a close match; then whole labels, labels that begin with
        the text, the rest; in each, concepts in more relations first. Accents, hyphens, apostrophes
        and case make no difference.
        """
        page: dict[str, Value] = {"type": entity_type, "limit": limit, "offset": offset}
        wanted = _wanted(text)
        return [_hit(row) for row in self.rows(_SEARCH, wanted | page)] if wanted else []

    def types_found(self, text: str) -> dict[str, int]:
        """Count, for each type, the concepts that ``search`` finds; the most frequent first."""
        wanted = _wanted(text)
        return {row[0]: row[1] for row in self.rows(_TYPES_FOUND, wanted)} if wanted else {}

    def concept(self, identifier: str) -> Concept | None:
        """Find a concept by CURIE or IRI, its own before that of a close match."""
        curie = identifier_of(identifier.strip())
        found = self.rows(_NAMED, {"folded": folded(curie), "curie": curie})
        return self._described(found[0]) if found else None

    def _described(self, row: sqlite3.Row) -> Concept:
        values: dict[str, Value] = {"id": row["id"], "name": row["name"]}
        labels = "SELECT text FROM label WHERE concept = :id AND text != :name ORDER BY id"
        matches = "SELECT curie FROM identifier WHERE concept = :id AND NOT is_own ORDER BY curie"
        lists = (tuple(str(one[0]) for one in self.rows(q, values)) for q in (labels, matches))
        return _concept(row, "", *lists)

    def provisional(self, limit: int) -> list[Hit]:
        """The provisional concepts that are in most relations."""
        query = (
            "SELECT *, name AS matched FROM concept WHERE is_provisional AND degree "
            "ORDER BY degree DESC, curie LIMIT :limit"
        )
        return [_hit(row) for row in self.rows(query, {"limit": limit})]

    def totals(self) -> Totals:
        """Count what the graph holds."""
        (row,) = self.rows(_TOTALS)
        return Totals(*row)

    def type_counts(self) -> dict[str, int]:
        """Count the concepts of each type, the most frequent first."""
        query = "SELECT type, count(*) FROM concept GROUP BY type ORDER BY count(*) DESC, type"
        return {row[0]: row[1] for row in self.rows(query)}

    def paper_years(self, curie: str) -> tuple[tuple[int, int], ...]:
        """Give (year, papers) of the papers in which a concept is related to another."""
        query = (
            "SELECT year, papers FROM paper_year "
            "WHERE concept = (SELECT id FROM concept WHERE curie = :curie) ORDER BY year"
        )
        return tuple((row[0], row[1]) for row in self.rows(query, {"curie": curie}))

    def pipelines(self) -> dict[str, Pipeline]:
        """The pipelines whose evidence the graph holds, by their versions."""
        return {row[0]: Pipeline(*row[1:]) for row in self.rows("SELECT * FROM run")}

    def relation(self, assertion: str) -> Edge | None:
        """Find a relation by the hash that names its assertion."""
        return self.relations_named([assertion]).get(assertion)

    def relations_named(self, assertions: Collection[str]) -> dict[str, Edge]:
        """Find relations by the hashes that name their assertions."""
        query = f"{_EDGES} WHERE hash IN (SELECT value FROM json_each(:hashes))"  # noqa: S608
        rows = self.rows(query, {"hashes": json.dumps([*assertions])})
        return {row["hash"]: _edge(row) for row in rows}

    def relations(self, wanted: RelationFilter, limit: int, offset: int = 0) -> list[Edge]:
        """List relations, best supported first: by papers, then by belief."""
        chosen = f"SELECT id FROM relation{_where(wanted)} ORDER BY id LIMIT :limit OFFSET :offset"  # noqa: S608
        query = f"{_EDGES} WHERE relation.id IN ({chosen}) ORDER BY relation.id"
        page = {"limit": limit, "offset": offset}
        return [_edge(row) for row in self.rows(query, wanted.values() | page)]

    def count(self, wanted: RelationFilter) -> int:
        """Count the relations that a filter leaves."""
        query = f"SELECT count(*) FROM relation{_where(wanted)}"  # noqa: S608
        return self.rows(query, wanted.values())[0][0]

    def facet(self, wanted: RelationFilter, name: FacetName) -> dict[str, int]:
        """Count, for each value of one field, the list that choosing it would open."""
        where = _where(wanted, without=name)
        query = f"SELECT {name}, count(*) FROM relation{where} GROUP BY {name} ORDER BY {name}"  # noqa: S608
        return {row[0]: row[1] for row in self.rows(query, wanted.values())}


def _state(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


@lru_cache(maxsize=100)
def _damage(path: Path, *state: int) -> str:
    """Read a file from end to end, once for each state of it; says what is damaged.

    One with the size and time that the record of its snapshot has is taken to be unchanged.
    """
    with suppress(FileListError):
        written = read_record(path.with_name("snapshot.json")).get("read_model", ())
        if tuple(written[:2]) == state[1:]:
            return ""
    return next(damages(path), "")


def _where(wanted: RelationFilter, without: str = "") -> str:
    """Write the conditions of a filter, which are constants; values are bound."""
    conditions = [_WITHIN[name] for name in wanted.values() if name != without]
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def _wanted(text: str) -> dict[str, Value]:
    """Write what a search looks for; nothing where the text has no word."""
    words = folded(text)
    if not words:
        return {}
    prefixes = " ".join(f'"{word}"*' for word in words.split())
    return {"identifier": folded(identifier_of(text.strip())), "folded": words, "words": prefixes}


def _hit(row: sqlite3.Row) -> Hit:
    return Hit(_concept(row), row["matched"], row["degree"])


def _concept(
    row: sqlite3.Row, of: str = "", synonyms: tuple[str, ...] = (), same_as: tuple[str, ...] = ()
) -> Concept:
    curie, name, kind, flag = (row[of + n] for n in ("curie", "name", "type", "is_provisional"))
    return Concept(curie, name, EntityType(kind), synonyms, same_as, is_provisional=bool(flag))


def _edge(row: sqlite3.Row) -> Edge:
    subject, object_ = _concept(row, "subject_"), _concept(row, "object_")
    claim = Claim(subject.curie, Predicate(row["predicate"]), object_.curie)
    return Edge(ASSERTION + row["hash"], _assertion(row, claim), subject, object_)


def _assertion(row: sqlite3.Row, claim: Claim) -> Assertion:
    return Assertion(
        claim=claim,
        paper_count=row["papers"],
        evidence_count=row["evidence"],
        belief=row["belief"],
        is_believed=bool(row["is_believed"]),
        years=tuple(sorted(map(_year, (row["years"] or "").split()))),
        opposing_paper_count=row["opposing_papers"],
        opposing_evidence_count=row["opposing_evidence"],
        disbelief=row["disbelief"],
        polarities=tuple((p, row[COUNTED_BY[p]]) for p in sorted(Polarity) if row[COUNTED_BY[p]]),
        kinds=tuple((k, row[COUNTED_BY[k]]) for k in sorted(StudyKind) if row[COUNTED_BY[k]]),
    )


def _year(pair: str) -> tuple[int, int]:
    year, papers = pair.split(":")
    return int(year), int(papers)


def folded(text: str) -> str:
    """Reduce a label to what is compared: plain lower-case words.

    >>> folded("Parkinson's  Disease"), folded("naïve β-catenin"), folded("IL-6")
    ('parkinsons disease', 'naive β catenin', 'il 6')
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_APOSTROPHES))
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(re.findall(r"[^\W_]+", plain))


def indexed_words(label: str) -> str:
    """Write a label as it is found: folded, and with its compound words closed up.

    >>> indexed_words("IL-6 receptor")
    'il 6 receptor il6'
    """
    compounds = [word for word in label.split() if re.search(r"\w\W+\w", word)]
    closed = (folded(word).replace(" ", "") for word in compounds)
    return " ".join((folded(label), *closed))
