"""Pretrained encoders for torch, whatever their family: weights, tokenizer, device, precision.

Low-rank updates of their linear layers, too (LoRA: Hu et al., ICLR 2022). Needs the extra
``train``; nothing that ships imports it but ``extract/methods.py``, late.
"""
# pyright: reportMissingImports=false, reportUntypedBaseClass=false, reportUnknownParameterType=false

import re
from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Encoding, Tokenizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, AutoTokenizer, T5EncoderModel
from transformers.utils import logging as transformers_logging

from extract.ner.windows import TOKENIZER_FILE, PieceTokenizer

_POOLED = frozenset({"bert", "megatron-bert", "roberta", "xlm-roberta"})
"""Families whose models bring a pooling layer that nothing here would train."""
_FIRST = {"[CLS]": ("[CLS]", "<s>", "</s>"), "[SEP]": ("[SEP]", "</s>")}
_MASKS = ("[MASK]", "<mask>", "<extra_id_0>", "[UNK]", "<unk>")
_SPECIAL = re.compile(r"[\[<].+[\]>]")
_FIRST_WORDS = 2000


class DeviceError(ValueError):
    """A device was asked for that this machine lacks."""


class LoraError(ValueError):
    """No linear layer of the encoder bears a name that the recipe targets."""


@dataclass(frozen=True, slots=True)
class Device:
    """Where a model runs, and whether its matrix products are done in bfloat16."""

    name: str
    bf16: bool

    def autocast(self) -> AbstractContextManager[object]:
        """Open the precision that the device is fastest at."""
        kind = self.name.partition(":")[0]
        return torch.autocast(kind, dtype=torch.bfloat16) if self.bf16 else nullcontext()


def choose_device(wanted: str | None = None) -> Device:
    """Take the device asked for, else the GPU where there is one; raises DeviceError."""
    name = wanted or ("cuda" if torch.cuda.is_available() else "cpu")
    kind = name.partition(":")[0]
    if kind not in {"cpu", "cuda"}:
        raise DeviceError(f"{name}: neither cpu nor cuda")
    if kind == "cuda" and not torch.cuda.is_available():
        raise DeviceError(f"{name}: this machine has no CUDA device")
    return Device(name, _has_bf16(kind))


def _has_bf16(kind: str) -> bool:
    if kind == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    # Without such instructions bfloat16 is emulated, slower than 32 bits.
    can = torch.cpu.get_capabilities()
    return bool(can.get("avx512_bf16") or can.get("amx_bf16"))


def load_encoder(source: str) -> Any:
    """Load an encoder from a local folder or by its Hugging Face name.

    Of an encoder-decoder (T5) the encoder half is taken. Attention is computed step by step:
    it exports to ONNX, can be looked at (ATLOP), and was a tenth faster than fused attention on
    CPUs without matrix instructions.
    """
    family = AutoConfig.from_pretrained(source).model_type
    options: dict[str, Any] = {"add_pooling_layer": False} if family in _POOLED else {}
    model = T5EncoderModel if family == "t5" else AutoModel
    with _quiet():
        return model.from_pretrained(source, attn_implementation="eager", **options)


@contextmanager
def _quiet() -> Generator[None]:
    """Hush a progress bar, and the report that layers we do not want were left out."""
    level = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(level)
        transformers_logging.enable_progress_bar()


def empty_encoder(folder: Path) -> Any:
    """Build the encoder that a folder's ``config.json`` describes, its weights still random."""
    config: Any = AutoConfig.from_pretrained(folder, attn_implementation="eager")
    options = {"add_pooling_layer": False} if config.model_type in _POOLED else {}
    if config.model_type == "t5":
        return T5EncoderModel(config)
    return AutoModel.from_config(config, attn_implementation="eager", **options)


def freeze_embeddings(encoder: Any) -> None:
    """Keep the embeddings as they are: most of a small encoder, and little to learn there."""
    layer = getattr(encoder, "embeddings", None) or encoder.get_input_embeddings()
    for parameter in layer.parameters():
        parameter.requires_grad = False


