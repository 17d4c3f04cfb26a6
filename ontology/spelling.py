"""Spelling of names in running text."""

from ontology.namespaces import TYPOGRAPHIC


def fold_characters(text: str) -> str:
    """Lower-case, with plain quotes and dashes, without changing the length.

    A Turkish dotted I would grow by ``str.lower``.

    >>> len(fold_characters("İL-6")) == len("İL-6")
    True
    """
    typed = text.translate(TYPOGRAPHIC)
    lower = typed.lower()
    return lower if len(lower) == len(text) else "".join(c.lower()[0] for c in typed)
