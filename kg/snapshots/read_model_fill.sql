-- From the columns of a graph (temporary tables of node and value) to the read model.
BEGIN;

CREATE TEMP TABLE place (node INTEGER PRIMARY KEY, id INTEGER, curie TEXT);
INSERT INTO place
SELECT node, row_number() OVER (ORDER BY iri), identifier_of(iri) FROM kind;

INSERT INTO concept (id, curie, name, type, is_provisional)
SELECT place.id, place.curie, coalesce(name.value, place.curie), type_of(kind.value),
    coalesce(is_provisional.value, 0)
FROM kind JOIN place USING (node) LEFT JOIN name USING (node) LEFT JOIN is_provisional USING (node)
ORDER BY place.id;
CREATE INDEX concept_curie ON concept (curie);

INSERT INTO label (concept, text, folded)
SELECT id, text, folded(text) FROM (
    SELECT id, 1 AS is_name, name AS text FROM concept
    UNION ALL
    SELECT place.id, 0, value FROM synonym JOIN place USING (node))
ORDER BY id, is_name DESC, text;
CREATE INDEX label_concept ON label (concept);
INSERT INTO word (rowid, words) SELECT id, indexed_words(text) FROM label;

INSERT INTO identifier
SELECT folded(curie), curie, id, is_own FROM (
    SELECT id, 1 AS is_own, curie FROM concept
    UNION ALL
    SELECT place.id, 0, value FROM mapping JOIN place USING (node))
ORDER BY id, is_own DESC, curie;
CREATE INDEX identifier_folded ON identifier (folded, is_own);
CREATE INDEX identifier_concept ON identifier (concept);

CREATE TEMP TABLE span (node INTEGER PRIMARY KEY, first INTEGER, last INTEGER, years TEXT);
INSERT INTO span
SELECT node, min(year), max(year), group_concat(year || ':' || papers, ' ') FROM (
    SELECT counted.node AS node, year.value AS year, papers.value AS papers
    FROM year_count AS counted JOIN year ON year.node = counted.value
        JOIN papers ON papers.node = counted.value
    ORDER BY counted.node, year.value)
GROUP BY node;

-- CROSS JOIN keeps the order of the tables: from each assertion to its properties.
INSERT INTO relation
SELECT row_number() OVER (ORDER BY papers.value DESC, belief.value DESC, assertion.value),
    assertion.value, s.id, predicate.value, o.id, s.type, o.type, papers.value,
    coalesce(evidence.value, 0), belief.value, coalesce(is_believed.value, 0),
    span.first, span.last, span.years,
    coalesce(opposing_papers.value, 0), coalesce(opposing_evidence.value, 0),
    coalesce(disbelief.value, 0),
    coalesce(increase.value, 0), coalesce(decrease.value, 0), coalesce(no_change.value, 0),
    coalesce(human.value, 0), coalesce(animal.value, 0), coalesce(in_vitro.value, 0),
    coalesce(review.value, 0), coalesce(other.value, 0)
FROM assertion CROSS JOIN belief USING (node) CROSS JOIN papers USING (node)
    CROSS JOIN predicate USING (node) CROSS JOIN subject USING (node) CROSS JOIN object USING (node)
    CROSS JOIN place AS subject_place ON subject_place.node = subject.value
    CROSS JOIN concept AS s ON s.id = subject_place.id
    CROSS JOIN place AS object_place ON object_place.node = object.value
    CROSS JOIN concept AS o ON o.id = object_place.id
    LEFT JOIN evidence USING (node) LEFT JOIN is_believed USING (node)
    LEFT JOIN span USING (node)
    LEFT JOIN opposing_papers USING (node) LEFT JOIN opposing_evidence USING (node)
    LEFT JOIN disbelief USING (node)
    LEFT JOIN increase USING (node) LEFT JOIN decrease USING (node) LEFT JOIN no_change USING (node)
    LEFT JOIN human USING (node) LEFT JOIN animal USING (node) LEFT JOIN in_vitro USING (node)
    LEFT JOIN review USING (node) LEFT JOIN other USING (node)
WHERE predicate.value IS NOT NULL;
CREATE INDEX relation_hash ON relation (hash);
CREATE INDEX relation_subject ON relation (subject, predicate);
CREATE INDEX relation_object ON relation (object, predicate);
CREATE INDEX relation_facets ON relation (
    subject_type, predicate, object_type, papers, belief, first_year, last_year);

UPDATE concept SET degree =
    (SELECT count(*) FROM relation WHERE subject = concept.id)
    + (SELECT count(*) FROM relation WHERE object = concept.id AND subject != concept.id);
CREATE INDEX concept_degree ON concept (is_provisional, degree DESC);

INSERT INTO paper_year
SELECT concept, year, count(*) FROM (
    SELECT DISTINCT place.id AS concept, article.node AS article, year.value AS year
    FROM (SELECT node, value FROM subject UNION ALL SELECT node, value FROM object) AS stated
        JOIN place ON place.node = stated.value
        JOIN said ON said.node = stated.node
        JOIN article AS found ON found.node = said.value
        JOIN pmid AS article ON article.node = found.value
        JOIN year ON year.node = article.node)
GROUP BY concept, year;

INSERT INTO run
SELECT run.value, recognizer.value, relations.value, weights.value, lexicon.value
FROM run_id AS run JOIN recognizer USING (node) JOIN relations USING (node)
    JOIN weights USING (node) JOIN lexicon USING (node)
ORDER BY run.value;

INSERT INTO origin
SELECT version, state,
    (SELECT count(*) FROM said),
    (SELECT count(*) FROM pmid),
    (SELECT count(*) FROM is_retracted WHERE value),
    (SELECT max(year.value) FROM pmid JOIN year USING (node))
FROM given;

COMMIT;
