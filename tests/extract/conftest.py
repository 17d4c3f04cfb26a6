import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.pre_tokenizers import BertPreTokenizer

from extract.annotation import AnnotatedDocument, Mention, Pipeline, Relation
from ingest.document import Document, Passage
from ontology.schema import EntityType, Predicate

Write = Callable[..., Document]
Mark = Callable[..., Mention]
Annotate = Callable[..., AnnotatedDocument]


@pytest.fixture(scope="session")
def data_folder() -> Path:
    beside = Path(__file__).parents[2].parent / "shared" / "data"
    folder = Path(os.environ.get("GUTBRAIN_TEST_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"no development data at {folder}")
    return folder


@pytest.fixture(scope="session")
def write() -> Write:
    """Build a document of an abstract, and a title where given."""

    def build(abstract: str, title: str = "", pmid: str = "1") -> Document:
        texts = (Passage("title", title), Passage("abstract", abstract))
        return Document(pmid, tuple(passage for passage in texts if passage.text))

    return build


@pytest.fixture(scope="session")
def mark() -> Mark:
    """Make the mention of the first place where a passage reads ``text``."""

    def build(
        document: Document, text: str, label: EntityType, passage: str = "abstract"
    ) -> Mention:
        start = document.text_of(passage).index(text)
        return Mention(passage, start, start + len(text), text, label)

    return build


@pytest.fixture(scope="session")
def annotate(mark: Mark) -> Annotate:
    """Annotate a document: (text, type) for each mention, (i, predicate, j) for each relation."""

    def build(
        document: Document,
        marks: Sequence[tuple[str, EntityType]],
        relations: Sequence[tuple[int, Predicate, int]] = (),
        annotator: str = "expert_1",
    ) -> AnnotatedDocument:
        mentions = tuple(mark(document, text, label) for text, label in marks)
        found = tuple(
            Relation(mentions[i], predicate, mentions[j]) for i, predicate, j in relations
        )
        return AnnotatedDocument(document, mentions, found, Pipeline(annotator, annotator, "", ""))

    return build


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of two narrow layers with random weights, and a tokenizer of a few words."""
    torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
    transformers = pytest.importorskip("transformers", reason="the extra `train` is not installed")
    folder = tmp_path_factory.mktemp("encoder")
    words = (
        "the gut of mice saw anxiety and no rest here . @ * # ^ butyrate eases near DDF chemical"
    )
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words.split()]
    model = WordPiece({word: i for i, word in enumerate(vocabulary)}, unk_token="[UNK]")
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.save(str(folder / "tokenizer.json"))
    config = transformers.BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
    )
    torch.set_num_threads(1)  # so small a model only waits for the others
    torch.manual_seed(0)
    transformers.BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder
