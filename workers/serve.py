"""The whole service on one machine: `svgai serve`, or `make run`.

Migrates, then starts the web, the workers and the schedule as processes of their own, brings back
whichever falls over, and takes all of them along when it ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from app.jobs import Roster
    from app.settings import Settings

PROGRAMS = {
    "web": ["-m", "gunicorn", "--config", "python:app.server"],
    "worker": ["-m", "workers.celery_app"],
    "callbacks": ["-m", "workers.callbacks"],
    "schedule": ["-m", "workers.schedule"],
}
START_SECONDS = 300.0
"""Enough for a worker that has to compile the engine first, on a slow machine."""
STOP_SECONDS = 15.0
PR_SET_PDEATHSIG = 1

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


@click.command()
def serve() -> None:
    """Start the service here: web page, API and worker. Ctrl-C stops it."""
    from app.settings import read_settings, tell_libraries

    settings = read_settings()
    _refuse_busy_port(settings)
    shutil.rmtree(settings.metrics_dir, ignore_errors=True)  # counts of the last run are not to be shared
    tell_libraries(settings)
    _migrate_or_say_why(settings)
    crew = [Member(name, arguments) for name, arguments in PROGRAMS.items()]
    with _told_to_stop() as is_told, _ended(crew):
        for member in crew:
            member.start()
        if _wait_until_ready(settings, crew, is_told):
            _mention_slow_clients(settings)
            click.echo(f"SVG-AI {_version()} is ready: http://{settings.host}:{settings.port}  (Ctrl-C stops it)")
        while not is_told():
            time.sleep(0.2)
            for member in crew:
                member.bring_back()
        click.echo("\nStopping ...")
    click.echo("Stopped.")


def _migrate_or_say_why(settings: Settings) -> None:
    from app.errors import StoreAway
    from app.settings import without_password

    try:
        migrate(settings)
    except StoreAway as away:
        where = without_password(settings.database)
        reason = str(getattr(away.__cause__, "orig", away)).strip()
        raise SystemExit(f"The database at {where} cannot be used: {reason}") from None


def migrate(settings: Settings) -> None:
    """Bring the databases up to date; each has every table, whichever of them it is used for."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    for url in settings.databases:
        config.attributes["url"] = url
        command.upgrade(config, "head")


@dataclass
class Member:
    """One process of the service, and how often it had to be brought back."""

    name: str
    arguments: list[str]
    process: subprocess.Popen[bytes] | None = None
    falls: list[float] = field(default_factory=list)

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *self.arguments],
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - no threads here
        )

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def bring_back(self) -> None:
        """Start it again after a fall; ever later when it falls and falls."""
        if self.is_running or self.process is None:
            return
        now = time.monotonic()
        recent = [fall for fall in self.falls if now - fall < 60]
        if recent and now - recent[-1] < min(2 ** len(recent), 30) - 1:
            return
        self.falls = [*recent, now]
        click.echo(f"{self.name} ended ({_how(self.process.returncode)}); starting it again", err=True)
        self.start()

    def ask_to_end(self) -> None:
        if self.process and self.is_running:
            self.process.send_signal(signal.SIGTERM)

    def end(self, deadline: float) -> None:
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            click.echo(f"{self.name} does not stop; ending it", err=True)
            os.killpg(self.process.pid, signal.SIGKILL)  # it leads a session of its own, with all below it
            self.process.wait()


def _how(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit status {code}"


def _die_with_parent() -> None:
    """Let the kernel end a member when this process is gone, even by SIGKILL."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@contextlib.contextmanager
def _told_to_stop() -> Iterator[Callable[[], bool]]:
    told: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        told.append(number)
        if len(told) > 2:
            raise KeyboardInterrupt  # asked a third time: no more patience

    former: dict[int, Any] = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(told)
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _ended(crew: list[Member]) -> Iterator[None]:
    """Whatever happens inside, no process is left behind."""
    try:
        yield
    finally:
        for member in crew:
            member.ask_to_end()
        deadline = time.monotonic() + STOP_SECONDS
        for member in crew:
            member.end(deadline)


def _refuse_busy_port(settings: Settings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            reason = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be had ({error.strerror})"
            other = f"Choose another, such as: PORT={settings.port + 1} make run"
            raise SystemExit(f"Port {settings.port} on {settings.host} {reason}. {other}") from None


def _wait_until_ready(settings: Settings, crew: list[Member], is_told: Callable[[], bool]) -> bool:
    from app.factory import create_services

    roster = create_services(settings).roster
    deadline = time.monotonic() + START_SECONDS
    while not is_told():
        if _answers(settings) and _worker_has_signed_in(roster, crew):
            return True
        fallen = [member.name for member in crew if not member.is_running]
        if fallen or time.monotonic() > deadline:
            raise SystemExit(
                f"The service did not start: {', '.join(fallen) or 'it was not ready in time'}. The log above says why."
            )
        time.sleep(0.1)
    return False


def _worker_has_signed_in(roster: Roster, crew: list[Member]) -> bool:
    """This run's worker, not one of a run before that nobody signed out."""
    pids = {str(member.process.pid) for member in crew if member.process}
    return any(name.partition("@")[0] in pids for name in roster.present(START_SECONDS))


def _answers(settings: Settings) -> bool:
    # A proxy that the environment names is not for talking to oneself.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104 - a look-up, not a bind
    try:
        with direct.open(f"http://{host}:{settings.port}/health/ready", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _mention_slow_clients(settings: Settings) -> None:
    if settings.host not in {"127.0.0.1", "localhost", "::1"} and not settings.proxies:
        click.echo(
            f"Note: {settings.host} is open to others; without nginx in front, slow clients can block it.", err=True
        )


def _version() -> str:
    from svgai import __version__

    return __version__


if __name__ == "__main__":
    serve()
