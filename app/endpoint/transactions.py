"""Transactions of RDF4J's protocol: a writer each, from the first action on."""

import secrets
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import Lock, Timer

from app.endpoint.errors import ProtocolError
from app.endpoint.writer import COMMIT, Writer
from app.endpoint.writer_worker import WriteOrder
from app.sandbox.results import Reply

MOST_OPEN = 50


class Transaction:
    """What was begun and is neither committed nor rolled back; its writer starts when needed."""

    def __init__(self, open_writer: Callable[[], Writer]) -> None:
        self._open_writer = open_writer
        self.writer: Writer | None = None

    def ask(self, order: WriteOrder) -> Reply:
        """Have an order followed in this transaction; raises ProtocolError."""
        if self.writer is None:
            self.writer = self._open_writer()
        return self.writer.ask(order)

    def commit(self) -> None:
        """Publish what was done, if anything was."""
        if self.writer is not None:
            self.writer.ask(COMMIT)
            self.writer.close()

    def close(self) -> None:
        """Let go of what was done."""
        if self.writer is not None:
            self.writer.close()

    @property
    def is_alive(self) -> bool:
        """False where the writer was stopped, so that what was done is lost."""
        return self.writer is None or self.writer.process.poll() is None


class Transactions:
    """The open transactions. One that nobody uses for ``idle_s`` is rolled back."""

    def __init__(self, open_writer: Callable[[], Writer], idle_s: float) -> None:
        self._open_writer, self._idle_s = open_writer, idle_s
        self._open: dict[str, tuple[Transaction, Timer]] = {}
        self._lock = Lock()

    def begin(self) -> str:
        """Begin one; its name is hard to guess."""
        name = secrets.token_hex(16)
        with self._lock:
            if len(self._open) >= MOST_OPEN:
                raise ProtocolError(503, f"{MOST_OPEN} transactions are open: end one")
            self._keep(name, Transaction(self._open_writer))
        return name

    @contextmanager
    def using(self, name: str) -> Generator[Transaction]:
        """Work in a transaction, which does not grow old meanwhile.

        Raises ProtocolError where it is not open, or where another request works in it.
        """
        transaction = self._take(name)
        try:
            yield transaction
        finally:
            if transaction.is_alive:
                with self._lock:
                    self._keep(name, transaction)
            else:
                transaction.close()

    def end(self, name: str, *, has_commit: bool) -> None:
        """Commit or roll back; raises ProtocolError, and the transaction is gone either way."""
        transaction = self._take(name)
        try:
            if has_commit:
                transaction.commit()
        finally:
            transaction.close()

    @property
    def names(self) -> tuple[str, ...]:
        """The open ones, but for those in use."""
        with self._lock:
            return tuple(self._open)

    def close(self) -> None:
        """Roll back all."""
        for name in self.names:
            self.expire(name)

    def expire(self, name: str) -> None:
        """Roll back, if it is still open and nobody is at it."""
        with self._lock:
            transaction, timer = self._open.pop(name, (None, None))
        if transaction is not None and timer is not None:
            timer.cancel()
            transaction.close()

    def _keep(self, name: str, transaction: Transaction) -> None:
        timer = threading.Timer(self._idle_s, self.expire, (name,))
        timer.daemon = True
        timer.start()
        self._open[name] = transaction, timer

    def _take(self, name: str) -> Transaction:
        with self._lock:
            if name not in self._open:
                raise ProtocolError(404, "No such transaction: it ended, or is in use right now")
            transaction, timer = self._open.pop(name)
        timer.cancel()
        return transaction
