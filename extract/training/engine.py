"""Stages of training, whatever is trained: batches, rates, early stopping, going on after a kill.

AdamW, the rate warmed up and then falling linearly, gradients clipped to norm 1. A stage gives
the same weights for the same seed on one machine, be it run at once or in pieces.
"""
# pyright: reportMissingImports=false, reportUntypedBaseClass=false, reportUnknownParameterType=false

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor, nn

from extract.ner.transformer import Device
from extract.training.checkpoint import Checkpoints, EpochRecord, State
from extract.training.recipe import EarlyStopping, OptimizerRecipe

Report = Callable[[str], None]


class Sized(Protocol):
    """An example with a number of word pieces."""

    @property
    def size(self) -> int:
        """Word pieces."""
        ...


E = TypeVar("E", bound=Sized)


@dataclass(frozen=True, slots=True)
class ParameterGroup:
    """Parameters that learn at ``factor`` times the stage's rate."""

    parameters: tuple[nn.Parameter, ...]
    factor: float


class Learner(Protocol[E]):
    """A model in training."""

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

    def batches(self, examples: Sequence[E], generator: random.Random) -> list[Sequence[E]]:
        """Cut an epoch's examples into batches."""
        ...

    def loss(self, examples: Sequence[E]) -> Tensor:
        """Score a batch; a scalar."""
        ...

    def groups(self) -> list[ParameterGroup]:
        """Part the parameters by learning rate."""
        ...


@dataclass(frozen=True, slots=True)
class Stage:
    """Epochs over some examples, the learning rate falling linearly from ``start`` to ``end``."""

    name: str
    examples: tuple[Any, ...]
    epochs: int
    start_rate: float
    end_rate: float
    seed: int


@dataclass(frozen=True, slots=True)
class Watch:
    """What goes with a stage: progress lines, checkpoints, held-out scores where stopping."""

    report: Report
    checkpoints: Checkpoints
    stopping: EarlyStopping | None = None
    score: Callable[[], float] | None = None


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


def train_stage(learner: Learner[Any], stage: Stage, watch: Watch) -> list[EpochRecord]:
    """Train in place, or set the weights of an earlier run that finished the stage."""
    if done := watch.checkpoints.finished(stage.name):
        weights, records = done
        set_weights(learner.module, weights)
        watch.report(f"{stage.name}: taken from the checkpoint")
        return records
    course = _Course(learner, stage, watch)
    records = course.run()
    watch.checkpoints.finish(stage.name, trained_weights(learner.module), records)
    return records


