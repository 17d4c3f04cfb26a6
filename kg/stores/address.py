"""The address of a server's graph, who asks there, and what the server can do.

Secrets never show in a repr.

``http(s)://host/repositories/<id>`` or ``http(s)://host/sparql``. What cannot be found out may be
said in the address: ``?update=…`` and ``?gsp=…`` (addresses for updates and of the graph store,
relative ones too) and ``?auth=basic|digest``. ``sparql+http(s)://`` leaves the RDF4J paths aside.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urljoin

import httpx

_PLAIN = "sparql+"
REPOSITORIES = "/repositories/"
_SCHEMES = ("http://", "https://", f"{_PLAIN}http://", f"{_PLAIN}https://")
_OPTIONS = ("update", "gsp", "auth")


class AddressError(ValueError):
    """An address of a server that cannot be read."""


class Scheme(StrEnum):
    """How a client says who it is."""

    NONE = "nobody"
    BASIC = "basic"
    DIGEST = "digest"
    TOKEN = "token"  # noqa: S105
    GRAPHDB = "GraphDB token"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks: a user with a password, or the bearer of a token, or (empty) nobody."""

    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)


NOBODY = Credentials()


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """Where to ask, without credentials in any URL; what is empty has to be found out."""

    url: str
    credentials: Credentials = NOBODY
    update: str = ""
    graph_store: str = ""
    scheme: Scheme | None = None
    is_plain: bool = False

    def __str__(self) -> str:
        """Write the URL alone."""
        return self.url


class Kind(StrEnum):
    """The protocols we speak."""

    GRAPHDB = "GraphDB"
    RDF4J = "RDF4J"
    SPARQL = "SPARQL 1.1"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a server was seen to do.

    ``query``, ``update`` and ``graph_store`` are its addresses, None where it has none for us:
    a RDF4J server writes in transactions below ``query``. ``rows`` is the first of our media types
    in which it gives terms back as they are. ``unites_graphs`` is None while no graph holds
    anything, and ``can_write`` where the server does not say.
    """

    kind: Kind
    query: str
    rows: str
    scheme: Scheme
    unites_graphs: bool | None
    can_write: bool | None = None
    update: str | None = None
    graph_store: str | None = None
    server: str = ""

    @property
    def has_transactions(self) -> bool:
        """Whether a change is made whole or not at all, by the server's own means."""
        return self.kind is not Kind.SPARQL

    def described(self) -> str:
        """Say it in a line."""
        writing = {True: "can be written to", False: "read only", None: "rights to write unknown"}
        parts = (
            f"{self.kind}{f' ({self.server})' if self.server else ''}",
            writing[self.can_write],
            "transactions" if self.has_transactions else "no transactions: a journal",
            f"signed in by {self.scheme}",
            f"rows as {self.rows.rpartition('/')[2]}",
            *([f"graph store {self.graph_store}"] if self.graph_store else []),
        )
        return ", ".join(parts)


def is_server(address: object) -> bool:
    """Tell the URL of a server from a directory.

    >>> is_server("sparql+https://example.org/sparql"), is_server("data/graph")
    (True, False)
    """
    return isinstance(address, StoreAddress) or (
        isinstance(address, str) and address.startswith(_SCHEMES)
    )


def parse_address(text: str, credentials: Credentials = NOBODY) -> StoreAddress:
    """Read an address; credentials in it count only where none are given beside it.

    >>> parse_address("http://ann:x@localhost:8890/sparql?update=/sparql-auth&auth=digest").update
    'http://localhost:8890/sparql-auth'
    """
    bare, in_url = split_credentials(text)
    given = _url(bare.removeprefix(_PLAIN))
    options = {name: given.params.get(name, "") for name in _OPTIONS}
    for name in options.keys() & given.params.keys():
        given = given.copy_remove_param(name)
    address = str(given).rstrip("/?")
    return StoreAddress(
        address,
        credentials if credentials != NOBODY else in_url,
        _resolved(address, options["update"]),
        _resolved(address, options["gsp"]),
        _scheme(options["auth"]),
        is_plain=bare.startswith(_PLAIN),
    )


def split_credentials(text: str) -> tuple[str, Credentials]:
    """Take user and password out of an address.

    >>> split_credentials("https://ann:x@example.org/repositories/a")[0]
    'https://example.org/repositories/a'
    """
    plain = _PLAIN if text.startswith(_PLAIN) else ""
    given = _url(text.removeprefix(_PLAIN))
    if not given.userinfo:
        return text, NOBODY
    bare = str(given.copy_with(username=None, password=None))
    return plain + bare, Credentials(given.username, given.password)


def _url(text: str) -> httpx.URL:
    try:
        return httpx.URL(text)
    except httpx.InvalidURL:
        # neither the text nor the reason: both may quote a password
        raise AddressError("the store's address is not a URL") from None


def _resolved(base: str, address: str) -> str:
    """Complete an address. One on another host never gets to see the credentials."""
    if not address:
        return ""
    found = urljoin(base, address)
    if _url(found).netloc != _url(base).netloc:
        raise AddressError(f"{base}: update= and gsp= must be on the same host")
    return found


def _scheme(name: str) -> Scheme | None:
    if name not in {"", Scheme.BASIC, Scheme.DIGEST}:
        raise AddressError(f"auth={name}: auth must be basic or digest")
    return Scheme(name) if name else None
