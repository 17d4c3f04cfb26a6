"""Read a GutBrainIE file with the organisers' architecture, and print what that took.

    python benchmarks/baseline.py FILE STARTED [--bf16]

``benchmarks/throughput.py`` starts it, and says what it needs. Weights are random: they take as
long as trained ones to read with. GLiNER is that of NuNerZero, a token classifier on
DeBERTa-v3-large; it reads title and abstract one after the other, and what it finds is dropped.
ATLOP on BERT-base gets the mentions of FILE. Word pieces are MiniLM's (30,522, lower case): some
more a word than DeBERTa's, some fewer than cased BERT's.
"""
# pyright: reportMissingImports=false, reportUnknownParameterType=false

import argparse
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from gliner import GLiNER
from gliner.config import UniEncoderTokenConfig
from torch import nn
from transformers import BertConfig, BertModel

from benchmarks.reading import THREADS, measure
from extract.annotation import AnnotatedDocument, Mention, Pipeline, Relation
from extract.corpus import read_corpus
from extract.logistic import IDENTITY
from extract.ner.transformer import Device, cutter, open_tokenizer
from extract.relations.atlop import Atlop, AtlopRelations
from extract.training.recipe import bundled_encoder
from ingest.document import Document
from ontology.schema import EntityType

DEBERTA_V3_LARGE = {
    "model_type": "deberta-v2",
    "vocab_size": 128_100,
    "hidden_size": 1024,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "intermediate_size": 4096,
    "relative_attention": True,
    "position_buckets": 256,
    "norm_rel_ebd": "layer_norm",
    "share_att_key": True,
    "pos_att_type": ["p2c", "c2p"],
    "position_biased_input": False,
    "type_vocab_size": 0,
    "layer_norm_eps": 1e-7,
}
NER_THRESHOLD = 0.6
BLOCK = 64
# Trained models find few of the triples that the schema allows; random ones at 0.5 half of them.
RELATION_THRESHOLD = 0.9
PIPELINE = Pipeline("gliner-large", "atlop-bert-base", "random", "")


@dataclass(slots=True)
class Baseline:
    """Both models, and how many seconds each of them has been reading."""

    tagger: GLiNER
    relations: AtlopRelations
    device: Device
    mentions: Mapping[str, tuple[Mention, ...]]
    tagger_s: float = 0.0
    relations_s: float = 0.0

    def annotate_all(self, documents: Iterable[Document]) -> Iterator[AnnotatedDocument]:
        """Read documents, one at a time: no padding, which is fastest on few cores."""
        for document in documents:
            mentions = self.mentions[document.pmid]
            began = time.monotonic()
            self._recognize(document)
            between = time.monotonic()
            relations = self._relate(document, mentions)
            self.tagger_s += between - began
            self.relations_s += time.monotonic() - between
            yield AnnotatedDocument(document, mentions, relations, PIPELINE)

    def _recognize(self, document: Document) -> None:
        labels = [str(kind) for kind in EntityType]
        with self.device.autocast():
            for passage in document.passages:
                self.tagger.predict_entities(passage.text, labels, threshold=NER_THRESHOLD)

    def _relate(self, document: Document, mentions: tuple[Mention, ...]) -> tuple[Relation, ...]:
        return self.relations.relate(document, mentions)


def build_tagger(tokenizer: Path) -> GLiNER:
    """Make a GLiNER of the shape of NuNerZero; random weights."""
    config = UniEncoderTokenConfig(
        model_name=str(tokenizer),
        encoder_config=dict(DEBERTA_V3_LARGE),
        hidden_size=768,
        max_len=384,
        max_width=100,
    )
    tagger = GLiNER.from_config(
        config.to_dict(),
        backbone_from_pretrained=False,
        local_files_only=True,
        resize_token_embeddings=False,
    )
    # GLiNER would cut the embeddings to the tokenizer's vocabulary; they cost memory, but no time.
    pieces = tagger.data_processor.transformer_tokenizer
    pieces.add_tokens([config.ent_token, config.sep_token], special_tokens=True)
    tagger.set_class_indices()
    return tagger


def build_atlop() -> Atlop:
    """Make an ATLOP of the shape of BERT-base; random weights."""
    stepwise: dict[str, Any] = {"attn_implementation": "eager"}
    encoder = BertModel(BertConfig(**stepwise), add_pooling_layer=False)
    return Atlop(encoder, 0.0, BLOCK).eval()


def count_parameters(*modules: nn.Module) -> int:
    """Count the numbers that training would set."""
    return sum(value.numel() for module in modules for value in module.parameters())


def main(file: Path, started: float, *, bf16: bool) -> None:
    """Build, read, print."""
    torch.set_num_threads(THREADS)
    torch.manual_seed(1)
    annotated = list(read_corpus(file))
    device = Device("cpu", bf16)
    tokenizer = bundled_encoder()
    tagger, atlop = build_tagger(tokenizer), build_atlop()
    pieces = cutter(open_tokenizer(str(tokenizer)))
    baseline = Baseline(
        tagger,
        AtlopRelations(atlop, pieces, device, IDENTITY, RELATION_THRESHOLD),
        device,
        {one.document.pmid: one.mentions for one in annotated},
    )
    documents = [one.document for one in annotated]
    reading, _ = measure(baseline.annotate_all, documents, started)
    reading = replace(reading, parameters=count_parameters(tagger, atlop))
    parts = {"tagger_s": baseline.tagger_s, "relations_s": baseline.relations_s}
    print(json.dumps(asdict(reading) | parts))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("started", type=float)
    parser.add_argument("--bf16", action="store_true")
    given = parser.parse_args()
    main(given.file, given.started, bf16=given.bf16)
