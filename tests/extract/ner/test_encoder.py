"""The trained recognizer, on a small real ONNX model: each word piece has its own label scores."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from extract.ner.bio import LABELS, best_path, decode_labels, encode_spans
from extract.ner.encoder import MODEL_FILE, TOKENIZER_FILE, EncoderRecognizer
from extract.ner.windows import OVERLAP_PIECES, WINDOW_PIECES, PieceTokenizer
from extract.onnx import ModelFileError
from ingest.document import Document
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


def write_tagger(out: Path, inputs: list[str]) -> Path:
    tokenizer = Tokenizer(WordPiece({w: i for i, w in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.normalizer = BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.save(str(out / TOKENIZER_FILE))
    scores = np.zeros((len(WORDS), len(LABELS)), dtype=np.float32)
    for number, word in enumerate(WORDS):
        scores[number, LABELS.index(SAYS.get(word, "O"))] = 5
    given = [helper.make_tensor_value_info(n, TensorProto.INT64, ["b", "p"]) for n in inputs]
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["b", "p", len(LABELS)])
    nodes = [helper.make_node("Gather", ["table", "ids"], ["logits"])]
    table = numpy_helper.from_array(scores, "table")
    graph = helper.make_graph(nodes, "lookup", given, [logits], [table])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, out / MODEL_FILE)
    return out


@pytest.fixture(scope="module")
def recognizer(folder: Path) -> EncoderRecognizer:
    return EncoderRecognizer(folder)


def test_a_file_that_takes_other_inputs_is_named(tmp_path: Path) -> None:
    folder = write_tagger(tmp_path, ["ids", "mask"])
    with pytest.raises(ModelFileError, match=r"tagger.onnx: takes ids, mask, not ids alone"):
        EncoderRecognizer(folder)


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
    with pytest.raises(ModelFileError, match=MODEL_FILE):
        EncoderRecognizer(tmp_path)
    (tmp_path / MODEL_FILE).write_bytes(b"no model")
    with pytest.raises(ModelFileError, match=MODEL_FILE):
        EncoderRecognizer(tmp_path)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 3 * WINDOW_PIECES))
def test_every_piece_is_kept_in_exactly_one_window(length: int) -> None:
    tokenizer = _tokenizer_of("anxiety")
    pieces = tokenizer.split(["anxiety " * length])
    windows = list(tokenizer.windows(pieces))
    kept = [i for w in windows for i in range(w.keep_from, w.keep_to)]
    assert kept == list(range(length))
    for window in windows:
        assert len(window.ids) <= WINDOW_PIECES + 2
        assert window.start <= window.keep_from
        assert window.keep_to <= window.start + len(window.ids) - 2
    assert all(b.start < a.start + WINDOW_PIECES - OVERLAP_PIECES + 1 for a, b in pairwise(windows))


def _tokenizer_of(word: str) -> PieceTokenizer:
    tokenizer = Tokenizer(
        WordPiece({"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, word: 3}, unk_token="[UNK]")
    )
    tokenizer.pre_tokenizer = BertPreTokenizer()
    return PieceTokenizer(tokenizer)


SPANS = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 2), st.sampled_from(EntityType)), max_size=5
)


@given(SPANS)
def test_spans_survive_the_way_through_labels(parts: list[tuple[int, int, EntityType]]) -> None:
    spans: list[tuple[int, int, EntityType]] = []
    at = 0
    for length, gap, entity_type in parts:
        spans.append((at + gap, at + gap + length, entity_type))
        at += gap + length
    labels = encode_spans(spans, at + 1)
    assert list(decode_labels(labels)) == spans
    certain = np.full((at + 1, len(LABELS)), -9, dtype=np.float32)
    certain[range(at + 1), labels] = 0
    assert best_path(certain) == labels


def test_the_best_path_is_the_best_legal_one() -> None:
    scores = np.log(np.full((2, len(LABELS)), 0.01, dtype=np.float32))
    inside = LABELS.index("I-drug")
    begin = LABELS.index("B-drug")
    scores[0, inside], scores[0, begin], scores[0, 0] = np.log([0.5, 0.2, 0.3])
    scores[1, inside], scores[1, 0] = np.log([0.7, 0.3])
    # "I-drug I-drug" scores best but is illegal; then 0.2 * 0.7 beats 0.3 * 0.3.
    assert best_path(scores) == [begin, inside]


def test_title_and_abstract_are_one_sequence_with_their_own_offsets() -> None:
    pieces = _tokenizer_of("anxiety").split(["anxiety", "in anxiety"])
    assert pieces.ids == (3, 2, 0, 3)
    assert [(w.text, w.start, w.end, w.piece) for w in pieces.words] == [
        (0, 0, 7, 0),
        (1, 0, 2, 2),
        (1, 3, 10, 3),
    ]


def test_learned_transitions_decide_where_scores_are_equal() -> None:
    scores = np.zeros((2, len(LABELS)), dtype=np.float32)
    learned = np.zeros((len(LABELS), len(LABELS)), dtype=np.float32)
    learned[0, 3] = learned[3, 4] = 1
    assert best_path(scores, learned) == [3, 4]
    learned[0, 4] = 9  # inside after outside: illegal, whatever was learned
    assert best_path(scores, learned) == [3, 4]
