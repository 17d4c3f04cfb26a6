"""Encoders of other families than BERT: words are cut alike, first pieces stand for them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from extract.ner.windows import PieceTokenizer
from extract.training.recipe import Head, RecipeError, TrainingOrder, find_recipe
from ontology.lexicon import Lexicon

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
transformers = pytest.importorskip("transformers", reason="the extra `train` is not installed")
transformer = pytest.importorskip("extract.ner.transformer")
torch_recognizer: Any = pytest.importorskip("extract.training.torch_recognizer")
tagger_module: Any = pytest.importorskip("extract.training.tagger")
tagging: Any = pytest.importorskip("extract.training.tagging")
tokenizers: Any = pytest.importorskip("tokenizers")

TEXT = "butyrate, anxiety-like (E. coli)."
WORDS = ["butyrate", ",", "anxiety", "-", "like", "(", "E", ".", "coli", ")", "."]


def sentencepiece(specials: list[str]) -> Any:
    """Train a tokenizer of the kind that XLM-R and T5 have on one text."""
    tokenizer = tokenizers.Tokenizer(tokenizers.models.Unigram())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace()
    trainer = tokenizers.trainers.UnigramTrainer(
        vocab_size=60, special_tokens=specials, unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator([TEXT, "coli like anxiety"] * 20, trainer)
    return tokenizer


@pytest.mark.parametrize(
    ("specials", "edges"),
    [
        (["<s>", "<pad>", "</s>", "<unk>", "<mask>"], ("<s>", "</s>")),  # XLM-R
        (["<pad>", "</s>", "<unk>"], ("</s>", "</s>")),  # T5
    ],
)
def test_a_sentencepiece_tokenizer_cuts_the_words_that_bert_does(
    specials: list[str], edges: tuple[str, str]
) -> None:
    tokenizer = sentencepiece(specials)
    cutter = transformer.cutter(tokenizer)
    pieces = cutter.split([TEXT, "coli"])
    words = [((TEXT, "coli")[w.text][w.start : w.end], w.text) for w in pieces.words]
    assert words == [*((word, 0) for word in WORDS), ("coli", 1)]
    (window,) = cutter.windows(pieces)
    assert (window.ids[0], window.ids[-1]) == tuple(map(tokenizer.token_to_id, edges))
    separator = pieces.words[-1].piece - 1
    assert pieces.ids[separator] == tokenizer.token_to_id("</s>")


def test_a_wordpiece_tokenizer_is_read_as_it_was() -> None:
    model = tokenizers.models.WordPiece({"[UNK]": 0, "[CLS]": 1, "[SEP]": 2}, unk_token="[UNK]")
    assert type(transformer.cutter(tokenizers.Tokenizer(model))) is PieceTokenizer


def test_words_begin_after_the_special_pieces() -> None:
    vocabulary = transformer.read_vocabulary(sentencepiece(["<s>", "<pad>", "<unk>", "<mask>"]))
    assert (vocabulary.mask, vocabulary.first_word) == (3, 4)


CONFIGS: dict[str, Any] = {
    "bert": {"hidden_size": 32, "intermediate_size": 32},
    "electra": {"hidden_size": 32, "embedding_size": 16, "intermediate_size": 32},
    "megatron-bert": {"hidden_size": 32, "intermediate_size": 32},
    "xlm-roberta": {"hidden_size": 32, "intermediate_size": 32},
    "t5": {"d_model": 32, "d_ff": 32, "d_kv": 16, "num_layers": 2, "num_heads": 2},
}


@pytest.mark.parametrize("family", CONFIGS)
def test_every_family_of_the_paper_loads_reads_freezes_and_is_kept(
    family: str, tiny_encoder: Path, tmp_path: Path
) -> None:
    layers = {} if family == "t5" else {"num_hidden_layers": 2, "num_attention_heads": 2}
    config = transformers.AutoConfig.for_model(family, vocab_size=50, **CONFIGS[family], **layers)
    transformers.AutoModel.from_config(config).save_pretrained(tmp_path)
    encoder = transformer.load_encoder(str(tmp_path))
    transformer.freeze_embeddings(encoder)
    ids = torch.randint(5, 50, (2, 7))
    mask = torch.ones_like(ids)
    head = tagger_module.Tagger(encoder, 0.0)
    torch_recognizer.save_tagger(head.eval(), str(tiny_encoder), Head.LINEAR, tmp_path / "saved")
    loaded = torch_recognizer.load_tagger(tmp_path / "saved", Lexicon({}), "cpu")
    assert torch.equal(loaded.tagger(ids, mask), head(ids, mask))
    states = encoder(input_ids=ids, attention_mask=mask).last_hidden_state
    assert states.shape == (2, 7, 32)
    assert not encoder.get_input_embeddings().weight.requires_grad
    assert any(parameter.requires_grad for parameter in encoder.parameters())
    assert not any("decoder" in name for name, _ in encoder.named_parameters())


def test_an_empty_encoder_has_the_shape_of_its_configuration(tiny_encoder: Path) -> None:
    loaded = transformer.load_encoder(str(tiny_encoder)).eval()
    empty = transformer.empty_encoder(tiny_encoder).eval()
    empty.load_state_dict(loaded.state_dict())
    ids = torch.tensor([[2, 7, 3]])
    mask = torch.ones_like(ids)
    one, other = (model(input_ids=ids, attention_mask=mask)[0] for model in (loaded, empty))
    assert torch.equal(one, other)


def test_an_encoder_that_the_reader_without_torch_cannot_cut_for_is_refused_before_training(
    tiny_encoder: Path, tmp_path: Path
) -> None:
    sentencepiece(["<s>", "</s>", "<unk>"]).save(str(tmp_path / "tokenizer.json"))
    encoder = transformer.load_encoder(str(tiny_encoder))
    recipe = replace(find_recipe("tagger"), encoder=str(tmp_path))
    order = TrainingOrder(recipe, (), Lexicon({}), tmp_path, lambda _: None)
    with pytest.raises(RecipeError, match=r"export: .* only torch can read it"):
        tagging.build_tagger(order, encoder, transformer.choose_device("cpu"))


def test_a_merged_update_says_what_it_said_before() -> None:
    torch.manual_seed(0)
    holder = torch.nn.Sequential(torch.nn.Linear(6, 5))
    transformer.add_lora(holder, 2, 4.0, ["0"])
    with torch.no_grad():
        holder[0].up.normal_()
    inputs = torch.randn(3, 6)
    before = holder(inputs)
    transformer.merge_lora(holder)
    assert isinstance(holder[0], torch.nn.Linear)
    assert torch.allclose(holder(inputs), before, atol=1e-6)


@pytest.mark.parametrize(
    ("wanted", "reason"), [("tpu", "neither cpu nor cuda"), ("cuda", "no CUDA")]
)
def test_a_device_that_is_not_there_is_refused(wanted: str, reason: str) -> None:
    if wanted == "cuda" and torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    with pytest.raises(transformer.DeviceError, match=reason):
        transformer.choose_device(wanted)


def test_the_device_chosen_is_there() -> None:
    assert transformer.choose_device().name == ("cuda" if torch.cuda.is_available() else "cpu")
