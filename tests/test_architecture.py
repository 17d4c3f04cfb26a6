"""What the linters cannot hold: names, sizes, and what the package must bring along."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from importlib.resources import files
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("app", "kg", "extract", "ingest", "ontology")
LONGEST_FILE = 400


@pytest.mark.parametrize("room", ROOMS)
def test_no_file_is_longer_than_the_limit(room: str) -> None:
    long = {p.name for p in (ROOT / room).rglob("*.py") if p.read_text().count("\n") > LONGEST_FILE}
    assert long == set()


def test_no_name_beside_the_explorers_entry_script_hides_a_module() -> None:
    # Streamlit puts app/explorer/ first on sys.path: a name there hides one that is imported later.
    names = {path.stem for path in (ROOT / "app" / "explorer").iterdir()} - {"__init__"}
    installed = packages_distributions()
    assert names.isdisjoint({*ROOMS, *sys.stdlib_module_names, *installed, "pages"})


@pytest.mark.parametrize("room", ROOMS)
def test_init_files_hold_no_logic(room: str) -> None:
    for path in (ROOT / room).rglob("__init__.py"):
        assert "def " not in path.read_text().replace("    def ", ""), path


def imported_by(code: str) -> set[str]:
    """List the packages that a fresh process imports for some code, the standard library's not."""
    report = "\nprint(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {code}{report}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return set(done.stdout.splitlines()[-1].split()) - sys.stdlib_module_names


def test_help_is_shown_without_the_libraries_of_the_commands() -> None:
    light = {"annotated_doc", "attr", "click", "markdown_it", "mdurl", "pygments", "pyoxigraph",
             "rich", "shellingham", "typer", "typing_extensions"}  # fmt: skip
    ours = {"__main__", "app", "ingest", "kg"}
    found = imported_by(
        "sys.argv[1:] = ['--help']; import app.cli; app.cli.app(standalone_mode=False)"
    )
    assert {name for name in found - light - ours if not name.startswith("_")} == set()


@pytest.mark.parametrize("module", ["query", "operation", "snapshots"])
def test_commands_start_without_the_libraries_of_others(module: str) -> None:
    found = imported_by(f"import app.commands.{module}")
    assert found.isdisjoint({"streamlit", "torch", "transformers"})


@pytest.mark.parametrize(
    ("room", "name"),
    [
        *((room, "py.typed") for room in ROOMS),
        ("ontology", "gutbrain.ttl"),
        ("ontology", "shapes.ttl"),
        ("ontology", "starter.tsv"),
        ("ontology", "context.jsonld"),
        ("ontology", "mappings.sssom.tsv"),
        ("app", "endpoint/size.rq"),
        ("app", "explorer/static/start.rq"),
        ("app", "explorer/static/streamlit.toml"),
        ("app", "endpoint/void_classes.rq"),
        ("app", "endpoint/void_properties.rq"),
        ("extract", "recipes/default.toml"),
        ("extract", "weights/default/judge.json"),
        ("extract", "weights/default/boosted/trees.onnx"),
        ("extract", "weights/floor/counts.json"),
        ("kg", "exports/ontology_page.html"),
        ("kg", "graph/queries/reading/evidence_of_assertions.rq"),
        ("kg", "graph/queries/taxa_for_disease.rq"),
        ("kg", "snapshots/read_model.sql"),
        ("ingest", "formats/sample/gutbrain_sample.xml"),
    ],
)
def test_the_package_brings_its_data(room: str, name: str) -> None:
    assert files(room).joinpath(name).is_file()


def test_every_dependency_has_a_lower_and_an_upper_bound_and_a_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    decisions = (ROOT / "DECISIONS.md").read_text().lower()
    for requirement in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        name = requirement.split(">=")[0]
        assert ">=" in requirement
        assert "<" in requirement
        assert f"`{name.lower()}`" in decisions, name


def test_the_image_is_built_of_all_that_the_wheel_holds() -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    copied = {name for line in lines if line.startswith("COPY ") for name in line.split()[1:-1]}
    assert set(wheel["targets"]["wheel"]["only-include"]) <= copied


def test_the_lock_file_names_every_dependency_with_hashes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    locked = (ROOT / "docker" / "requirements.lock").read_text().lower()
    pinned = re.findall(r"^([\w.\-]+)==\S+ .*\\\n    --hash=sha256:", locked, re.MULTILINE)
    names = {re.split(r"[>=<\[]", each)[0].lower() for each in project["dependencies"]}
    assert names <= set(pinned)
    assert "://" not in locked
