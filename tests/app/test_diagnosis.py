"""What doctor says about the machine it runs on."""

import sys
from pathlib import Path

import pytest

from app import diagnosis
from app.sandbox.network import Network
from app.settings import Settings


@pytest.mark.parametrize(
    ("found", "platform", "is_good", "word"),
    [
        (Network.LEFT, "linux", True, "left by namespace"),
        (Network.CLOSED, "linux", True, "closed by seccomp"),
        (Network.OPEN, "linux", False, "only the gate"),
        (Network.OPEN, "darwin", True, "only the gate"),
    ],
)
def test_the_network_of_queries_is_named(
    found: Network,
    platform: str,
    word: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_good: bool,
) -> None:
    monkeypatch.setattr(diagnosis, "network_of_worker", lambda: found)
    monkeypatch.setattr(sys, "platform", platform)
    findings = {finding.name: finding for finding in diagnosis.diagnose(Settings(data=tmp_path))}
    finding = findings["network of queries"]
    assert finding.is_good is is_good
    assert word in finding.detail
