"""Names become addresses, before the deadline."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue

from app.adapters.outward.addresses import Address
from app.adapters.outward.deadline import Deadline
from app.errors import UrlBusy, UrlNameUnknown

Resolve = Callable[[str], Sequence[str]]
"""From a name to its addresses, as text; raises OSError where there are none."""


def resolve_by_system(name: str) -> list[str]:
    """Whatever the system finds."""
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return [str(where[0]) for *_, where in found]


class Lookup:
    """Asks for addresses in a thread of its own, for the system cannot be told to hurry."""

    def __init__(self, resolve: Resolve, at_once: int) -> None:
        self._resolve = resolve
        # A look-up that nobody waits for any more keeps its slot until the system gives up on it.
        self._slots = threading.BoundedSemaphore(at_once)
        self._at_once = at_once

    def addresses(self, name: str, deadline: Deadline) -> list[Address]:
        if not self._slots.acquire(blocking=False):
            raise UrlBusy(f"{self._at_once} names are being looked up, which is the limit. Try again soon.")
        answers: SimpleQueue[list[Address] | Exception] = SimpleQueue()
        threading.Thread(target=self._ask, args=(name, answers), name="lookup", daemon=True).start()
        return self._addresses_or_raise(name, _first(answers, deadline))

    def _ask(self, name: str, answers: SimpleQueue[list[Address] | Exception]) -> None:
        try:
            answers.put([ipaddress.ip_address(text) for text in self._resolve(name)])
        except (OSError, ValueError) as error:
            answers.put(error)
        finally:
            self._slots.release()

    def _addresses_or_raise(self, name: str, answer: list[Address] | Exception) -> list[Address]:
        if isinstance(answer, Exception) or not answer:
            raise UrlNameUnknown(f"{name.rstrip('.')!r:.80} has no address; check how the host is spelled.")
        return answer


def _first(answers: SimpleQueue[list[Address] | Exception], deadline: Deadline) -> list[Address] | Exception:
    try:
        return answers.get(timeout=deadline.left())
    except Empty as error:
        raise deadline.missed() from error
