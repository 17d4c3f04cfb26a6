"""Method names -> what they do. The only place that may import a method late."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

from extract import Recognizer, RelationExtractor
from extract.annotation import Pipeline
from extract.extractor import Extractor, Thresholds
from extract.linking.linker import NameLinker
from extract.logistic import Platt, read_curve
from extract.method_names import Preset, RecognizerName, RelationMethod, Runtime
from extract.model import MANIFEST_FILE, hash_folder, read_json
from extract.ner.encoder import MODEL_FILE, EncoderRecognizer
from extract.ner.lexicon import LexiconRecognizer, read_lexicon_model
from extract.relations.boosted import BoostedRelations
from extract.relations.counts import CountRelations, read_counts
from extract.training.floor import train_floor
from extract.training.links import train_links
from extract.training.recipe import RecipeKind, TrainingOrder
from ontology.lexicon import Lexicon
from ontology.mapped_lexicon import shipped_lexicon

TORCH_WEIGHTS_FILE = "tagger.safetensors"


class MissingExtraError(ValueError):
    """A method needs packages that are not installed: names the extra."""


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
    """Load a pipeline; raises ModelError or MissingExtraError.

    What is None is chosen: the shipped model, and the best method that a folder holds. ``runtime``
    is for encoders; a model too large for ONNX is read with torch all the same. The lexicon's own
    names link, unless another linker is put in their place (``Extractor.linked_by``).
    """
    folder = model or shipped_model(recognizer)
    reader = recognizer or _recognizer_in(folder)
    relater = relations or _relations_in(folder)
    relation_folder = folder if relater is RelationMethod.COUNTS else folder / relater
    thresholds, curve = read_json(relation_folder / MANIFEST_FILE, _decisions)
    thresholds = thresholds.at(preset)
    return Extractor(
        _load_recognizer(reader, folder, lexicon, runtime),
        NameLinker(lexicon),
        _load_relations(relater, relation_folder, thresholds.lowest, curve),
        thresholds,
        Pipeline(
            _run_by(reader, runtime),
            _named(relater, preset),
            hash_folder(folder),
            lexicon.hash,
            lexicon.hash,
        ),
    )


def _decisions(manifest: Mapping[str, Any]) -> tuple[Thresholds, Platt]:
    return Thresholds(**manifest["thresholds"]), read_curve(manifest)


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


def _load_recognizer(
    recognizer: RecognizerName, model: Path, lexicon: Lexicon, runtime: Runtime
) -> Recognizer:
    if recognizer is RecognizerName.LEXICON:
        return LexiconRecognizer(read_lexicon_model(model))
    if runtime is Runtime.TORCH or (model / TORCH_WEIGHTS_FILE).is_file():
        with _extra("train"):
            return import_module("extract.training.torch_recognizer").load_tagger(model, lexicon)
    return EncoderRecognizer(model, lexicon)


def _load_relations(
    relations: RelationMethod, folder: Path, threshold: float, curve: Platt
) -> RelationExtractor:
    """Load a relation method; of those that are trained, each has a folder in the model's."""
    match relations:
        case RelationMethod.COUNTS:
            return CountRelations(read_counts(folder), threshold)
        case RelationMethod.BOOSTED:
            return BoostedRelations(folder, threshold, curve)
        case RelationMethod.ATLOP:
            with _extra("train"):
                return import_module("extract.relations.atlop").load_atlop(folder, threshold, curve)


def train(order: TrainingOrder) -> None:
    """Fit a model to a corpus and write its folder; what an earlier run left off goes on."""
    within = replace(order, out=order.out / order.recipe.kind)
    with _extra("train"):
        match order.recipe.kind:
            case RecipeKind.FLOOR:
                train_floor(order)
            case RecipeKind.LINKS:
                train_links(order.corpus, shipped_lexicon(), order.out, order.report)
            case RecipeKind.TAGGER:
                import_module("extract.training.tagging").train_tagger(order)
            case RecipeKind.BOOSTED:
                import_module("extract.training.boosting").train_boosted(within)
            case RecipeKind.ATLOP:
                import_module("extract.training.relating").train_atlop(within)


@contextmanager
def _extra(name: str) -> Generator[None]:
    """Say which extra brings what is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"{error.name} is not installed: pip install 'gutbrain[{name}]'"
        ) from error
