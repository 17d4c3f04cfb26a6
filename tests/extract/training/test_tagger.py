"""A tagger's heads: the CRF against enumeration of all label sequences; padding."""

from itertools import pairwise, product
from typing import Any

import pytest

from extract.ner.bio import LABELS as LABELS_OF_BIO
from extract.ner.bio import best_path

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
tagger: Any = pytest.importorskip("extract.training.tagger")

LABELS, WORDS = 3, 4  # O, B, I


def random_crf() -> Any:
    torch.manual_seed(3)
    crf = tagger.Crf(LABELS)
    with torch.no_grad():
        crf.transitions.copy_(torch.randn(LABELS, LABELS))
    return crf


def path_score(crf: Any, emissions: Any, path: tuple[int, ...]) -> float:
    transitions = crf.transitions.detach()
    moves = sum(float(transitions[a, b]) for a, b in pairwise((0, *path)))
    return moves + sum(float(emissions[i, label]) for i, label in enumerate(path))


def all_scores(crf: Any, emissions: Any) -> tuple[list[tuple[int, ...]], Any]:
    paths = list(product(range(LABELS), repeat=len(emissions)))
    return paths, torch.tensor([path_score(crf, emissions, path) for path in paths])


def is_legal(path: tuple[int, ...]) -> bool:
    """An I, even, stands after its own B or I."""
    return all(b == 0 or b % 2 or a in {b - 1, b} for a, b in pairwise((0, *path)))


def test_probabilities_of_all_sequences_are_those_of_enumeration() -> None:
    crf = random_crf()
    emissions = torch.randn(WORDS, LABELS)
    paths, scores = all_scores(crf, emissions)
    rows = torch.tensor(paths)
    found = crf.log_likelihood(emissions.expand(len(paths), -1, -1), rows, torch.ones_like(rows))
    assert torch.allclose(found, torch.log_softmax(scores, 0), atol=1e-5)
    assert float(found.exp().sum().detach()) == pytest.approx(1, abs=1e-5)


def test_padding_changes_nothing() -> None:
    crf = random_crf()
    emissions = torch.randn(2, WORDS, LABELS)
    labels = torch.tensor([[1, 2, 0, 0], [1, 0, 1, 2]])
    mask = torch.tensor([[1, 1, 0, 0], [1, 1, 1, 1]])
    together = crf.log_likelihood(emissions, labels, mask)
    alone = crf.log_likelihood(emissions[:1, :2], labels[:1, :2], mask[:1, :2])
    assert torch.allclose(together[:1], alone)


def test_a_row_without_words_costs_nothing() -> None:
    crf = random_crf()
    mask = torch.zeros(1, 2)
    found = crf.log_likelihood(torch.randn(1, 2, LABELS), torch.zeros(1, 2).long(), mask)
    assert float(found.detach()) == 0


def test_gradients_are_those_of_finite_differences() -> None:
    crf = random_crf().double()
    emissions = torch.randn(2, 3, LABELS, dtype=torch.double, requires_grad=True)
    labels = torch.tensor([[1, 2, 0], [0, 1, 0]])
    mask = torch.tensor([[1, 1, 1], [1, 1, 0]])

    def loss(emissions: Any, transitions: Any) -> Any:
        return torch.func.functional_call(
            crf, {"transitions": transitions}, (emissions, labels, mask)
        )

    crf.forward = crf.log_likelihood
    transitions = crf.transitions.detach().clone().requires_grad_()
    assert torch.autograd.gradcheck(loss, (emissions, transitions))


def test_the_best_path_is_the_best_legal_one_of_all() -> None:
    for seed in range(10):
        torch.manual_seed(seed)
        crf = tagger.Crf(len(LABELS_OF_BIO))
        with torch.no_grad():
            crf.transitions.copy_(torch.randn(len(LABELS_OF_BIO), len(LABELS_OF_BIO)))
        emissions, learned = torch.randn(2, len(LABELS_OF_BIO)), crf.transitions.detach().numpy()
        paths = product(range(len(LABELS_OF_BIO)), repeat=2)
        legal = [path for path in paths if is_legal(path)]
        best = max(legal, key=lambda path: path_score(crf, emissions, path))
        assert tuple(best_path(emissions.numpy(), learned)) == best


def test_padding_does_not_change_what_a_bilstm_says() -> None:
    torch.manual_seed(0)
    head = tagger.BiLstmHead(8, 27)
    states = torch.randn(2, 5, 8)
    mask = torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]])
    padded, alone = head(states, mask), head(states[:1, :3], mask[:1, :3])
    assert torch.allclose(padded[:1, :3], alone, atol=1e-6)
