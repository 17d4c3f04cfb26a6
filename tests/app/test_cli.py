"""The command line as a user meets it: a process, its output, its exit code."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.main import get_group

from app import commands
from app.cli import COMMANDS
from app.settings import graph_root
from kg.snapshots.snapshot import next_snapshot

GUTBRAIN = Path(sys.executable).with_name("gutbrain")
Run = Callable[..., subprocess.CompletedProcess[str]]

BROKEN = """<PubmedArticleSet>
<PubmedArticle><MedlineCitation><PMID Version="1">99900001</PMID><Article>
<ArticleTitle>Inulin and anxiety in mice</ArticleTitle></Article></MedlineCitation></PubmedArticle>
<PubmedArticle><MedlineCitation><PMID Version="1">99900002</PMID><Article>
<ArticleTitle>&nosuchentity;</ArticleTitle></Article></MedlineCitation></PubmedArticle>
</PubmedArticleSet>"""


@pytest.fixture(scope="module")
def gutbrain(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run the command in an empty HOME and folder, with one data directory for the module."""
    home = tmp_path_factory.mktemp("home")
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("GUTBRAIN_")}
    environment = inherited | {"HOME": str(home), "GUTBRAIN_DATA": str(home / "data")}

    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [GUTBRAIN, *arguments],
            cwd=home,
            env=environment | more,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture(scope="module")
def first_run(gutbrain: Run) -> dict[str, int]:
    done = gutbrain("run", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_run_without_sources_reads_the_sample_and_says_so(gutbrain: Run) -> None:
    done = gutbrain("run")
    assert done.returncode == 0
    assert "sample" in done.stderr
    assert "sample" not in done.stdout


def test_the_sample_makes_a_graph(first_run: dict[str, int]) -> None:
    assert first_run["documents"] == 28
    assert first_run["assertions"] > 20
    assert first_run["evidence"] >= first_run["assertions"]


def test_a_second_run_changes_nothing(gutbrain: Run, first_run: dict[str, int]) -> None:
    again = json.loads(gutbrain("run", "--json").stdout)
    assert again["extracted"] == 0
    unchanged = ("documents", "mentions", "relations", "assertions", "evidence", "quads")
    assert {n: again[n] for n in unchanged} == {n: first_run[n] for n in unchanged}


def test_a_broken_record_is_quarantined_and_the_rest_is_read(gutbrain: Run, tmp_path: Path) -> None:
    source = tmp_path / "broken.xml"
    source.write_text(BROKEN)
    done = gutbrain("run", str(source), "--data", str(tmp_path / "data"), "--json")
    assert done.returncode == 3
    summary = json.loads(done.stdout)
    assert (summary["documents"], summary["quarantined"]) == (1, 1)


def test_a_missing_source_is_one_line(gutbrain: Run, tmp_path: Path) -> None:
    done = gutbrain("run", "nowhere.xml", "--data", str(tmp_path))
    assert done.returncode == 3
    assert done.stderr.strip().splitlines()[-1] == "nowhere.xml: no such file or folder"


def test_query_lists_the_questions_and_answers_one(
    gutbrain: Run, first_run: dict[str, int]
) -> None:
    assert "taxa_for_disease" in gutbrain("query").stdout
    done = gutbrain("query", "taxa_for_disease", "disease=NCIT:C26845", "limit=3")
    header, *rows = done.stdout.splitlines()
    assert header.split("\t")[:3] == ["taxon", "name", "papers"]
    assert 1 <= len(rows) <= 3
    assert first_run["documents"] == 28


def test_query_takes_a_name_and_offers_similar_ones(
    gutbrain: Run, first_run: dict[str, int]
) -> None:
    del first_run
    by_name, by_identifier = (
        gutbrain("query", "taxa_for_disease", f"disease={disease}").stdout
        for disease in ("parkinson's disease", "NCIT:C26845")
    )
    assert by_name == by_identifier != ""
    done = gutbrain("query", "taxa_for_disease", "disease=Parkinson")
    assert (done.returncode, done.stdout) == (1, "")
    assert "NCIT:C26845  Parkinson's disease (DDF, " in done.stderr


def test_search_finds_concepts(gutbrain: Run, first_run: dict[str, int]) -> None:
    del first_run
    head, first, *_ = gutbrain("search", "butyrate").stdout.splitlines()
    assert head.split("\t") == ["curie", "name", "type", "relations", "matched"]
    assert first.split("\t")[:3] == ["CHEBI:17968", "butyrate", "chemical"]
    (found,) = json.loads(gutbrain("search", "NCIT:C26845", "--type", "DDF", "--json").stdout)
    assert found["name"] == "Parkinson's disease"
    assert found["relations"] > 0
    done = gutbrain("search", "faecalibacterum", "--json")
    assert (done.returncode, json.loads(done.stdout)) == (0, [])
    assert "similar names: Faecalibacterium prausnitzii" in done.stderr


def test_query_takes_a_file(gutbrain: Run, first_run: dict[str, int], tmp_path: Path) -> None:
    file = tmp_path / "count.rq"
    file.write_text("SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }\n")
    done = gutbrain("query", str(file), "--json")
    assert json.loads(done.stdout) == [{"n": str(first_run["quads"])}]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("query", "no_such_question"), "no_such_question"),
        (("query", "taxa_for_disease", "disease"), "name=value"),
        (("query", "taxa_for_disease", "disease=NOPE:1"), "NOPE:1"),
        (("predict", "nowhere.json", "--out", "x.json"), "nowhere.json"),
        (("run", "--model", "nowhere"), "nowhere"),
        (("schedule", ".", "--at", "25:99"), "25:99"),
    ],
)
def test_a_mistake_is_told_in_one_line(
    gutbrain: Run, first_run: dict[str, int], arguments: tuple[str, ...], said: str
) -> None:
    del first_run
    done = gutbrain(*arguments)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert said in done.stderr.strip().splitlines()[-1]


