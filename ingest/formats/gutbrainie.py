"""GutBrainIE JSON -> Documents. The annotations in it are read by ``extract.corpus``.

Texts stay exactly as they are, mark-up included: the annotated offsets count their characters.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, cast

from ingest.document import (
    Document,
    Passage,
    Record,
    RecordError,
    Rejected,
    is_pmid,
    quote,
    to_pmid,
)

LARGEST_FILE_BYTES = 1 << 27
"""Such a file is held in memory; the largest of GutBrainIE has 8 MB."""
_YEAR = re.compile(r"[0-9]{4}")


class GutBrainIEError(ValueError):
    """A file is no GutBrainIE JSON at all."""


def read_records(stream: BinaryIO, source: str) -> Iterator[Record]:
    """Read the documents of a GutBrainIE file, in its order; ``source`` names it in errors.

    Raises GutBrainIEError unless the file is a JSON object with an entry a PMID.
    """
    for pmid, entry in read_entries(stream, source).items():
        yield _record(pmid, entry, source)


def read_entries(
    stream: BinaryIO, source: str, hook: Callable[[list[tuple[str, Any]]], object] | None = None
) -> dict[str, object]:
    """Read a file's entries as they are; ``hook`` is ``json.load``'s ``object_pairs_hook``."""
    content = stream.read(LARGEST_FILE_BYTES + 1)
    if len(content) > LARGEST_FILE_BYTES:
        raise GutBrainIEError(f"{source}: larger than {LARGEST_FILE_BYTES >> 20} MiB, unpacked")
    try:
        entries: object = json.loads(content, object_pairs_hook=hook)
    except (ValueError, RecursionError) as error:
        raise GutBrainIEError(f"{source}: not JSON, or cut short: {quote(str(error))}") from error
    if not isinstance(entries, dict) or not entries:
        raise GutBrainIEError(
            f"{source}: not GutBrainIE: not an object with one entry for each PMID"
        )
    return cast("dict[str, object]", entries)


def _record(pmid: str, entry: object, source: str) -> Record:
    try:
        return to_document(pmid, entry)
    except RecordError as error:
        if is_pmid(pmid):
            return Rejected(source, pmid, str(error), _raw(entry))
        return Rejected(source, None, str(error), _raw({pmid: entry}))


def _raw(content: object) -> bytes:
    """Write an entry as JSON; empty where it is nested as deeply as can just be read."""
    try:
        return json.dumps(content).encode()
    except RecursionError:
        return b""


def to_document(pmid: str, entry: object) -> Document:
    """Read one entry, whatever its annotations.

    Raises RecordError naming the PMID and the field that is missing or of the wrong kind.
    ``annotator`` is left out: it describes the annotations, not the article.
    """
    to_pmid(pmid)
    fields = _mapping(pmid, "metadata", _mapping(pmid, "entry", entry).get("metadata"))
    texts = (Passage(name, _text(pmid, fields, name)) for name in ("title", "abstract"))
    given = fields.get("year")
    year = str(given) if isinstance(given, str | int) else ""
    is_known = _YEAR.fullmatch(year) is not None
    return Document(
        pmid=pmid,
        passages=tuple(passage for passage in texts if passage.text),
        journal=_optional(pmid, fields, "journal"),
        year=int(year) if is_known else None,
        published=year if is_known else "",
        authors=tuple(filter(None, _optional(pmid, fields, "author").split("; "))),
        identifiers=(("pubmed", pmid),),
    )


def _mapping(pmid: str, name: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise RecordError(f"PMID {pmid}: {name} is missing or not an object")
    return cast("dict[str, object]", value)


def _optional(pmid: str, fields: Mapping[str, object], name: str) -> str:
    return _text(pmid, fields, name) if fields.get(name) else ""


def _text(pmid: str, fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise RecordError(f"PMID {pmid}: {name} is missing or not a text")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise RecordError(
            f"PMID {pmid}: {name} contains an invalid character (half a surrogate pair)"
        )
    return value
