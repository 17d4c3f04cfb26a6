"""The extraction pipeline that the settings name."""

from app.settings import Settings
from extract.extractor import Extractor
from extract.methods import load_extractor
from ontology.lexicon import starter_lexicon


def open_extractor(settings: Settings) -> Extractor:
    """Load it; raises ModelError, MissingExtraError, or the error of a broken file."""
    return load_extractor(
        settings.ner,
        settings.relations,
        settings.model,
        starter_lexicon(),
        settings.preset,
        settings.runtime,
    )
