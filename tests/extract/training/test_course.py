"""The course of a recipe, in its parts; all of it is in ``test_tagging``."""

import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
course = pytest.importorskip("extract.training.course")


def test_weights_are_averaged_one_by_one() -> None:
    states = [{"a": torch.tensor([1.0, 2.0])}, {"a": torch.tensor([3.0, 6.0])}]
    assert course.average_weights(states)["a"].tolist() == [2.0, 4.0]
