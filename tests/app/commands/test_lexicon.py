import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli import app

TOML = """
[[source]]
name = "MINE"
format = "names"
path = "mine.tsv"
"""
ROWS = "curie\tname\ttype\nNCIT:C1\tgut\tanatomical location\nNCIT:C2\tx\torgan\n"


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["lexicon", *map(str, arguments)])


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    (tmp_path / "mine.tsv").write_text(ROWS, encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(TOML, encoding="utf-8")
    return path


def test_a_lexicon_is_built_with_an_account_and_the_same_hash_again(configuration: Path) -> None:
    folder = configuration.parent
    done = [call("build", configuration, "--out", folder / n, "--json") for n in ("a", "b")]
    first, second = (json.loads(each.stdout) for each in done)
    assert first["hash"] == second["hash"]
    assert (first["names"], first["concepts"]) == (1, 1)
    assert "MINE: 1 names of 1 terms" in done[0].stderr
    assert "mine.tsv, line 3: 'organ' is not an entity type" in done[0].stderr


def test_vocabularies_may_lie_in_another_folder(configuration: Path, tmp_path: Path) -> None:
    (tmp_path / "else").mkdir()
    moved = configuration.rename(tmp_path / "else" / "mine.toml")
    assert call("build", moved, "--out", tmp_path / "out").exit_code == 1
    assert call("build", moved, "--out", tmp_path / "out", "--from", tmp_path).exit_code == 0


def test_a_name_is_found_in_a_folder_and_in_the_shipped_lexicon(configuration: Path) -> None:
    made = configuration.parent / "made"
    call("build", configuration, "--out", made)
    found = json.loads(call("find", "GUT", "--lexicon", made, "--json").stdout)
    assert [(each["curie"], each["source"]) for each in found] == [("NCIT:C1", "MINE")]
    assert "NCIT:C26845" in call("find", "Parkinson disease").stdout
    unknown = call("find", "gut", "--json")
    assert unknown.exit_code == 0
    missing = call("find", "no such name", "--lexicon", made)
    assert (missing.exit_code, missing.stdout) == (1, "")
    assert "no concept has the name 'no such name'" in missing.stderr


def test_names_that_went_and_came_are_listed(configuration: Path) -> None:
    folder = configuration.parent
    call("build", configuration, "--out", folder / "a")
    (folder / "mine.tsv").write_text(ROWS.replace("gut", "bowel"), encoding="utf-8")
    call("build", configuration, "--out", folder / "b")
    assert call("diff", folder / "a", folder / "b").stdout.splitlines() == [
        "change\tconcept\tname",
        "+\tNCIT:C1\tbowel",
        "-\tNCIT:C1\tgut",
    ]
    assert call("diff", folder / "a", folder / "a").stdout == "change\tconcept\tname\n"


def test_umls_is_not_read_without_agreement(tmp_path: Path) -> None:
    done = call("build", "gazetteers", "--out", tmp_path / "out", "--from", tmp_path)
    assert done.exit_code == 1
    assert "UMLS has the licence 'agreement'" in str(done.exception)
