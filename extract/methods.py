"""Method names -> what they do. The only place that may import a method late."""

import hashlib
import json
from enum import StrEnum
from importlib.resources import files
from pathlib import Path

from extract.annotation import Pipeline
from extract.extractor import Extractor, Thresholds
from extract.linking import NameLinker
from extract.ner.lexicon import LexiconRecognizer, read_lexicon_model
from extract.relations.counts import CountRelations, read_counts
from ontology.lexicon import Lexicon


class RecognizerName(StrEnum):
    """What can recognize mentions."""

    LEXICON = "lexicon"


class RelationMethod(StrEnum):
    """What can find relations."""

    COUNTS = "counts"


class ModelError(ValueError):
    """A model folder cannot be used: names the folder and what is missing."""


def shipped_model() -> Path:
    """Locate the model that comes with the package."""
    return Path(str(files("extract").joinpath("weights", "floor")))


def load_extractor(
    recognizer: RecognizerName, relations: RelationMethod, model: Path, lexicon: Lexicon
) -> Extractor:
    """Load a pipeline from a model folder; raises ModelError, or the error of a broken file."""
    thresholds = _read_thresholds(model)
    return Extractor(
        LexiconRecognizer(read_lexicon_model(model)),
        NameLinker(lexicon),
        CountRelations(read_counts(model), thresholds.lowest),
        thresholds,
        Pipeline(recognizer, relations, _hash_folder(model), lexicon.hash),
    )


def _read_thresholds(model: Path) -> Thresholds:
    path = model / "manifest.json"
    try:
        return Thresholds(**json.loads(path.read_bytes())["thresholds"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{model}: no model of ours: {path.name}: {error}") from error


def _hash_folder(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
