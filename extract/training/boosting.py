"""Fitting boosted trees to annotated pairs (extra ``train``): LightGBM, written as ONNX."""
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import compress
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import onnx
from numpy.typing import NDArray

from extract.annotation import AnnotatedDocument, Corpus, Mention
from extract.model import write_manifest
from extract.relations.boosted import (
    TREES_FILE,
    BoostedRelations,
    Outlook,
    column_names,
    write_outlook,
)
from extract.relations.features import (
    Candidates,
    Floats,
    Triple,
    WordColumns,
    choose_words,
    describe,
)
from extract.relations.known import KnownPairs, count_pairs
from extract.training.held_out import (
    HeldOut,
    calibrate,
    choose_thresholds,
    fit_relation_curve,
    read_held_out,
    relate_held_out,
)
from extract.training.pool import corpus_hash, cut_folds, is_expert
from extract.training.recipe import TrainingOrder

RATE_PRIOR = 20
"""How many unrelated pairs are added to the rate of a rare triple."""
FOLDS = 5
LOWEST = 0.02
"""The least score that is worth weighing."""
Labels = NDArray[np.bool_]
Weights = NDArray[np.float32]
OPSETS = (("", 17), ("ai.onnx.ml", 3))


@dataclass(frozen=True, slots=True)
class Growth:
    """How trees grow; the defaults are what five-fold cross-validation on expert files took.

    A relation of another document weighs ``weight`` of an expert's; of its other pairs a ``share``
    is taken, with as much more weight.
    """

    words: int = 100
    rounds: int = 400
    seeds: tuple[int, ...] = (0, 1, 2)
    rate: float = 0.05
    leaves: int = 24
    least_in_leaf: int = 40
    weight: float = 0.3
    share: float = 0.2


def train_boosted(order: TrainingOrder) -> None:
    """Fit trees for ``--relations boosted`` to experts' documents, and with less weight to others.

    Probabilities and thresholds come from the mentions that the tagger of the folder above read in
    documents its training never saw; where it kept none, from annotated mentions, in five folds.
    """
    experts = [document for document in order.corpus if is_expert(document)]
    order.out.mkdir(parents=True, exist_ok=True)
    order.report("describing pairs of other documents")
    others = describe_others([document for document in order.corpus if not is_expert(document)])
    mentions = read_held_out(order.out.parent, experts)
    held_out = _read_predicted(experts, others, mentions, order) or _read_folds(
        experts, others, order
    )
    curve = fit_relation_curve(held_out)
    thresholds, choices = choose_thresholds([calibrate(pair, curve) for pair in held_out])
    order.report("fitting to all expert documents")
    grow_trees(experts, others, Growth(), order.out)
    write_manifest(
        order.out,
        kind="boosted",
        corpus=corpus_hash(experts),
        documents={
            "expert": len(experts),
            "other": len(order.corpus) - len(experts),
            "held out": len(held_out),
        },
        growth=asdict(Growth()),
        thresholds=asdict(thresholds),
        curve=asdict(curve),
        held_out={
            f"relations, {'predicted' if mentions else 'gold'} entities": {
                task: asdict(choice) for task, choice in choices.items()
            }
        },
    )


def _read_predicted(
    experts: Corpus,
    others: "Others",
    mentions: Mapping[str, tuple[Mention, ...]],
    order: TrainingOrder,
) -> list[HeldOut]:
    """Read held-out documents from a tagger's mentions; trees see the other documents."""
    held = [document for document in experts if document.document.pmid in mentions]
    if not held:
        return []
    order.report(f"thresholds: {len(held)} held-out documents, predicted mentions")
    rest = [document for document in experts if document.document.pmid not in mentions]
    held_mentions = ((gold, mentions[gold.document.pmid]) for gold in held)
    return relate_held_out(fit_trees(rest, others), held_mentions)


