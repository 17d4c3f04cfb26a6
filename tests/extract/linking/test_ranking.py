from pathlib import Path

import numpy as np
import pytest

from extract.linking.candidates import COLUMNS, Clue, Shortlist
from extract.linking.ranking import (
    CERTAINTY_COLUMNS,
    LinkModel,
    certainty_inputs,
    fit_choice,
    rank,
    read_model,
    shares_of,
    write_model,
)
from extract.model import ModelError

WIDTH = len(COLUMNS)


def model(**choice: float) -> LinkModel:
    weights = np.zeros(WIDTH)
    for name, weight in choice.items():
        weights[Clue[name.upper()]] = weight
    certainty = np.zeros(len(CERTAINTY_COLUMNS))
    certainty[CERTAINTY_COLUMNS.index("choice")] = 1.0
    return LinkModel(weights, certainty, 0.9, ("NCIT:C1",))


def candidates(*values: float) -> Shortlist:
    rows = np.zeros((len(values), WIDTH))
    rows[:, Clue.NEAREST] = values
    return Shortlist(tuple(f"C:{number}" for number in range(len(values))), rows)


def test_the_best_candidate_comes_first() -> None:
    ranked = rank(candidates(0.1, 0.9, 0.5), model(nearest=2.0))
    assert ranked.concepts == ("C:1", "C:2", "C:0")
    assert ranked.rows[0][Clue.NEAREST] == pytest.approx(0.9)
    assert ranked.shares.sum() == pytest.approx(1)


def test_of_equals_the_first_by_name_comes_first() -> None:
    assert rank(candidates(0.5, 0.5), model(nearest=1.0)).concepts == ("C:0", "C:1")


def test_the_probability_follows_the_certainty_model() -> None:
    ranked = rank(candidates(2.0, 0.0), model(nearest=1.0))
    assert ranked.probability == pytest.approx(float(ranked.shares[0]))


def test_the_lead_is_cut_and_a_lone_candidate_leads_by_its_score() -> None:
    rows = candidates(1.0, 0.0).rows
    place = CERTAINTY_COLUMNS.index("lead")
    assert certainty_inputs(rows, np.array([50.0, 1.0]))[place] == 10
    assert certainty_inputs(rows, np.array([3.0, 1.0]))[place] == 2
    assert certainty_inputs(rows[:1], np.array([4.0]))[place] == 4


def test_shares_do_not_overflow() -> None:
    assert shares_of(np.array([1e4, 0.0])).tolist() == [1.0, 0.0]


def test_fitting_finds_the_column_that_decides() -> None:
    draw = np.random.default_rng(0)
    rows = [draw.normal(size=(4, 3)) for _ in range(300)]
    chosen = [int((each[:, 1] - 0.5 * each[:, 2]).argmax()) for each in rows]
    weights = fit_choice(rows, chosen, np.ones(len(rows)), ridge=1.0)
    assert weights[1] > 2
    assert weights[2] < -1
    assert abs(weights[0]) < 0.5


def test_a_mention_that_came_often_counts_more() -> None:
    rows = [np.array([[1.0], [0.0]])] * 2
    assert fit_choice(rows, [0, 1], np.array([5.0, 1.0]), ridge=0.1)[0] > 0
    assert fit_choice(rows, [0, 1], np.array([1.0, 5.0]), ridge=0.1)[0] < 0


def test_a_model_is_read_back_by_the_names_of_its_columns(tmp_path: Path) -> None:
    written = model(nearest=2.5, is_umls=-1.0)
    write_model(written, tmp_path, documents=3)
    again = read_model(tmp_path)
    assert again.choice == pytest.approx(written.choice)
    assert again.certainty == pytest.approx(written.certainty)
    assert (again.exact_from, again.task_list) == (0.9, ("NCIT:C1",))


def test_a_model_of_other_columns_is_an_error(tmp_path: Path) -> None:
    write_model(model(), tmp_path)
    path = tmp_path / "links.json"
    path.write_text(path.read_text().replace('"nearest"', '"farthest"'))
    with pytest.raises(ModelError, match="trained for 'farthest'"):
        read_model(tmp_path)
