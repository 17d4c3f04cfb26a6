"""A tagger to fine-tune: an encoder with a linear, CRF or BiLSTM-CRF head (extra ``train``).

First-piece BIO tagging over windows. The stages that train it are in ``engine.py``.
"""
# pyright: reportMissingImports=false, reportUntypedBaseClass=false, reportUnknownParameterType=false

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from extract.annotation import AnnotatedDocument
from extract.ner.bio import TYPES, WordSpan, encode_spans
from extract.ner.windows import Pieces, PieceTokenizer, Window
from extract.text import PlainText, plain
from extract.training.recipe import Distil, Head
from ontology.schema import EntityType

IGNORED, OUTSIDE = -100, 0
LSTM_SHARE = 2
"""Each direction of the LSTM is this many times narrower than the encoder."""


@dataclass(frozen=True, slots=True)
class Example:
    """A window with a label a piece; IGNORED where a piece does not start a word.

    ``soft`` [pieces, labels], where given, are a teacher's log-probabilities.
    """

    ids: tuple[int, ...]
    labels: tuple[int, ...]
    weight: float
    soft: Tensor | None = field(default=None, compare=False)

    @property
    def size(self) -> int:
        """Word pieces."""
        return len(self.ids)


class BiLstmHead(nn.Module):
    """A two-way LSTM, then a linear layer; padding does not change what is before it."""

    def __init__(self, width: int, labels: int) -> None:
        super().__init__()
        self.ahead = nn.LSTM(width, width // LSTM_SHARE, batch_first=True)
        self.back = nn.LSTM(width, width // LSTM_SHARE, batch_first=True)
        self.linear = nn.Linear(2 * (width // LSTM_SHARE), labels)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Score labels. ``states`` [batch, pieces, width], ``mask`` [batch, pieces]."""
        # Turned round within its own length, a row has its padding last in both directions.
        places = torch.arange(states.shape[1], device=states.device)[None, :]
        turned = torch.where(mask > 0, mask.sum(dim=1, keepdim=True) - 1 - places, places)
        ahead, _ = self.ahead(states)
        back, _ = self.back(_reordered(states, turned))
        return self.linear(torch.cat([ahead, _reordered(back, turned)], dim=-1))


def _reordered(states: Tensor, order: Tensor) -> Tensor:
    return states.gather(1, order[..., None].expand(-1, -1, states.shape[-1]))


class Crf(nn.Module):
    """A linear-chain conditional random field over the words of a window (Lafferty et al., 2001).

    ``transitions`` [from, to] are learned scores of one label after another. The first word is
    scored as if an O were before it, so that a passage can be read by itself. The best labels are
    found by ``extract.ner.bio.best_path``, which allows legal ones alone.
    """

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


class Tagger(nn.Module):
    """An encoder with a head. ``ids`` [batch, pieces] -> logits [batch, pieces, labels]."""

    def __init__(
        self,
        encoder: Any,
        dropout: float,
        head: Head = Head.LINEAR,
        types: tuple[EntityType, ...] = TYPES,
    ) -> None:
        super().__init__()
        width, labels = encoder.config.hidden_size, 1 + 2 * len(types)
        self.encoder = encoder
        self.types = types
        self.dropout = nn.Dropout(dropout)
        is_lstm = head is Head.BILSTM_CRF
        self.head = BiLstmHead(width, labels) if is_lstm else nn.Linear(width, labels)
        self.crf = None if head is Head.LINEAR else Crf(labels)

    def forward(self, ids: Tensor, mask: Tensor | None = None) -> Tensor:
        """Score every label of every piece; no ``mask``, no padding."""
        states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        states = self.dropout(states)
        if isinstance(self.head, BiLstmHead):
            return self.head(states, torch.ones_like(ids) if mask is None else mask)
        return self.head(states)


def make_examples(
    documents: Sequence[AnnotatedDocument], tokenizer: PieceTokenizer, weight: float
) -> tuple[Example, ...]:
    """Cut annotated documents into windows with labels."""
    return tuple(
        _example(window, labels, weight)
        for document in documents
        for plains in ([plain(passage.text) for passage in document.document.passages],)
        for pieces in (tokenizer.split([text.text for text in plains]),)
        for labels in (_piece_labels(document, plains, pieces),)
        for window in tokenizer.windows(pieces)
    )


def _piece_labels(
    document: AnnotatedDocument, plains: Sequence[PlainText], pieces: Pieces
) -> list[int]:
    labels = [IGNORED] * len(pieces.ids)
    spans = list(_word_spans(document, plains, pieces))
    for word, label in zip(pieces.words, encode_spans(spans, len(pieces.words)), strict=True):
        labels[word.piece] = label
    return labels


def _word_spans(
    document: AnnotatedDocument, plains: Sequence[PlainText], pieces: Pieces
) -> Iterator[WordSpan]:
    """Yield mentions as spans of words: all that a mention touches."""
    numbers = {passage.name: n for n, passage in enumerate(document.document.passages)}
    for mention in document.mentions:
        number = numbers[mention.passage]
        inside = pieces.touched(number, *plains[number].span_in_plain(mention.start, mention.end))
        if inside:
            yield inside[0], inside[-1] + 1, mention.type


def _example(window: Window, labels: Sequence[int], weight: float) -> Example:
    end = window.start + len(window.ids) - 2
    return Example(window.ids, (IGNORED, *labels[window.start : end], IGNORED), weight)


class Batch(NamedTuple):
    """Padded windows: ``ids``, ``mask``, ``labels`` [batch, pieces], ``weights`` [batch].

    ``soft`` [batch, pieces, labels], where a teacher spoke.
    """

    ids: Tensor
    mask: Tensor
    labels: Tensor
    weights: Tensor
    soft: Tensor | None

    def on(self, device: str) -> "Batch":
        """Move all to a device."""
        soft = None if self.soft is None else self.soft.to(device)
        return Batch(*(tensor.to(device) for tensor in self[:4]), soft=soft)


def collate(examples: Sequence[Example]) -> Batch:
    """Pad examples to the longest."""
    soft = [example.soft for example in examples if example.soft is not None]
    labels = [torch.tensor(example.labels) for example in examples]
    return Batch(
        pad_sequence([torch.tensor(example.ids) for example in examples], batch_first=True),
        pad_sequence([torch.ones(e.size, dtype=torch.long) for e in examples], batch_first=True),
        pad_sequence(labels, batch_first=True, padding_value=IGNORED),
        torch.tensor([example.weight for example in examples]),
        pad_sequence(soft, batch_first=True) if len(soft) == len(examples) else None,
    )


def tagging_losses(tagger: Tagger, logits: Tensor, batch: Batch, distil: Distil | None) -> Tensor:
    """Give the loss of each piece, or with a CRF of each row [batch, 1]; softly where taught."""
    hard = _hard_losses(tagger, logits, batch.labels)
    if distil is None or batch.soft is None:
        return hard
    soft = _divergence(logits, batch.soft, distil.temperature) * (batch.labels != IGNORED)
    return distil.soft_share * soft + (1 - distil.soft_share) * hard


def _divergence(logits: Tensor, soft: Tensor, temperature: float) -> Tensor:
    """Give KL(teacher, student) of each piece, both softened; [batch, pieces]."""
    teacher = torch.log_softmax(soft / temperature, dim=-1)
    student = torch.log_softmax(logits / temperature, dim=-1)
    return (teacher.exp() * (teacher - student)).sum(dim=-1) * temperature**2


def _hard_losses(tagger: Tagger, logits: Tensor, labels: Tensor) -> Tensor:
    """Give the loss on annotated labels: of each piece, or with a CRF of each row [batch, 1]."""
    if tagger.crf:
        return -_log_likelihood(tagger.crf, logits, labels)[:, None]
    losses = nn.functional.cross_entropy(
        logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED, reduction="none"
    )
    return losses.view(labels.shape)


def _log_likelihood(crf: Crf, logits: Tensor, labels: Tensor) -> Tensor:
    """Score the labels of each row's words alone: first pieces, moved together; [batch]."""
    is_word = labels != IGNORED
    longest = int(is_word.sum(dim=1).max())
    order = (~is_word).int().argsort(dim=1, stable=True)[:, : max(1, longest)]
    emissions = logits.gather(1, order[..., None].expand(-1, -1, logits.shape[-1]))
    chosen = labels.gather(1, order)
    return crf.log_likelihood(emissions, chosen.clamp(min=0), chosen != IGNORED)
