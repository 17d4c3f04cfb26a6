"""Kill ``gutbrain nightly`` again and again; the archive and the graph must come out the same.

    python benchmarks/kill_nightly.py [KILLS] [SEED]

A PubMed on loopback has new, revised, re-indexed, retracted and withdrawn papers every night. Each
night is started and killed (SIGKILL) at a random moment until it once comes to its end. Then the
same nights are worked undisturbed, and archive and sorted N-Quads are compared. Exit code 1 where
they differ. Fifty kills take about five minutes on two cores.
"""

import sys
import tempfile
from pathlib import Path

from tests.kills import differences, killed, left_alone

FIRST_PAPERS = 120


def main(kills: int, seed: int) -> int:
    """Kill, compare, tell."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        done = killed(root / "killed", kills, FIRST_PAPERS, seed, print)
        undisturbed = left_alone(root / "left alone", done.nights, FIRST_PAPERS)
    found = list(differences(done.end, undisturbed))
    print(f"{kills} kills in {done.nights} nights, {done.seconds:.0f} s, seed {seed}")
    for where, count in done.kills.most_common():
        print(f"  {count:3}  {where}")
    archive = undisturbed.archive
    print(f"documents {len(archive.documents)}, withdrawn {len(archive.deleted)}")
    print(f"quads {len(undisturbed.graph)}, left over {len(done.end.left_over)}")
    print(f"different: {', '.join(found)}" if found else "no difference")
    return 1 if found else 0


if __name__ == "__main__":
    given = [int(number) for number in sys.argv[1:]]
    sys.exit(main(*(given + [50, 1][len(given) :])))
