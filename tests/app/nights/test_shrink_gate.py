"""The gate: which prepared graphs stay out."""

from dataclasses import replace

from app.nights.shrink_gate import foreseen_losses, losses, strays
from app.update import Work
from kg.graph.state import GraphCounts

BEFORE = GraphCounts(100, 900, 400, 80, 200, 150, 400, 9000)
MANY = Work({str(n): "hash" for n in range(50)}, (), ())


def test_a_share_up_to_the_limit_may_go() -> None:
    assert losses(BEFORE, replace(BEFORE, evidence=380), MANY, 0.05) == ()
    (reason,) = losses(BEFORE, replace(BEFORE, evidence=379), MANY, 0.05)
    assert reason == "evidence would shrink from 400 to 379 (by 5.2%, allowed are 5.0%)"


def test_every_measure_counts() -> None:
    empty = GraphCounts(0, 0, 0, 0, 0, 0, 0, 0)
    assert len(losses(BEFORE, empty, MANY, 0.05)) == 4
    assert losses(empty, empty, MANY, 0.0) == ()


def test_few_papers_may_take_what_they_take() -> None:
    few = Work({"1": "hash", "2": "hash"}, ("3",), ())
    assert losses(BEFORE, replace(BEFORE, evidence=100), few, 0.05) == ()


def test_what_a_server_would_lose_is_foreseen() -> None:
    known = [str(n) for n in range(100)]
    gone = Work({}, tuple(known[:4]), ())
    assert foreseen_losses(known, gone, 0.05) == ()
    (reason,) = foreseen_losses(known, replace(gone, retracted=("50", "51", "new")), 0.05)
    assert reason == "6 of 100 papers would lose their evidence (6.0%, allowed are 5.0%)"
    assert foreseen_losses([], Work({}, (), tuple(known)), 0.05) == ()


def test_papers_that_do_not_stand_as_they_should_are_named() -> None:
    work = Work({"1": "new", "2": "new", "3": "new"}, ("4", "5"), ())
    state = {"1": ("new", "v2"), "2": ("old", "v2"), "3": ("new", "v1"), "5": ("x", "v2")}
    assert list(strays(work, state, "v2")) == ["2", "3", "5"]
