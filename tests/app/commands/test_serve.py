"""Serving is announced only where it can begin."""

import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.server import PortError


def test_a_taken_port_is_reported_before_any_address_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("GUTBRAIN_DATA", "")  # which the command sets, for the explorer's script
        order = ["serve", "--port", str(port), "--data", str(tmp_path)]
        result = CliRunner().invoke(app, order)
    assert isinstance(result.exception, PortError)
    assert f"Cannot listen on 127.0.0.1:{port}: Address already in use" in str(result.exception)
    assert "explorer at" not in result.stderr
