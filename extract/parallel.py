"""Several documents at once, in threads: a model at work lets go of the interpreter."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

MOST_THREADS = 8
"""More would wait for the interpreter: about an eighth of a document's time is Python's."""
AHEAD = 2
"""So many items a thread are under way, so that none waits for the one that is slow."""

T = TypeVar("T")
R = TypeVar("R")


def available_threads() -> int:
    """Tell how many documents are best read at once: as many as this process has cores."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(cores or 1, MOST_THREADS)


def map_in_order(
    work: Callable[[T], R], items: Iterable[T], threads: int | None = None
) -> Iterator[R]:
    """Yield ``work(item)`` in the order of the items; the caller's thread takes those.

    What ``work`` raises is raised where its result would stand. ``threads`` is by default
    ``available_threads()``.
    """
    threads = threads or available_threads()
    with ThreadPoolExecutor(threads) as pool:
        under_way: deque[Future[R]] = deque()
        try:
            for item in items:
                under_way.append(pool.submit(work, item))
                if len(under_way) >= AHEAD * threads:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            for waiting in under_way:
                waiting.cancel()
