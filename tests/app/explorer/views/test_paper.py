"""What the page of a paper shows of it."""

from app.explorer.views.paper import listed
from kg.article import Article


def test_a_paper_shows_what_has_a_label_and_a_value() -> None:
    article = Article("1", title="A", publication_types=("Review", "Comment"))
    assert list(listed(article)) == [("Publication type", "Comment, Review")]
