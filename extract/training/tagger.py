"""Fine-tuning an encoder to tag mentions (extra ``train``).

First-piece BIO tagging over windows: a trunk on the documents no expert annotated, then branches
on all, the last epochs on the experts' alone; the weights of the branches are averaged (model
soup: Wortsman et al., ICML 2022). Early choices are made on held-out expert documents, never dev.
"""
# pyright: reportMissingImports=false, reportUntypedBaseClass=false, reportUnknownParameterType=false

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from extract.annotation import AnnotatedDocument
from extract.ner.bio import LABELS, Span, encode_spans
from extract.ner.windows import Pieces, PieceTokenizer, Window
from extract.text import PlainText, plain

IGNORED = -100
BATCH_PIECES = 2048
MASK_ID, FIRST_WORD_ID = 103, 1000


@dataclass(frozen=True, slots=True)
class Example:
    """A window with a label a piece; IGNORED where a piece does not start a word."""

    ids: tuple[int, ...]
    labels: tuple[int, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class Stage:
    """Epochs over some examples, the learning rate falling linearly from ``start`` to ``end``."""

    examples: tuple[Example, ...]
    epochs: int
    start_rate: float
    end_rate: float


class Tagger(nn.Module):
    """An encoder with a linear head. ``ids`` [batch, pieces] -> logits [batch, pieces, labels]."""

    def __init__(self, encoder: nn.Module, width: int, dropout: float) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(width, len(LABELS))

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Score every label of every piece."""
        states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        return self.head(self.dropout(states))


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
) -> Iterator[Span]:
    """Yield mentions as spans of words: all that a mention touches."""
    numbers = {passage.name: n for n, passage in enumerate(document.document.passages)}
    for mention in document.mentions:
        number = numbers[mention.passage]
        origin = plains[number].origin
        inside = [
            index
            for index, word in enumerate(pieces.words)
            if word.text == number
            and origin[word.start] < mention.end
            and origin[word.end - 1] >= mention.start
        ]
        if inside:
            yield inside[0], inside[-1] + 1, mention.type


def _example(window: Window, labels: Sequence[int], weight: float) -> Example:
    end = window.start + len(window.ids) - 2
    return Example(window.ids, (IGNORED, *labels[window.start : end], IGNORED), weight)


def train_stage(
    tagger: Tagger,
    stage: Stage,
    *,
    word_dropout: float,
    seed: int,
    report: Callable[[str], None],
) -> None:
    """Train in place, deterministic for a seed on one machine."""
    generator = random.Random(seed)  # noqa: S311 - shuffling, no secrets
    torch.manual_seed(seed)
    batches = sum(1 for _ in _batches(stage.examples, generator))
    total = max(1, batches * stage.epochs)
    optimizer = torch.optim.AdamW(_groups(tagger), weight_decay=0.01)
    warm = max(1, int(0.08 * total))
    step = 0
    for epoch in range(stage.epochs):
        tagger.train()
        losses: list[float] = []
        for batch in _batches(stage.examples, generator):
            share = step / total
            rate = stage.start_rate + (stage.end_rate - stage.start_rate) * share
            rate *= min(1.0, (step + 1) / warm)
            for group in optimizer.param_groups:
                group["lr"] = rate * group["factor"]
            losses.append(_step(tagger, optimizer, batch, word_dropout))
            step += 1
        report(f"epoch {epoch + 1} of {stage.epochs}: loss {sum(losses) / len(losses):.4f}")


def _groups(tagger: Tagger) -> list[dict[str, object]]:
    trained = [p for p in tagger.encoder.parameters() if p.requires_grad]
    return [
        {"params": trained, "factor": 1.0, "lr": 0.0},
        {"params": list(tagger.head.parameters()), "factor": 2.0, "lr": 0.0},
    ]


def _batches(examples: Sequence[Example], generator: random.Random) -> Iterator[list[Example]]:
    """Yield batches of at most BATCH_PIECES, of like length, in random order."""
    order = sorted(
        examples, key=lambda e: (len(e.ids) + generator.randint(0, 15), generator.random())
    )
    batches: list[list[Example]] = [[]]
    for example in order:
        if (len(batches[-1]) + 1) * len(example.ids) > BATCH_PIECES and batches[-1]:
            batches.append([])
        batches[-1].append(example)
    generator.shuffle(batches)
    yield from batches


def _step(
    tagger: Tagger, optimizer: torch.optim.Optimizer, batch: Sequence[Example], word_dropout: float
) -> float:
    ids, mask, labels, weights = collate(batch)
    noise = (torch.rand(ids.shape) < word_dropout) & (ids >= FIRST_WORD_ID)
    ids = torch.where(noise, torch.tensor(MASK_ID), ids)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = tagger(ids, mask)
    losses = nn.functional.cross_entropy(
        logits.float().flatten(0, 1), labels.flatten(), ignore_index=IGNORED, reduction="none"
    ).view(labels.shape)
    loss = (losses * weights[:, None]).sum() / (labels != IGNORED).sum()
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(tagger.parameters(), 1.0)
    optimizer.step()
    return float(loss.detach())


def collate(batch: Sequence[Example]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Pad a batch: ids, mask, labels [batch, pieces], weights [batch]."""
    longest = max(len(example.ids) for example in batch)
    ids = torch.zeros(len(batch), longest, dtype=torch.long)
    mask = torch.zeros(len(batch), longest, dtype=torch.long)
    labels = torch.full((len(batch), longest), IGNORED)
    for row, example in enumerate(batch):
        ids[row, : len(example.ids)] = torch.tensor(example.ids)
        mask[row, : len(example.ids)] = 1
        labels[row, : len(example.ids)] = torch.tensor(example.labels)
    return ids, mask, labels, torch.tensor([example.weight for example in batch])
