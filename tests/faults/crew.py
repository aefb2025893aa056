"""The service as separate processes, each of which can be killed, frozen, stopped and started alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals

from tests.servers import Account
from tests.service import START_SECONDS, command_line, descendants, is_alive, kill

LAUNCH = ["-m", "tests.faults.launch"]
PROGRAMS: Mapping[str, list[str]] = {
    "web": [*LAUNCH, "gunicorn", "--config", "python:app.server"],
    "worker": [*LAUNCH, "workers.celery_app"],
    "callbacks": [*LAUNCH, "workers.callbacks"],
    "schedule": [*LAUNCH, "workers.schedule"],
}
SAYS_WHEN_READY = {"worker": "worker ready", "callbacks": "callbacks ready"}


@dataclass
class Member:
    """One process of the service, with whatever it starts itself."""

    program: str
    log: Path
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    is_wanted: bool = False
    """Whoever falls without having been told to is brought back, as an operator's launcher would."""
    falls: int = 0
    _log_began: int = 0

    def start(self) -> None:
        """Start it, from the main thread: the kernel ends it with the thread that started it."""
        command = Account().command([sys.executable, *PROGRAMS[self.program]], signal.SIGKILL)
        with self.log.open("ab") as log:
            self._log_began = log.tell()
            self.process = subprocess.Popen(
                command, cwd=self.log.parent, env=dict(self.environment), stdout=log, stderr=log, start_new_session=True
            )
        self.is_wanted = True

    @property
    def pid(self) -> int:
        assert self.process
        return self.process.pid

    @property
    def pids(self) -> list[int]:
        """It and all below it."""
        return [self.pid, *descendants(self.pid)] if self.process else []

    @property
    def sandboxes(self) -> list[int]:
        return [pid for pid in self.pids if "sandboxed" in command_line(pid)]

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def has_said(self, words: str) -> bool:
        """Whether this run of it has logged these words."""
        with self.log.open("rb") as log:
            log.seek(self._log_began)
            return words.encode() in log.read()

    def kill(self) -> None:
        """At once, with whatever it started, as the end of its container would."""
        self.is_wanted = False
        for pid in self.pids:
            kill(pid)
        if self.process:
            self.process.wait()

    def ask_to_end(self) -> None:
        self.is_wanted = False
        if self.is_running:
            os.kill(self.pid, signal.SIGTERM)

    def stop(self, seconds: float = 60) -> float:
        """As an operator does; how many seconds it took."""
        began = time.monotonic()
        self.ask_to_end()
        if self.process:
            self.process.wait(seconds)
        return time.monotonic() - began

    def freeze(self) -> None:
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal_all(signal.SIGCONT)

    def bring_back(self) -> None:
        if self.is_wanted and not self.is_running:
            self.falls += 1
            self.start()

    def _signal_all(self, what: Signals) -> None:
        for pid in self.pids:
            if is_alive(pid):
                os.kill(pid, what)


@dataclass
class Crew:
    """All processes of the service."""

    folder: Path
    environment: Mapping[str, str]
    members: list[Member] = field(default_factory=list)

    def launch(self, program: str, **changes: object) -> Member:
        """Start one more; `changes` are settings of its own."""
        number = sum(member.program == program for member in self.members) + 1
        member = Member(program, self.folder / f"{program}-{number}.log", self.changed(changes))
        self.members.append(member)
        member.start()
        return member

    def changed(self, changes: Mapping[str, object]) -> Mapping[str, str]:
        """The settings that all have, but for these."""
        return {**self.environment, **{name.upper(): str(value) for name, value in changes.items()}}

    def dismiss(self, member: Member) -> None:
        """End one for good."""
        member.kill()
        self.members.remove(member)

    def named(self, program: str) -> list[Member]:
        return [member for member in self.members if member.program == program]

    @property
    def web(self) -> Member:
        return self.named("web")[0]

    @property
    def workers(self) -> list[Member]:
        return self.named("worker")

    def bring_back(self) -> None:
        for member in self.members:
            member.bring_back()

    def wait_until_ready(self, answers: Callable[[], bool], seconds: float = START_SECONDS) -> None:
        end = time.monotonic() + seconds
        while not (self._have_said_so() and answers()):
            fallen = [member.program for member in self.members if member.is_wanted and not member.is_running]
            if fallen or time.monotonic() > end:
                raise RuntimeError(f"the service is not ready: {fallen or 'too slow'}\n{self.last_words()}")
            time.sleep(0.05)

    def _have_said_so(self) -> bool:
        waited_for = [member for member in self.members if member.is_wanted and member.program in SAYS_WHEN_READY]
        return all(member.has_said(SAYS_WHEN_READY[member.program]) for member in waited_for)

    def last_words(self) -> str:
        return "\n".join(f"--- {path.name}\n{path.read_text()[-1500:]}" for path in sorted(self.folder.glob("*.log")))

    def end(self) -> None:
        for member in self.members:
            member.thaw()
            member.kill()
