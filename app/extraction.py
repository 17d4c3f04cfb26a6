"""What reads documents, as the settings choose it: the lexicons, the linker and the extractor."""

from app.settings import Settings
from extract import Linker
from extract.extractor import Extractor
from extract.linking.grounding import GraphLinker
from extract.linking.linker import RankedLinker, read_linker, shipped_links
from extract.methods import load_extractor
from ontology.lexicon import Lexicon, starter_lexicon
from ontology.mapped_lexicon import shipped_lexicon


def open_lexicon() -> Lexicon:
    """Load the lexicon that recognizers and the linker use: the only place that decides which."""
    return starter_lexicon()


def open_linker() -> RankedLinker:
    """Load what links as annotators do; for the graph see ``GraphLinker``."""
    return read_linker(shipped_links(), shipped_lexicon())


def open_extractor(settings: Settings, linker: Linker | None = None) -> Extractor:
    """Load the pipeline of the settings; raises ModelError, MissingExtraError, a file's error.

    Links are by default those for the graph.
    """
    lexicon = open_lexicon()
    extractor = load_extractor(
        settings.ner,
        settings.relations,
        settings.model,
        lexicon,
        settings.preset,
        settings.runtime,
    )
    return extractor.linked_by(linker or GraphLinker(open_linker(), lexicon))
