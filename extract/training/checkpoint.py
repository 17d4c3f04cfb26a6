"""What a training run leaves on disk: how far it got, so that a killed one goes on; its figures."""
# pyright: reportMissingImports=false, reportUnknownParameterType=false

import json
import os
import platform
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from extract.training.pool import corpus_hash
from extract.training.recipe import TrainingOrder

State = dict[str, Tensor]
FOLDER, METRICS_FILE = "checkpoint", "metrics.json"
_PACKAGES = ("torch", "transformers", "tokenizers", "onnxruntime", "numpy", "gutbrain")


class CheckpointError(ValueError):
    """A folder holds the checkpoint of another run: names it and what differs."""


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """One epoch of one stage; ``held_out`` is a score where one was taken."""

    stage: str
    epoch: int
    loss: float
    seconds: float
    held_out: float | None = None


def code_hash() -> str:
    """SHA-256 of the code that trains, file by file in order of name."""
    digest = sha256()
    for path in sorted(Path(str(files("extract.training"))).glob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


class Checkpoints:
    """The folder of a run: the weights after each finished stage, and the stage in progress.

    Files are written beside their place and moved into it, so that a kill leaves the old one.
    """

    def __init__(self, order: TrainingOrder, device: str) -> None:
        self._folder = order.out / FOLDER
        self._every_s = order.checkpoint_every_s
        self._clock = order.clock
        self._written = order.clock()
        self._folder.mkdir(parents=True, exist_ok=True)
        _check(
            self._folder / "run.json",
            recipe=order.recipe.hash,
            corpus=corpus_hash(order.corpus),
            code=code_hash(),
            device=device,
        )

    def finished(self, stage: str) -> tuple[State, list[EpochRecord]] | None:
        """Give the weights after a stage and its epochs, None where it is not finished."""
        content = _load(self._folder / f"{_safe(stage)}.done.pt")
        if content is None:
            return None
        return content["weights"], [EpochRecord(**row) for row in content["records"]]

    def finish(self, stage: str, weights: State, records: list[EpochRecord]) -> None:
        """Keep the weights after a stage; what was kept of its course is dropped."""
        rows = [asdict(record) for record in records]
        content = {"weights": weights, "records": rows}
        _save(content, self._folder / f"{_safe(stage)}.done.pt")
        self._running(stage).unlink(missing_ok=True)

    def resume(self, stage: str) -> dict[str, Any] | None:
        """Give what ``keep`` was last given for a stage, None where it has not begun."""
        return _load(self._running(stage))

    def is_due(self) -> bool:
        """Say whether enough time has passed since the last was written."""
        return self._clock() - self._written >= self._every_s

    def keep(self, stage: str, course: Mapping[str, Any]) -> None:
        """Write how far a stage got."""
        _save(course, self._running(stage))
        self._written = self._clock()

    def clear(self) -> None:
        """Remove the folder: the run is done."""
        shutil.rmtree(self._folder)

    def _running(self, stage: str) -> Path:
        return self._folder / f"{_safe(stage)}.running.pt"


def _safe(stage: str) -> str:
    return stage.replace(",", "").replace(" ", "-")


def _check(path: Path, **wanted: str) -> None:
    """Keep what must be the same for a run to go on, or compare it; raises CheckpointError."""
    if not path.exists():
        path.write_text(json.dumps(wanted) + "\n", encoding="utf-8")
        return
    found = json.loads(path.read_bytes())
    if changed := [name for name in wanted if found.get(name) != wanted[name]]:
        raise CheckpointError(
            f"{path.parent}: started with another {', '.join(changed)}; delete it to start again"
        )


def _save(content: Mapping[str, Any], path: Path) -> None:
    beside = path.with_suffix(".new")
    with beside.open("wb") as file:
        torch.save(dict(content), file)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _load(path: Path) -> dict[str, Any] | None:
    return torch.load(path, weights_only=True) if path.exists() else None


def write_metrics(order: TrainingOrder, documents: Mapping[str, int], **run: object) -> None:
    """Write a run's figures, and the hashes of all that went in, into its model folder."""
    recipe = order.recipe
    content = {
        "kind": recipe.kind,
        "recipe": {"hash": recipe.hash, **asdict(recipe)},
        "corpus": {"hash": corpus_hash(order.corpus), "documents": dict(documents)},
        "code": code_hash(),
        "seeds": [recipe.seed, *recipe.branch_seeds],
        **run,
        "versions": {"python": platform.python_version()} | {p: version(p) for p in _PACKAGES},
    }
    text = json.dumps(content, indent=2)
    (order.out / METRICS_FILE).write_text(text + "\n", encoding="utf-8")
