import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from extract.annotation import AnnotatedDocument
from extract.corpus import read_corpus, write_entry
from extract.extractor import Extractor, keep_relations
from extract.methods import RecognizerName, RelationMethod, load_extractor, shipped_model
from extract.ner.lexicon import read_lexicon_model
from extract.scoring.scores import Scorer, Task, items_of, read_items, score
from extract.training.floor import CorpusTooSmallError, is_expert, train_floor
from extract.training.names import fit_modifiers, fit_names
from extract.training.thresholds import GRID, HeldOut, choose_thresholds, score_entities
from ingest.document import Document
from ontology.concept import Concept
from ontology.lexicon import Lexicon, starter_lexicon
from ontology.schema import EntityType, Predicate

Write = Callable[..., Document]
Annotate = Callable[..., AnnotatedDocument]
Corpus = Sequence[AnnotatedDocument]
ANIMAL, CHEMICAL, DDF = EntityType.ANIMAL, EntityType.CHEMICAL, EntityType.DDF
LEXICON = Lexicon({"CHEBI:1": Concept("CHEBI:1", "acetate", CHEMICAL)})
NO_NAMES = Lexicon({})
ROOT = Path(__file__).parents[3]
TRAIN = """
import sys
from pathlib import Path
from extract.corpus import read_corpus
from extract.training.floor import train_floor
from ontology.lexicon import starter_lexicon

_, corpus, seed = sys.argv
documents = list(read_corpus(Path(corpus)))
out = Path(f"{corpus}.{seed}")
train_floor(documents, starter_lexicon(), out, starter_only=False, report=lambda _: None)
"""


@pytest.fixture
def corpus(write: Write, annotate: Annotate) -> Corpus:
    """Six alike documents, and one by a student."""
    marks = [("Butyrate", CHEMICAL), ("colitis", DDF), ("old mice", ANIMAL)]
    relations = [(0, Predicate.INFLUENCE, 1), (1, Predicate.TARGET, 2)]
    text = "Butyrate eased colitis in old mice."
    documents = [write(text, pmid=str(number)) for number in range(1, 8)]
    experts = [annotate(document, marks, relations) for document in documents[:6]]
    return [*experts, annotate(documents[6], marks, relations, "student_A")]


def train(corpus: Corpus, out: Path, lexicon: Lexicon = LEXICON, *, starter: bool = False) -> Path:
    train_floor(corpus, lexicon, out, starter_only=starter, report=lambda _: None)
    return out


def load(folder: Path, lexicon: Lexicon = LEXICON) -> Extractor:
    return load_extractor(RecognizerName.LEXICON, RelationMethod.COUNTS, folder, lexicon)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_trained_model_reads_what_it_was_trained_on(corpus: Corpus, tmp_path: Path) -> None:
    extractor = load(train(corpus, tmp_path / "deep" / "model"))
    annotated = extractor.annotate(corpus[0].document)
    assert [m.text for m in annotated.mentions] == ["Butyrate", "colitis", "old mice"]
    found = {(r.subject.text, r.predicate, r.object.text) for r in annotated.relations}
    assert found == {
        ("Butyrate", Predicate.INFLUENCE, "colitis"),
        ("colitis", Predicate.TARGET, "old mice"),
    }


def test_the_same_corpus_makes_the_same_folder(corpus: Corpus, tmp_path: Path) -> None:
    one, other = train(corpus, tmp_path / "one"), train(corpus, tmp_path / "other")
    assert contents(one) == contents(other)
    assert set(contents(one)) == {"manifest.json", "names.tsv", "modifiers.tsv", "counts.json"}


def test_the_folder_does_not_depend_on_the_order_of_sets(corpus: Corpus, tmp_path: Path) -> None:
    entries = {annotated.document.pmid: write_entry(annotated) for annotated in corpus}
    (tmp_path / "corpus.json").write_text(json.dumps(entries), encoding="utf-8")
    for seed in "12":
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", TRAIN, str(tmp_path / "corpus.json"), seed]
        subprocess.run(command, check=True, env=environment, cwd=ROOT)
    one, other = (contents(tmp_path / f"corpus.json.{seed}") for seed in "12")
    assert one == other


