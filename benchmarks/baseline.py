"""Print how fast the organisers' architecture reads abstracts, for comparison with our throughput.

    gutbrain predict GUTBRAINIE-FILE --out READ.json
    taskset -c 0,1 python benchmarks/throughput.py READ.json --documents 20
    HF_HUB_OFFLINE=1 taskset -c 0,1 python benchmarks/baseline.py READ.json [--bf16]

It needs what the extra ``train`` needs, and gliner, best in an environment that can be thrown away
(torch first, else pip takes the CUDA one):

    pip install torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu
    pip install gliner==0.2.29 -e '.[train]'

Weights are random: they take as long as trained ones to read with. GLiNER is that of NuNerZero, a
token classifier on DeBERTa-v3-large; it reads title and abstract one after the other, and what it
finds is dropped. ATLOP on BERT-base gets the mentions of the file, here ours. Word pieces are
MiniLM's (30,522, lower case): some more a word than DeBERTa's, some fewer than cased BERT's.
"""
# pyright: reportMissingImports=false, reportUnknownParameterType=false

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import typer
from gliner import GLiNER
from gliner.config import UniEncoderTokenConfig
from transformers import BertConfig, BertModel

from benchmarks.throughput import first_documents, measure, print_row
from extract.annotation import AnnotatedDocument, Corpus, Pipeline
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
FLOAT_BYTES = 4
NER_THRESHOLD = 0.6
BLOCK = 64
# Trained models find few of the triples that the schema allows; random ones at 0.5 half of them.
RELATION_THRESHOLD = 0.9
PIPELINE = Pipeline("gliner-large", "atlop-bert-base", "random", "")


@dataclass(frozen=True, slots=True)
class Baseline:
    """Both models, and the documents with the mentions that ATLOP gets."""

    tagger: GLiNER
    relations: AtlopRelations
    device: Device
    corpus: Corpus

    def annotate_all(self, documents: Iterable[Document]) -> Iterator[AnnotatedDocument]:
        """Read documents, one at a time: no padding, which is fastest on few cores."""
        mentions = {annotated.document.pmid: annotated.mentions for annotated in self.corpus}
        for document in documents:
            self._recognize(document)
            given = mentions[document.pmid]
            relations = self.relations.relate(document, given)
            yield AnnotatedDocument(document, given, relations, PIPELINE)

    def _recognize(self, document: Document) -> None:
        labels = [str(kind) for kind in EntityType]
        with self.device.autocast():
            for passage in document.passages:
                self.tagger.predict_entities(passage.text, labels, threshold=NER_THRESHOLD)


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


def main(file: Path, documents: int = 20, *, bf16: bool = False) -> None:
    """Build both models, read the documents of a file, and print."""
    torch.manual_seed(1)
    corpus, device = first_documents([file], documents), Device("cpu", bf16)
    tokenizer = bundled_encoder()
    tagger, atlop = build_tagger(tokenizer), build_atlop()
    pieces = cutter(open_tokenizer(str(tokenizer)))
    relations = AtlopRelations(atlop, pieces, device, IDENTITY, RELATION_THRESHOLD)
    baseline = Baseline(tagger, relations, device, corpus)
    took = measure(baseline.annotate_all, [annotated.document for annotated in corpus])
    parameters = sum(v.numel() for module in (tagger, atlop) for v in module.parameters())
    name = f"GLiNER large + ATLOP on BERT-base, {'bf16' if bf16 else 'fp32'}"
    print_row(name, parameters, parameters * FLOAT_BYTES / 2**20, took)


if __name__ == "__main__":
    typer.run(main)
