import threading
from collections.abc import Iterator

import pytest

from extract.parallel import AHEAD, map_in_order


def test_results_come_in_the_order_of_the_items_though_the_first_ends_last() -> None:
    last_begun = threading.Event()

    def work(number: int) -> int:
        if number:
            last_begun.set()
        else:
            assert last_begun.wait(timeout=30)
        return number * number

    assert list(map_in_order(work, range(9), threads=2)) == [n * n for n in range(9)]


def test_items_are_taken_by_the_caller_and_not_far_ahead() -> None:
    taken: list[tuple[int, int]] = []

    def items() -> Iterator[int]:
        for number in range(100):
            taken.append((number, threading.get_ident()))
            yield number

    results = map_in_order(str, items(), threads=2)
    assert next(results) == "0"
    assert len(taken) == AHEAD * 2
    assert {thread for _, thread in taken} == {threading.get_ident()}
    assert list(results) == [str(number) for number in range(1, 100)]


def test_an_error_stands_where_its_result_would() -> None:
    results = map_in_order(lambda number: 6 // number, [1, 2, 0, 3], threads=2)
    assert [next(results), next(results)] == [6, 3]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_what_is_not_wanted_any_more_ends() -> None:
    before = threading.active_count()
    results = map_in_order(str, range(100), threads=2)
    assert next(results) == "0"
    results.close()  # type: ignore[attr-defined]  # a generator
    assert threading.active_count() == before