def test_training_again_replaces_the_model(corpus: Corpus, tmp_path: Path) -> None:
    train(corpus, tmp_path / "twice", starter=True)
    once, twice = train(corpus, tmp_path / "once"), train(corpus, tmp_path / "twice")
    assert contents(once) == contents(twice)


def test_starter_names_are_the_lexicon_s_alone(corpus: Corpus, tmp_path: Path) -> None:
    model = read_lexicon_model(train(corpus, tmp_path / "model", starter=True))
    assert [known.name for known in model.names] == ["acetate"]


def test_the_manifest_tells_what_the_model_was_made_of(corpus: Corpus, tmp_path: Path) -> None:
    manifest = json.loads((train(corpus, tmp_path / "model") / "manifest.json").read_bytes())
    assert manifest["documents"] == {"expert": 6, "other": 1}
    assert manifest["lexicon"] == LEXICON.hash
    assert manifest["starter_only"] is False
    assert manifest["cross_validation"]["entities"]["f1"] == pytest.approx(1)


def test_the_manifest_s_corpus_hash_changes_with_any_annotation(
    corpus: Corpus, tmp_path: Path
) -> None:
    def corpus_hash(annotated: Corpus, name: str) -> str:
        return json.loads((train(annotated, tmp_path / name) / "manifest.json").read_bytes())[
            "corpus"
        ]

    less = [*corpus[:-1], replace(corpus[-1], relations=())]
    assert corpus_hash(corpus, "a") != corpus_hash(less, "b")


def test_each_fold_is_reported(corpus: Corpus, tmp_path: Path) -> None:
    lines: list[str] = []
    train_floor(corpus, LEXICON, tmp_path, starter_only=False, report=lines.append)
    assert lines[0] == "cross-validation, fold 1 of 5"
    assert len(lines) == 7