def _read_folds(experts: Corpus, others: "Others", order: TrainingOrder) -> list[HeldOut]:
    read: list[HeldOut] = []
    for number, (rest, held) in enumerate(cut_folds(experts, FOLDS), start=1):
        order.report(f"thresholds: fold {number} of {FOLDS}, annotated mentions")
        read += relate_held_out(fit_trees(rest, others), ((gold, gold.mentions) for gold in held))
    return read


def fit_trees(corpus: Corpus, others: "Others | None" = None) -> BoostedRelations:
    """Fit trees and load them, with all scores that are worth weighing."""
    with tempfile.TemporaryDirectory() as folder:
        grow_trees(corpus, others or describe_others(()), Growth(), Path(folder))
        return BoostedRelations(Path(folder), LOWEST)


@dataclass(frozen=True, slots=True)
class Others:
    """Documents whose annotations are worth less: students' and machines'.

    ``known`` counts what they relate. ``matrix`` [rows, columns] describes all their relations and
    a part of their other pairs, each by what the *other* documents know.
    """

    words: WordColumns | None
    known: KnownPairs
    matrix: Floats
    triples: tuple[Triple, ...]
    labels: Labels
    weights: Weights


def describe_others(corpus: Corpus, growth: Growth = Growth()) -> Others:
    """Describe documents that are not experts'; their words have the columns."""
    words = choose_words(corpus, growth.words) if corpus else None
    known = count_pairs(corpus)
    chance = np.random.default_rng(0)
    rows = [_sampled(document, words, known, growth, chance) for document in corpus if words]
    if not rows:
        nothing = np.zeros((0, 0), dtype=np.float32)
        return Others(None, known, nothing, (), np.zeros(0, np.bool_), np.zeros(0, np.float32))
    labels = np.concatenate([found for _, _, found in rows])
    return Others(
        words,
        known,
        np.vstack([matrix for matrix, _, _ in rows]),
        tuple(triple for _, triples, _ in rows for triple in triples),
        labels,
        np.where(labels, growth.weight, growth.weight / growth.share).astype(np.float32),
    )


def _sampled(
    document: AnnotatedDocument,
    words: WordColumns,
    known: KnownPairs,
    growth: Growth,
    chance: np.random.Generator,
) -> tuple[Floats, list[Triple], Labels]:
    """Take all relations and a share of the other pairs."""
    found = describe(document.document, document.mentions, words)
    labels = _labels(document, found)
    kept = labels | (chance.random(len(labels)) < growth.share)
    own = count_pairs([document], fewest=(1, 1))
    matrix = np.hstack([found.matrix, known.describe(*found.named(), own)])
    return matrix[kept], list(compress(found.triples(), kept)), labels[kept]


def grow_trees(corpus: Corpus, others: Others, growth: Growth, out: Path) -> None:
    """Fit trees to the relations between annotated mentions; write them to a folder."""
    matrix, labels, weights, outlook = described_corpus(corpus, others, growth)
    boosters = [fit_booster(matrix, labels, growth, seed, weights) for seed in growth.seeds]
    trees = [
        tree["tree_structure"] for booster in boosters for tree in booster.dump_model()["tree_info"]
    ]
    onnx.save(_as_onnx(trees, matrix.shape[1], share=1 / len(boosters)), out / TREES_FILE)
    write_outlook(outlook, out)


def described_corpus(
    corpus: Corpus, others: Others, growth: Growth
) -> tuple[Floats, Labels, Weights, Outlook]:
    """Describe the candidates: matrix [rows, columns], labels and weights [rows], outlook."""
    words = others.words or choose_words(corpus, growth.words)
    described = [describe(document.document, document.mentions, words) for document in corpus]
    labels = [_labels(*each) for each in zip(corpus, described, strict=True)]
    outlook = Outlook(words, _rates(described, labels), column_names(words), others.known)
    matrices = [outlook.matrix(candidates) for candidates in described]
    weights = [np.ones(len(each), dtype=np.float32) for each in labels]
    if others.words:
        matrices.append(outlook.with_rates(others.matrix, others.triples))
        labels.append(others.labels)
        weights.append(others.weights)
    return np.vstack(matrices), np.concatenate(labels), np.concatenate(weights), outlook


