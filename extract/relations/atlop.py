"""ATLOP: relations between the entities of a document in one pass (Zhou et al., AAAI 2021).

An entity is all mentions of one type and surface. Markers enclose mentions; an entity's state
is the log-sum-exp of its opening markers' states; what both entities of a pair attend to is pooled
into the pair's context; a grouped bilinear layer scores predicates against a threshold class that
is learned along. Needs the extra ``train``.
"""
# pyright: reportMissingImports=false, reportUntypedBaseClass=false, reportUnknownParameterType=false

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_model, save_model
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from extract.annotation import Mention, Relation
from extract.logistic import IDENTITY, Platt
from extract.model import MANIFEST_FILE, ModelError, read_json, read_names, write_names
from extract.ner.transformer import (
    Device,
    choose_device,
    empty_encoder,
    save_shape,
    saved_cutter,
)
from extract.ner.windows import Pieces, PieceTokenizer, Window
from extract.relations.marking import (
    closest,
    group_entities,
    legal_classes,
    mark_mentions,
    schema_pairs,
)
from ingest.document import Document
from ontology.schema import Predicate

WEIGHTS_FILE = "weights.safetensors"
THRESHOLD = 0
"""The threshold's class; predicate ``n`` of a model is class ``n + 1``."""
_NEVER = -1e30


@dataclass(frozen=True, slots=True)
class AtlopInput:
    """A document as the model reads it.

    ``places`` are the pieces of opening markers, a mention each; ``entities`` are indices of
    mentions; ``pairs`` indices of entities; ``legal`` [pairs, classes].
    """

    windows: tuple[Window, ...]
    length: int
    mentions: tuple[Mention, ...]
    places: tuple[int, ...]
    entities: tuple[tuple[int, ...], ...]
    pairs: tuple[tuple[int, int], ...]
    legal: Tensor

    @property
    def size(self) -> int:
        """Word pieces, in all windows."""
        return sum(len(window.ids) for window in self.windows)


def prepare(
    document: Document,
    mentions: Sequence[Mention],
    tokenizer: PieceTokenizer,
    predicates: tuple[Predicate, ...],
) -> AtlopInput:
    """Mark mentions, cut into windows that overlap, list the pairs that the schema allows."""
    marked = mark_mentions(document, mentions, tokenizer)
    entities = group_entities(marked.mentions)
    types = [marked.mentions[entity[0]].type for entity in entities]
    pairs = schema_pairs(types)
    return AtlopInput(
        tuple(tokenizer.windows(Pieces(marked.ids, ()))),
        len(marked.ids),
        marked.mentions,
        marked.places,
        entities,
        pairs,
        torch.from_numpy(legal_classes([(types[i], types[j]) for i, j in pairs], predicates)),
    )


