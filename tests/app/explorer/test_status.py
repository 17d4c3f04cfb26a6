"""The Status page: runs, counts, and what no vocabulary has."""

import pytest

from tests.app.explorer.test_views import opened, words

pytestmark = pytest.mark.usefixtures("small_data")


def test_status_tells_runs_counts_and_what_no_vocabulary_has() -> None:
    told = words(opened("status"))

    assert "4 papers 1 of them retracted 64 relations" in told
    assert "Graph 000001; papers up to 2022." in told
    assert "00000000000 lexicon counts w1 l1" in told
