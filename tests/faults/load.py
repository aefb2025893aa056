"""Twenty clients that hand in pictures, and do not give up: each order has a key, under which it is tried again."""

from __future__ import annotations

import functools
import http.client
import itertools
import random
import struct
import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

import orjson
from PIL import Image

from tests.samples import encoded, logo

CLIENTS = 20
SIDES = (512, 1024, 1732)
"""0.25, 1 and 3 megapixels."""
SHARES = (70, 25, 5)
METHODS = ("fast", "fast", "baseline", "auto")
TRIED_AGAIN = {429, 503}
PAUSE_SECONDS = 0.3


@dataclass(frozen=True)
class Answer:
    """What a client got: status 0 where the line broke."""

    status: int
    seconds: float
    retry_after: str | None = None
    body: bytes = b""
    began: float = 0.0

    @property
    def document(self) -> dict[str, object]:
        return dict(orjson.loads(self.body))


@dataclass(frozen=True)
class Order:
    """A picture to hand in, under a key that makes it one job however often it is sent."""

    key: str
    picture: bytes
    method: str


@dataclass
class Ledger:
    """All that clients were told."""

    answers: list[Answer] = field(default_factory=list)
    promised: dict[str, set[str]] = field(default_factory=dict)
    """Idempotency-Key -> ids of jobs that were promised under it."""
    sent: set[str] = field(default_factory=set)

    def note(self, order: Order, answer: Answer) -> None:
        self.sent.add(order.key)
        self.answers.append(answer)
        if answer.status in {201, 202}:
            self.promised.setdefault(order.key, set()).add(str(answer.document["id"]))

    @property
    def job_ids(self) -> set[str]:
        return set(itertools.chain.from_iterable(self.promised.values()))

    def since(self, answers: int) -> Sequence[Answer]:
        return self.answers[answers:]


class Client:
    """Speaks to the API as an account."""

    def __init__(self, port: int, key: str) -> None:
        self._port, self._key = port, key

    def ask(self, method: str, path: str, body: bytes | None = None, *, timeout: float = 60, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=timeout)
        began, wall = time.monotonic(), time.time()
        try:
            line.request(method, path, body, {"Authorization": f"Bearer {self._key}", **named})
            response = line.getresponse()
            data = response.read()
            seconds = time.monotonic() - began
            return Answer(response.status, seconds, response.getheader("Retry-After"), data, wall)
        except (OSError, http.client.HTTPException):
            return Answer(0, time.monotonic() - began, began=wall)
        finally:
            line.close()

    def hand_in(self, order: Order, **headers: str) -> Answer:
        named = {"Idempotency-Key": order.key, "Content-Type": "application/octet-stream", **headers}
        return self.ask("POST", f"/api/v1/jobs?{urlencode({'method': order.method})}", order.picture, **named)


def orders(count: int, seed: str) -> Iterator[Order]:
    """The same mixture each time: small logos mostly, and a few large ones."""
    chance = random.Random(seed)
    for number in range(count):
        (side,) = chance.choices(SIDES, SHARES)
        yield Order(f"{seed}-{number}", picture(side, f"{seed} {number}"), chance.choice(METHODS))


def picture(side: int = 64, note: str = "") -> bytes:
    """A logo; the note makes it another file, and may be poison."""
    plain = _drawn(side)
    text = b"tEXtComment\0" + note.encode()
    after_header = 33
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    return plain[:after_header] + chunk + plain[after_header:]


@functools.cache
def _drawn(side: int) -> bytes:
    drawn = logo(min(side, 512))
    return encoded(drawn.resize((side, side), Image.Resampling.BICUBIC) if drawn.width < side else drawn)


class Load:
    """Clients at work."""

    def __init__(self, client: Client, ledger: Ledger, work: Sequence[Order], patience: float) -> None:
        self._client, self._ledger = client, ledger
        self._work = iter(work)
        self._one_at_a_time = threading.Lock()
        self._end = time.monotonic() + patience
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(min(CLIENTS, len(work)))]
        for thread in self._threads:
            thread.start()

    def wait(self) -> None:
        """Until everything is handed in, or patience is at an end."""
        for thread in self._threads:
            thread.join()

    @property
    def is_over(self) -> bool:
        return not any(thread.is_alive() for thread in self._threads)

    def _run(self) -> None:
        while True:
            with self._one_at_a_time:
                order = next(self._work, None)
            if order is None:
                return
            self._insist(order)

    def _insist(self, order: Order) -> None:
        while True:
            answer = self._client.hand_in(order)
            self._ledger.note(order, answer)
            is_over = answer.status and answer.status not in TRIED_AGAIN
            if is_over or time.monotonic() > self._end:
                return
            time.sleep(PAUSE_SECONDS)
