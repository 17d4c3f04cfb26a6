"""Relations pair by pair: a window round two mentions with typed markers, one pass a pair.

The states of the two opening markers are classified (Zhou and Chen, AACL 2022). Exact but slow:
the median abstract has 486 pairs that the schema allows. Needs the extra ``train``.
"""
# pyright: reportMissingImports=false, reportUntypedBaseClass=false, reportUnknownParameterType=false

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from extract.annotation import Mention, Relation
from extract.ner.transformer import Device
from extract.ner.windows import Pieces, PieceTokenizer
from extract.platt import Platt
from extract.relations.marking import (
    CLASSES,
    PREDICATES,
    Located,
    Marked,
    legal_classes,
    locate,
    mark_pair,
    schema_pairs,
    typed_signs,
)
from ingest.document import Document

_NEVER = -1e30
_BATCH_PIECES, _LONGEST = 8192, 512


@dataclass(frozen=True, slots=True)
class PairInput:
    """Two mentions of a document: indices of subject and object."""

    located: Located
    pair: tuple[int, int]


class PairReader:
    """Turns pairs into windows: a tokenizer, typed markers, and ``window`` pieces of context."""

    def __init__(self, tokenizer: PieceTokenizer, window: int) -> None:
        self._tokenizer = tokenizer
        self._signs = typed_signs(tokenizer)
        self.window = window

    def locate(self, document: Document, mentions: Sequence[Mention]) -> Located:
        """Find the pieces of mentions."""
        return locate(document, mentions, self._tokenizer)

    def read(self, pair: PairInput) -> Marked:
        """Cut the window of a pair, between [CLS] and [SEP]; places of both opening markers."""
        marked = mark_pair(pair.located, pair.pair, self._signs, self.window)
        (window,) = self._tokenizer.windows(Pieces(marked.ids, ()))
        return Marked(window.ids, tuple(place + 1 for place in marked.places))


def legal_pairs(located: Located) -> list[PairInput]:
    """List the pairs of mentions that the schema allows."""
    types = [mention.type for mention in located.mentions]
    return [PairInput(located, pair) for pair in schema_pairs(types)]


class PairClassifier(nn.Module):
    """An encoder, and two layers over the states of both opening markers."""

    def __init__(self, encoder: nn.Module, width: int, dropout: float) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(2 * width, width),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(width, CLASSES),
        )

    @property
    def heads(self) -> tuple[nn.Module, ...]:
        """All but the encoder."""
        return (self.head,)

    def forward(self, ids: Tensor, mask: Tensor, places: Tensor) -> Tensor:
        """Score classes. ``ids``, ``mask`` [pairs, pieces], ``places`` [pairs, 2]."""
        states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        rows = torch.arange(len(ids), device=ids.device)[:, None]
        return self.head(states[rows, places].flatten(1))


def score_pairs(model: PairClassifier, reader: PairReader, pairs: Sequence[PairInput]) -> Tensor:
    """Give the logits of pairs, illegal classes at -1e30; [pairs, classes]."""
    read = [reader.read(pair) for pair in pairs]
    device = next(model.parameters()).device
    longest = max(len(marked.ids) for marked in read)
    ids = torch.zeros(len(read), longest, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, marked in enumerate(read):
        ids[row, : len(marked.ids)] = torch.tensor(marked.ids)
        mask[row, : len(marked.ids)] = 1
    places = torch.tensor([marked.places for marked in read])
    logits = model(ids.to(device), mask.to(device), places.to(device)).float()
    return logits.masked_fill(~_legal(pairs).to(device), _NEVER)


def _legal(pairs: Sequence[PairInput]) -> Tensor:
    chosen = (tuple(p.located.mentions[index].type for index in p.pair) for p in pairs)
    return torch.from_numpy(legal_classes([(head, tail) for head, tail in chosen]))


class PairRelations:
    """A model in use; it may still be in training. Relations under ``threshold`` are left out."""

    def __init__(
        self,
        model: PairClassifier,
        reader: PairReader,
        device: Device,
        curve: Platt,
        threshold: float,
    ) -> None:
        self._model = model
        self._reader = reader
        self._device = device
        self._curve = curve
        self._threshold = threshold

    def relate(self, document: Document, mentions: tuple[Mention, ...]) -> tuple[Relation, ...]:
        """Judge every pair of mentions that the schema allows; a pair has one predicate at most."""
        self._model.eval()
        pairs = legal_pairs(self._reader.locate(document, mentions))
        return tuple(
            relation for batch in _batches(pairs) for relation in self._relate_batch(batch)
        )

    def _relate_batch(self, pairs: Sequence[PairInput]) -> Iterator[Relation]:
        with torch.inference_mode(), self._device.autocast():
            logits = score_pairs(self._model, self._reader, pairs)
        shares = torch.softmax(logits, dim=1)[:, 1:].double().cpu().numpy()
        best = shares.argmax(axis=1)
        scores = self._curve.apply(shares[np.arange(len(pairs)), best])
        for pair, column, score in zip(pairs, best, scores, strict=True):
            if score >= self._threshold:
                subject, target = (pair.located.mentions[index] for index in pair.pair)
                yield Relation(subject, PREDICATES[column], target, float(score))


def _batches(pairs: Sequence[PairInput]) -> Iterator[Sequence[PairInput]]:
    size = _BATCH_PIECES // min(_LONGEST, len(pairs[0].located.ids)) if pairs else 1
    return (pairs[start : start + size] for start in range(0, len(pairs), size))