def test_an_unreachable_store_has_its_own_exit_code(gutbrain: Run) -> None:
    done = gutbrain("query", "type_counts", "--store", "http://127.0.0.1:9/repositories/x")
    assert done.returncode == 4
    assert "Traceback" not in done.stderr


def test_a_run_beside_a_writer_is_one_line(gutbrain: Run, tmp_path: Path) -> None:
    with next_snapshot(graph_root(tmp_path)):
        done = gutbrain("run", "--data", str(tmp_path))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "another process is writing" in done.stderr


def test_a_pointer_to_a_snapshot_that_is_gone_is_one_line(gutbrain: Run, tmp_path: Path) -> None:
    graph_root(tmp_path).mkdir()
    (graph_root(tmp_path) / "CURRENT").write_text("000007")
    done = gutbrain("query", "type_counts", "--data", str(tmp_path))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "000007" in done.stderr


def test_a_query_before_the_first_run_says_what_to_do(gutbrain: Run, tmp_path: Path) -> None:
    done = gutbrain("query", "type_counts", "--data", str(tmp_path))
    assert done.returncode == 1
    assert "gutbrain run" in done.stderr


def test_the_version_is_that_of_the_package(gutbrain: Run) -> None:
    assert gutbrain("--version").stdout == f"gutbrain {version('gutbrain')}\n"


def test_a_variable_that_sets_nothing_is_reported(gutbrain: Run) -> None:
    done = gutbrain("config", "show", GUTBRAIN_TOPIX="x", GUTBRAIN_TEST_DATA="x")
    assert (done.returncode, done.stderr.count("\n")) == (0, 1)
    assert done.stderr.strip().endswith("did you mean GUTBRAIN_TOPIC?")


def test_the_help_names_every_command_of_every_module() -> None:
    modules = {module for module, _ in COMMANDS.values()}
    files = {path.stem for path in Path(commands.__file__).parent.glob("*.py")}
    assert modules == files - {"__init__", "options"}
    for module in modules:
        group = get_group(import_module(f"app.commands.{module}").app)
        assert set(group.commands) == {n for n, (home, _) in COMMANDS.items() if home == module}


def test_doctor_finds_a_fresh_installation_well(gutbrain: Run, tmp_path: Path) -> None:
    done = gutbrain("doctor", "--json", "--data", str(tmp_path / "new"))
    assert done.returncode == 0, done.stdout
    assert all(finding["ok"] for finding in json.loads(done.stdout).values())


def test_config_show_tells_where_a_setting_comes_from(gutbrain: Run) -> None:
    lines = gutbrain("config", "show", "--origin", GUTBRAIN_PORT="9000").stdout.splitlines()
    assert "port = 9000  (environment)" in lines
    assert "host = 127.0.0.1  (default)" in lines


def test_a_wrong_setting_is_one_line(gutbrain: Run) -> None:
    done = gutbrain("run", GUTBRAIN_MIN_BELIEF="2")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1
    assert "GUTBRAIN_MIN_BELIEF: min_belief: should be less than or equal to 1" in done.stderr
