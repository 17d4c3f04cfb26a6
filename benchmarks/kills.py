"""Kill runs and nights at random moments, do them again, and print how many ended as undisturbed.

    python benchmarks/kills.py [--times 50] [--seed 1]

Half of the kills (SIGKILL) hit ``gutbrain run`` on the sample, half a night that harvests new,
revised, retracted and withdrawn papers from a PubMed on loopback. A kill holds where the graph it
left is undamaged, and is the one before or after, and where the command, done again, ends with the
N-Quads of one that nobody disturbed.
"""

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import typer

from tests.pubmed_server import running_server
from tests.random_kills import Kill, kill_at_random, run_of_sample, second_night


def main(times: int = 50, seed: int = 1) -> None:
    """Kill, a line for each."""
    kills: list[Kill] = []
    for kill in _kills(times, random.Random(seed)):  # noqa: S311
        kills.append(kill)
        typer.echo(f"{kill.command} | {kill.after_s:.2f} s | {kill.problem or 'held'}")
    published, held = sum(k.is_published for k in kills), sum(not k.problem for k in kills)
    typer.echo(f"tried {len(kills)}, held {held}; {published} had published their graph")


def _kills(times: int, chance: random.Random) -> Iterator[Kill]:
    with tempfile.TemporaryDirectory(prefix="kills") as name, running_server() as server:
        run, night = Path(name) / "run", Path(name) / "night"
        yield from kill_at_random(run, "run", run_of_sample(server), times - times // 2, chance)
        begin = second_night(server, night)
        yield from kill_at_random(night, "nightly", begin, times // 2, chance)


if __name__ == "__main__":
    typer.run(main)
