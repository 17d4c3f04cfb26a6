"""Papers as PubMed has them, written as PubMed writes them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

HEAD = (
    '<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet SYSTEM '
    '"http://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_270101.dtd">\n'
)


@dataclass(frozen=True, slots=True)
class Paper:
    """A record as PubMed has it; ``kind`` is article, book, deleted or withheld (never sent)."""

    pmid: int
    entered: date
    modified: date | None = None
    title: str = ""
    kind: str = "article"
    version: int = 1
    on_topic: bool = True

    @property
    def changed(self) -> date:
        """The day of the last change."""
        return self.modified or self.entered

    def xml(self) -> str:
        """Write the record as PubMed does."""
        pmid = f'<PMID Version="{self.version}">{self.pmid}</PMID>'
        title = f"<ArticleTitle>{self.title or f'Paper {self.pmid}'}</ArticleTitle>"
        if self.kind == "deleted":
            return f"<DeleteCitation>{pmid}</DeleteCitation>"
        if self.kind == "book":
            return (
                f"<PubmedBookArticle><BookDocument>{pmid}{title}</BookDocument>"
                f"<PubmedBookData/></PubmedBookArticle>"
            )
        day = self.changed
        revised = (
            f"<DateRevised><Year>{day.year}</Year><Month>{day.month}</Month>"
            f"<Day>{day.day}</Day></DateRevised>"
        )
        return (
            f'<PubmedArticle><MedlineCitation Status="MEDLINE">{pmid}{revised}'
            f"<Article>{title}</Article></MedlineCitation><PubmedData/></PubmedArticle>"
        )


def article_set(papers: Iterable[Paper]) -> bytes:
    """Write an efetch answer, or a bulk file."""
    records = "\n".join(paper.xml() for paper in papers)
    return f"{HEAD}<PubmedArticleSet>\n{records}\n</PubmedArticleSet>\n".encode()
