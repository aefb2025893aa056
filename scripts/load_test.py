#!/usr/bin/env python3
"""Put a service under load: so many users, each of whom hands in one picture after another, no two of them the same.

    .venv/bin/python scripts/load_test.py --users 10 --duration 60
    SSL_CERT_FILE=production/tls/certificate.pem \\
        .venv/bin/python scripts/load_test.py --url https://localhost --key-file production/secrets/operations_key

Prints how many became SVGs, what was said of the others, and how long it took. Ends with 1 where --least is missed.
"""

from __future__ import annotations

import argparse
import io
import statistics
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from svgai.client import ApiError, Client, ClientError, JobUnsuccessful

PICTURE = Path(__file__).parent / "lib" / "smoke.png"
PAUSE_SECONDS = 1.0
"""Whoever is refused waits at least so long, or as long as the service says."""


@dataclass
class Tally:
    """What came of all requests; added to by any number of threads."""

    seconds: list[float] = field(default_factory=list)
    """Of those that became SVGs."""
    faults: Counter[str] = field(default_factory=Counter)
    """Of the others, by what the service said."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def asked(self) -> int:
        return len(self.seconds) + self.faults.total()

    @property
    def success(self) -> float:
        """Share of the requests, in per cent."""
        return 100 * len(self.seconds) / self.asked if self.asked else 0.0

    def report(self, duration: float) -> str:
        done = len(self.seconds)
        share = f"{self.success:.1f} %, {done / duration:.2f}/s"
        lines = [f"{self.asked} pictures in {duration:.1f} s, {done} became SVGs ({share})"]
        if done >= 2:
            cuts = statistics.quantiles(self.seconds, n=100, method="inclusive")
            mean = statistics.fmean(self.seconds)
            lines.append(f"seconds: mean {mean:.3f}, p50 {cuts[49]:.3f}, p95 {cuts[94]:.3f}, p99 {cuts[98]:.3f}")
        lines += [f"{count} x {words}" for words, count in self.faults.most_common()]
        return "\n".join(lines)


def use(client: Client, tally: Tally, ends: float, method: str) -> None:
    """Be one user until then."""
    while time.monotonic() < ends:
        begun, fault, pause = time.monotonic(), None, 0.0
        try:
            client.convert(picture(), method=method)
        except ApiError as error:
            fault, pause = f"{error.status} {error.code}", max(PAUSE_SECONDS, error.retry_after or 0.0)
        except (ClientError, JobUnsuccessful) as error:
            fault, pause = type(error).__name__, PAUSE_SECONDS
        with tally.lock:
            if fault is None:
                tally.seconds.append(time.monotonic() - begun)
            else:
                tally.faults[fault] += 1
        time.sleep(max(0.0, min(pause, ends - time.monotonic())))


def picture() -> bytes:
    """A picture that was never handed in before."""
    note = PngInfo()
    note.add_text("note", f"{threading.get_ident()} {time.time_ns()}")
    file = io.BytesIO()
    with Image.open(PICTURE) as image:
        image.save(file, "PNG", pnginfo=note)
    return file.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=10, help="at once, from 1 to 500 (%(default)s)")
    parser.add_argument("--duration", type=float, default=60, help="seconds (%(default)s)")
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="of the service (%(default)s)")
    parser.add_argument("--key-file", type=Path, help="file with a key; without one, as much as strangers may")
    parser.add_argument("--method", default="auto", help="how to trace (%(default)s)")
    parser.add_argument("--least", type=float, default=95, help="per cent that have to become SVGs (%(default)s)")
    given = parser.parse_args()
    if not 1 <= given.users <= 500:
        parser.error(f"--users is {given.users}; it may be from 1 to 500")
    if not 0 < given.duration <= 86_400:
        parser.error(f"--duration is {given.duration:g}; it may be up to 86400")
    key = given.key_file.read_text().strip() if given.key_file else None
    client, tally, begun = Client(given.url, key, retries=0), Tally(), time.monotonic()
    with ThreadPoolExecutor(given.users) as users:
        ends = begun + given.duration
        list(users.map(lambda _: use(client, tally, ends, given.method), range(given.users)))
    print(tally.report(time.monotonic() - begun))
    sys.exit(tally.success < given.least)


if __name__ == "__main__":
    main()
