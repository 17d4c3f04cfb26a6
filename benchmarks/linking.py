"""How good links are, in JSON: gold mentions, linked mentions and relations, a graph's concepts.

    python benchmarks/linking.py DATA [--graph FOLDER]

DATA is the folder of development data; its dev documents are only measured. FOLDER is a data
directory whose graph is counted. Cross-validated figures of the shipped linker are in
``extract/weights/links/links.json``, written by ``gutbrain train links``.
"""

import json
from collections import Counter, defaultdict
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from app.extraction import open_extractor, open_linker
from app.prediction import predict, write_predictions
from app.settings import graph_root, load_settings
from extract.annotation import AnnotatedDocument
from extract.corpus import read_corpus
from extract.extractor import Extractor
from extract.linking.candidates import CandidateFinder
from extract.linking.link_table import Annotations, LinkTable, read_annotations
from extract.linking.linker import RankedLinker
from extract.scoring.evaluation import evaluate_files, score_rows
from extract.scoring.items import Scorer, Task
from extract.scoring.links import Share, judge_links, shares
from extract.training.links import answers_of, find_cases, fit_choices, share_right
from kg.graph.rdf import cell
from kg.snapshots.snapshot import current_snapshot
from kg.stores.embedded import EmbeddedStore
from ontology.namespaces import PREFIX_MAP
from ontology.normalising import fold

TASKS = (Task.NERD, Task.LINKED, Task.CONCEPT)
CONCEPTS = """PREFIX gb: <https://w3id.org/gutbrain/ontology#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?c ?name ?type ?provisional WHERE {
  ?c a skos:Concept, ?type ; skos:prefLabel ?name FILTER (?type != skos:Concept)
  OPTIONAL { ?c gb:isProvisional ?provisional } }"""
ENDS = """PREFIX gb: <https://w3id.org/gutbrain/ontology#>
PREFIX biolink: <https://w3id.org/biolink/vocab/>
SELECT ?c (COUNT(?evidence) AS ?n) WHERE {
  ?evidence gb:supports|gb:opposes ?assertion .
  { ?assertion biolink:subject ?c } UNION { ?assertion biolink:object ?c } } GROUP BY ?c"""
PAPERS = """PREFIX gb: <https://w3id.org/gutbrain/ontology#>
SELECT ?n WHERE { ?assertion gb:belief ?belief ; gb:paperCount ?n }"""


def main(data: Path, graph: Annotated[Path | None, typer.Option()] = None) -> None:
    """Print all figures."""
    linked = data / "gutbrainie_nel"
    training = [d for name in ("platinum", "gold") for d in read_corpus(linked / f"{name}.json")]
    linker = open_linker()
    extractor = open_extractor(load_settings(), linker)
    figures: dict[str, Any] = {
        "gold mentions of dev": _gold_mentions(linked / "dev.json", training, extractor),
        "without any corpus link": _without_links(linked / "dev.json", training, linker),
        "dev, strict": _end_to_end(linked / "dev.json", extractor),
    }
    if graph:
        figures["graph"] = _graph(graph)
    typer.echo(json.dumps(figures, indent=2))


def _gold_mentions(
    gold: Path, training: list[AnnotatedDocument], extractor: Extractor
) -> dict[str, str]:
    seen = {mention.text.casefold() for document in training for mention in document.mentions}
    done = predict([gold], extractor, gold_entities=True, report=lambda _: None)
    predicted = {read.document.pmid: read for read in done.documents}
    found = shares(judge_links(read_corpus(gold), predicted, seen))
    return {row: _shown(share) for row, share in found.items()}


def _shown(share: Share) -> str:
    return f"{share.accuracy:.3f} of {share.total}"


def _without_links(
    gold: Path, training: list[AnnotatedDocument], linker: RankedLinker
) -> dict[str, float]:
    """Link by vocabularies alone; only which vocabulary a type prefers is known from training."""
    table, known = LinkTable(Annotations({}, {})), LinkTable(read_annotations(training))
    table.vocabularies, table.types = known.vocabularies, known.types
    finder = CandidateFinder(table, linker.lexicon, linker.model.task_list)
    weights = fit_choices(list(find_cases(training, finder, table)))
    cases = list(find_cases(read_corpus(gold), finder, table))
    return {"accuracy": share_right(list(answers_of(cases, weights)))}


def _end_to_end(gold: Path, extractor: Extractor) -> dict[str, object]:
    done = predict([gold], extractor, report=lambda _: None)
    with TemporaryDirectory() as folder:
        out = Path(folder) / "predictions.json"
        write_predictions(done.documents, out, extractor.thresholds, spell=extractor.linker.spell)
        rows = score_rows(evaluate_files(gold, [out], TASKS, Scorer.STRICT))
    return {str(row["task"]): {k: row[k] for k in ("f1", "f1_interval_95")} for row in rows}


def _graph(folder: Path) -> dict[str, object]:
    snapshot = current_snapshot(graph_root(folder))
    if snapshot is None:
        raise typer.BadParameter(f"{folder}: no graph")
    with closing(EmbeddedStore.open_read_only(snapshot.graph)) as store:
        rows = list(store.select(CONCEPTS))
        ends = {cell(row, "c"): int(cell(row, "n")) for row in store.select(ENDS)}
        papers = [int(cell(row, "n")) for row in store.select(PAPERS)]
    own = {cell(row, "c") for row in rows if cell(row, "c").startswith(PREFIX_MAP["gbc"])}
    provisional = {cell(row, "c") for row in rows if row.get("provisional")}
    names: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        names[cell(row, "type"), fold(cell(row, "name"))].append(cell(row, "c"))
    return {
        "concepts": len(rows),
        "of a vocabulary": round(1 - len(own) / len(rows), 4),
        "below a concept of a vocabulary": round(len(own - provisional) / len(rows), 4),
        "provisional": round(len(provisional) / len(rows), 4),
        "evidence ends at provisional": _ends(ends, provisional),
        "evidence ends at provisional or below": _ends(ends, own),
        "doubles": sum(len(same) - 1 for same in names.values()),
        "assertions of two papers": round(sum(n > 1 for n in papers) / len(papers), 4),
    }


def _ends(ends: dict[str, int], concepts: set[str]) -> float:
    counted = Counter(ends)
    return round(sum(counted[concept] for concept in concepts) / counted.total(), 4)


if __name__ == "__main__":
    typer.run(main)
