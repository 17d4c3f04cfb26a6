"""Names fitted to a corpus: which hold, and which words belong to their heads."""

from collections.abc import Callable

import pytest

from extract.annotation import AnnotatedDocument
from extract.training.names import fit_modifiers, fit_names
from ingest.document import Document
from ontology.concept import Concept
from ontology.lexicon import Lexicon
from ontology.schema import EntityType

Write = Callable[..., Document]
Annotate = Callable[..., AnnotatedDocument]
ANIMAL, DDF = EntityType.ANIMAL, EntityType.DDF
NO_NAMES = Lexicon({})


def test_a_name_that_mostly_means_something_else_is_dropped(
    write: Write, annotate: Annotate
) -> None:
    documents = [write("PD fell; PD or PD.", pmid="1"), write("Colitis.", pmid="2")]
    corpus = [annotate(documents[0], [("PD", DDF)]), annotate(documents[1], [("Colitis", DDF)])]
    names = fit_names(corpus, [], NO_NAMES, starter_only=False).names
    assert [(known.name, known.score) for known in names] == [("colitis", 0.75)]


@pytest.mark.parametrize(("label", "kept"), [(ANIMAL, ["mice"]), (DDF, [])])
def test_only_a_head_of_a_growing_type_hits_where_the_mention_began_before_it(
    write: Write, annotate: Annotate, label: EntityType, kept: list[str]
) -> None:
    texts = ("germ-free mice", "obese mice")
    corpus = [annotate(write(text, pmid=str(n)), [(text, label)]) for n, text in enumerate(texts)]
    lexicon = Lexicon({"NCIT:1": Concept("NCIT:1", "mice", label)})
    names = fit_names(corpus, [], lexicon, starter_only=True).names
    assert [known.name for known in names] == kept


def test_a_text_of_no_expert_counts_for_half(write: Write, annotate: Annotate) -> None:
    hit = annotate(write("Colitis.", pmid="1"), [("Colitis", DDF)])
    miss = annotate(write("Colitis.", pmid="2"), [])
    (known,) = fit_names([hit], [miss], NO_NAMES, starter_only=False).names
    assert known.score == pytest.approx(1.5 / 2.5)


def test_a_modifier_that_stands_outside_more_often_is_none(
    write: Write, annotate: Annotate
) -> None:
    texts = {"old mice": "old mice", "Young mice": "Young mice", "mice": "Male mice"}
    corpus = [annotate(write(text), [(name, ANIMAL)]) for name, text in texts.items()]
    corpus.append(annotate(write("old mice"), [("mice", ANIMAL)]))
    corpus.append(annotate(write("old mice"), [("mice", ANIMAL)]))
    model = fit_names(corpus, [], NO_NAMES, starter_only=False)
    mice = [known for known in model.names if known.name == "mice"]
    assert fit_modifiers(corpus, mice) == {(ANIMAL, "young")}