class Atlop(nn.Module):
    """The encoder and the pair classifier. ``group`` must divide the width."""

    def __init__(
        self,
        encoder: Any,
        dropout: float,
        group: int,
        predicates: tuple[Predicate, ...] = tuple(Predicate),
    ) -> None:
        super().__init__()
        width = encoder.config.hidden_size
        self.encoder = encoder
        self.group = group
        self.predicates = predicates
        self.subject = nn.Linear(2 * width, width)
        self.object = nn.Linear(2 * width, width)
        self.dropout = nn.Dropout(dropout)
        self.bilinear = nn.Linear(width * group, 1 + len(predicates))

    @property
    def heads(self) -> tuple[nn.Module, ...]:
        """All but the encoder."""
        return self.subject, self.object, self.bilinear

    def forward(self, inputs: Sequence[AtlopInput]) -> list[Tensor]:
        """Score the pairs of each document; [pairs, classes] each, illegal classes at -1e30."""
        windows = [window for document in inputs for window in document.windows]
        states, attention = self._encode(windows)
        scores: list[Tensor] = []
        first = 0
        for document in inputs:
            part = slice(first, first + len(document.windows))
            first = part.stop
            scores.append(self._score(document, *spread(document, states[part], attention[part])))
        return scores

    def _encode(self, windows: Sequence[Window]) -> tuple[Tensor, Tensor]:
        """Give last states [windows, pieces, width] and attention [windows, heads, ...]."""
        device = self.bilinear.weight.device
        rows = [torch.tensor(window.ids) for window in windows]
        ids = pad_sequence(rows, batch_first=True)
        mask = pad_sequence([torch.ones_like(row) for row in rows], batch_first=True)
        out = self.encoder(
            input_ids=ids.to(device), attention_mask=mask.to(device), output_attentions=True
        )
        return out.last_hidden_state.float(), out.attentions[-1].float()

    def _score(self, document: AtlopInput, states: Tensor, rows: Tensor) -> Tensor:
        pairs = torch.tensor(document.pairs, device=states.device).reshape(-1, 2)
        entities = pool_mentions(states[list(document.places)], document.entities)
        attention = torch.stack([rows[list(entity)].mean(dim=0) for entity in document.entities])
        context = pool_context(attention, states, pairs)
        subject = torch.tanh(self.subject(torch.cat([entities[pairs[:, 0]], context], dim=1)))
        target = torch.tanh(self.object(torch.cat([entities[pairs[:, 1]], context], dim=1)))
        logits = self.bilinear(self.dropout(grouped_products(subject, target, self.group)))
        return logits.float().masked_fill(~document.legal.to(states.device), _NEVER)


def spread(document: AtlopInput, states: Tensor, attention: Tensor) -> tuple[Tensor, Tensor]:
    """Lay windows side by side, averaged where they overlap.

    ``states`` [windows, pieces, width] and ``attention`` [windows, heads, pieces, pieces] hold
    [CLS] and [SEP]; returns states [pieces, width] of the document and the attention of its
    opening markers [mentions, heads, pieces].
    """
    places = torch.tensor(document.places, device=states.device, dtype=torch.long)
    whole = states.new_zeros(document.length, states.shape[2])
    rows = states.new_zeros(len(places), attention.shape[1], document.length)
    seen = states.new_zeros(document.length)
    for window, state, heads in zip(document.windows, states, attention, strict=True):
        start, size = window.start, len(window.ids) - 2
        inside = ((places >= start) & (places < start + size)).nonzero()[:, 0]
        edges = (start, document.length - start - size)
        whole = whole + nn.functional.pad(state[1 : size + 1], (0, 0, *edges))
        seen[start : start + size] += 1
        found = heads[:, places[inside] - start + 1, 1 : size + 1].transpose(0, 1)
        rows = rows.index_add(0, inside, nn.functional.pad(found, edges))
    return whole / seen[:, None], rows / seen[places][:, None, None]


def pool_mentions(states: Tensor, entities: Sequence[Sequence[int]]) -> Tensor:
    """Give an entity's log-sum-exp over its mentions. ``states`` [mentions, width]."""
    return torch.stack([torch.logsumexp(states[list(entity)], dim=0) for entity in entities])


def pool_context(attention: Tensor, states: Tensor, pairs: Tensor) -> Tensor:
    """Give what both entities of a pair attend to; [pairs, width].

    ``attention`` [entities, heads, pieces], ``states`` [pieces, width], ``pairs`` [pairs, 2].
    """
    shared = (attention[pairs[:, 0]] * attention[pairs[:, 1]]).sum(dim=1)
    return (shared / (shared.sum(dim=1, keepdim=True) + 1e-10)) @ states


def grouped_products(one: Tensor, other: Tensor, group: int) -> Tensor:
    """Multiply all with all within groups of ``group``; [pairs, width] -> [pairs, width * group].

    Groups keep the bilinear layer small.
    """
    left, right = one.unflatten(1, (-1, group)), other.unflatten(1, (-1, group))
    return (left[..., :, None] * right[..., None, :]).flatten(1)


