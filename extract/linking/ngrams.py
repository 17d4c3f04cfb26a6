"""The nearest names by character n-grams: cosine over those that two names share.

Each n-gram weighs its inverse document frequency. N-grams are hashed to buckets; names that share
one by accident get a cosine that is a little too high.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_BUCKETS = 1 << 18
_MIX = np.array([0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F], dtype=np.uint64)
_SIZES = (3, 4)
_COMMON = 0.03
"""N-grams of more than this share of the names are not looked up: they cost most and say least."""
_LEAST_COMMON = 300
"""... where they are at least so many."""

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class NgramIndex:
    """Names by number. ``names[starts[b]:starts[b + 1]]`` are those that hold bucket ``b``.

    ``weights`` [buckets] are squared inverse document frequencies, ``lengths`` [names] the
    length of each name's vector.
    """

    starts: NDArray[np.int64]
    names: Ints
    weights: Floats
    lengths: Floats

    def nearest(self, name: str, most: int, least: float) -> list[tuple[int, float]]:
        """Give up to ``most`` numbers of names with their cosine from ``least`` on, best first."""
        grams = np.unique(buckets(name))
        length = float(np.sqrt(self.weights[grams].sum()))
        if not length or not len(self.lengths):
            return []
        scores = self._scores(grams) / (self.lengths * length)
        best = (
            np.argpartition(-scores, most)[:most] if len(scores) > most else np.arange(len(scores))
        )
        best = best[np.argsort(-scores[best], kind="stable")]
        return [(int(i), float(scores[i])) for i in best if scores[i] >= least]

    def _scores(self, grams: NDArray[np.int64]) -> Floats:
        counts = self.starts[grams + 1] - self.starts[grams]
        rare = grams[counts <= max(_LEAST_COMMON, _COMMON * len(self.lengths))]
        found = [self.names[self.starts[gram] : self.starts[gram + 1]] for gram in rare]
        sizes = [len(each) for each in found]
        if not found:
            return np.zeros(len(self.lengths), dtype=np.float32)
        weights = np.repeat(self.weights[rare], sizes)
        return np.bincount(np.concatenate(found), weights, len(self.lengths)).astype(np.float32)


def buckets(name: str) -> NDArray[np.int64]:
    """Hash the n-grams of a name's words, with a blank at both ends of each word."""
    codes = np.frombuffer(f" {name} ".encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    return np.concatenate([_hashed(codes, size)[0] for size in _SIZES])


def _hashed(codes: NDArray[np.uint64], size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Hash all n-grams of one size that have no blank inside; also give where they start."""
    count = len(codes) - size + 1
    if count < 1:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    windows = [codes[i : i + count] for i in range(size)]
    inside = np.ones(count, dtype=bool)
    for window in windows[1:-1]:
        inside &= window != ord(" ")
    mixed = np.full(count, size, dtype=np.uint64)
    for window, factor in zip(windows, _MIX, strict=False):
        mixed = (mixed ^ window) * factor
        mixed ^= mixed >> np.uint64(15)
    starts = np.flatnonzero(inside)
    return (mixed[starts] % _BUCKETS).astype(np.int64), starts


def index_names(names: Sequence[str]) -> NgramIndex:
    """Index names; their numbers are their places in the sequence."""
    grams, owners = _pairs(names)
    order = np.argsort(grams, kind="stable")
    counts = np.bincount(grams, minlength=_BUCKETS)
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    weights = np.log((len(names) + 1) / (counts + 1)).astype(np.float32) ** 2
    squares = np.bincount(owners, weights[grams], len(names))
    lengths = np.sqrt(np.maximum(squares, 1e-6)).astype(np.float32)
    return NgramIndex(starts, owners[order].astype(np.int32), weights, lengths)


def _pairs(names: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give each (bucket, name) once."""
    text = "".join(f" {name} " for name in names)
    codes = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    sizes = np.array([len(name) + 2 for name in names], dtype=np.int64)
    owner = np.repeat(np.arange(len(names)), sizes)
    grams, starts = map(np.concatenate, zip(*(_hashed(codes, s) for s in _SIZES), strict=True))
    pairs = np.unique(owner[starts] * _BUCKETS + grams)
    return pairs % _BUCKETS, pairs // _BUCKETS


_ARRAYS = ("starts", "names", "weights", "lengths")


def write_index(index: NgramIndex, folder: Path) -> None:
    """Write an index, an array a file."""
    folder.mkdir(parents=True, exist_ok=True)
    for array in _ARRAYS:
        np.save(folder / f"{array}.npy", getattr(index, array))


def open_index(folder: Path) -> NgramIndex:
    """Map an index from disk."""
    return NgramIndex(*(np.load(folder / f"{array}.npy", mmap_mode="r") for array in _ARRAYS))
