"""Stages of training, whatever is trained: batches, rates, early stopping, going on after a kill.

AdamW, the rate warmed up and then falling linearly, gradients clipped to norm 1. A stage gives
the same weights for the same seed on one machine, be it run at once or in pieces.
"""
# pyright: reportMissingImports=false, reportUntypedBaseClass=false, reportUnknownParameterType=false

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor, nn

from extract.annotation import Corpus
from extract.ner.transformer import Device
from extract.training.checkpoint import Checkpoints, EpochRecord, State
from extract.training.held_out import HeldOut
from extract.training.recipe import OptimizerRecipe, StageRecipe

Report = Callable[[str], None]


class Sized(Protocol):
    """An example with a number of word pieces."""

    @property
    def size(self) -> int:
        """Word pieces."""
        ...


E = TypeVar("E", bound=Sized)


class Learner(Protocol[E]):
    """A model in training, and what its kind knows: examples, reading, scores."""

    @property
    def module(self) -> nn.Module:
        """What is trained."""
        ...

    @property
    def device(self) -> Device:
        """Where."""
        ...

    @property
    def optimizer(self) -> OptimizerRecipe:
        """How."""
        ...

    def make_examples(self, documents: Corpus, weight: float) -> Sequence[E]:
        """Prepare documents that have something to learn."""
        ...

    def loss(self, examples: Sequence[E]) -> Tensor:
        """Score a batch; a scalar."""
        ...

    def groups(self) -> list[tuple[Iterable[nn.Parameter], float]]:
        """Part the parameters by the factor that the stage's rate is multiplied by."""
        ...

    def read(self, documents: Corpus) -> list[HeldOut]:
        """Read documents that were not trained on."""
        ...

    def score(self, read: Sequence[HeldOut]) -> float:
        """Say how well documents were read, in [0, 1]."""
        ...

    def count_windows(self, documents: Corpus) -> Sequence[int]:
        """Count the windows that each document is read in."""
        ...


@dataclass(frozen=True, slots=True)
class Stage:
    """Epochs over some examples.

    With ``patience`` the ``held_out`` documents are read after each epoch, and decide when to stop.
    """

    name: str
    examples: Sequence[Any]
    recipe: StageRecipe
    seed: int
    held_out: Corpus = ()
    patience: int = 0


def in_batches(
    examples: Sequence[E], most_pieces: int, generator: random.Random
) -> list[Sequence[E]]:
    """Cut examples into batches of at most so many pieces, of like length, in random order."""
    order = sorted(examples, key=lambda e: (e.size + generator.randint(0, 15), generator.random()))
    batches: list[list[E]] = [[]]
    for example in order:
        if (len(batches[-1]) + 1) * example.size > most_pieces and batches[-1]:
            batches.append([])
        batches[-1].append(example)
    generator.shuffle(batches)
    return [*batches]


def trained_weights(module: nn.Module) -> State:
    """Copy the weights that training changes, to the CPU; the others are the encoder's own."""
    return {
        name: parameter.detach().cpu().clone()
        for name, parameter in module.named_parameters()
        if parameter.requires_grad
    }


def set_weights(module: nn.Module, weights: State) -> None:
    """Put weights back that ``trained_weights`` gave."""
    parameters = dict(module.named_parameters())
    with torch.no_grad():
        for name, value in weights.items():
            parameters[name].copy_(value)


def train_stage(
    learner: Learner[Any], stage: Stage, checkpoints: Checkpoints, report: Report
) -> list[EpochRecord]:
    """Train in place, or set the weights of an earlier run that finished the stage."""
    if done := checkpoints.finished(stage.name):
        weights, records = done
        set_weights(learner.module, weights)
        report(f"{stage.name}: taken from the checkpoint")
        return records
    records = _Course(learner, stage, checkpoints, report).run()
    checkpoints.finish(stage.name, trained_weights(learner.module), records)
    return records


@dataclass(slots=True)
class _Progress:
    """How far a stage got; ``best`` are the weights of the best score."""

    shuffle: Any
    step: int = 0
    epoch: int = 0
    batch: int = 0
    seconds: float = 0.0
    losses: list[float] = field(default_factory=list)
    records: list[EpochRecord] = field(default_factory=list)
    best: State = field(default_factory=dict)


