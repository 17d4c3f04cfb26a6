"""Relation models on disk: weights, the encoder's configuration, the tokenizer, settings."""
# pyright: reportMissingImports=false, reportUnknownParameterType=false

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_model, save_model
from torch import nn

from extract import RelationExtractor
from extract.ner.transformer import (
    TOKENIZER_FILE,
    Device,
    choose_device,
    cutter,
    empty_encoder,
    open_tokenizer,
)
from extract.ner.windows import PieceTokenizer
from extract.platt import Platt
from extract.relations.atlop import Atlop, AtlopRelations
from extract.relations.pairs import PairClassifier, PairReader, PairRelations

WEIGHTS_FILE, SETTINGS_FILE = "weights.safetensors", "settings.json"
_UNREADABLE = (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError)


class RelationModelError(ValueError):
    """A model folder holds no relation model that can be read."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The shape of a model: ``group`` of ATLOP (0 for pairs), ``window`` of pairs (0 for ATLOP)."""

    group: int = 0
    window: int = 0


def build(encoder: nn.Module, settings: Settings, dropout: float) -> nn.Module:
    """Put a new classifier on an encoder."""
    width = encoder.config.hidden_size
    if settings.group:
        return Atlop(encoder, width, dropout, settings.group)
    return PairClassifier(encoder, width, dropout)


def extractor(
    model: Any,
    settings: Settings,
    tokenizer: PieceTokenizer,
    device: Device,
    *,
    curve: Platt,
    threshold: float,
) -> RelationExtractor:
    """Put a model to use."""
    if settings.group:
        return AtlopRelations(model, tokenizer, device, curve, threshold)
    reader = PairReader(tokenizer, settings.window)
    return PairRelations(model, reader, device, curve, threshold)


def save_relations(model: Any, settings: Settings, curve: Platt, tokenizer: str, out: Path) -> None:
    """Write a model folder; ``tokenizer`` is the folder or name of its encoder."""
    out.mkdir(parents=True, exist_ok=True)
    save_model(model, str(out / WEIGHTS_FILE))
    model.encoder.config.save_pretrained(out)
    content = json.dumps({"model": asdict(settings), "curve": asdict(curve)}, indent=2)
    (out / SETTINGS_FILE).write_text(content + "\n", encoding="utf-8")
    open_tokenizer(tokenizer).save(str(out / TOKENIZER_FILE))


def load_relations(folder: Path, threshold: float, device: str | None = None) -> RelationExtractor:
    """Load what ``save_relations`` wrote; raises RelationModelError."""
    chosen = choose_device(device)
    try:
        content = json.loads((folder / SETTINGS_FILE).read_bytes())
        settings, curve = Settings(**content["model"]), Platt(**content["curve"])
        model = build(empty_encoder(folder), settings, 0.0)
        load_model(model, folder / WEIGHTS_FILE)
        tokenizer = cutter(open_tokenizer(str(folder)))
    except _UNREADABLE as error:
        raise RelationModelError(f"{folder}: no relation model: {error}") from error
    return extractor(
        model.to(chosen.name), settings, tokenizer, chosen, curve=curve, threshold=threshold
    )
