"""The whole service as real processes, for tests: started, asked, wounded and stopped as an operator would."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

START_SECONDS = 300.0


class Service:
    """`svgai serve` in a folder of its own, on a port of its own."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "service.log"
        # Tests ask much at once, and mostly without a key.
        plenty = {"anonymous_jobs_per_minute": 100_000, "anonymous_unfinished_jobs": 1000}
        given = {"port": self.port, "data_dir": folder / "var", "workers": 2, **plenty, **settings}
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        self.environment = inherited | {name.upper(): str(value) for name, value in given.items()}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            former = log.tell()
            command = [sys.executable, "-m", "workers.serve"]
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        self.until(lambda: b"is ready" in self.log.read_bytes()[former:], START_SECONDS, "ready")

    def stop(self) -> int:
        """As Ctrl-C does; the exit status."""
        assert self.process
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=40)

    def kill(self) -> None:
        """As a power cut does: the launcher gets no word, and what it started is killed with it."""
        assert self.process
        crew = self.crew()
        self.process.kill()
        self.process.wait()
        for pid in crew:
            kill(pid)
        self.until(lambda: not any(is_alive(pid) for pid in crew), 20, "end of all processes")

    def crew(self) -> list[int]:
        """All processes below the launcher."""
        return descendants(self.process.pid) if self.process else []

    def pids(self, having: str) -> list[int]:
        """Processes of the service whose command line has these words."""
        return [pid for pid in self.crew() if having in command_line(pid)]

    def post(self, path: str, body: bytes, **headers: str) -> Answer:
        return self.ask("POST", path, body, **headers)

    def get(self, path: str) -> Answer:
        return self.ask("GET", path, None)

    def ask(self, method: str, path: str, body: bytes | None, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named.setdefault("content-type", "application/octet-stream")
        request = urllib.request.Request(self.url + path, body, named, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return Answer(response.status, response.read(), dict(response.headers))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read(), dict(error.headers))

    def submit(self, picture: bytes, query: str = "") -> str:
        answer = self.post(f"/api/v1/jobs{query}", picture)
        assert answer.status == 202, answer
        return str(answer.json["id"])

    def job(self, job_id: str) -> dict[str, Any]:
        return self.get(f"/api/v1/jobs/{job_id}").json

    def wait_for(self, job_id: str, seconds: float = 60, states: tuple[str, ...] = ("succeeded", "failed")) -> Any:
        self.until(lambda: self.job(job_id).get("state") in states, seconds, f"{job_id} in {states}", every=0.25)
        return self.job(job_id)

    def until(self, holds: Callable[[], bool], seconds: float, what: str, every: float = 0.02) -> None:
        end = time.monotonic() + seconds
        while not holds():
            ended = self.process and self.process.poll() is not None and what == "ready"
            if ended or time.monotonic() > end:
                raise AssertionError(f"no {what}; the log ends:\n" + self.log.read_text()[-4000:])
            time.sleep(every)


class Answer:
    def __init__(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.status, self.body = status, body
        self.headers = {name.lower(): value for name, value in headers.items()}

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.body)

    def __repr__(self) -> str:
        return f"{self.status} {self.body[:500]!r}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def descendants(pid: int) -> list[int]:
    children: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):  # each thread lists those it started
        try:
            children += map(int, task.read_text().split())
        except OSError:
            continue
    return [below for child in children for below in (child, *descendants(child))]


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