class LoraLinear(nn.Module):
    """A frozen linear layer plus ``up @ down`` of rank ``r``, scaled; zero at first."""

    def __init__(self, base: nn.Linear, r: int, alpha: float) -> None:
        super().__init__()
        self.base = base
        self.down = nn.Parameter(torch.empty(r, base.in_features))
        self.up = nn.Parameter(torch.zeros(base.out_features, r))
        self.scale = alpha / r
        nn.init.kaiming_uniform_(self.down, a=5**0.5)

    def forward(self, states: Tensor) -> Tensor:
        """Apply the layer; [..., in] -> [..., out]."""
        update = nn.functional.linear(nn.functional.linear(states, self.down), self.up)
        return self.base(states) + self.scale * update

    def merged(self) -> nn.Linear:
        """Give a plain layer that does the same."""
        with torch.no_grad():
            self.base.weight += self.scale * (self.up @ self.down)
        return self.base


def add_lora(encoder: nn.Module, r: int, alpha: float, targets: Sequence[str]) -> None:
    """Freeze an encoder but for updates of the linear layers named ``targets``, in place."""
    for parameter in encoder.parameters():
        parameter.requires_grad = False
    layers = _layers(encoder, nn.Linear)
    chosen = [(owner, name, layer) for owner, name, layer in layers if name in targets]
    if not chosen:
        names = sorted({name for _, name, _ in layers})
        raise LoraError(f"lora.targets: the encoder has only {', '.join(names)}")
    for owner, name, layer in chosen:
        setattr(owner, name, LoraLinear(layer, r, alpha))


def merge_lora(encoder: nn.Module) -> None:
    """Turn updated layers into plain ones, in place."""
    for owner, name, layer in _layers(encoder, LoraLinear):
        setattr(owner, name, layer.merged())


def _layers(encoder: nn.Module, kind: type[nn.Module]) -> list[tuple[nn.Module, str, Any]]:
    return [
        (owner, name, child)
        for owner in encoder.modules()
        for name, child in owner.named_children()
        if isinstance(child, kind)
    ]


def open_tokenizer(source: str) -> Tokenizer:
    """Read an encoder's tokenizer from its folder, or by its Hugging Face name."""
    path = Path(source) / TOKENIZER_FILE
    if path.is_file():
        return Tokenizer.from_file(str(path))
    return AutoTokenizer.from_pretrained(source).backend_tokenizer


def save_shape(encoder: Any, tokenizer: str, out: Path) -> None:
    """Write what ``empty_encoder`` and ``saved_cutter`` read back; ``tokenizer`` is a source."""
    encoder.config.save_pretrained(out)
    open_tokenizer(tokenizer).save(str(out / TOKENIZER_FILE))


def cutter(tokenizer: Tokenizer) -> PieceTokenizer:
    """Wrap a tokenizer so that its words end at blanks and punctuation, whatever its family."""
    has_words = tokenizer.token_to_id("[CLS]") is not None
    return PieceTokenizer(tokenizer) if has_words else WordwiseTokenizer(tokenizer)


def saved_cutter(folder: Path) -> PieceTokenizer:
    """Read the tokenizer of a model folder; raises OSError."""
    return cutter(Tokenizer.from_buffer((folder / TOKENIZER_FILE).read_bytes()))


class WordwiseTokenizer(PieceTokenizer):
    """For tokenizers whose words end at blanks alone (SentencePiece): words are cut before."""

    def _id(self, token: str) -> int:
        known = map(self._tokenizer.token_to_id, _FIRST[token])
        number = next((number for number in known if number is not None), None)
        if number is None:
            raise ValueError(f"The tokenizer has none of {', '.join(_FIRST[token])}")
        return number

    def _encode(self, text: str) -> tuple[Encoding, Sequence[tuple[int, int]]]:
        cut = BertPreTokenizer().pre_tokenize_str(text)
        words = [word for word, _ in cut]
        encoding = self._tokenizer.encode(words, is_pretokenized=True, add_special_tokens=False)
        return encoding, [(0, 0) if n is None else cut[n][1] for n in encoding.word_ids]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """``mask`` is the piece put for a hidden one; from ``first_word`` on ids are words."""

    mask: int
    first_word: int


def read_vocabulary(tokenizer: Tokenizer) -> Vocabulary:
    """Find the mask, and where the words begin after the special pieces."""
    masks = (tokenizer.token_to_id(token) for token in _MASKS)
    early = ((number, tokenizer.id_to_token(number)) for number in range(_FIRST_WORDS))
    special = (number for number, token in early if token and _SPECIAL.fullmatch(token))
    return Vocabulary(
        next((mask for mask in masks if mask is not None), 0), max(special, default=-1) + 1
    )
