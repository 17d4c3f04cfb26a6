"""Training a tagger, for real: a tiny random encoder learns to find one word."""

import json
from pathlib import Path

import pytest

from extract.annotation import AnnotatedDocument, Mention, Pipeline
from extract.methods import RecognizerName, RelationMethod, load_extractor
from ingest.document import Document, Passage
from ontology.lexicon import starter_lexicon
from ontology.schema import EntityType

transformers = pytest.importorskip("transformers", reason="the extra `train` is not installed")
tagging = pytest.importorskip("extract.training.tagging")
tokenizers = pytest.importorskip("tokenizers")

# The exporter that traces is called legacy; its successor wants one package more.
pytestmark = pytest.mark.filterwarnings(
    "ignore:You are using the legacy TorchScript:DeprecationWarning",
    "ignore:The feature will be removed:DeprecationWarning",
    "ignore:Exporting aten..index operator:UserWarning",
    "ignore::torch.jit.TracerWarning",
)

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
WORDS = (*SPECIAL, *"the gut of mice saw anxiety and no rest here .".split())  # noqa: SIM905


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of two narrow layers with random weights, and a tokenizer of a few words."""
    folder = tmp_path_factory.mktemp("encoder")
    model = tokenizers.models.WordPiece({w: i for i, w in enumerate(WORDS)}, unk_token="[UNK]")
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    tokenizer.save(str(folder / "tokenizer.json"))
    config = transformers.BertConfig(
        vocab_size=len(WORDS),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
    )
    transformers.BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


def annotated(number: int, annotator: str) -> AnnotatedDocument:
    """Anxiety is annotated wherever it stands."""
    words = ["the", "gut", "of", "mice", "saw", "anxiety", "and", "no", "rest", "here"]
    text = " ".join(words[number % 5 :] + words[: number % 5]) + " ."
    start = text.index("anxiety")
    document = Document(str(number), (Passage("abstract", text),))
    mention = Mention("abstract", start, start + 7, "anxiety", EntityType.DDF)
    return AnnotatedDocument(document, (mention,), (), Pipeline(annotator, annotator, "", ""))


def quiet(_: str) -> None:
    """Take a progress report and drop it."""


def train(encoder: Path, out: Path, epochs: int) -> list[str]:
    corpus = [annotated(n, "expert_1") for n in range(40)]
    corpus += [annotated(n, "student_A") for n in range(40, 60)]
    corpus += [annotated(n, "distant") for n in range(60, 70)]
    said: list[str] = []
    schedule = tagging.Schedule(1, epochs, epochs, 5e-3, (1, 2))
    tagging.train_tagger(corpus, encoder, out, schedule=schedule, report=said.append)
    return said


@pytest.fixture(scope="module")
def model(encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("tagger")
    train(encoder, out, epochs=60)
    return out


def test_a_trained_tagger_reads_without_torch_what_it_learned(model: Path) -> None:
    extractor = load_extractor(
        RecognizerName.ENCODER, RelationMethod.COUNTS, model, starter_lexicon()
    )
    document = Document("9", (Passage("abstract", "no rest of anxiety here ."),))
    (mention,) = extractor.recognizer.recognize(document)
    assert (mention.text, mention.type) == ("anxiety", EntityType.DDF)
    assert mention.score > 0.5


def test_the_manifest_says_what_it_was_made_of(model: Path) -> None:
    manifest = json.loads((model / "manifest.json").read_text())
    assert manifest["kind"] == "tagger"
    assert manifest["documents"] == {"expert": 34, "held out": 6, "all": 70}
    assert manifest["held_out"]["entities"]["f1"] > 0.9


def test_progress_is_told_by_stage(encoder: Path, tmp_path: Path) -> None:
    said = train(encoder, tmp_path / "again", epochs=1)
    stages = list(dict.fromkeys(line.split(":")[0] for line in said))
    assert stages == [
        "trunk", "branch 1", "branch 1, experts", "branch 2", "branch 2, experts",
    ]  # fmt: skip


def test_a_corpus_without_experts_is_refused(encoder: Path, tmp_path: Path) -> None:
    with pytest.raises(tagging.NoExpertsError, match="0 expert documents"):
        tagging.train_tagger(
            [annotated(1, "distant")],
            encoder,
            tmp_path,
            schedule=tagging.Schedule(),
            report=quiet,
        )