def adaptive_threshold_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Rank what holds above the threshold class and all else below it; [pairs].

    ``logits`` [pairs, classes], illegal classes at -1e30; ``targets`` of the same shape, 1 where
    a class holds, never for the threshold class (ATLOP, equations 7 to 9).
    """
    is_threshold = torch.zeros_like(targets)
    is_threshold[:, THRESHOLD] = 1
    positive = logits.masked_fill((targets + is_threshold) == 0, _NEVER)
    negative = logits.masked_fill(targets > 0, _NEVER)
    above = -(torch.log_softmax(positive, dim=1) * targets).sum(dim=1)
    return above - torch.log_softmax(negative, dim=1)[:, THRESHOLD]


class AtlopRelations:
    """A model in use; it may still be in training. Relations under ``threshold`` are left out."""

    def __init__(
        self,
        model: Atlop,
        tokenizer: PieceTokenizer,
        device: Device,
        curve: Platt,
        threshold: float,
    ) -> None:
        self.predicates = frozenset(model.predicates)
        self._model = model
        self._tokenizer = tokenizer
        self._device = device
        self._curve = curve
        self._threshold = threshold

    def relate(self, document: Document, mentions: tuple[Mention, ...]) -> tuple[Relation, ...]:
        """Judge every pair of entities that the schema allows.

        A relation is between the two mentions nearest to each other; the score is the share
        of the predicate against the threshold class, as the curve maps it.
        """
        prepared = prepare(document, mentions, self._tokenizer, self._model.predicates)
        if not prepared.pairs:
            return ()
        self._model.eval()
        with torch.inference_mode(), self._device.autocast():
            (logits,) = self._model([prepared])
        scores = torch.sigmoid(logits[:, 1:] - logits[:, :1]).double().cpu().numpy()
        return tuple(self._relations(document, prepared, self._curve.apply(scores)))

    def _relations(
        self, document: Document, prepared: AtlopInput, scores: np.ndarray
    ) -> Iterator[Relation]:
        legal = prepared.legal.numpy()[:, 1:]
        for row, column in zip(*np.nonzero(legal & (scores >= self._threshold)), strict=True):
            sides = (prepared.entities[entity] for entity in prepared.pairs[row])
            found = ([prepared.mentions[index] for index in side] for side in sides)
            subject, target = closest(document, *found)
            predicate, score = self._model.predicates[column], float(scores[row, column])
            yield Relation(subject, predicate, target, score)


def entity_targets(
    prepared: AtlopInput, relations: Sequence[Relation], predicates: Sequence[Predicate]
) -> Tensor:
    """Lift annotated relations to entities; [pairs, classes] of 0 and 1."""
    entity_of = {
        prepared.mentions[index]: number
        for number, entity in enumerate(prepared.entities)
        for index in entity
    }
    held: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
    for relation in relations:
        if relation.subject in entity_of and relation.object in entity_of:
            pair = entity_of[relation.subject], entity_of[relation.object]
            held[pair].add(1 + predicates.index(relation.predicate))
    targets = torch.zeros(len(prepared.pairs), 1 + len(predicates))
    for row, pair in enumerate(prepared.pairs):
        targets[row, sorted(held[pair])] = 1
    return targets * prepared.legal


def save_atlop(model: Atlop, tokenizer: str, out: Path) -> None:
    """Write a model folder but for its manifest; ``tokenizer`` is its encoder's folder or name."""
    out.mkdir(parents=True, exist_ok=True)
    save_model(model, str(out / WEIGHTS_FILE))
    save_shape(model.encoder, tokenizer, out)
    write_names(out, predicates=model.predicates)


def load_atlop(
    folder: Path, threshold: float, curve: Platt = IDENTITY, device: str | None = None
) -> AtlopRelations:
    """Load what training wrote; raises ModelError."""
    chosen = choose_device(device)
    names = read_names(folder, "predicates", tuple(Predicate))
    group = read_json(folder / MANIFEST_FILE, lambda content: int(content["group"]))
    try:
        model = Atlop(empty_encoder(folder), 0.0, group, tuple(map(Predicate, names)))
        load_model(model, folder / WEIGHTS_FILE)
        tokenizer = saved_cutter(folder)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise ModelError(f"{folder}: no ATLOP: {error}") from error
    return AtlopRelations(model.to(chosen.name), tokenizer, chosen, curve, threshold)
