"""Fitting boosted trees to annotated pairs (extra ``train``): LightGBM, written as ONNX."""
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import onnx
from numpy.typing import NDArray

from extract.annotation import AnnotatedDocument, Corpus, Mention, Pipeline
from extract.model import write_manifest
from extract.relations.boosted import (
    TREES_FILE,
    BoostedRelations,
    Outlook,
    Triple,
    column_names,
    write_outlook,
)
from extract.relations.features import Candidates, Floats, choose_words, describe
from extract.training.held_out import (
    HeldOut,
    calibrate,
    choose_thresholds,
    fit_relation_curve,
    read_held_out,
)
from extract.training.pool import corpus_hash, is_expert
from extract.training.recipe import TrainingOrder

RATE_PRIOR = 20
"""How many unrelated pairs are added to the rate of a rare triple."""
FOLDS = 5
LOWEST = 0.02
"""The least score that is worth weighing."""
_PIPELINE = Pipeline("", "boosted", "", "")
Labels = NDArray[np.bool_]
OPSETS = (("", 17), ("ai.onnx.ml", 3))


@dataclass(frozen=True, slots=True)
class Growth:
    """How trees grow; the defaults are what five-fold cross-validation on expert files took."""

    words: int = 100
    rounds: int = 200
    seeds: tuple[int, ...] = (0, 1, 2)
    rate: float = 0.05
    leaves: int = 24
    least_in_leaf: int = 40


@dataclass(frozen=True, slots=True)
class _Described:
    candidates: Candidates
    labels: Labels

    def triples(self) -> Iterator[Triple]:
        found = self.candidates
        kinds = [mention.type for mention in found.mentions]
        for s, p, o in zip(found.subjects, found.predicates, found.objects, strict=True):
            yield kinds[s], p, kinds[o]


def train_boosted(order: TrainingOrder) -> None:
    """Fit trees to expert documents; write a folder for ``--relations boosted``.

    Probabilities and thresholds come from the mentions that the tagger of the folder above read in
    documents its training never saw; where it kept none, from annotated mentions, in five folds.
    """
    experts = [document for document in order.corpus if is_expert(document)]
    order.out.mkdir(parents=True, exist_ok=True)
    mentions = read_held_out(order.out.parent, experts)
    held_out = _read_predicted(experts, mentions, order) or _read_folds(experts, order)
    curve = fit_relation_curve(held_out)
    thresholds, choices = choose_thresholds([calibrate(pair, curve) for pair in held_out])
    order.report("fitting to all expert documents")
    grow_trees(experts, Growth(), order.out)
    write_manifest(
        order.out,
        kind="boosted",
        corpus=corpus_hash(experts),
        documents={"expert": len(experts), "held out": len(held_out)},
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
    experts: Corpus, mentions: Mapping[str, tuple[Mention, ...]], order: TrainingOrder
) -> list[HeldOut]:
    """Read held-out documents from a tagger's mentions; trees see the other documents."""
    held = [document for document in experts if document.document.pmid in mentions]
    if not held:
        return []
    order.report(f"thresholds: {len(held)} held-out documents, predicted mentions")
    rest = [document for document in experts if document.document.pmid not in mentions]
    return _read(rest, [(gold, mentions[gold.document.pmid]) for gold in held])


def _read_folds(experts: Corpus, order: TrainingOrder) -> list[HeldOut]:
    read: list[HeldOut] = []
    for fold in range(FOLDS):
        order.report(f"thresholds: fold {fold + 1} of {FOLDS}, annotated mentions")
        rest = [document for i, document in enumerate(experts) if i % FOLDS != fold]
        read += _read(rest, [(gold, gold.mentions) for gold in experts[fold::FOLDS]])
    return read


def _read(
    rest: Corpus, held: Sequence[tuple[AnnotatedDocument, tuple[Mention, ...]]]
) -> list[HeldOut]:
    with tempfile.TemporaryDirectory() as folder:
        grow_trees(rest, Growth(), Path(folder))
        relations = BoostedRelations(Path(folder), LOWEST)
        return [
            HeldOut(gold, AnnotatedDocument(gold.document, mentions, found, _PIPELINE))
            for gold, mentions in held
            for found in (relations.relate(gold.document, mentions),)
        ]


