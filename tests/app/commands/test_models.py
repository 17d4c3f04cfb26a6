"""What `gutbrain predict` writes."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app

TEXT = "Diet in Alzheimer's and Parkinson's diseases."
NAME = "Alzheimer's and Parkinson's diseases"


@pytest.mark.parametrize("link", [(), ("--link",)])
def test_mentions_keep_their_places(tmp_path: Path, link: tuple[str, ...]) -> None:
    """For the graph this mention would be two."""
    start = TEXT.index(NAME)
    entity = {
        "start_idx": start,
        "end_idx": start + len(NAME) - 1,
        "location": "title",
        "text_span": NAME,
        "label": "DDF",
    }
    metadata = {"title": TEXT, "author": "", "journal": "", "year": "2026", "abstract": ""}
    document = {"metadata": metadata, "entities": [entity], "relations": []}
    gold, out = tmp_path / "gold.json", tmp_path / "out.json"
    gold.write_text(json.dumps({"1": document}))

    order = ["predict", str(gold), "--out", str(out), "--gold-entities", *link]
    assert CliRunner().invoke(app, order).exit_code == 0

    (found,) = json.loads(out.read_text())["1"]["entities"]
    assert {name: found[name] for name in entity} == entity
    assert ("uri" in found) is bool(link)
