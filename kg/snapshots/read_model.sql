-- What lists, search and the pages of concepts read of one state of a graph.

-- One row: what made the file, of which state of a server's graph (empty for a snapshot), and counts.
CREATE TABLE origin (
    version TEXT, state TEXT, evidence INTEGER, articles INTEGER, retracted INTEGER,
    last_year INTEGER);

-- degree: in how many relations it is subject or object.
CREATE TABLE concept (
    id INTEGER PRIMARY KEY, curie TEXT, name TEXT, type TEXT, is_provisional INTEGER,
    degree INTEGER);

-- Names and synonyms; folded is what is compared, word the full-text index of the same ids.
CREATE TABLE label (id INTEGER PRIMARY KEY, concept INTEGER, text TEXT, folded TEXT);
CREATE VIRTUAL TABLE word USING fts5(words, content='', prefix='1 2 3');

-- A concept's own identifier (is_own) and those of close matches, which two concepts may share.
CREATE TABLE identifier (folded TEXT, curie TEXT, concept INTEGER, is_own INTEGER);

-- In the order of id the best supported come first. The columns from increase on count papers.
-- hash names the assertion; years is "2019:1 2021:3": papers by year that say it.
CREATE TABLE relation (
    id INTEGER PRIMARY KEY, hash TEXT, subject INTEGER, predicate TEXT, object INTEGER,
    subject_type TEXT, object_type TEXT, papers INTEGER, evidence INTEGER, belief REAL,
    is_believed INTEGER, first_year INTEGER, last_year INTEGER, years TEXT,
    opposing_papers INTEGER, opposing_evidence INTEGER, disbelief REAL,
    increase INTEGER, decrease INTEGER, no_change INTEGER,
    human INTEGER, animal INTEGER, in_vitro INTEGER, review INTEGER, other INTEGER);

-- Papers with evidence for or against a relation of the concept.
CREATE TABLE paper_year (
    concept INTEGER, year INTEGER, papers INTEGER, PRIMARY KEY (concept, year)) WITHOUT ROWID;

-- The readings whose evidence the graph holds, by the version that names them.
CREATE TABLE run (version TEXT, recognizer TEXT, relations TEXT, weights TEXT, lexicon TEXT);
