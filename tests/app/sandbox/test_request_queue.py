"""Who is served next: no client takes all servers, nor all places to wait."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from app.sandbox.request_queue import FullError, RequestQueue

WAIT_S = 60.0


class NotedCondition(threading.Condition):
    """Says when somebody begins to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Semaphore(0)

    def wait(self, timeout: float | None = None) -> bool:
        self.begun.release()
        return super().wait(timeout)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as opened:
        yield opened


def test_one_client_gets_all_servers_but_one() -> None:
    queue = RequestQueue(("one", "two", "three"), places=0)
    with queue.served("a", 0), queue.served("a", 0):
        with pytest.raises(FullError), queue.served("a", 0):
            pass
        with queue.served("b", 0) as last:
            assert last in {"one", "two", "three"}


def test_a_single_server_is_for_everybody() -> None:
    queue = RequestQueue(("one",), places=0)
    with queue.served("a", 0), pytest.raises(FullError), queue.served("b", 0):
        pass
    with queue.served("b", 0):
        pass


def test_a_server_goes_to_one_client_at_a_time_and_comes_back() -> None:
    queue = RequestQueue(("one", "two"), places=2)
    with queue.served("a", 0) as first, queue.served("b", 0) as second:
        assert {first, second} == {"one", "two"}
    with queue.served("a", 0), queue.served("b", 0):
        pass


def test_a_server_comes_back_after_an_error() -> None:
    queue = RequestQueue(("one",), places=0)
    with pytest.raises(RuntimeError), queue.served("a", 0):
        raise RuntimeError
    with queue.served("a", 0):
        pass


class Crowd:
    """A queue with one server, which somebody has, and others who wait."""

    def __init__(self, places: int, pool: ThreadPoolExecutor) -> None:
        self.queue, self.pool = RequestQueue(("one",), places), pool
        self.condition = self.queue.has_changed = NotedCondition()

    def let_wait(self, client: str) -> Future[str]:
        """Have a client wait in a thread; comes back once it does."""
        future = self.pool.submit(self._served, client)
        assert self.condition.begun.acquire(timeout=WAIT_S)
        return future

    def _served(self, client: str) -> str:
        with self.queue.served(client, WAIT_S) as server:
            return server


def test_who_waits_is_served_when_a_server_is_free(pool: ThreadPoolExecutor) -> None:
    crowd = Crowd(2, pool)
    with crowd.queue.served("a", 0):
        waiter = crowd.let_wait("b")
        assert not waiter.done()
    assert waiter.result(WAIT_S) == "one"


def test_one_client_gets_half_of_the_places_to_wait(pool: ThreadPoolExecutor) -> None:
    crowd = Crowd(4, pool)
    with crowd.queue.served("a", 0):
        waiters = [crowd.let_wait("b") for _ in range(2)]
        with pytest.raises(FullError, match="waiting"), crowd.queue.served("b", WAIT_S):
            pass
        waiters += [crowd.let_wait(client) for client in "cd"]
        with pytest.raises(FullError, match="waiting"), crowd.queue.served("e", WAIT_S):
            pass
    assert [waiter.result(WAIT_S) for waiter in waiters] == ["one"] * 4


def test_who_waits_too_long_is_turned_away_and_leaves_the_place() -> None:
    queue = RequestQueue(("one",), places=1)
    with queue.served("a", 0):
        for _ in range(2):
            with pytest.raises(FullError, match="running"), queue.served("b", 0.01):
                pass
    with queue.served("b", 0):
        pass
