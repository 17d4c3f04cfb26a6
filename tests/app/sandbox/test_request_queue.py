"""Who is served next: no client takes all servers, and costly clients wait behind all others."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from app.sandbox.request_queue import (
    FIRST_REST_S,
    FORGIVEN_AFTER_S,
    HALF_LIFE_S,
    LONGEST_REST_S,
    SLICE_S,
    WAITING_SHARE,
    Client,
    FullError,
    RequestQueue,
)

WAIT_S = 60.0
SERVERS = ("one", "two", "three", "four")


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(20) as opened:
        yield opened


class Crowd:
    """A queue whose time stands still, servers that note being stopped, and clients who wait."""

    def __init__(self, servers: int, places: int, pool: ThreadPoolExecutor) -> None:
        self.now, self.pool, self.stopped = 0.0, pool, list[str]()
        self.order = list[str]()
        self.queue = RequestQueue(
            SERVERS[:servers], places, self.stopped.append, clock=lambda: self.now
        )

    def let_wait(self, client: str) -> Future[str]:
        """Have a client wait in a thread; comes back once it does."""
        before = self.queue.waiting
        future = self.pool.submit(self._served, client)
        while self.queue.waiting == before and not future.done():
            threading.Event().wait(0.001)
        return future

    def _served(self, client: str) -> str:
        with self.queue.served(client, WAIT_S) as turn:
            self.order.append(client)
            return turn.server

    def serve(self, client: str, *, seconds: float = 0.0, killed: bool = False) -> None:
        """Serve a client for a while."""
        with self.queue.served(client, 0) as turn:
            self.now += seconds
            turn.is_killed = killed


@pytest.fixture
def crowd(pool: ThreadPoolExecutor) -> Crowd:
    return Crowd(3, WAITING_SHARE, pool)


def test_one_client_gets_all_servers_but_one(crowd: Crowd) -> None:
    queue = RequestQueue(SERVERS[:3], 0, crowd.stopped.append)
    with queue.served("a", 0), queue.served("a", 0):
        with pytest.raises(FullError), queue.served("a", 0):
            pass
        with queue.served("b", 0) as last:
            assert last.server in SERVERS


def test_a_single_server_is_for_everybody(pool: ThreadPoolExecutor) -> None:
    queue = Crowd(1, 0, pool).queue
    with queue.served("a", 0), pytest.raises(FullError), queue.served("b", 0):
        pass
    with queue.served("b", 0):
        pass


def test_a_server_goes_to_one_client_at_a_time_and_comes_back(pool: ThreadPoolExecutor) -> None:
    queue = Crowd(2, 2, pool).queue
    with queue.served("a", 0) as first, queue.served("b", 0) as second:
        assert {first.server, second.server} == {"one", "two"}
    with queue.served("a", 0), queue.served("b", 0):
        pass


def test_a_server_comes_back_after_an_error(pool: ThreadPoolExecutor) -> None:
    queue = Crowd(1, 0, pool).queue
    with pytest.raises(RuntimeError), queue.served("a", 0):
        raise RuntimeError
    with queue.served("a", 0):
        pass


def test_who_waits_is_served_when_a_server_is_free(pool: ThreadPoolExecutor) -> None:
    crowd = Crowd(1, 2, pool)
    with crowd.queue.served("a", 0):
        waiter = crowd.let_wait("b")
        assert not waiter.done()
    assert waiter.result(WAIT_S) == "one"


def test_one_client_gets_its_share_of_the_places_to_wait(pool: ThreadPoolExecutor) -> None:
    crowd = Crowd(1, 2 * WAITING_SHARE, pool)
    with crowd.queue.served("a", 0):
        waiters = [crowd.let_wait("b") for _ in range(2)]
        with pytest.raises(FullError, match="waiting"), crowd.queue.served("b", WAIT_S):
            pass
        waiters.append(crowd.let_wait("c"))
    assert [waiter.result(WAIT_S) for waiter in waiters] == ["one"] * 3


def test_no_more_wait_than_there_are_places(pool: ThreadPoolExecutor) -> None:
    crowd = Crowd(1, 2, pool)
    with crowd.queue.served("a", 0):
        waiters = [crowd.let_wait(client) for client in "bc"]
        with pytest.raises(FullError, match="waiting"), crowd.queue.served("d", WAIT_S):
            pass
    assert [waiter.result(WAIT_S) for waiter in waiters] == ["one"] * 2


def test_who_waits_too_long_is_turned_away_and_leaves_the_place() -> None:
    queue = RequestQueue(("one",), 1, lambda _server: None)
    with queue.served("a", 0):
        for _ in range(2):
            with pytest.raises(FullError, match="running"), queue.served("b", 0.01):
                pass
    with queue.served("b", 0):
        pass


def test_who_used_less_is_served_first(pool: ThreadPoolExecutor) -> None:
    crowd = Crowd(1, 32, pool)
    crowd.serve("much", seconds=3.0)
    crowd.serve("little", seconds=0.5)
    with crowd.queue.served("a", 0):
        waiters = [crowd.let_wait(client) for client in ("much", "little", "new")]
    for waiter in waiters:
        waiter.result(WAIT_S)
    assert crowd.order == ["new", "little", "much"]


def test_among_equals_who_came_first_is_served_first(pool: ThreadPoolExecutor) -> None:
    crowd = Crowd(1, 32, pool)
    with crowd.queue.served("a", 0):
        waiters = [crowd.let_wait(client) for client in "dbc"]
    for waiter in waiters:
        waiter.result(WAIT_S)
    assert crowd.order == ["d", "b", "c"]


def test_who_was_killed_rests_and_waits_behind_all_others(pool: ThreadPoolExecutor) -> None:
    crowd = Crowd(1, 32, pool)
    crowd.serve("costly", killed=True)
    crowd.serve("much", seconds=5.0)
    with crowd.queue.served("a", 0):
        waiters = [crowd.let_wait(client) for client in ("costly", "much")]
    for waiter in waiters:
        waiter.result(WAIT_S)
    assert crowd.order == ["much", "costly"]


def test_who_rests_is_not_served_by_an_idle_server(crowd: Crowd) -> None:
    crowd.serve("costly", killed=True)
    crowd.now = FIRST_REST_S - 0.1
    with pytest.raises(FullError), crowd.queue.served("costly", 0):
        pass
    crowd.now = FIRST_REST_S
    crowd.serve("costly")


def test_a_rest_longer_than_anybody_waits_is_told_at_once(crowd: Crowd) -> None:
    crowd.serve("costly", killed=True)
    with (
        pytest.raises(FullError, match="had to be stopped: try again in 2 s") as caught,
        crowd.queue.served("costly", 1.0),
    ):
        pass
    assert caught.value.retry_after_s == FIRST_REST_S


def test_a_rest_ends_by_itself() -> None:
    times = iter((0.0, 0.0, 0.0))
    queue = RequestQueue(("one",), 1, lambda _server: None, lambda: next(times, FIRST_REST_S))
    with queue.served("costly", 0) as turn:
        turn.is_killed = True
    with queue.served("costly", WAIT_S):
        pass


def test_costly_clients_share_a_part_of_the_servers(pool: ThreadPoolExecutor) -> None:
    crowd = Crowd(4, 0, pool)
    for client in "abc":
        crowd.serve(client, killed=True)
    crowd.now = FIRST_REST_S
    with crowd.queue.served("a", 0), crowd.queue.served("b", 0):
        with pytest.raises(FullError), crowd.queue.served("c", 0):
            pass
        with crowd.queue.served("d", 0), crowd.queue.served("e", 0):
            pass


def test_a_turn_is_cut_short_when_others_wait_after_its_slice(pool: ThreadPoolExecutor) -> None:
    crowd = Crowd(2, 32, pool)
    with crowd.queue.served("long", 0) as long:
        crowd.now = SLICE_S / 2
        with crowd.queue.served("short", 0) as short:
            crowd.now = SLICE_S
            waiter = crowd.let_wait("b")
            crowd.let_wait("b")  # one more, whose turn comes when the first is served
        waiter.result(WAIT_S)
    assert crowd.stopped == [long.server]
    assert (long.is_cut_short, short.is_cut_short) == (True, False)


def test_in_a_crowd_half_a_slice_must_do(pool: ThreadPoolExecutor) -> None:
    crowd = Crowd(1, 64, pool)
    with crowd.queue.served("long", 0):
        waiters = [crowd.let_wait(client) for client in "abc"]
        crowd.now = SLICE_S / 2
        waiters.append(crowd.let_wait("d"))
        assert crowd.stopped == ["one"]
    for waiter in waiters:
        waiter.result(WAIT_S)


def test_three_that_wait_are_no_crowd(pool: ThreadPoolExecutor) -> None:
    crowd = Crowd(1, 64, pool)
    with crowd.queue.served("long", 0):
        waiters = [crowd.let_wait(client) for client in "ab"]
        crowd.now = SLICE_S / 2
        waiters.append(crowd.let_wait("c"))
        assert crowd.stopped == []
    for waiter in waiters:
        waiter.result(WAIT_S)


def test_the_server_that_was_idle_for_longest_is_taken(pool: ThreadPoolExecutor) -> None:
    crowd = Crowd(2, 0, pool)
    with crowd.queue.served("a", 0) as first:
        pass
    with crowd.queue.served("a", 0) as second:
        pass
    assert (first.server, second.server) == ("one", "two")


def test_no_turn_is_cut_short_within_its_slice_or_while_a_server_is_idle(
    pool: ThreadPoolExecutor,
) -> None:
    crowd = Crowd(2, 32, pool)
    with crowd.queue.served("long", 0):
        crowd.now = 10 * SLICE_S
        crowd.serve("b")
        with crowd.queue.served("short", 0):
            crowd.now += SLICE_S / 2
    assert crowd.stopped == []


def test_the_costly_are_cut_short_first_and_cut_nobody_short(pool: ThreadPoolExecutor) -> None:
    crowd = Crowd(2, 32, pool)
    crowd.serve("costly", killed=True)
    crowd.now = FIRST_REST_S
    with crowd.queue.served("long", 0):
        crowd.now += SLICE_S
        with crowd.queue.served("costly", 0) as costly:
            crowd.now += SLICE_S
            waiter = crowd.let_wait("new")
            stopped_for_new = list(crowd.stopped)
        waiter.result(WAIT_S)
    assert stopped_for_new == [costly.server]

    crowd.now += LONGEST_REST_S
    with crowd.queue.served("x", 0), crowd.queue.served("y", 0):
        crowd.now += SLICE_S
        waiter = crowd.let_wait("costly")
    waiter.result(WAIT_S)
    assert crowd.stopped == stopped_for_new


def test_who_was_cut_short_rests(pool: ThreadPoolExecutor) -> None:
    crowd = Crowd(1, 32, pool)
    with crowd.queue.served("long", 0):
        crowd.now = SLICE_S
        waiter = crowd.let_wait("b")
    waiter.result(WAIT_S)
    with pytest.raises(FullError, match="stopped"), crowd.queue.served("long", 0.5):
        pass


def test_a_rest_doubles_up_to_a_limit_and_is_forgiven() -> None:
    client, rests, now = Client(), list[float](), 0.0
    for _ in range(7):
        client.strike(now)
        rests.append(client.rests_until - now)
        now = client.rests_until
    assert rests == [FIRST_REST_S * 2**n for n in range(5)] + [LONGEST_REST_S] * 2
    assert client.is_costly(now + FORGIVEN_AFTER_S - 1)
    assert not client.is_costly(now + FORGIVEN_AFTER_S)
    client.strike(now + FORGIVEN_AFTER_S)
    assert client.strikes == 1


def test_what_a_client_used_fades() -> None:
    client = Client()
    client.use(4.0, 0.0)
    client.use(1.0, HALF_LIFE_S)
    assert client.used_s(HALF_LIFE_S) == pytest.approx(3.0)
    assert client.used_s(2 * HALF_LIFE_S) == pytest.approx(1.5)


def test_clients_are_forgotten_when_nothing_about_them_matters(crowd: Crowd) -> None:
    for number in range(3_000):
        crowd.serve(str(number))
    crowd.serve("costly", killed=True)
    with crowd.queue.served("here", 0):
        crowd.serve("x")
        remembered = set(crowd.queue.remembered)
    assert {"costly", "here"} <= remembered
    assert len(remembered) < 1_100
