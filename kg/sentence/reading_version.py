"""Which reading made a graph: the pipeline that found mentions, and what kg reads around them."""

import hashlib
from functools import cache
from importlib.resources import files

from extract.annotation import Pipeline

CODE_VERSION = "1"
"""Raise it where the code of this room reads the same text otherwise than before: the next run then
reads every paper again."""


def reading_version(pipeline: Pipeline) -> str:
    """Twelve hex digits that change with the pipeline, the cue tables, and how these are read.

    What the pipeline found need not be found again where only the tables changed (see
    ``extract.annotation_cache``, which goes by ``Pipeline.version``).
    """
    parts = (pipeline.version, CODE_VERSION, tables_hash())
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


@cache
def tables_hash() -> str:
    """Hash ``kg/sentence/words``."""
    digest = hashlib.sha256()
    for table in sorted((files("kg.sentence") / "words").iterdir(), key=lambda each: each.name):
        if table.name.endswith(".toml"):
            digest.update(table.name.encode() + b"\0" + table.read_bytes())
    return digest.hexdigest()
