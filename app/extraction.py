"""The lexicon, and the extraction pipeline that the settings name."""

from app.settings import Settings
from extract.extractor import Extractor
from extract.methods import load_extractor
from ontology.lexicon import Lexicon, starter_lexicon


def open_lexicon() -> Lexicon:
    """Load the lexicon that recognizers and the linker use: the only place that decides which."""
    return starter_lexicon()


def open_extractor(settings: Settings) -> Extractor:
    """Load the pipeline; raises ModelError or MissingExtraError."""
    return load_extractor(
        settings.ner,
        settings.relations,
        settings.model,
        open_lexicon(),
        settings.preset,
        settings.runtime,
    )
