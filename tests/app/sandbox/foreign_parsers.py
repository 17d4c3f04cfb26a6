"""The SPARQL parsers of GraphDB and Fuseki, from Debian's librdf4j-java and libapache-jena-java."""

import base64
import shutil
import subprocess
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

JARS = Path("/usr/share/java")
SOURCE = Path(__file__).with_name("ParserGate.java")
READERS = ("RDF4J", "ARQ as SPARQL 1.1", "ARQ")
_NEEDED = ("rdf4j-queryparser-sparql.jar", "jena-arq.jar")
_BUNDLE = Path("xerces", "impl", "xpath", "regex", "message.properties")
"""Debian's jena-core.jar was packed without it, and does not start without it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one parser made of a text; ``meaning`` is its algebra, or why it found none."""

    is_query: bool
    has_service: bool
    meaning: str


def missing() -> str:
    """Say what is not installed; empty where all is there."""
    lacking = [name for name in _NEEDED if not (JARS / name).exists()]
    return ", ".join(lacking if shutil.which("java") else ["java", *lacking])


def version(jar: str) -> str:
    """Read the version off the longer of a jar's two names."""
    return next(JARS.glob(f"{jar}-[0-9]*.jar")).stem.rpartition("-")[2]


class ForeignParsers:
    """One Java process that reads text after text."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def read(self, text: str) -> tuple[Reading, ...]:
        """Give the reading of each of ``READERS``."""
        return self.read_all([text])[0]

    def read_all(self, texts: Sequence[str]) -> list[tuple[Reading, ...]]:
        """Read a few hundred texts at once: the process works while we write."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.writelines(base64.b64encode(text.encode()) + b"\n" for text in texts)
        process.stdin.flush()
        lines = [process.stdout.readline().decode() for _ in texts]
        return [tuple(map(_reading, line.split())) for line in lines]


def _reading(answer: str) -> Reading:
    kind, _, meaning = answer.partition(":")
    return Reading(kind != "malformed", kind == "service", base64.b64decode(meaning).decode())


@contextmanager
def foreign_parsers(folder: Path) -> Generator[ForeignParsers]:
    """Start the process; ``folder`` takes what Debian's jars lack."""
    (folder / _BUNDLE).parent.mkdir(parents=True)
    (folder / _BUNDLE).touch()
    command = ["java", "-Xss16m", "-cp", f"{folder}:{JARS}/*", str(SOURCE)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        yield ForeignParsers(process)
        process.kill()
