"""A process that kills itself at the n-th thing it does to files, for every n.

    python -m tests.crash_points FOLDER OPERATION STEP

``FOLDER/base`` is a data directory. For n = 0, STEP, 2 STEP … it is copied to ``FOLDER/<n>``, and
a forked child does the operation there and kills itself (SIGKILL) before the n-th point. Points
are what Python does to files (its audit events) and what goes into the store. Ends with the first
child that comes to its end, and prints how many points there were.
"""

import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Quad

from app.settings import Settings, graph_root
from app.update import run
from extract.extractor import Extractor
from extract.methods import RecognizerName, RelationMethod, load_extractor
from ingest.formats.sources import sample_path
from kg.snapshots.snapshot import forget_name, name_snapshot, next_snapshot, roll_back
from kg.stores.embedded import EmbeddedStore
from ontology.lexicon import starter_lexicon

EVENTS = frozenset(
    ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree", "open", "sqlite3.connect")
)
STORE = "gutbrain.store"
Operation = Callable[[Path], object]


def quad(n: int) -> Quad:
    return Quad(NamedNode(f"x:{n}"), NamedNode("x:p"), Literal(n), NamedNode("x:g"))


def write(data: Path) -> None:
    """Publish a snapshot with one quad more."""
    with next_snapshot(graph_root(data)) as store:
        store.change(remove=(), add=[quad(store.size())])


def extractor_of_words() -> Extractor:
    """The extractor that is loaded at once."""
    ner, relations = RecognizerName.LEXICON, RelationMethod.COUNTS
    return load_extractor(ner, relations, None, starter_lexicon())


def run_sample(data: Path, extractor: Extractor) -> None:
    """Do what ``gutbrain run`` does."""
    run([sample_path()], Settings(data=data), lambda: extractor, say_nothing)


def say_nothing(_what: str, _done: int, _total: int) -> None:
    """Take a progress report and drop it."""


def operation(name: str) -> Operation:
    """Choose what is done; what is slow to load is loaded once, before the children."""
    if name == "run":
        extractor = extractor_of_words()
        return lambda data: run_sample(data, extractor)
    root_operations: dict[str, Operation] = {
        "back": lambda root: roll_back(root, "1"),
        "name": lambda root: name_snapshot(root, "1", "tested"),
        "forget": lambda root: forget_name(root, "kept"),
    }
    if name == "write":
        return write
    return lambda data: root_operations[name](graph_root(data))


class Killer:
    """Counts points, and kills this process before one of them; may be added as an audit hook."""

    def __init__(self, last: int, folder: Path) -> None:
        self.left, self.folder = last, str(folder)

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        """Count an event, where it is one that changes files of the data directory."""
        if event == STORE or (event in EVENTS and self._is_of_folder(event, arguments)):
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            self.left -= 1

    def _is_of_folder(self, event: str, arguments: tuple[object, ...]) -> bool:
        is_read = event == "open" and arguments[1] in {None, "r", "rb"}
        return not is_read and str(arguments[0]).startswith(self.folder)


def watch_store() -> None:
    """Make every change of a store a point, before and after it."""
    change = EmbeddedStore.change

    def watched(self: EmbeddedStore, *, remove: Iterable[Quad], add: Iterable[Quad]) -> None:
        sys.audit(STORE)
        change(self, remove=remove, add=add)
        sys.audit(STORE)

    EmbeddedStore.change = watched


def is_killed(done: Operation, folder: Path, last: int) -> bool:
    """Do it in a child; False where the child came to its end. Raises where it failed."""
    child = os.fork()
    if child == 0:
        watch_store()
        sys.addaudithook(Killer(last, folder))
        try:
            done(folder)
        except BaseException:  # the child must end here, whatever it was
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise RuntimeError(f"{folder}: the operation failed")
    return os.WIFSIGNALED(status)


def main(folder: Path, name: str, step: int) -> None:
    """Kill at every point."""
    done, n = operation(name), 0
    while _is_killed_in_copy(done, folder, n):
        n += step
    sys.stdout.write(f"{n}\n")


def _is_killed_in_copy(done: Operation, folder: Path, last: int) -> bool:
    copy = Path(shutil.copytree(folder / "base", folder / str(last)))
    return is_killed(done, copy, last)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
