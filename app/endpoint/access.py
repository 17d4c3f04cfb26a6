"""Who may write: those who know the token, from a page of ours or from no page at all."""

import base64
import binascii
import hmac
from urllib.parse import urlsplit

from starlette.requests import Request

from app.endpoint.errors import ProtocolError
from app.settings import Settings

CHALLENGE = {"WWW-Authenticate": 'Basic realm="gutbrain", charset="UTF-8", Bearer'}
CLOSED = (
    "Writing is closed here. Start the server with GUTBRAIN_WRITE_TOKEN set to a secret of "
    "8 characters or more, and send it as Bearer token or as password."
)


def authorise(request: Request, settings: Settings) -> None:
    """Let a write pass; raises ProtocolError 403 where writing is closed, 401 without the token."""
    admit_token(request, settings, secret_of(request))


def admit_token(request: Request, settings: Settings, given: str) -> None:
    """Let the request of someone with a token pass; raises ProtocolError as ``authorise``."""
    request.state.is_write = True
    if settings.write_token is None:
        raise ProtocolError(403, CLOSED)
    _refuse_other_sites(request)
    if not is_token(given, settings):
        told = "The token is wrong" if given else "A token is needed to write"
        raise ProtocolError(401, told, CHALLENGE)


def is_token(given: str, settings: Settings) -> bool:
    """Compare in constant time."""
    if settings.write_token is None:
        return False
    expected = settings.write_token.get_secret_value()
    return hmac.compare_digest(given.encode(), expected.encode())


def _refuse_other_sites(request: Request) -> None:
    """Refuse what another site's page sends.

    A browser that once asked for the password sends it along, whoever wrote the page.
    """
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise ProtocolError(403, "A page of another site may not write")


def secret_of(request: Request) -> str:
    """Read the token of an Authorization header: Bearer, GDB, or the password of Basic."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    match scheme.lower():
        case "bearer" | "gdb":
            return given.strip()
        case "basic":
            return _password(given.strip())
        case _:
            return ""


def _password(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
