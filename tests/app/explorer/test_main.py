"""The explorer as a whole: without a graph, and what its server may do."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.explorer.theme import TYPE_HUES, server_options
from app.server import SECURITY_HEADERS
from ontology.schema import EntityType

APP = Path(__file__).parents[3] / "app"
ROOMS = {"app", "kg", "extract", "ingest", "ontology", "tests"}


@pytest.mark.usefixtures("no_data")
def test_without_a_graph_the_explorer_tells_how_to_make_one() -> None:
    at = AppTest.from_file(str(APP / "explorer" / "main.py"), default_timeout=20).run()

    assert not at.exception
    assert any("gutbrain run" in str(element.proto.body) for element in at.get("html"))


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
