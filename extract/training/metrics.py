"""What a training run was, in figures: ``metrics.json`` beside the model."""
# pyright: reportMissingImports=false, reportUnknownParameterType=false

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version

from extract.ner.transformer import Device
from extract.training.checkpoint import EpochRecord, code_hash
from extract.training.floor import corpus_hash
from extract.training.order import Order

METRICS_FILE = "metrics.json"
_PACKAGES = ("torch", "transformers", "tokenizers", "onnxruntime", "numpy", "gutbrain")


@dataclass(frozen=True, slots=True)
class Metrics:
    """A run: what was ordered, where it ran, what came of it; scores are F1 in [0, 1]."""

    order: Order
    documents: Mapping[str, int]
    device: Device
    seconds: float
    epochs: tuple[EpochRecord, ...]
    held_out: Mapping[str, float]


def write_metrics(metrics: Metrics) -> None:
    """Write a run's figures, and the hashes of all that went in, into its model folder."""
    recipe = metrics.order.recipe
    content = {
        "kind": recipe.kind,
        "recipe": {"hash": recipe.hash, **asdict(recipe)},
        "corpus": {"hash": corpus_hash(metrics.order.corpus), "documents": dict(metrics.documents)},
        "code": code_hash(),
        "seeds": [recipe.seed, *recipe.branch_seeds],
        "device": asdict(metrics.device),
        "seconds": round(metrics.seconds, 1),
        "epochs": [asdict(epoch) for epoch in metrics.epochs],
        "held_out": dict(metrics.held_out),
        "versions": {"python": platform.python_version()} | {p: version(p) for p in _PACKAGES},
    }
    text = json.dumps(content, indent=2)
    (metrics.order.out / METRICS_FILE).write_text(text + "\n", encoding="utf-8")