def _labels(document: AnnotatedDocument, found: Candidates) -> Labels:
    related = {(r.subject, r.predicate, r.object) for r in document.relations}
    rows = zip(found.subjects, found.predicates, found.objects, strict=True)
    return np.array(
        [(found.mentions[s], p, found.mentions[o]) in related for s, p, o in rows], dtype=np.bool_
    )


def _rates(described: Sequence[Candidates], labels: Sequence[Labels]) -> Mapping[Triple, float]:
    triples = [triple for candidates in described for triple in candidates.triples()]
    seen = Counter(triples)
    related = Counter(compress(triples, np.concatenate(labels)))
    return {triple: (related[triple] + 1) / (seen[triple] + RATE_PRIOR) for triple in sorted(seen)}


def fit_booster(
    matrix: Floats, labels: Labels, growth: Growth, seed: int, weights: Weights | None = None
) -> Any:
    """Fit the trees of one seed."""
    settings = {
        "objective": "binary",
        "learning_rate": growth.rate,
        "num_leaves": growth.leaves,
        "min_data_in_leaf": growth.least_in_leaf,
        "lambda_l2": 5.0,
        "feature_fraction": 0.4,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "max_bin": 127,
        "seed": seed,
        "deterministic": True,
        "num_threads": 1,  # with more the trees differ from machine to machine
        "force_row_wise": True,
        "verbose": -1,
    }
    return lightgbm.train(settings, lightgbm.Dataset(matrix, labels, weight=weights), growth.rounds)


def _as_onnx(trees: Sequence[Mapping[str, Any]], width: int, *, share: float) -> onnx.ModelProto:
    """Write trees as one ONNX TreeEnsembleRegressor, each leaf weighing ``share`` of its value."""
    rows = [row for number, tree in enumerate(trees) for row in _rows(number, tree)]
    leaves = [row for row in rows if row["modes"] == "LEAF"]
    names = [name for name in rows[0] if name != "weight"]
    nodes: dict[str, Any] = {f"nodes_{name}": [row[name] for row in rows] for name in names}
    node = onnx.helper.make_node(
        "TreeEnsembleRegressor",
        ["matrix"],
        ["log_odds"],
        domain="ai.onnx.ml",
        n_targets=1,
        **nodes,
        target_treeids=[row["treeids"] for row in leaves],
        target_nodeids=[row["nodeids"] for row in leaves],
        target_ids=[0] * len(leaves),
        target_weights=[row["weight"] * share for row in leaves],
    )
    kind = onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        [node],
        "relations",
        [onnx.helper.make_tensor_value_info("matrix", kind, ["rows", width])],
        [onnx.helper.make_tensor_value_info("log_odds", kind, ["rows", 1])],
    )
    opsets = [onnx.helper.make_opsetid(domain, version) for domain, version in OPSETS]
    return onnx.helper.make_model(graph, opset_imports=opsets, ir_version=8)


def _rows(tree: int, root: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the nodes of a tree: on to the true one where the column is at most the value."""
    nodes = list(_walk(root))
    numbers = {id(node): number for number, node in enumerate(nodes)}
    for number, node in enumerate(nodes):
        yield {
            "treeids": tree,
            "nodeids": number,
            "featureids": node.get("split_feature", 0),
            "values": node.get("threshold", 0.0),
            "modes": "LEAF" if "leaf_value" in node else "BRANCH_LEQ",
            "truenodeids": numbers.get(id(node.get("left_child")), 0),
            "falsenodeids": numbers.get(id(node.get("right_child")), 0),
            "weight": node.get("leaf_value"),
        }


def _walk(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    if "leaf_value" not in node:
        yield from _walk(node["left_child"])
        yield from _walk(node["right_child"])
