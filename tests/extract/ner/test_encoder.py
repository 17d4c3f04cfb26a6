"""The trained recognizer, on a small real ONNX model: each word piece has its own label scores."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from extract.model import NAMES_FILE, ModelError, write_names
from extract.ner.bio import LABELS, labels_of
from extract.ner.encoder import MODEL_FILE, EncoderRecognizer
from extract.ner.windows import TOKENIZER_FILE, WINDOW_PIECES
from ingest.document import Document
from ontology.lexicon import Lexicon
from ontology.schema import EntityType

Write = Callable[..., Document]
WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "gut", "microbiota", "mice", "##s", "anxiety", "and")
SAYS = {
    "gut": "B-microbiome",
    "microbiota": "I-microbiome",
    "mice": "B-animal",
    "##s": "B-food",
    "anxiety": "B-DDF",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder whose tagger looks each piece up in a table of scores."""
    return write_tagger(tmp_path_factory.mktemp("model"), ["ids"])


def write_tagger(out: Path, inputs: list[str], names: Sequence[str] = LABELS) -> Path:
    """Write a folder whose tagger has the labels named, in their order."""
    tokenizer = Tokenizer(WordPiece({w: i for i, w in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.normalizer = BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.save(str(out / TOKENIZER_FILE))
    scores = np.zeros((len(WORDS), len(names)), dtype=np.float32)
    for number, word in enumerate(WORDS):
        scores[number, names.index(SAYS.get(word, "O"))] = 5
    given = [helper.make_tensor_value_info(n, TensorProto.INT64, ["b", "p"]) for n in inputs]
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["b", "p", len(names)])
    nodes = [helper.make_node("Gather", ["table", "ids"], ["logits"])]
    table = numpy_helper.from_array(scores, "table")
    graph = helper.make_graph(nodes, "lookup", given, [logits], [table])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, out / MODEL_FILE)
    write_names(out, labels=names)
    return out


@pytest.fixture(scope="module")
def recognizer(folder: Path) -> EncoderRecognizer:
    return EncoderRecognizer(folder, Lexicon({}))


def test_a_file_that_takes_other_inputs_is_named(tmp_path: Path) -> None:
    folder = write_tagger(tmp_path, ["ids", "mask"])
    with pytest.raises(ModelError, match=r"tagger.onnx: takes ids, mask, not ids alone"):
        EncoderRecognizer(folder, Lexicon({}))


def test_mentions_span_words_and_later_pieces_have_no_say(
    recognizer: EncoderRecognizer, write: Write
) -> None:
    found = recognizer.recognize(write("The gut microbiota and mices, anxiety."))
    assert [(m.text, m.type) for m in found] == [
        ("gut microbiota", EntityType.MICROBIOME),
        ("mices", EntityType.ANIMAL),
        ("anxiety", EntityType.DDF),
    ]


def test_offsets_count_the_original_s_characters(
    recognizer: EncoderRecognizer, write: Write
) -> None:
    document = write("<i>Gut</i> microbiota.")
    (mention,) = recognizer.recognize(document)
    text = document.text_of("abstract")
    assert text[mention.start : mention.end] == mention.text == "Gut</i> microbiota"


def test_an_inside_without_its_begin_is_never_read(
    recognizer: EncoderRecognizer, write: Write
) -> None:
    (mention,) = recognizer.recognize(write("and microbiota gut"))
    assert mention.text in {"microbiota", "gut", "microbiota gut"}
    assert mention.type is EntityType.MICROBIOME


def test_a_long_text_is_read_to_its_end_and_each_mention_once(
    recognizer: EncoderRecognizer, write: Write
) -> None:
    found = recognizer.recognize(write("and anxiety " * (3 * WINDOW_PIECES)))
    assert len(found) == 3 * WINDOW_PIECES
    assert len({m.start for m in found}) == len(found)


def test_scores_are_probabilities_and_reading_is_repeatable(
    recognizer: EncoderRecognizer, write: Write
) -> None:
    document = write("gut microbiota and anxiety")
    found = recognizer.recognize(document)
    assert all(0.8 < mention.score <= 1 for mention in found)
    assert recognizer.recognize(document) == found


def test_a_document_without_text_has_no_mentions(recognizer: EncoderRecognizer) -> None:
    assert recognizer.recognize(Document("1", ())) == ()


def test_a_missing_or_broken_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=MODEL_FILE):
        EncoderRecognizer(tmp_path, Lexicon({}))
    (tmp_path / MODEL_FILE).write_bytes(b"no model")
    with pytest.raises(ModelError, match=MODEL_FILE):
        EncoderRecognizer(tmp_path, Lexicon({}))


def test_labels_are_matched_by_name_not_by_order(
    recognizer: EncoderRecognizer, write: Write, tmp_path: Path
) -> None:
    turned = write_tagger(tmp_path, ["ids"], labels_of(tuple(EntityType)[::-1]))
    document = write("The gut microbiota and mices, anxiety.")
    found = EncoderRecognizer(turned, Lexicon({})).recognize(document)
    assert [(m.text, m.type) for m in found] == [
        (m.text, m.type) for m in recognizer.recognize(document)
    ]


def test_a_tagger_of_some_types_reads_with_a_schema_of_more(write: Write, tmp_path: Path) -> None:
    known = (EntityType.FOOD, EntityType.DDF, EntityType.MICROBIOME, EntityType.ANIMAL)
    folder = write_tagger(tmp_path, ["ids"], labels_of(known))
    found = EncoderRecognizer(folder, Lexicon({})).recognize(write("gut microbiota and anxiety"))
    assert [m.type for m in found] == [EntityType.MICROBIOME, EntityType.DDF]


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ([*LABELS, "B-virus", "I-virus"], "trained for 'B-virus', 'I-virus', which this version"),
        (["O", "I-DDF", "B-DDF"], "'I-DDF' is not a valid EntityType"),
        (["B-DDF", "O", "I-DDF"], "labels are not O, then B and I of each type|valid EntityType"),
        (["O", "B-DDF"], "labels are not O, then B and I of each type"),
    ],
)
def test_labels_that_cannot_be_read_are_one_line(
    tmp_path: Path, labels: list[str], told: str
) -> None:
    folder = write_tagger(tmp_path, ["ids"])
    (folder / NAMES_FILE).write_text(json.dumps({"labels": labels}), encoding="utf-8")
    with pytest.raises(ModelError, match=rf"trained_for\.json: .*{told}"):
        EncoderRecognizer(folder, Lexicon({}))


def test_labels_that_do_not_fit_the_model_are_one_line(tmp_path: Path) -> None:
    folder = write_tagger(tmp_path, ["ids"])
    write_names(folder, labels=labels_of((EntityType.DDF,)))
    with pytest.raises(ModelError, match=r"tagger\.onnx: 27 columns, but .* names 3"):
        EncoderRecognizer(folder, Lexicon({}))
