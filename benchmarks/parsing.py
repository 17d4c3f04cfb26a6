"""Print how fast PubMed XML is parsed, and in how much memory, beside other parsers.

    python benchmarks/parsing.py FOLDER-WITH-PUBMED-XML [--records N]

The file is made by repeating real records into a temporary folder. Every parser has a process of
its own, whose CPU time (start and imports left out) and peak memory are printed. Bio.Entrez reads
a file at once, so it gets a tenth of the records. Run it on a quiet machine: CPU time, too, grows
when cores are shared.
"""

import argparse
import gzip
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import BinaryIO, cast

from ingest.formats.record_splitter import RecordSplitter

# The address that Biopython bundles; the http address of real files it refuses.
HEAD = (
    b'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE PubmedArticleSet PUBLIC '
    b'"-//NLM//DTD PubMedArticle, 1st January 2025//EN" '
    b'"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n<PubmedArticleSet>\n'
)
MEASURED = """
import resource, sys, time
{imports}
began = time.process_time()
count = 0
{loop}
seconds = time.process_time() - began
print(count, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
FIELDS = """
for _, element in etree.iterparse(
    gzip.open(sys.argv[1]), tag='PubmedArticle', load_dtd=False, no_network=True
):
    count += 1
    for path in (
        'PMID', 'DateRevised', 'Article/ArticleTitle', 'Article/Abstract/AbstractText',
        'Article/Journal/Title', 'Article/Journal/JournalIssue/PubDate', 'Article/Language',
        'Article/AuthorList/Author', 'Article/PublicationTypeList/PublicationType',
        'Article/VernacularTitle', 'OtherAbstract/AbstractText', 'KeywordList/Keyword',
        'MeshHeadingList/MeshHeading/DescriptorName', 'ChemicalList/Chemical/NameOfSubstance',
        'CommentsCorrectionsList/CommentsCorrections', 'Article/ELocationID',
    ):
        for found in element.iterfind('MedlineCitation/' + path):
            ' '.join(''.join(found.itertext()).split())
    for found in element.iterfind('PubmedData/ArticleIdList/ArticleId'):
        ' '.join(''.join(found.itertext()).split())
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]
"""
PARSERS = {
    "ours, all fields": (
        "from pathlib import Path\nfrom ingest.formats.sources import read_source",
        "count = sum(1 for _ in read_source(Path(sys.argv[1])))",
    ),
    "lxml.iterparse, 17 fields": ("import gzip\nfrom lxml import etree", FIELDS),
    "Bio.Entrez.read": (
        "import gzip\nfrom Bio import Entrez",
        "count = len(Entrez.read(gzip.open(sys.argv[1]))['PubmedArticle'])",
    ),
}


def main(folder: Path, records: int) -> None:
    """Make the files, run the parsers, print a table."""
    real = real_records(folder)
    print(f"{len(real)} real records, {sum(map(len, real)) // len(real):,} bytes each on average\n")
    print("| parser | records | articles per CPU second | peak MB |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as work:
        whole, tenth = Path(work) / "whole.xml.gz", Path(work) / "tenth.xml.gz"
        repeat(real, records, whole)
        repeat(real, records // 10, tenth)
        for name in PARSERS:
            print(row(name, tenth if name.startswith("Bio") else whole), flush=True)


def real_records(folder: Path) -> list[bytes]:
    """Cut the records out of all bulk files of a folder."""
    records: list[bytes] = []
    for file in sorted(folder.rglob("pubmed*.xml.gz")):
        with gzip.open(file) as stream:
            records += RecordSplitter(cast("BinaryIO", stream), str(file)).records()
    return records


def repeat(real: Sequence[bytes], count: int, place: Path) -> None:
    """Write so many records, in turn."""
    with gzip.open(place, "wb", compresslevel=6) as stream:
        stream.write(HEAD)
        stream.writelines(record + b"\n" for record in islice(cycle(real), count))
        stream.write(b"</PubmedArticleSet>\n")


def row(name: str, file: Path) -> str:
    """Run one parser and write its line of the table."""
    imports, loop = PARSERS[name]
    code = MEASURED.format(imports=imports, loop=loop)
    done = subprocess.run(  # noqa: S603  # our own text
        [sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        return f"| {name} | failed: {done.stderr.strip().splitlines()[-1]} | | |"
    count, seconds, megabytes = map(float, done.stdout.split()[-3:])
    return f"| {name} | {count:,.0f} | {count / seconds:,.0f} | {megabytes:,.0f} |"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--records", type=int, default=30_000)
    given = parser.parse_args()
    main(given.folder, given.records)
