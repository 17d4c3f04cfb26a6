"""The explorer as a whole: without a graph, its exports, and its file names."""

import csv
import io
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.explorer.downloads import as_csv
from app.explorer.queries.evidence import read_assertion
from app.explorer.queries.relations import Filter, count, relation_kinds
from app.explorer.theme import TYPE_HUES, server_options
from app.explorer.views.evidence import exported_csv, exported_json
from app.explorer.views.relations import exported
from app.server import SECURITY_HEADERS
from ontology.schema import EntityType

APP = Path(__file__).parents[3] / "app"
ROOMS = {"app", "kg", "extract", "ingest", "ontology", "tests"}


@pytest.mark.usefixtures("no_data")
def test_without_a_graph_the_explorer_tells_how_to_make_one() -> None:
    at = AppTest.from_file(str(APP / "explorer" / "main.py"), default_timeout=20).run()

    assert not at.exception
    assert any("gutbrain run" in str(element.proto.body) for element in at.get("html"))


@pytest.mark.usefixtures("small_data")
def test_an_export_has_every_row_that_the_filters_leave() -> None:
    chosen = Filter(object_type="DDF", belief="45")
    total = count(relation_kinds(chosen), chosen)

    rows = list(csv.DictReader(io.StringIO(exported(chosen, total).decode("utf-8-sig"))))

    assert (total, len(rows)) == (63, 63)
    assert rows[0]["subject"] == "Akkermansia muciniphila"


@pytest.mark.usefixtures("small_data")
def test_evidence_is_exported_with_sentences_and_offsets() -> None:
    page = read_assertion("aaaaaaaaaaaaaaaa")
    assert page is not None

    rows = list(csv.DictReader(io.StringIO(exported_csv(page).decode("utf-8-sig"))))

    assert [row["pmid"] for row in rows] == ["3", "2", "1", "1"]
    assert [row["says"] for row in rows] == ["against", "for", "for", "for"]
    assert rows[0]["study_kinds"] == "animal; human"
    at, text = int(rows[2]["subject_at"]), rows[2]["subject_text"]
    assert rows[2]["sentence"][at : at + len(text)] == text
    assert exported_json(page).count(b'"pmid"') == 4


def test_a_cell_that_a_spreadsheet_would_run_is_defused() -> None:
    cells = ("=1+1", "+1", "-1", "@a", "1-methyl", -0.5)

    written = as_csv(["a"] * 6, [cells]).decode("utf-8-sig").splitlines()[1]

    assert written == "'=1+1,'+1,'-1,'@a,1-methyl,-0.5"


def test_no_file_of_app_hides_a_room() -> None:
    # Streamlit puts the folder of the entry script first on sys.path
    assert not {path.stem for path in APP.glob("*.py")} & ROOMS
    assert not (APP / "pages").exists()


def test_the_server_tells_no_one_and_shows_no_traces() -> None:
    options = server_options("127.0.0.1", 8501)

    assert options["browser.gatherUsageStats"] is False
    assert options["client.showErrorDetails"] == "none"
    assert options["server.enableXsrfProtection"] is True
    assert "default-src 'self'" in SECURITY_HEADERS["Content-Security-Policy"]


def test_every_type_has_its_own_colour() -> None:
    assert set(TYPE_HUES) == set(EntityType)
    assert len(set(TYPE_HUES.values())) == len(EntityType)
