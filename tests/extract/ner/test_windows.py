"""Documents in word pieces, and the windows over them."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.pre_tokenizers import BertPreTokenizer

from extract.ner.windows import OVERLAP_PIECES, WINDOW_PIECES, PieceTokenizer


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


def test_title_and_abstract_are_one_sequence_with_their_own_offsets() -> None:
    pieces = _tokenizer_of("anxiety").split(["anxiety", "in anxiety"])
    assert pieces.ids == (3, 2, 0, 3)
    assert [(w.text, w.start, w.end, w.piece) for w in pieces.words] == [
        (0, 0, 7, 0),
        (1, 0, 2, 2),
        (1, 3, 10, 3),
    ]
