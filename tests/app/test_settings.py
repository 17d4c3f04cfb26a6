"""A wrong setting is one line that names the place, the setting, and what would do."""

from pathlib import Path

import pytest

from app.settings import PROJECT_FILE, SettingsError, load_settings, origins, unknown_variables


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder and HOME."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def _fault(**given: object) -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings(**given)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_file_and_its_unknown_key_are_named() -> None:
    PROJECT_FILE.write_text("prt = 1")
    assert _fault() == "gutbrain.toml: there is no setting 'prt'; did you mean port?"
    PROJECT_FILE.write_text("[zzz]\nport = 1")
    assert _fault() == "gutbrain.toml: there is no setting 'zzz'"


def test_a_file_that_is_no_toml_is_named() -> None:
    PROJECT_FILE.write_text("port = ")
    assert _fault().startswith("gutbrain.toml: not a TOML file: ")


def test_a_wrong_value_is_named_with_what_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _fault(runtime="x") == "command line: runtime: should be 'onnx' or 'torch'"
    monkeypatch.setenv("GUTBRAIN_MAX_ROWS", "0")
    assert _fault() == "GUTBRAIN_MAX_ROWS: max_rows: should be greater than 0"
    PROJECT_FILE.write_text("port = 'x'")
    both = _fault().split("; ")
    assert both[1].startswith("gutbrain.toml: port: should be a valid integer")


def test_an_address_that_is_no_url_is_named() -> None:
    fault = _fault(store="http://example.org:port")
    assert fault == "command line: store: the store's address is not a URL"


def test_the_value_itself_is_never_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUTBRAIN_PORT", "a-secret-in-the-wrong-place")
    assert "secret" not in _fault()


def test_the_strongest_source_wins_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    PROJECT_FILE.write_text("port = 1\nhost = 'a'")
    monkeypatch.setenv("GUTBRAIN_PORT", "2")
    assert load_settings().port == 2
    assert load_settings(port=3, host=None).port == 3
    assert load_settings(port=3, host=None).host == "a"
    found = origins()
    assert (found["port"], found["host"]) == ("environment", "gutbrain.toml")
    assert found["data"] == "default"


def test_a_variable_that_sets_nothing_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GUTBRAIN_TOPIX", "GUTBRAIN_ZZZ", "GUTBRAIN_TEST_DATA", "gutbrain_port", "OTHER"):
        monkeypatch.setenv(name, "1")
    assert unknown_variables() == [
        "GUTBRAIN_TOPIX is ignored: no such setting; did you mean GUTBRAIN_TOPIC?",
        "GUTBRAIN_ZZZ is ignored: no such setting",
    ]


def test_every_fault_is_in_the_line_each_with_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    user_file = Path("~/.config/gutbrain/gutbrain.toml").expanduser()
    user_file.parent.mkdir(parents=True)
    user_file.write_text("query_workers = 0")
    PROJECT_FILE.write_text("since = 'x'\nzzz = 'a'")
    monkeypatch.setenv("GUTBRAIN_MAX_SHRINK", "2")
    faults = _fault(min_belief=-1).split("; ")
    assert {fault.rsplit(": ", 1)[0] for fault in faults if "since" not in fault} == {
        "command line: min_belief",
        "GUTBRAIN_MAX_SHRINK: max_shrink",
        "~/.config/gutbrain/gutbrain.toml: query_workers",
        "gutbrain.toml",
    }
    assert any(fault.startswith("gutbrain.toml: since: ") for fault in faults)