class _Course:
    """A stage under way: all that must survive a kill is in ``_snapshot`` and ``_restore``."""

    def __init__(
        self, learner: Learner[Any], stage: Stage, checkpoints: Checkpoints, report: Report
    ) -> None:
        self._learner, self._stage = learner, stage
        self._checkpoints, self._report = checkpoints, report
        self._generator = random.Random(stage.seed)  # noqa: S311 - shuffling, no secrets
        torch.manual_seed(stage.seed)
        self._total = max(1, len(self._batches()) * stage.recipe.epochs)
        self._warm = max(1, int(learner.optimizer.warmup * self._total))
        self._optimizer = _optimizer(learner)
        self._at = _Progress(self._generator.getstate())
        if snapshot := checkpoints.resume(stage.name):
            self._restore(snapshot)

    def _batches(self) -> list[Sequence[Any]]:
        pieces = self._learner.optimizer.batch_pieces
        return in_batches(self._stage.examples, pieces, self._generator)

    def run(self) -> list[EpochRecord]:
        """Go through the epochs that are left."""
        while self._at.epoch < self._stage.recipe.epochs and not self._is_stopped():
            self._generator.setstate(self._at.shuffle)
            self._run_epoch()
            self._end_epoch()
        if self._at.best:
            set_weights(self._learner.module, self._at.best)
        return self._at.records

    def _run_epoch(self) -> None:
        at = self._at
        began = time.monotonic() - at.seconds
        batches = self._batches()
        self._learner.module.train()
        for batch in batches[at.batch :]:
            at.losses.append(self._learn(batch))
            at.step += 1
            at.batch += 1
            at.seconds = time.monotonic() - began
            if self._checkpoints.is_due():
                self._report(_line_within(self._stage.name, at.losses, len(batches)))
                self._keep()

    def _learn(self, batch: Sequence[Any]) -> float:
        recipe, step = self._stage.recipe, self._at.step
        rate = recipe.start_rate + (recipe.end_rate - recipe.start_rate) * (step / self._total)
        rate *= min(1.0, (step + 1) / self._warm)
        for group in self._optimizer.param_groups:
            group["lr"] = rate * group["factor"]
        loss = self._learner.loss(batch)
        self._optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self._learner.module.parameters(), 1.0)
        self._optimizer.step()
        return float(loss.detach())

    def _end_epoch(self) -> None:
        at = self._at
        loss = sum(at.losses) / max(1, len(at.losses))
        score = self._score()
        at.epoch += 1
        record = EpochRecord(self._stage.name, at.epoch, loss, round(at.seconds, 1), score)
        at.records.append(record)
        self._report(_line(record, self._stage.recipe.epochs))
        at.batch, at.losses, at.seconds = 0, [], 0.0
        at.shuffle = self._generator.getstate()
        self._keep()

    def _score(self) -> float | None:
        """Score held-out documents where the stage may stop early; remember the best weights."""
        if not self._stage.patience:
            return None
        self._learner.module.eval()
        score = self._learner.score(self._learner.read(self._stage.held_out))
        if score > max(self._scores(), default=-1.0):
            self._at.best = trained_weights(self._learner.module)
        return score

    def _scores(self) -> Iterator[float]:
        return (record.held_out for record in self._at.records if record.held_out is not None)

    def _is_stopped(self) -> bool:
        """Say whether the patience is over; it begins with the first hit at all."""
        scores = list(self._scores())
        return any(scores) and len(scores) - scores.index(max(scores)) > self._stage.patience

    def _keep(self) -> None:
        self._checkpoints.keep(self._stage.name, self._snapshot())

    def _snapshot(self) -> dict[str, Any]:
        cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
        return {
            "weights": trained_weights(self._learner.module),
            "optimizer": self._optimizer.state_dict(),
            "progress": asdict(self._at),
            "noise": torch.get_rng_state(),
            "device noise": cuda,
        }

    def _restore(self, snapshot: dict[str, Any]) -> None:
        set_weights(self._learner.module, snapshot["weights"])
        self._optimizer.load_state_dict(snapshot["optimizer"])
        self._at = _Progress(**snapshot["progress"])
        self._at.records = [EpochRecord(**row) for row in snapshot["progress"]["records"]]
        torch.set_rng_state(snapshot["noise"])
        for number, state in enumerate(snapshot["device noise"]):
            torch.cuda.set_rng_state(state, number)


def _optimizer(learner: Learner[Any]) -> torch.optim.Optimizer:
    groups = (
        ([p for p in parameters if p.requires_grad], factor)
        for parameters, factor in learner.groups()
    )
    return torch.optim.AdamW(
        [{"params": params, "factor": factor, "lr": 0.0} for params, factor in groups if params],
        weight_decay=learner.optimizer.weight_decay,
    )


def _line_within(stage: str, losses: Sequence[float], batches: int) -> str:
    loss = sum(losses) / len(losses)
    return f"{stage}: batch {len(losses)} of {batches}: loss {loss:.4f} so far"


def _line(record: EpochRecord, epochs: int) -> str:
    held_out = "" if record.held_out is None else f", held out {record.held_out:.3f}"
    return f"{record.stage}: epoch {record.epoch} of {epochs}: loss {record.loss:.4f}{held_out}"
