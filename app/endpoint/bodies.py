"""What comes in: parameters of the address and of forms, and uploads put into a file."""

import asyncio
import gzip
import shutil
import zlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from app.endpoint.errors import ProtocolError
from app.settings import Settings

QUERY = "application/sparql-query"
UPDATE = "application/sparql-update"
FORM = "application/x-www-form-urlencoded"
MAX_QUERY_BYTES = 1_000_000
MAX_UPDATE_BYTES = 10_000_000

Parameters = dict[str, list[str]]


def media_type_of(request: Request) -> str:
    """Name the media type of the body, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def in_address(request: Request) -> Parameters:
    """Read the parameters of the address; a bare key, such as ``?default``, has no text."""
    return {name: request.query_params.getlist(name) for name in request.query_params}


def single(parameters: Parameters, name: str) -> str | None:
    """Read a parameter that may be given once; raises ProtocolError where it comes twice."""
    values = parameters.get(name, [])
    if len(values) > 1:
        raise ProtocolError(400, f"One {name} at a time")
    return values[0] if values else None


async def text_of(request: Request, max_bytes: int) -> str:
    """Read a body that is text; raises ProtocolError past the limit."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise ProtocolError(413, f"This may have {max_bytes:,} bytes")
    return body.decode(errors="replace")


async def form_of(request: Request, max_bytes: int) -> Parameters:
    """Read a form, keys without a value too."""
    return parse_qs(await text_of(request, max_bytes), keep_blank_values=True)


@asynccontextmanager
async def spooled(request: Request, settings: Settings) -> AsyncGenerator[Path]:
    """Put the body into a file for the length of a block, unpacked if it is gzip.

    Raises ProtocolError where it is too large, too slow, or packed otherwise.
    """
    with TemporaryDirectory(prefix="gutbrain-upload-") as folder:
        path = Path(folder) / "body"
        try:
            async with asyncio.timeout(settings.write_timeout_s):
                await _receive(request, path, settings.max_upload_bytes)
        except TimeoutError:
            raise ProtocolError(
                408, f"The upload may take {settings.write_timeout_s:g} s"
            ) from None
        match request.headers.get("content-encoding", "identity").strip().lower():
            case "identity" | "":
                yield path
            case "gzip" | "x-gzip":
                yield await run_in_threadpool(_unpacked, path, settings.max_upload_bytes)
            case other:
                raise ProtocolError(415, f"Content-Encoding {other!r}: only gzip is unpacked")


async def _receive(request: Request, path: Path, max_bytes: int) -> None:
    with path.open("wb") as file:
        async for chunk in request.stream():
            file.write(chunk)
            if file.tell() > max_bytes:
                raise _too_large(max_bytes)


def _unpacked(path: Path, max_bytes: int) -> Path:
    unpacked = path.with_name("unpacked")
    try:
        with gzip.open(path) as source, unpacked.open("wb") as target:
            shutil.copyfileobj(_Limited(source, max_bytes), target)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ProtocolError(400, f"Not gzip: {error}") from error
    return unpacked


class _Limited:
    """A file that raises ProtocolError where more than a number of bytes are read of it."""

    def __init__(self, file: BinaryIO | gzip.GzipFile, max_bytes: int) -> None:
        self._file, self._left, self._max_bytes = file, max_bytes, max_bytes

    def read(self, size: int = -1, /) -> bytes:
        chunk = self._file.read(size)
        self._left -= len(chunk)
        if self._left < 0:
            raise _too_large(self._max_bytes)
        return chunk


def _too_large(max_bytes: int) -> ProtocolError:
    return ProtocolError(
        413, f"An upload may have {max_bytes:,} bytes, unpacked (GUTBRAIN_MAX_UPLOAD_BYTES)"
    )
