import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from extract.annotation import AnnotatedDocument, Corpus
from extract.corpus import read_corpus, read_entries, write_entry
from extract.extractor import Extractor, keep_relations
from extract.methods import RecognizerName, RelationMethod, load_extractor, shipped_model
from extract.ner.lexicon import read_lexicon_model
from extract.scoring.items import Scorer, Task, items_of, read_lists
from extract.scoring.scores import score
from extract.training.floor import train_floor
from extract.training.pool import CorpusTooSmallError, is_expert
from extract.training.recipe import TrainingOrder, find_recipe
from ingest.document import Document
from ontology.concept import Concept
from ontology.lexicon import Lexicon, starter_lexicon
from ontology.schema import EntityType, Predicate

Write = Callable[..., Document]
Annotate = Callable[..., AnnotatedDocument]
ANIMAL, CHEMICAL, DDF = EntityType.ANIMAL, EntityType.CHEMICAL, EntityType.DDF
LEXICON = Lexicon({"CHEBI:1": Concept("CHEBI:1", "acetate", CHEMICAL)})
FLOOR = find_recipe("floor")
ROOT = Path(__file__).parents[3]
TRAIN = """
import sys
from pathlib import Path
from extract.corpus import read_corpus
from extract.training.floor import train_floor
from extract.training.recipe import TrainingOrder, find_recipe
from ontology.lexicon import starter_lexicon

_, corpus, seed = sys.argv
documents = list(read_corpus(Path(corpus)))
out = Path(f"{corpus}.{seed}")
train_floor(TrainingOrder(find_recipe("floor"), documents, starter_lexicon(), out, print))
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
    train_floor(TrainingOrder(FLOOR, corpus, lexicon, out, lambda _: None, starter))
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
    def hash_of(annotated: Corpus, name: str) -> str:
        return json.loads((train(annotated, tmp_path / name) / "manifest.json").read_bytes())[
            "corpus"
        ]

    less = [*corpus[:-1], replace(corpus[-1], relations=())]
    assert hash_of(corpus, "a") != hash_of(less, "b")


def test_each_fold_is_reported(corpus: Corpus, tmp_path: Path) -> None:
    lines: list[str] = []
    train_floor(TrainingOrder(FLOOR, corpus, LEXICON, tmp_path, lines.append))
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
            read_lists(dev, read_entries(dev), task),
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
