"""What ``gutbrain doctor`` looks at."""

import platform
import shutil
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from app.extraction import open_extractor, open_lexicon
from app.graph_access import graph_version, path_of
from app.prediction import unsaid
from app.sandbox.network import OPEN_NETWORK, Network, network_of_worker
from app.settings import Settings, archive_path, graph_root, readings_path
from app.work import check_graph
from ingest.archive.archive import Archive
from ingest.document import Document, Passage
from ingest.sqlite_file import damages
from kg.checks.shapes import bundled_shapes, shape_checks
from kg.snapshots.snapshot import current_snapshot
from kg.stores.address import StoreAddress
from kg.stores.embedded import EmbeddedStore
from kg.stores.open import open_server

Check = Callable[[Settings], tuple[bool, str]]
NEEDED_PYTHON = (3, 11)
NEEDED_DISK_GB = 1.0
_SENTENCE = "Akkermansia muciniphila reduced anxiety in mice."


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    name: str
    is_good: bool
    detail: str


def diagnose(settings: Settings, names: Collection[str] = ()) -> list[Finding]:
    """Look at everything, or at what is named; a check that fails does not stop the others."""
    return [_finding(name, settings) for name in names or CHECKS]


def _finding(name: str, settings: Settings) -> Finding:
    try:
        return Finding(name, *CHECKS[name](settings))
    except (ValueError, OSError, RuntimeError) as error:
        return Finding(name, is_good=False, detail=str(error))


def _python(_: Settings) -> tuple[bool, str]:
    return sys.version_info >= NEEDED_PYTHON, platform.python_version()


def _data_directory(settings: Settings) -> tuple[bool, str]:
    settings.data.mkdir(parents=True, exist_ok=True)
    probe = settings.data / ".doctor"
    probe.write_bytes(b"")
    probe.unlink()
    return True, f"{settings.data.resolve()} is writable"


def _disk(settings: Settings) -> tuple[bool, str]:
    free = shutil.disk_usage(_existing(settings.data)).free / 1e9
    return free >= NEEDED_DISK_GB, f"{free:.1f} GB free"


def _existing(path: Path) -> Path:
    return next(folder for folder in (path.resolve(), *path.resolve().parents) if folder.exists())


def _lexicon(_: Settings) -> tuple[bool, str]:
    count = len(open_lexicon().concepts)
    return count > 0, f"{count} concepts"


def _model(settings: Settings) -> tuple[bool, str]:
    """Read one sentence that the model must find entities in."""
    extractor = open_extractor(settings)
    document = Document("0", (Passage("title", _SENTENCE),))
    found = extractor.annotate(document).mentions
    pipeline = extractor.pipeline
    detail = f"{pipeline.recognizer} + {pipeline.relations}, version {pipeline.version}"
    detail = f"{detail}: {len(found)} entities in the test sentence"
    return bool(found), "; ".join(filter(None, (detail, unsaid(extractor))))


def _shapes(_: Settings) -> tuple[bool, str]:
    checks = shape_checks(bundled_shapes())
    return bool(checks), f"{len(checks)} shapes"


def _server(address: StoreAddress) -> tuple[bool, str]:
    """Say what the graph's server was seen to do; one that only reads cannot be loaded."""
    store = open_server(address)
    try:
        store.check()
        found = store.capabilities
        return found.can_write is not False, f"{address}: {store.size()} quads; {found.described()}"
    finally:
        store.close()


def _graph(settings: Settings) -> tuple[bool, str]:
    """Read all of the current snapshot, and compare it with what was written."""
    address = settings.store_address
    if address is not None:
        return _server(address)
    if fault := check_graph(settings, walks=True):
        return False, fault
    snapshot = current_snapshot(graph_root(settings.data))
    if snapshot is None:
        return True, "none yet; `gutbrain run` makes one"
    quads = EmbeddedStore.open_read_only(snapshot.graph).size()
    return True, f"{snapshot.path.name}: {quads} quads, as they were written"


def _archive(settings: Settings) -> tuple[bool, str]:
    path = archive_path(settings.data)
    if not path.exists() and graph_version(settings):
        return bool(settings.store), f"{path} is missing, though there is a graph"
    if not path.exists():
        return True, "none yet"
    with Archive(path) as archive:
        found = [*damages(path), *archive.damages()]
        if archive.is_empty() and graph_version(settings) and not settings.store:
            found.append("empty, though there is a graph: restore it from a backup")
        return not found, f"{path}: {'; '.join(found) or 'every page and every document was read'}"


def _annotations(settings: Settings) -> tuple[bool, str]:
    return _checked(readings_path(settings.data), "the next run puts it aside and begins a new one")


def _read_model(settings: Settings) -> tuple[bool, str]:
    version = graph_version(settings)
    advice = "remove it; the next visit or search makes it again"
    return _checked(path_of(settings, version), advice) if version else (True, "none yet")


def _checked(path: Path, advice: str) -> tuple[bool, str]:
    """Read a file that can be made again from end to end."""
    if not path.exists():
        return True, "none yet"
    found = "; ".join(damages(path))
    return not found, f"{path}: {found}; {advice}" if found else f"{path}: every page was read"


def _network(_: Settings) -> tuple[bool, str]:
    """Other systems than Linux have no way to close it, and are not to be blamed each time."""
    found = network_of_worker()
    if found is Network.OPEN:
        return not sys.platform.startswith("linux"), OPEN_NETWORK
    return True, found


CHECKS: dict[str, Check] = {
    "python": _python,
    "data directory": _data_directory,
    "disk": _disk,
    "lexicon": _lexicon,
    "model": _model,
    "shapes": _shapes,
    "archive": _archive,
    "annotation cache": _annotations,
    "graph": _graph,
    "read model": _read_model,
    "network of queries": _network,
}
