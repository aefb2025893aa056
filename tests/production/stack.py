"""The stack on a real engine, started and changed by the operator's own scripts, and clients that ask it over TLS."""

from __future__ import annotations

import http.client
import itertools
import json
import os
import ssl
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.samples import logo_png
from tests.service import free_port

ROOT = Path(__file__).parents[2]
ENOUGH = ("--jobs-per-minute", "1000000", "--unfinished-jobs", "1000", "--running-jobs", "1000")


class Stack:
    """A clean clone of this repository, an operator's folder, and ports of their own."""

    def __init__(self, folder: Path) -> None:
        self.checkout, self.home = folder / "checkout", folder / "production"
        self.project = f"svgai-test-{os.getpid()}"
        self.port, self.http_port, self.operator_port = free_port(), free_port(), free_port()
        own = {"SVGAI_HOME": self.home, "SVGAI_PROJECT": self.project, "HTTPS_PORT": self.port}
        ports = {
            "HTTP_PORT": self.http_port,
            "OPERATOR_PORT": self.operator_port,
            "WEB_PROCESSES": 2,
            "HEALTHY_SECONDS": 60,
        }
        self.environment = os.environ | {name: str(value) for name, value in (own | ports).items()}
        self.tag = os.environ.get("PRODUCTION_TAG", f"test-{os.getpid()}")  # images that are there need no building
        self.key = ""
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(self.checkout)], check=True)
        self._numbers = itertools.count()

    def script(self, name: str, *arguments: str, fails: bool = False, **more: str) -> str:
        """What it says; it must end as expected."""
        done = subprocess.run(
            [str(self.checkout / "scripts" / name), *arguments],
            env=self.environment | more,
            capture_output=True,
            text=True,
            timeout=1500,
            check=False,
        )
        said = done.stdout + done.stderr
        print(f"\n--- {name} {' '.join(arguments)}\n{said}", flush=True)
        assert (done.returncode != 0) == fails, said
        return said

    def docker(self, *arguments: str, **options: Any) -> str:
        done = subprocess.run(
            ["docker", *arguments], capture_output=True, text=True, timeout=900, check=False, **options
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def derive(self, tag: str, changes: str) -> str:
        """An image like the first one, but for these lines of a Dockerfile; its name as a version."""
        text = f"FROM svgai:{self.tag}\nUSER root\n{changes}\nUSER 10001:10001\n"
        version = f"{self.tag}-{tag}"
        self.docker("build", "--quiet", "--tag", f"svgai:{version}", "-", input=text)
        return version

    def make_key(self) -> None:
        """A key that may convert as much as it likes."""
        web = f"web-{self.live}"
        self.script("compose.sh", "exec", "-T", web, "svgai", "accounts", "create", "plenty", *ENOUGH)
        said = self.script(
            "compose.sh", "exec", "-T", web, "svgai", "keys", "create", "--account", "plenty", "--name", "a"
        )
        self.key = next(line for line in said.splitlines() if line.startswith("svgai_"))

    @property
    def live(self) -> str:
        return "green" if (self.home / "switch" / "green").exists() else "blue"

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Over TLS, with a connection of its own, trusting nothing but the certificate in the operator's folder."""
        context = ssl.create_default_context(cafile=str(self.home / "tls" / "certificate.pem"))
        line = http.client.HTTPSConnection("localhost", self.port, timeout=60, context=context)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.key:
            named["authorization"] = f"Bearer {self.key}"
        try:
            line.request(method, path, body, named)
            answer = line.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            line.close()

    def wait_until_healthy(self, seconds: float = 120) -> None:
        """Until all containers are, after they were started anew."""
        end = time.monotonic() + seconds
        mine = ("--filter", f"label=com.docker.compose.project={self.project}", "--format", "{{.Names}} {{.Status}}")
        while unwell := [line for line in self.docker("ps", *mine).splitlines() if "(healthy)" not in line]:
            assert time.monotonic() < end, unwell
            time.sleep(1)

    def json(self, path: str) -> dict[str, Any]:
        status, _, body = self.ask("GET", path)
        assert status == 200, body
        return dict(json.loads(body))

    def picture(self) -> bytes:
        """One that nobody has converted before."""
        return logo_png(48) + f"{next(self._numbers)}-{time.time_ns()}".encode()

    def convert(self) -> tuple[str, bytes]:
        """A job's id and its SVG, however long it takes."""
        status, headers, body = self.ask("POST", "/api/v1/convert", self.picture())
        job = headers.get("x-job-id") or headers.get("location", "").rpartition("/")[2]
        end = time.monotonic() + 120
        while status == 202:
            assert time.monotonic() < end, "a job takes longer than two minutes"
            state = self.json(f"/api/v1/jobs/{job}")["state"]
            assert state in {"queued", "running", "succeeded"}, state
            if state == "succeeded":
                status, _, body = self.ask("GET", f"/api/v1/jobs/{job}/result")
            else:
                time.sleep(0.2)
        assert status == 200, body
        assert body.startswith(b"<svg "), body[:100]
        return job, body

    def end(self) -> None:
        """Nothing of it is left, but for its images."""
        for kind in ("container", "volume", "network"):
            listing = ["ps", "--all"] if kind == "container" else [kind, "ls"]
            found = self.docker(*listing, "--quiet", "--filter", f"label=com.docker.compose.project={self.project}")
            if found:
                forced = ["--force", "--volumes"] if kind == "container" else []
                self.docker(kind, "rm", *forced, *found.split())


@dataclass
class Load:
    """What clients were told."""

    fates: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest: float = 0.0
    seconds: float = 0.0

    @property
    def requests(self) -> int:
        return self.fates.total()

    def note(self, what: str, seconds: float, fault: str = "") -> None:
        self.fates["failed" if fault else what] += 1
        self.slowest = max(self.slowest, seconds)
        if fault:
            self.faults.append(f"{time.strftime('%H:%M:%S')} {what}: {fault}")

    def __str__(self) -> str:
        return (
            f"{self.requests} requests in {self.seconds:.0f} s, {len(self.faults)} failed, slowest {self.slowest:.1f} s"
        )


@contextmanager
def clients(stack: Stack, count: int) -> Iterator[Load]:
    """So many, each of which converts pictures one after another."""
    load, stopped = Load(), threading.Event()

    def client() -> None:
        while not stopped.is_set():
            began, fault = time.monotonic(), ""
            try:
                stack.convert()
            except Exception as error:  # noqa: BLE001 - whatever a client meets is counted
                fault = repr(error)
            load.note("conversion", time.monotonic() - began, fault)

    yield from _working(load, stopped, [threading.Thread(target=client) for _ in range(count)])


PATHS = (
    "/",
    "/health/ready",
    "/api/v1/limits",
    "/api/ai-status",
    "/static/style.css",
    "/api/v1/methods",
    "/health/live",
)


@contextmanager
def traffic(stack: Stack, per_second: int, *, conversions_every: int = 50, bystanders: bool = True) -> Iterator[Load]:
    """So many requests a second, however long the answers take; one in so many is a conversion."""
    load, stopped = Load(), threading.Event()
    numbers, turn = itertools.count(), threading.Lock()
    began = time.monotonic()

    def client() -> None:
        while not stopped.is_set():
            with turn:
                number = next(numbers)
            delay = began + number / per_second - time.monotonic()
            if stopped.wait(max(0.0, delay)):
                return
            _request(stack, load, number, converting=number % conversions_every == 0)

    yield from _working(load, stopped, [threading.Thread(target=client) for _ in range(40)])


def _request(stack: Stack, load: Load, number: int, *, converting: bool) -> None:
    path, began, fault = PATHS[number % len(PATHS)], time.monotonic(), ""
    try:
        if converting:
            path = "conversion"
            stack.convert()
        else:
            status, _, body = stack.ask("GET", path, user_agent=f"client {number % 100}")
            fault = "" if status == 200 else f"{status} {body[:200]!r}"
    except Exception as error:  # noqa: BLE001 - whatever a client meets is counted
        fault = repr(error)
    load.note(path, time.monotonic() - began, fault)


def _working(load: Load, stopped: threading.Event, threads: list[threading.Thread]) -> Iterator[Load]:
    began = time.monotonic()
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
        load.seconds = time.monotonic() - began
