"""Choose a store by its address."""

from pathlib import Path

from kg.stores.embedded import EmbeddedStore
from kg.stores.remote import RemoteStore


def open_store(address: str | Path) -> EmbeddedStore | RemoteStore:
    """Open a repository by its ``http(s)://…`` URL, or a directory for reading and writing."""
    if isinstance(address, str) and address.startswith(("http://", "https://")):
        return RemoteStore(address)
    return EmbeddedStore.open(Path(address))
