"""Which updates are refused to those who may write: the ones that fetch."""

import pytest
from pyoxigraph import Store

from app.sandbox.query_gate import update_refusal

ADDRESS = "<http://127.0.0.1:9/>"
FETCHING = (
    f"LOAD SILENT {ADDRESS}",
    f"load silent {ADDRESS} INTO GRAPH <http://e/g>",
    f"LOADSILENT{ADDRESS}",
    "PREFIX ex: <http://127.0.0.1:9/> LOADSILENTex:a",
    "PREFIX : <http://127.0.0.1:9/> LOAD SILENT:a",
    "BASE<http://127.0.0.1:9/>LOADSILENT<a>",
    f"INSERT DATA {{ <http://e/a> <http://e/b> 1 }};LOADSILENT{ADDRESS}",
    f"CLEAR ALL; #comment\n LOAD SILENT#comment\r{ADDRESS}",
    f"INSERT {{ ?s ?p ?o }} WHERE {{ SERVICE SILENT {ADDRESS} {{ ?s ?p ?o }} }}",
    f"DELETE {{ ?s ?p ?o }} WHERE {{ ?s ?p 1SERVICESILENT{ADDRESS}{{ ?s ?p ?o }} }}",
    f"WITH <http://e/g> INSERT {{ ?s ?p 1 }} WHERE {{ ?s ?p trueSERVICE SILENT{ADDRESS}{{}} }}",
    "PREFIX ex: <http://127.0.0.1:9/> INSERT { ?s ?p ?o } "
    "WHERE { SERVICE SILENTex:a { ?s ?p ?o } }",
    'INSERT { ?a ?b "" } WHERE { ?a ?b ?c FILTER(?a<?b)SERVICE SILENT ?x#>\n{} }',
)
HARMLESS = (
    'INSERT DATA { <http://e/a> <http://e/b> "LOAD <http://e/> and SERVICE" }',
    "INSERT DATA { <http://e/LOAD> <http://e/SERVICE#LOAD> 1 } # LOAD, SERVICE",
    "DELETE { ?load ?service ?o } WHERE { ?load ?service ?o }",
    "PREFIX up: <http://e/> INSERT DATA { up:LOAD up:SERVICE up:x }",
    "DELETE WHERE { GRAPH <http://e/g> { ?s ?p ?o } }",
    "CREATE GRAPH <http://e/g>; DROP GRAPH <http://e/g>; CLEAR ALL",
    "INSERT DATA { GRAPH <http://e/g> { <http://e/a> <http://e/b> 1 } }; "
    "COPY <http://e/g> TO <http://e/h>; ADD <http://e/h> TO DEFAULT; MOVE <http://e/h> TO <http://e/i>",
    "DELETE { ?s ?p ?o } INSERT { ?s ?p 1 } USING <http://e/g> WHERE { ?s ?p ?o FILTER(?o > 1) }",
)


@pytest.mark.parametrize("update", FETCHING)
def test_what_pyoxigraph_would_fetch_is_refused(update: str) -> None:
    Store().update(update)  # parses, and would be done: SILENT hides that nobody answers

    assert update_refusal(update) is not None


@pytest.mark.parametrize("update", HARMLESS)
def test_what_fetches_nothing_is_allowed(update: str) -> None:
    Store().update(update)

    assert update_refusal(update) is None