@pytest.mark.parametrize("count", [0, 1, 4])
def test_fewer_documents_than_folds_are_one_error(
    corpus: Corpus, tmp_path: Path, count: int
) -> None:
    with pytest.raises(
        CorpusTooSmallError,
        match=f"^{count} documents to cross-validate on: 5 are needed at least$",
    ):
        train(corpus[:count], tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_where_no_expert_annotated_all_documents_decide(corpus: Corpus, tmp_path: Path) -> None:
    students = [replace(annotated, pipeline=corpus[-1].pipeline) for annotated in corpus]
    manifest = json.loads((train(students, tmp_path / "model") / "manifest.json").read_bytes())
    assert manifest["documents"] == {"expert": 7, "other": 0}
    assert [is_expert(annotated) for annotated in corpus] == [True] * 6 + [False]


def test_a_name_that_mostly_means_something_else_is_dropped(
    write: Write, annotate: Annotate
) -> None:
    documents = [write("PD fell; PD or PD.", pmid="1"), write("Colitis.", pmid="2")]
    corpus = [annotate(documents[0], [("PD", DDF)]), annotate(documents[1], [("Colitis", DDF)])]
    names = fit_names(corpus, [], NO_NAMES, starter_only=False).names
    assert [(known.name, known.score) for known in names] == [("colitis", 0.75)]


@pytest.mark.parametrize(("label", "kept"), [(ANIMAL, ["mice"]), (DDF, [])])
def test_only_a_head_of_a_growing_type_hits_where_the_mention_began_before_it(
    write: Write, annotate: Annotate, label: EntityType, kept: list[str]
) -> None:
    texts = ("germ-free mice", "obese mice")
    corpus = [annotate(write(text, pmid=str(n)), [(text, label)]) for n, text in enumerate(texts)]
    lexicon = Lexicon({"NCIT:1": Concept("NCIT:1", "mice", label)})
    names = fit_names(corpus, [], lexicon, starter_only=True).names
    assert [known.name for known in names] == kept


def test_a_text_of_no_expert_counts_for_half(write: Write, annotate: Annotate) -> None:
    hit = annotate(write("Colitis.", pmid="1"), [("Colitis", DDF)])
    miss = annotate(write("Colitis.", pmid="2"), [])
    (known,) = fit_names([hit], [miss], NO_NAMES, starter_only=False).names
    assert known.score == pytest.approx(1.5 / 2.5)


def test_a_modifier_that_stands_outside_more_often_is_none(
    write: Write, annotate: Annotate
) -> None:
    texts = {"old mice": "old mice", "Young mice": "Young mice", "mice": "Male mice"}
    corpus = [annotate(write(text), [(name, ANIMAL)]) for name, text in texts.items()]
    corpus.append(annotate(write("old mice"), [("mice", ANIMAL)]))
    corpus.append(annotate(write("old mice"), [("mice", ANIMAL)]))
    model = fit_names(corpus, [], NO_NAMES, starter_only=False)
    mice = [known for known in model.names if known.name == "mice"]
    assert fit_modifiers(corpus, mice) == {(ANIMAL, "young")}


def test_of_thresholds_as_good_as_the_best_the_lowest_is_taken(corpus: Corpus) -> None:
    scores = (0.5, 0.5)
    held_out = [HeldOut(gold, with_scores(gold, scores)) for gold in corpus]
    thresholds, choices = choose_thresholds(held_out)
    assert thresholds.mention == thresholds.tag == thresholds.binary == GRID[0]
    assert [choice.f1 for choice in choices.values()] == pytest.approx([1, 1, 1])


def test_a_threshold_that_keeps_the_wrong_out_is_found(corpus: Corpus) -> None:
    held_out = [
        HeldOut(replace(gold, relations=gold.relations[:1]), with_scores(gold, (0.5, 0.15)))
        for gold in corpus
    ]
    thresholds, choices = choose_thresholds(held_out)
    assert thresholds.mention == 0.16
    assert choices["ternary_mention_based_relations"].best_f1 == pytest.approx(1)


def test_entities_are_scored_on_what_was_read(corpus: Corpus) -> None:
    half = [HeldOut(gold, replace(gold, mentions=gold.mentions[:1])) for gold in corpus]
    assert score_entities(half) == pytest.approx(0.5)


def with_scores(annotated: AnnotatedDocument, scores: tuple[float, ...]) -> AnnotatedDocument:
    pairs = zip(annotated.relations, scores, strict=True)
    return replace(annotated, relations=tuple(replace(r, score=value) for r, value in pairs))


def test_the_shipped_model_was_made_with_the_lexicon_of_today() -> None:
    manifest = json.loads((shipped_model(RecognizerName.LEXICON) / "manifest.json").read_bytes())
    assert manifest["kind"] == "floor"
    assert manifest["starter_only"] is True
    assert manifest["lexicon"] == starter_lexicon().hash
    assert set(manifest["thresholds"]) == {"binary", "tag", "mention", "graph", "precise"}
    assert all(0 <= threshold <= 1 for threshold in manifest["thresholds"].values())


def test_the_shipped_names_are_names_of_the_lexicon() -> None:
    known = read_lexicon_model(shipped_model(RecognizerName.LEXICON)).names
    lexicon = starter_lexicon()
    assert known
    assert all(lexicon.find(entry.name, entry.type) for entry in known)
    assert all(0.5 <= entry.score <= 1 for entry in known)


@pytest.fixture(scope="module")
def floor(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Extractor:
    """The floor trained on platinum, gold and silver."""
    files = (data_folder / "gutbrainie" / f"{name}.json" for name in ("platinum", "gold", "silver"))
    corpus = [annotated for file in files for annotated in read_corpus(file)]
    folder = tmp_path_factory.mktemp("floor")
    return load(train(corpus, folder, starter_lexicon()), starter_lexicon())


@pytest.mark.corpus
def test_the_floor_holds_on_documents_it_never_saw(floor: Extractor, data_folder: Path) -> None:
    dev = data_folder / "gutbrainie" / "dev.json"
    read = [floor.annotate(annotated.document) for annotated in read_corpus(dev)]
    limits = floor.thresholds
    minima = {
        Task.NER: (0.60, 0.0),
        Task.BINARY: (0.57, limits.binary),
        Task.TAG: (0.53, limits.tag),
        Task.MENTION: (0.20, limits.mention),
    }
    reached = {
        task: score(
            read_items(dev, task),
            {
                annotated.document.pmid: items_of(
                    write_entry(keep_relations(annotated, threshold)), task
                )
                for annotated in read
            },
            task,
            Scorer.STRICT,
        ).micro.f1
        for task, (_, threshold) in minima.items()
    }
    below = {task: f1 for task, f1 in reached.items() if f1 < minima[task][0]}
    assert not below, reached
