"""A linear-chain conditional random field over the words of a window (Lafferty et al., 2001).

The first word is scored as if an O stood before it, so that a passage can be read by itself. The
best labels are found by ``extract.ner.bio.best_path``, which allows legal ones alone.
"""
# pyright: reportMissingImports=false, reportUntypedBaseClass=false, reportUnknownParameterType=false

import torch
from torch import Tensor, nn

OUTSIDE = 0


class Crf(nn.Module):
    """Learned scores of one label after another: ``transitions`` [from, to]."""

    def __init__(self, labels: int) -> None:
        super().__init__()
        self.transitions = nn.Parameter(torch.zeros(labels, labels))

    def log_likelihood(self, emissions: Tensor, labels: Tensor, mask: Tensor) -> Tensor:
        """Give the log-probability of each row's labels; [rows].

        ``emissions`` [rows, words, labels]; ``labels``, ``mask`` [rows, words], a row's words
        before its padding. A row without words has probability one.
        """
        mask = mask.to(emissions.dtype)
        return self._path_score(emissions, labels, mask) - self._partition(emissions, mask)

    def _path_score(self, emissions: Tensor, labels: Tensor, mask: Tensor) -> Tensor:
        first = torch.full_like(labels[:, :1], OUTSIDE)
        before = torch.cat([first, labels[:, :-1]], dim=1)
        steps = emissions.gather(2, labels[..., None]).squeeze(2) + self.transitions[before, labels]
        return (steps * mask).sum(dim=1)

    def _partition(self, emissions: Tensor, mask: Tensor) -> Tensor:
        """Sum over all label sequences, in log space (forward algorithm); [rows]."""
        forward = emissions[:, 0] + self.transitions[OUTSIDE]
        for step in range(1, emissions.shape[1]):
            onward = torch.logsumexp(forward[:, :, None] + self.transitions, dim=1)
            inside = mask[:, step, None] > 0
            forward = torch.where(inside, onward + emissions[:, step], forward)
        return torch.logsumexp(forward, dim=1) * mask[:, 0]
