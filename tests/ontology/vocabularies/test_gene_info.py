from pathlib import Path

from ontology.schema import EntityType
from ontology.vocabularies.gene_info import read_gene_info, read_hgnc
from ontology.vocabularies.reading import Tally
from ontology.vocabularies.term import Term

GENE = "9606\t7124\tTNF\t-\tDIF|TNFA\tHGNC:HGNC:11892|Ensembl:E1\t6\t6p\ttumor necrosis factor\tc\tTNF\ttumor necrosis factor\tO\tTNF-a|cachectin\t2024"  # noqa: E501


def test_a_gene_has_its_symbols_and_full_names(tmp_path: Path) -> None:
    path, tally = tmp_path / "gene_info", Tally()
    new = "9606\t1\tNEWENTRY" + "\t-" * 12
    path.write_text(f"#tax_id\n{GENE}\n{new}\n9606\t2\nx{GENE.replace('7124', 'x')}\n")
    assert list(read_gene_info(path, tally)) == [
        Term(
            "NCBIGene:7124",
            "TNF",
            ("tumor necrosis factor", "DIF", "TNFA", "TNF-a", "cachectin"),
            EntityType.GENE,
            references=("HGNC:11892",),
        )
    ]
    assert tally.skipped["placeholder"] == 1
    assert tally.complaints == [
        f"{path}, line {n}: expected 15 columns with a gene number" for n in (4, 5)
    ]


def test_withdrawn_symbols_of_hgnc_are_left_out(tmp_path: Path) -> None:
    path, tally = tmp_path / "hgnc.txt", Tally()
    path.write_text(
        "hgnc_id\tsymbol\tname\tstatus\talias_symbol\tprev_symbol\tentrez_id\n"
        "HGNC:11892\tTNF\ttumor necrosis factor\tApproved\tDIF|TNF-alpha\tTNFA\t7124\n"
        "HGNC:2\tX\tx\tEntry Withdrawn\t\t\t\n"
        "HGNC:3\tY\ty\tApproved\t\t\t\n"
    )
    assert list(read_hgnc(path, tally)) == [
        Term(
            "HGNC:11892",
            "TNF",
            ("tumor necrosis factor", "DIF", "TNF-alpha", "TNFA"),
            EntityType.GENE,
            exact=("NCBIGene:7124",),
        ),
        Term("HGNC:3", "Y", ("y",), EntityType.GENE),
    ]
    assert tally.skipped == {"withdrawn": 1}
