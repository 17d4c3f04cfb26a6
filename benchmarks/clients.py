"""Honest clients beside hostile ones: which share is answered, and how soon.

Serves a data folder and asks it from many addresses of loopback. Ten clients in a mix do what costs
the server most; all others ask a small question every three to six seconds, as scripts do.

    python benchmarks/clients.py DATA [--clients 200] [--hostile 10] [--seconds 30]
"""

import argparse
import asyncio
import random
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial

import httpx

GB = "PREFIX gb: <https://w3id.org/gutbrain/ontology#> "
SKOS = "PREFIX skos: <http://www.w3.org/2004/02/skos/core#> "
HONEST = (
    GB + "SELECT ?t ?d { ?t a gb:Bacteria ; gb:influence ?d } LIMIT 20",
    SKOS + "SELECT ?c ?l { ?c skos:prefLabel ?l } LIMIT 50",
    "ASK { ?s ?p ?o }",
)
PATIENCE_S = 30.0
PAUSE_S = (3.0, 6.0)
SLOW_HEAD = b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n"
SLOW_TYPE = b"Content-Type: application/sparql-query\r\n\r\n"


@dataclass
class Answers:
    """What honest clients met: seconds of each answer, and what came instead."""

    seconds: list[float] = field(default_factory=list[float])
    failures: list[str] = field(default_factory=list[str])

    def row(self) -> str:
        """Give the share answered, and the seconds at median, 95th percentile and most."""
        asked = len(self.seconds) + len(self.failures)
        cuts = statistics.quantiles(self.seconds, n=100) if len(self.seconds) > 1 else [0.0] * 99
        share = 100 * len(self.seconds) / max(1, asked)
        worst = max(self.seconds, default=0.0)
        return f"{asked} | {share:.1f} % | {cuts[49]:.3f} | {cuts[94]:.3f} | {worst:.2f}"


Hostile = Callable[[httpx.AsyncClient, str], Awaitable[None]]


async def query(text: str, client: httpx.AsyncClient, _source: str) -> None:
    """Ask a costly query."""
    await client.get("/sparql", params={"query": text})


async def blanks(client: httpx.AsyncClient, _source: str) -> None:
    """Send a megabyte of nothing."""
    kind = {"Content-Type": "application/sparql-query"}
    await client.post("/sparql", content=b" " * 999_000, headers=kind)


async def download(kind: str, client: httpx.AsyncClient, _source: str) -> None:
    """Take the whole graph."""
    path = "/repositories/gutbrain/statements"
    async with client.stream("GET", path, headers={"Accept": kind}) as answer:
        async for _ in answer.aiter_raw():
            pass


async def slow_body(client: httpx.AsyncClient, source: str) -> None:
    """Send a query byte by byte."""
    port = client.base_url.port
    _, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    writer.write(SLOW_HEAD + SLOW_TYPE)
    while not writer.is_closing():
        writer.write(b"a")
        await writer.drain()
        await asyncio.sleep(1)


async def idle(client: httpx.AsyncClient, source: str) -> None:
    """Open a hundred connections that never ask."""
    port = client.base_url.port
    opened = await asyncio.gather(
        *(asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0)) for _ in range(100))
    )
    await asyncio.sleep(5)
    for _, writer in opened:
        writer.close()


CROSS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
SORTED = "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?c ?f"
SERVICE = 'SELECT * { VALUES ?y { """a" } SERVICE <http://127.0.0.1:1/> {} } # \\x """'
KINDS: dict[str, Hostile] = {
    "cross products": partial(query, CROSS),
    "memory": partial(query, SORTED),
    "slow bodies": slow_body,
    "idle connections": idle,
    "1 MB of blanks": blanks,
    "downloads": partial(download, "application/n-quads"),
    "bounded downloads": partial(download, "application/rdf+xml"),
    "hidden services": partial(query, SERVICE),
}
MIXES = {"nobody": (), **{name: (kind,) for name, kind in KINDS.items()}, "all": (*KINDS.values(),)}


def client_at(base: str, source: str) -> httpx.AsyncClient:
    """Ask from an address of loopback."""
    once = httpx.Limits(max_keepalive_connections=0)
    transport = httpx.AsyncHTTPTransport(verify=False, local_address=source, limits=once)
    return httpx.AsyncClient(base_url=base, transport=transport, timeout=PATIENCE_S)


async def ask_honestly(base: str, number: int, until: float, answers: Answers) -> None:
    """Ask, wait, ask again."""
    chance = random.Random(number)  # noqa: S311
    await asyncio.sleep(chance.uniform(0, PAUSE_S[0]))
    async with client_at(base, f"127.0.{1 + number // 200}.{1 + number % 200}") as client:
        while time.monotonic() < until:
            began = time.monotonic()
            try:
                answer = await client.get("/sparql", params={"query": chance.choice(HONEST)})
                answer.raise_for_status()
                answers.seconds.append(time.monotonic() - began)
            except httpx.HTTPError as error:
                answers.failures.append(type(error).__name__)
            await asyncio.sleep(chance.uniform(*PAUSE_S))


async def attack(base: str, source: str, kind: Hostile) -> None:
    """Do one costly thing after the other."""
    async with client_at(base, source) as client:
        while True:
            with suppress(httpx.HTTPError, OSError):
                await kind(client, source)
            await asyncio.sleep(0.05)


async def mixed(base: str, kinds: tuple[Hostile, ...], given: argparse.Namespace) -> Answers:
    """Let honest and hostile clients ask at once."""
    answers, until = Answers(), time.monotonic() + given.seconds
    hostile = given.hostile if kinds else 0
    attacks = [
        asyncio.create_task(attack(base, f"127.9.0.{1 + n}", kinds[n % len(kinds)]))
        for n in range(hostile)
    ]
    honest = range(given.clients - hostile)
    await asyncio.gather(*(ask_honestly(base, number, until, answers) for number in honest))
    for each in attacks:
        each.cancel()
    await asyncio.gather(*attacks, return_exceptions=True)
    return answers


@contextmanager
def served(data: str) -> Generator[str]:
    """Serve a data folder as the command does; yields the address."""
    command = [sys.executable, "-m", "app.cli", "serve", "--port", "0", "--data", data]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:  # noqa: S603
        assert server.stderr is not None  # noqa: S101
        found = next(filter(None, (re.search(r"http://\S+:\d+", line) for line in server.stderr)))
        try:
            httpx.get(f"{found[0]}/sparql", params={"query": "ASK {}"}, timeout=60)
            yield found[0]
        finally:
            server.terminate()


def main() -> None:
    """Print a row for each mix of hostile clients."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("data")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--hostile", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--mix", nargs="*", choices=[*MIXES], default=[*MIXES])
    given = parser.parse_args()
    print(f"{given.clients} clients, {given.hostile} of them hostile, {given.seconds:g} s each\n")
    print("| hostile clients do | asked | answered | p50, s | p95, s | most, s |")
    print("|---|---|---|---|---|---|")
    for name in given.mix:
        with served(given.data) as base:
            answers = asyncio.run(mixed(base, MIXES[name], given))
        print(f"| {name} | {answers.row()} |", flush=True)


if __name__ == "__main__":
    main()