class _Course:
    """A stage under way: all that must survive a kill is in ``_snapshot`` and ``_restore``."""

    def __init__(self, learner: Learner[Any], stage: Stage, watch: Watch) -> None:
        self._learner, self._stage, self._watch = learner, stage, watch
        self._generator = random.Random(stage.seed)  # noqa: S311 - shuffling, no secrets
        torch.manual_seed(stage.seed)
        batches = len(learner.batches(stage.examples, self._generator))
        self._total = max(1, batches * stage.epochs)
        self._warm = max(1, int(learner.optimizer.warmup * self._total))
        self._optimizer = _optimizer(learner)
        self._step = self._epoch = self._batch = 0
        self._losses: list[float] = []
        self._records: list[EpochRecord] = []
        self._shuffle = self._generator.getstate()
        self._best: State = {}
        self._seconds = 0.0
        if snapshot := watch.checkpoints.resume(stage.name):
            self._restore(snapshot)

    def run(self) -> list[EpochRecord]:
        """Go through the epochs that are left."""
        while self._epoch < self._stage.epochs and not self._is_stopped():
            self._generator.setstate(self._shuffle)
            self._run_epoch()
            self._end_epoch()
        if self._best:
            set_weights(self._learner.module, self._best)
        return self._records

    def _run_epoch(self) -> None:
        began = time.monotonic() - self._seconds
        batches = self._learner.batches(self._stage.examples, self._generator)
        self._learner.module.train()
        for batch in batches[self._batch :]:
            self._losses.append(self._learn(batch))
            self._step += 1
            self._batch += 1
            self._seconds = time.monotonic() - began
            if self._watch.checkpoints.is_due():
                self._watch.report(_line_within(self._stage.name, self._losses, len(batches)))
                self._keep()

    def _learn(self, batch: Sequence[Any]) -> float:
        stage = self._stage
        rate = stage.start_rate + (stage.end_rate - stage.start_rate) * (self._step / self._total)
        rate *= min(1.0, (self._step + 1) / self._warm)
        for group in self._optimizer.param_groups:
            group["lr"] = rate * group["factor"]
        loss = self._learner.loss(batch)
        self._optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self._learner.module.parameters(), 1.0)
        self._optimizer.step()
        return float(loss.detach())

    def _end_epoch(self) -> None:
        loss = sum(self._losses) / max(1, len(self._losses))
        score = self._score()
        self._epoch += 1
        record = EpochRecord(self._stage.name, self._epoch, loss, round(self._seconds, 1), score)
        self._records.append(record)
        self._watch.report(_line(record, self._stage.epochs))
        self._batch, self._losses, self._seconds = 0, [], 0.0
        self._shuffle = self._generator.getstate()
        self._keep()

    def _score(self) -> float | None:
        """Score held-out documents where the stage may stop early; remember the best weights."""
        if self._watch.stopping is None or self._watch.score is None:
            return None
        self._learner.module.eval()
        score = self._watch.score()
        if score > max(self._scores(), default=-1.0):
            self._best = trained_weights(self._learner.module)
        return score

    def _scores(self) -> Iterator[float]:
        return (record.held_out for record in self._records if record.held_out is not None)

    def _is_stopped(self) -> bool:
        """Say whether the patience is over; it begins with the first hit at all."""
        scores = list(self._scores())
        if self._watch.stopping is None or not any(scores):
            return False
        return len(scores) - 1 - scores.index(max(scores)) >= self._watch.stopping.patience

    def _keep(self) -> None:
        self._watch.checkpoints.keep(self._stage.name, self._snapshot())

    def _snapshot(self) -> dict[str, Any]:
        return {
            "weights": trained_weights(self._learner.module),
            "optimizer": self._optimizer.state_dict(),
            "place": [self._step, self._epoch, self._batch, self._seconds],
            "losses": self._losses,
            "records": [asdict(record) for record in self._records],
            "shuffle": self._shuffle,
            "noise": torch.get_rng_state(),
            "device noise": _device_noise(),
            "best": self._best,
        }

    def _restore(self, snapshot: dict[str, Any]) -> None:
        set_weights(self._learner.module, snapshot["weights"])
        self._optimizer.load_state_dict(snapshot["optimizer"])
        self._step, self._epoch, self._batch, self._seconds = snapshot["place"]
        self._losses = snapshot["losses"]
        self._records = [EpochRecord(**row) for row in snapshot["records"]]
        self._shuffle = snapshot["shuffle"]
        self._best = snapshot["best"]
        torch.set_rng_state(snapshot["noise"])
        for number, state in enumerate(snapshot["device noise"]):
            torch.cuda.set_rng_state(state, number)


def _optimizer(learner: Learner[Any]) -> torch.optim.Optimizer:
    groups = (
        ([p for p in group.parameters if p.requires_grad], group.factor)
        for group in learner.groups()
    )
    return torch.optim.AdamW(
        [{"params": params, "factor": factor, "lr": 0.0} for params, factor in groups if params],
        weight_decay=learner.optimizer.weight_decay,
    )


def _device_noise() -> list[Tensor]:
    return torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []


def _line_within(stage: str, losses: Sequence[float], batches: int) -> str:
    loss = sum(losses) / len(losses)
    return f"{stage}: batch {len(losses)} of {batches}: loss {loss:.4f} so far"


def _line(record: EpochRecord, epochs: int) -> str:
    held_out = "" if record.held_out is None else f", held out {record.held_out:.3f}"
    return f"{record.stage}: epoch {record.epoch} of {epochs}: loss {record.loss:.4f}{held_out}"