def grow_trees(corpus: Corpus, growth: Growth, out: Path) -> None:
    """Fit trees to the relations between annotated mentions; write them to a folder."""
    matrix, labels, outlook = described_corpus(corpus, growth)
    boosters = [fit_booster(matrix, labels, growth, seed=seed) for seed in growth.seeds]
    trees = [
        tree["tree_structure"] for booster in boosters for tree in booster.dump_model()["tree_info"]
    ]
    onnx.save(_as_onnx(trees, matrix.shape[1], share=1 / len(boosters)), out / TREES_FILE)
    write_outlook(outlook, out)


def described_corpus(corpus: Corpus, growth: Growth) -> tuple[Floats, Labels, Outlook]:
    """Describe the candidates of a corpus: matrix [rows, columns], labels [rows], outlook."""
    words = choose_words(corpus, growth.words)
    described = [
        _Described(found, _labels(document, found))
        for document in corpus
        for found in (describe(document.document, document.mentions, words),)
    ]
    outlook = Outlook(words, _rates(described), column_names(words))
    matrix = np.vstack([outlook.matrix(each.candidates) for each in described])
    return matrix, np.concatenate([each.labels for each in described]), outlook


def _labels(document: AnnotatedDocument, found: Candidates) -> Labels:
    related = {(r.subject, r.predicate, r.object) for r in document.relations}
    rows = zip(found.subjects, found.predicates, found.objects, strict=True)
    return np.array(
        [(found.mentions[s], p, found.mentions[o]) in related for s, p, o in rows], dtype=np.bool_
    )


def _rates(described: Sequence[_Described]) -> Mapping[Triple, float]:
    seen: Counter[Triple] = Counter()
    related: Counter[Triple] = Counter()
    for each in described:
        for triple, label in zip(each.triples(), each.labels, strict=True):
            seen[triple] += 1
            related[triple] += bool(label)
    return {triple: (related[triple] + 1) / (seen[triple] + RATE_PRIOR) for triple in sorted(seen)}


def fit_booster(matrix: Floats, labels: Labels, growth: Growth, *, seed: int) -> Any:
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
    return lightgbm.train(settings, lightgbm.Dataset(matrix, labels), growth.rounds)


def _as_onnx(trees: Sequence[Mapping[str, Any]], width: int, *, share: float) -> onnx.ModelProto:
    """Write trees as one ONNX TreeEnsembleRegressor, each leaf weighing ``share`` of its value."""
    rows = [row for number, tree in enumerate(trees) for row in _rows(number, tree)]
    leaves = [row for row in rows if row.mode == "LEAF"]
    node = onnx.helper.make_node(
        "TreeEnsembleRegressor",
        ["matrix"],
        ["log_odds"],
        domain="ai.onnx.ml",
        n_targets=1,
        nodes_treeids=[row.tree for row in rows],
        nodes_nodeids=[row.node for row in rows],
        nodes_featureids=[row.column for row in rows],
        nodes_values=[row.value if row.mode != "LEAF" else 0.0 for row in rows],
        nodes_modes=[row.mode for row in rows],
        nodes_truenodeids=[row.low for row in rows],
        nodes_falsenodeids=[row.high for row in rows],
        target_treeids=[row.tree for row in leaves],
        target_nodeids=[row.node for row in leaves],
        target_ids=[0] * len(leaves),
        target_weights=[row.value * share for row in leaves],
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


@dataclass(frozen=True, slots=True)
class _Row:
    """A node of a tree: to ``low`` where the column is at most ``value``; or a leaf."""

    tree: int
    node: int
    mode: str
    column: int
    value: float
    low: int = 0
    high: int = 0


def _rows(tree: int, root: Mapping[str, Any]) -> list[_Row]:
    nodes = list(_walk(root))
    numbers = {id(node): number for number, node in enumerate(nodes)}
    return [_row(tree, number, node, numbers) for number, node in enumerate(nodes)]


def _walk(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    if "leaf_value" not in node:
        yield from _walk(node["left_child"])
        yield from _walk(node["right_child"])


def _row(tree: int, number: int, node: Mapping[str, Any], numbers: Mapping[int, int]) -> _Row:
    if "leaf_value" in node:
        return _Row(tree, number, "LEAF", 0, node["leaf_value"])
    low, high = numbers[id(node["left_child"])], numbers[id(node["right_child"])]
    mode = "BRANCH_LEQ"
    return _Row(tree, number, mode, node["split_feature"], node["threshold"], low, high)
