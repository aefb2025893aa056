"""How much the service costs beside the engine: `make bench-service`.

Everything is real and on this machine: nginx with our configuration, gunicorn, PostgreSQL that syncs every commit,
Redis and Celery. The bare engine and the service take turns on the same pictures, so that a machine that slows down
slows both; figures are medians.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import io
import json
import multiprocessing
import os
import random
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from app.accounts import OPERATOR, KeyOrder, Scope, issue_key
from app.factory import create_services
from app.settings import Settings
from bench.drawings import DRAWINGS
from bench.rendering import draw
from svgai import Limits
from tests.proxy import Proxy, find_nginx
from tests.servers import postgres_server, redis_server
from tests.service import Service
from workers.sandbox import Bounds, SandboxPool

CORES = 2
OPTIONS = {"method": "optimised"}
JOBS = "/api/v1/jobs"


@dataclass(frozen=True)
class Target:
    """A figure, and what it has to be."""

    name: str
    figure: float
    bound: float
    unit: str
    is_least: bool = True

    @property
    def is_met(self) -> bool:
        return self.figure >= self.bound if self.is_least else self.figure <= self.bound

    def line(self) -> str:
        sign = ">=" if self.is_least else "<="
        verdict = "met" if self.is_met else "MISSED"
        return f"{self.name:58} {self.figure:9.2f} {self.unit:7} {sign} {self.bound:g}  {verdict}"


class Client:
    """One connection that stays open, as a program's would."""

    def __init__(self, port: int, key: str) -> None:
        self._port, self._headers = port, {"Authorization": f"Bearer {key}", "Content-Type": "image/png"}
        self._line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        try:
            self._line.request(method, path, body, self._headers | headers)
            answer = self._line.getresponse()
            return answer.status, answer.read()
        except (http.client.HTTPException, OSError):
            self._line.close()
            raise

    def submit(self, picture: bytes, query: str = "") -> str | None:
        status, body = self.ask("POST", JOBS + query, picture)
        return json.loads(body)["id"] if status in {201, 202} else None


@dataclass(frozen=True)
class Stage:
    """A running service behind nginx, and the bare engine beside it."""

    service: Service
    proxy: Proxy
    key: str
    """Of an account that nothing limits."""
    limited: str
    """Of one that may have only so many jobs unfinished, as accounts in production may."""
    pictures: list[bytes]

    def client(self, *, limited: bool = False) -> Client:
        return Client(self.proxy.port, self.limited if limited else self.key)

    def workers(self) -> list[int]:
        return self.service.pids("workers.celery_app") + self.service.pids("workers.sandboxed")


