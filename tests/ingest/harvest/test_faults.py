"""After any fault the next harvest leaves what there would be without it, and none is silent."""

from collections.abc import Iterator

import pytest

from tests.faults import ALWAYS, KINDS, LARGE, Kind, Trials
from tests.pubmed_server import running_server

SMALL = [
    pytest.param(kind, id=f"{kind.utility} {kind.name}") for kind in KINDS if kind.name not in LARGE
]


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trials]:
    with running_server() as server:
        yield Trials(server, tmp_path_factory.mktemp("trials"))


@pytest.mark.parametrize("kind", SMALL)
def test_a_fault_leaves_no_trace_after_the_next_harvest(trials: Trials, kind: Kind) -> None:
    assert [trials.hold(kind, times).problem for times in (1, ALWAYS)] == ["", ""]


@pytest.mark.parametrize("name", LARGE)
def test_nor_does_a_large_one(trials: Trials, name: str) -> None:
    kind = next(kind for kind in KINDS if (kind.utility, kind.name) == ("efetch", name))
    assert trials.hold(kind, 1).problem == ""


def test_without_a_fault_all_is_there(trials: Trials) -> None:
    assert len(trials.wanted.documents) == 60
    assert trials.wanted.gaps == trials.wanted.dead == ()
    assert len(KINDS) >= 72
