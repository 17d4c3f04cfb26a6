"""What a training run is asked to do."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from extract.training.names import Corpus
from extract.training.recipe import Recipe

CHECKPOINT_EVERY_S = 300.0


@dataclass(frozen=True, slots=True)
class Order:
    """What to train, from where to where; ``encoder`` is a local folder or a Hugging Face name.

    ``clock``, in seconds, tells when a checkpoint is due.
    """

    recipe: Recipe
    corpus: Corpus
    encoder: str
    out: Path
    report: Callable[[str], None]
    device: str | None = None
    checkpoint_every_s: float = CHECKPOINT_EVERY_S
    clock: Callable[[], float] = time.monotonic
