"""Training a tagger model folder from a corpus: trunk, branches, average, export, thresholds."""
# pyright: reportMissingImports=false, reportUnknownParameterType=false

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from transformers import AutoModel

from extract.annotation import AnnotatedDocument, Pipeline
from extract.ner.encoder import EncoderRecognizer
from extract.ner.windows import PieceTokenizer
from extract.relations.counts import CountRelations, count_relations, write_counts
from extract.training.export import average_weights, export_tagger
from extract.training.floor import corpus_hash, is_expert, write_manifest
from extract.training.tagger import Example, Stage, Tagger, make_examples, train_stage
from extract.training.thresholds import GRID, HeldOut, choose_thresholds, score_entities

Corpus = Sequence[AnnotatedDocument]
Report = Callable[[str], None]
HELD_OUT_EVERY = 7
"""One expert document in seven is held out, to choose thresholds on and to report."""
EXPERT_WEIGHT, STUDENT_WEIGHT, DISTANT_WEIGHT = 1.25, 1.0, 0.5
DROPOUT = WORD_DROPOUT = 0.1


@dataclass(frozen=True, slots=True)
class Schedule:
    """Epochs of each stage, the peak learning rate, and a seed a branch."""

    trunk_epochs: int = 1
    mixed_epochs: int = 2
    expert_epochs: int = 2
    peak_rate: float = 5e-4
    seeds: tuple[int, ...] = (11, 12)


class NoExpertsError(ValueError):
    """The corpus has too few documents that an expert annotated."""


@dataclass(frozen=True, slots=True)
class _Data:
    trunk: tuple[Example, ...]
    mixed: tuple[Example, ...]
    experts: tuple[Example, ...]


def train_tagger(
    corpus: Corpus, encoder: Path, out: Path, *, schedule: Schedule, report: Report
) -> None:
    """Fine-tune the encoder in a local folder; write a model folder for ``--ner encoder``.

    Counts are fitted to the same expert documents. Raises NoExpertsError.
    """
    experts = [document for document in corpus if is_expert(document)]
    held = experts[::HELD_OUT_EVERY]
    kept = [document for i, document in enumerate(experts) if i % HELD_OUT_EVERY]
    if not kept:
        raise NoExpertsError(f"{len(experts)} expert documents: two are needed at least")
    tokenizer_file = encoder / "tokenizer.json"
    data = _prepare(corpus, kept, PieceTokenizer.open(tokenizer_file))
    tagger = _train(encoder, data, schedule, report)
    export_tagger(tagger, tokenizer_file, out)
    table = count_relations(kept)
    write_counts(table, out)
    read = _read(held, EncoderRecognizer(out), CountRelations(table, GRID[0]))
    thresholds, choices = choose_thresholds(read)
    write_manifest(
        out,
        kind="tagger",
        corpus=corpus_hash(corpus),
        documents={"expert": len(kept), "held out": len(held), "all": len(corpus)},
        schedule=asdict(schedule),
        thresholds=asdict(thresholds),
        held_out={
            "entities": {"f1": score_entities(read)},
            "relations, predicted entities": {t: asdict(c) for t, c in choices.items()},
        },
    )


def _prepare(corpus: Corpus, experts: Corpus, tokenizer: PieceTokenizer) -> _Data:
    others = [document for document in corpus if not is_expert(document)]
    distant = [document for document in others if document.pipeline.recognizer == "distant"]
    students = [document for document in others if document not in distant]
    expert_examples = make_examples(experts, tokenizer, EXPERT_WEIGHT)
    student_examples = make_examples(students, tokenizer, STUDENT_WEIGHT)
    distant_examples = make_examples(distant, tokenizer, DISTANT_WEIGHT)
    return _Data(
        student_examples + distant_examples, expert_examples + student_examples, expert_examples
    )


def _train(encoder: Path, data: _Data, schedule: Schedule, report: Report) -> Tagger:
    peak = schedule.peak_rate
    torch.manual_seed(0)
    tagger = _new_tagger(encoder)
    _stage(tagger, Stage(data.trunk, schedule.trunk_epochs, peak, peak / 2), 0, "trunk", report)
    trunk = {name: value.clone() for name, value in tagger.state_dict().items()}
    states: list[dict[str, torch.Tensor]] = []
    for seed in schedule.seeds:
        tagger.load_state_dict(trunk)
        mixed = Stage(data.mixed, schedule.mixed_epochs, peak, peak * 0.4)
        _stage(tagger, mixed, seed, f"branch {seed}", report)
        last = Stage(data.experts, schedule.expert_epochs, peak * 0.4, 0.0)
        _stage(tagger, last, seed, f"branch {seed}, experts", report)
        states.append({name: value.clone() for name, value in tagger.state_dict().items()})
    tagger.load_state_dict(average_weights(states))
    return tagger


def _new_tagger(encoder: Path) -> Tagger:
    # eager attention is what exports to ONNX, and was a tenth faster than sdpa without AMX
    model = AutoModel.from_pretrained(encoder, attn_implementation="eager", add_pooling_layer=False)
    for parameter in model.embeddings.parameters():
        parameter.requires_grad = False
    return Tagger(model, model.config.hidden_size, DROPOUT)


def _stage(tagger: Tagger, stage: Stage, seed: int, name: str, report: Report) -> None:
    if stage.examples:
        train_stage(
            tagger,
            stage,
            word_dropout=WORD_DROPOUT,
            seed=seed,
            report=lambda line: report(f"{name}: {line}"),
        )


def _read(held: Corpus, recognizer: EncoderRecognizer, relations: CountRelations) -> list[HeldOut]:
    read: list[HeldOut] = []
    for gold in held:
        mentions = recognizer.recognize(gold.document)
        found = relations.relate(gold.document, mentions)
        annotated = AnnotatedDocument(
            gold.document, mentions, found, Pipeline("encoder", "counts", "", "")
        )
        read.append(HeldOut(gold, annotated))
    return read
