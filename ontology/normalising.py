"""Names folded for comparison: spellings of one name get one key.

The levels go from strict to loose: ``normalise_name`` (case and typography), ``fold`` (Greek
letters, hyphens, brackets, possessives, plurals, British spelling), ``fold_order`` (words in any
order, without stop words), ``fold_blanks`` (no blanks: "IL6", "IL-6"). A key is for comparison
only; people are shown names.
"""

import re
from functools import lru_cache

from ontology.namespaces import normalise_name

_REMEMBERED = 50_000
"""Words kept in mind: a vocabulary of a million names has few of its own."""
_TOKEN = re.compile(r"[^\W_]+\+*")
_POSSESSIVE = re.compile(r"(?<=\w)'s?(?!\w)")
_LEAST_PLURAL = 5
"""Letters of the shortest plural that is cut: "IBS" and "AIDS" are none."""
_QUOTES = str.maketrans("\u00b4\u0060\u02bc\u2032", "''''")
# fmt: off
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ϵ": "epsilon",
    "ζ": "zeta", "η": "eta", "θ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu",
    "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "ς": "sigma", "τ": "tau",
    "υ": "upsilon", "φ": "phi", "ϕ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "ß": "beta",
}
_IRREGULAR = {
    "mice": "mouse", "children": "child", "women": "woman", "men": "man", "people": "person",
    "phyla": "phylum", "genera": "genus", "villi": "villus", "fungi": "fungus", "feet": "foot",
    "teeth": "tooth", "indices": "index", "vertebrae": "vertebra", "ova": "ovum",
    "taxa": "taxon", "bacteria": "bacterium", "diseases": "disease", "causes": "cause",
    "species": "species", "series": "series", "feces": "feces", "herpes": "herpes",
    "diabetes": "diabetes", "rabies": "rabies", "scabies": "scabies", "lens": "lens",
    "nucleases": "nuclease", "calves": "calf", "wolves": "wolf", "leaves": "leaf",
    "rats": "rat", "pigs": "pig", "dogs": "dog", "cats": "cat", "cows": "cow", "hens": "hen",
    "eggs": "egg", "nuts": "nut", "oils": "oil", "guts": "gut", "eyes": "eye", "teas": "tea",
}
# What is British and what is American; in this order, so that "oedema" is cut before "oe".
_BRITISH = (
    ("tumour", "tumor"), ("behaviour", "behavior"), ("colour", "color"), ("labour", "labor"),
    ("odour", "odor"), ("haem", "hem"), ("anaem", "anem"), ("ischaem", "ischem"),
    ("leukaem", "leukem"), ("aemia", "emia"), ("aemic", "emic"), ("faec", "fec"), ("caec", "cec"),
    ("paed", "ped"), ("anaesth", "anesth"), ("gynaec", "gynec"), ("aetio", "etio"),
    ("oedem", "edem"), ("oesoph", "esoph"), ("oestr", "estr"), ("foet", "fet"),
    ("coeliac", "celiac"), ("rrhoea", "rrhea"), ("dyspnoea", "dyspnea"), ("apnoea", "apnea"),
    ("amoeb", "ameb"), ("manoeuv", "maneuv"), ("fibre", "fiber"), ("centre", "center"),
    ("litre", "liter"), ("sulph", "sulf"), ("ageing", "aging"), ("signalling", "signaling"),
    ("modelling", "modeling"), ("labelling", "labeling"), ("aluminium", "aluminum"),
    ("isation", "ization"), ("ysation", "yzation"),
)
_STOP_WORDS = frozenset({
    "a", "an", "and", "as", "at", "by", "for", "from", "in", "into", "nos", "of", "on", "or",
    "other", "the", "to", "unspecified", "with",
})
# fmt: on
_IS_GREEK = re.compile("|".join(_GREEK))
_IS_BRITISH = re.compile("|".join(british for british, _ in _BRITISH))
_AMERICAN = dict(_BRITISH)


def fold(name: str) -> str:
    """Fold a name to its words: singular, American, Greek letters spelled, no punctuation.

    A name without any letter or digit stays as ``normalise_name`` has it.

    >>> fold("TNF-α"), fold("Alzheimer's diseases)"), fold("faecal microbiotas")
    ('tnf alpha', 'alzheimer disease', 'fecal microbiota')
    """
    return " ".join(folded_words(name)) or normalise_name(name)


def fold_order(name: str) -> str:
    """Fold a name to its words in alphabetical order, each once, without stop words.

    >>> fold_order("diseases of the liver") == fold_order("Liver Disease")
    True
    """
    words = folded_words(name)
    return " ".join(sorted(set(words) - _STOP_WORDS or set(words))) or normalise_name(name)


def fold_blanks(name: str) -> str:
    """Fold a name and take out its blanks.

    >>> fold_blanks("IL-6") == fold_blanks("IL6")
    True
    """
    return fold(name).replace(" ", "")


def folded_words(name: str) -> list[str]:
    """Split a name into folded words, in its own order."""
    plain = _POSSESSIVE.sub("", normalise_name(name.translate(_QUOTES)))
    spelled = _IS_GREEK.sub(lambda letter: f" {_GREEK[letter[0]]} ", plain)
    return [_base_form(word) for word in _TOKEN.findall(spelled)]


@lru_cache(maxsize=_REMEMBERED)
def _base_form(word: str) -> str:
    return _IS_BRITISH.sub(lambda found: _AMERICAN[found[0]], _singular(word))


def _singular(word: str) -> str:
    """Cut a plural's ending; Latin names are cut, too, on both sides of a comparison."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < _LEAST_PLURAL or not word.isalpha():
        return word
    for ending, singular in _ENDINGS:
        if word.endswith(ending):
            return word[: len(word) - len(ending)] + singular
    return word


_ENDINGS = (
    ("bacteria", "bacterium"), ("bacilli", "bacillus"), ("cocci", "coccus"),
    ("ss", "ss"), ("us", "us"), ("is", "is"), ("viruses", "virus"), ("uses", "us"),
    ("gnoses", "gnosis"), ("lyses", "lysis"), ("bioses", "biosis"), ("stases", "stasis"),
    ("psychoses", "psychosis"), ("neuroses", "neurosis"), ("fibroses", "fibrosis"),
    ("theses", "thesis"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh"),
    ("ies", "y"), ("s", ""),
)  # fmt: skip
"""Endings of plurals and what the singular has in their place; the first that fits counts."""
