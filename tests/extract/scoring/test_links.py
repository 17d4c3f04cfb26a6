from collections.abc import Callable
from dataclasses import replace

from extract.annotation import AnnotatedDocument
from extract.scoring.links import LinkJudgement, Share, judge_links, shares
from ingest.document import Document
from ontology.schema import EntityType as T

OBO = "http://purl.obolibrary.org/obo/"
LOCAL = "https://w3id.org/XXXX/ontology/gutbrain/resource/gene/X"
Annotate = Callable[..., AnnotatedDocument]
Write = Callable[..., Document]


def test_links_are_compared_mention_by_mention(annotate: Annotate, write: Write) -> None:
    marks = [("mood", T.DDF), ("mice", T.ANIMAL), ("X1", T.GENE)]
    gold = annotate(write("mood of mice, X1"), marks)
    uris = ("https://www.ncbi.nlm.nih.gov/mesh/68010361", OBO + "NCIT_C1", LOCAL)
    concepts = ("MESH:D010361", "NCIT:C2", None)
    linked = tuple(
        replace(mention, concept=concept)
        for mention, concept in zip(gold.mentions, concepts, strict=True)
    )
    predicted = {"1": replace(gold, mentions=linked)}
    assert list(judge_links([replace(gold, uris=uris)], predicted, {"mood"})) == [
        LinkJudgement("DDF", "MESH", is_seen=True, is_right=True),
        LinkJudgement("animal", "NCIT", is_seen=False, is_right=False),
        LinkJudgement("gene", "no vocabulary", is_seen=False, is_right=False),
    ]


def test_shares_are_counted_by_type_vocabulary_and_whether_seen() -> None:
    right = LinkJudgement("DDF", "MESH", is_seen=True, is_right=True)
    wrong = LinkJudgement("DDF", "NCIT", is_seen=False, is_right=False)
    found = shares([right, right, wrong])
    assert found["all"] == found["type: DDF"] == Share(2, 3)
    assert found["seen"] == found["vocabulary: MESH"] == Share(2, 2)
    assert found["unseen"].accuracy == 0
    assert next(iter(found)) == "all"
    assert Share(0, 0).accuracy == 0