def measure(stage: Stage, rounds: int, jobs: int) -> Iterator[Target]:
    """Every figure."""
    parts = [stage.pictures[turn * jobs : (turn + 1) * jobs] for turn in range(rounds)]
    shares = list(_shares(stage, parts))
    yield Target("throughput through all of it, share of the bare engine's", statistics.median(shares), 0.9, "")
    goods, taken, read = zip(*_under_pressure(stage, parts[:: max(1, rounds // 5)]), strict=True)
    yield Target("goodput at 5 times what it can do, share of the peak", statistics.median(goods), 0.9, "")
    yield Target("overhead of a job, p50", overhead_ms(stage), 80, "ms", is_least=False)
    yield Target("jobs taken in with workers paused", statistics.median(taken), 100, "/s")
    yield Target("states read with workers paused", statistics.median(read), 500, "/s")


def _shares(stage: Stage, parts: list[list[bytes]]) -> Iterator[float]:
    """What the service reaches of what the engine does just before and just after: machines slow down and recover."""
    before = bare_rate(parts[0])
    for pictures in parts:
        served, after = service_rate(stage, pictures), bare_rate(pictures)
        say(f"engine {before:.2f}/s, service {served:.2f}/s, engine {after:.2f}/s")
        yield served / statistics.harmonic_mean([before, after])
        before = after


def _under_pressure(stage: Stage, parts: list[list[bytes]]) -> Iterator[tuple[float, float, float]]:
    """What it does when asked for five times as much, of what it does before and after, when it is not; and, with the
    workers paused, how many jobs it takes in and how many states it tells in a second."""
    before = service_rate(stage, parts[0])
    for pictures in parts[1:]:
        good = overload_rate(stage, before)
        with paused(stage.workers()):
            taken, read = accept_rate(stage), read_rate(stage)
        drain(stage)
        after = service_rate(stage, pictures)
        say(f"service {before:.2f}/s, overloaded {good:.2f}/s, service {after:.2f}/s")
        say(f"with the workers paused {taken:.0f} jobs taken in and {read:.0f} states read in a second")
        yield good / statistics.harmonic_mean([before, after]), taken, read
        before = after


def bare_rate(pictures: list[bytes]) -> float:
    """Pictures a second that the engine converts in as many processes as there are cores."""
    pool = SandboxPool(CORES, Bounds(4096, 10_000, Limits()))
    pool.warm()
    with ThreadPoolExecutor(CORES) as threads:
        begun = time.perf_counter()
        list(threads.map(lambda picture: pool.convert(picture, OPTIONS, lambda *_: None, 60), pictures))
        seconds = time.perf_counter() - begun
    pool.close()
    return len(pictures) / seconds


def service_rate(stage: Stage, pictures: list[bytes]) -> float:
    """The same, handed in by four clients and followed to the end."""
    begun = time.perf_counter()
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda few: follow_all(stage, few), [pictures[number::4] for number in range(4)]))
    return len(pictures) / (time.perf_counter() - begun)


def follow_all(stage: Stage, pictures: list[bytes]) -> None:
    client = stage.client()
    for job_id in [client.submit(picture, "?method=optimised") for picture in pictures]:
        while True:
            job = json.loads(client.ask("GET", f"{JOBS}/{job_id}", Prefer="wait=20")[1])
            if job["state"] not in {"queued", "running"}:
                demand(job["state"] == "succeeded", job)
                break


def overhead_ms(stage: Stage, jobs: int = 30) -> float:
    """From sending a picture to having its SVG, less what the engine took for it, one at a time."""
    client, over = stage.client(), []
    for picture in stage.pictures[-jobs:]:
        begun = time.perf_counter()
        status, _ = client.ask("POST", "/api/v1/convert?method=optimised&precision=3", picture)
        seconds = time.perf_counter() - begun
        demand(status == 200, status)
        [job] = json.loads(client.ask("GET", f"{JOBS}?limit=1")[1])["data"]
        over.append(1000 * (seconds - sum(job["result"]["seconds"].values())))
    return float(statistics.median(over))


def accept_rate(stage: Stage, seconds: float = 2) -> float:
    return _rate(stage, seconds, _accept)


def _accept(client: Client, pictures: list[bytes], _: str) -> bool:
    return client.submit(random.choice(pictures)) is not None  # noqa: S311


def read_rate(stage: Stage, seconds: float = 2) -> float:
    return _rate(stage, seconds, _read)


def _read(client: Client, _: list[bytes], job_id: str) -> bool:
    return client.ask("GET", f"{JOBS}/{job_id}")[0] == 200


def _rate(stage: Stage, seconds: float, do: Callable[[Client, list[bytes], str], bool]) -> float:
    """How many of something succeed in a second, asked by two processes with six connections each."""
    job_ids = [stage.client().submit(stage.pictures[0]) or "" for _ in range(12)]
    context = multiprocessing.get_context("spawn")
    counts: Any = context.Queue()
    asking = Asking(stage.proxy.port, stage.key, stage.pictures[:20], seconds, do)
    processes = [context.Process(target=_ask_often, args=(asking, job_ids[part::2], counts)) for part in range(2)]
    for process in processes:
        process.start()
    total = sum(counts.get() for _ in processes)
    for process in processes:
        process.join()
    return float(total) / seconds


@dataclass(frozen=True)
class Asking:
    """What a process of clients is to do, for how long."""

    port: int
    key: str
    pictures: list[bytes]
    seconds: float
    do: Callable[[Client, list[bytes], str], bool]


def _ask_often(asking: Asking, job_ids: list[str], counts: Any) -> None:
    end = time.monotonic() + asking.seconds

    def ask(job_id: str) -> int:
        client, done = Client(asking.port, asking.key), 0
        while time.monotonic() < end:
            done += asking.do(client, asking.pictures, job_id)
        return done

    with ThreadPoolExecutor(len(job_ids)) as threads:
        counts.put(sum(threads.map(ask, job_ids)))


def overload_rate(stage: Stage, peak: float, seconds: float = 15) -> float:
    """Jobs done in a second while five times as many are handed in as can be done; the rest is refused."""
    begins = time.monotonic() + 2  # by then there is more to do than can be done
    ends = begins + seconds

    def hand_in(number: int) -> None:
        client, due = stage.client(limited=True), time.monotonic() + number / (5 * peak)
        while due < ends:
            time.sleep(max(0.0, due - time.monotonic()))
            picture = random.choice(stage.pictures)  # noqa: S311
            client.submit(picture, "?method=optimised")
            due += 8 / (5 * peak)

    with ThreadPoolExecutor(8) as threads:
        handing_in = [threads.submit(hand_in, number) for number in range(8)]
        time.sleep(begins - time.monotonic())
        done, begun = done_so_far(stage), time.monotonic()
        time.sleep(ends - time.monotonic())
        rate = (done_so_far(stage) - done) / (time.monotonic() - begun)
    for each in handing_in:
        each.result()
    drain(stage)
    return rate


def done_so_far(stage: Stage) -> int:
    days = json.loads(stage.client(limited=True).ask("GET", "/api/v1/usage?days=1")[1])["days"]
    return int(days[0]["succeeded"]) if days else 0


def drain(stage: Stage) -> None:
    """Cancel whatever waits, and wait for what runs."""
    for client in (stage.client(), stage.client(limited=True)):
        _drain(client)


def _drain(client: Client) -> None:
    while True:
        _, body = client.ask("GET", f"{JOBS}?state=queued&state=running&limit=100")
        jobs = json.loads(body)["data"]
        if not jobs:
            return
        for job in jobs:
            client.ask("POST", job["links"]["cancel"])


@contextlib.contextmanager
def paused(pids: list[int]) -> Iterator[None]:
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@contextlib.contextmanager
def on_stage(folder: Path, pictures: list[bytes]) -> Iterator[Stage]:
    """Everything that the production stack has, as processes of this machine."""
    nginx = find_nginx()
    if nginx is None:
        raise SystemExit("nginx is missing: scripts/setup.sh test-tools installs it.")
    with postgres_server(folder / "postgres", syncs=True) as postgres, redis_server(folder / "redis") as redis:
        many = 1_000_000
        settings = {
            "database_url": postgres.create_database("bench"),
            "broker_url": redis.url,
            "secret_key": "0123456789abcdef0123456789abcdef",
            "cache_url": "off",
            "log_level": "WARNING",
            "proxies": 1,
            "workers": CORES,
            "worker_concurrency": CORES,
            "max_queue_size": many,
            "conversions_per_process": many,
        }
        service = Service(folder / "service", **settings)
        service.start()
        key, limited = _keys(service)
        proxy = Proxy(nginx, _made(folder / "nginx"), service.url)
        proxy.start()
        try:
            yield Stage(service, proxy, key, limited, pictures)
        finally:
            proxy.stop()
            service.stop()


def _keys(service: Service) -> tuple[str, str]:
    given = {name.lower(): value for name, value in service.environment.items()}
    known: dict[str, Any] = {name: value for name, value in given.items() if name in Settings.model_fields}
    services = create_services(Settings.model_validate(known))
    many = dict.fromkeys(("jobs_per_minute", "unfinished_jobs", "running_jobs"), 1_000_000)
    keys = []
    for name, limits in (("bench", many), ("limited", many | {"unfinished_jobs": 10 * CORES})):
        account = services.accounts.add(name, limits, OPERATOR)
        order = KeyOrder(account.id, name, frozenset(Scope))
        keys.append(issue_key(services.accounts, services.secrecy, order, OPERATOR).text)
    return keys[0], keys[1]


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def drawn(size: int, count: int) -> list[bytes]:
    """Our own drawings, each at sizes that differ by a pixel, so that no two pictures are the same."""
    drawings = list(DRAWINGS.values())
    return [
        _png(draw(drawings[number % len(drawings)](), *2 * [size - number // len(drawings)])) for number in range(count)
    ]


def _png(pixels: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def demand(holds: bool, found: object) -> None:
    """A benchmark of failures would be quick."""
    if not holds:
        raise SystemExit(f"The service failed: {found!r:.500}")


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=512, help="pixels to a side")
    parser.add_argument("--jobs", type=int, default=60, help="pictures a round")
    parser.add_argument("--rounds", type=int, default=21, help="of which the medians are taken")
    given = parser.parse_args()
    if given.rounds < 2:
        parser.error(f"--rounds is {given.rounds}; there must be 2, to compare each with the one after it.")
    pictures = drawn(given.size, given.jobs * given.rounds)
    with (
        tempfile.TemporaryDirectory(prefix="svgai-bench-") as folder,
        on_stage(Path(folder), pictures) as stage,
    ):
        targets = list(measure(stage, given.rounds, given.jobs))
    for target in targets:
        say(target.line())
    sys.exit(not all(target.is_met for target in targets))


if __name__ == "__main__":
    main()
