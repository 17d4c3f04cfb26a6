"""Signing in as GraphDB's clients do: a name and a password for a header to send along."""

import json

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.endpoint.access import admit_token
from app.endpoint.bodies import text_of
from app.endpoint.errors import ProtocolError
from app.endpoint.routing import Service

MAX_BYTES = 10_000


async def login(request: Request, service: Service) -> Response:
    """Give the token back as GraphDB's kind of header, to those who send it as password."""
    name, password = _credentials(await text_of(request, MAX_BYTES))
    admit_token(request, service.settings, password)
    told = {"username": name, "authorities": ["ROLE_USER"], "appSettings": {}, "external": False}
    return JSONResponse(told, headers={"Authorization": f"GDB {password}"})


def _credentials(body: str) -> tuple[str, str]:
    try:
        given = json.loads(body)
        return str(given["username"]), str(given["password"])
    except (ValueError, KeyError, TypeError) as error:
        raise ProtocolError(400, 'Send {"username": …, "password": …}') from error
