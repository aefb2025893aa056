"""The supervised process in which a picture is converted.

Pictures come from strangers and decoders have faults, so nothing of it happens in the worker. A
child process with limits of its own converts; it is kept warm, and replaced after a crash, a
time-out or a number of jobs. What the two say to each other is JSON and bytes, never pickles: the
child is not to be trusted once it has seen a picture.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from queue import Empty, LifoQueue
from typing import Any

import orjson
import structlog

from app.errors import ConversionTimedOut, ConversionTooHungry, ConverterLost
from app.jobs import Drawn, Heartbeat
from svgai import Limits
from svgai.errors import SvgaiError

log = structlog.get_logger()

BEAT_SECONDS = 0.25
"""How often a running conversion is looked at."""

START_SECONDS = 60.0
"""A child that is not warm by then never will be."""


@dataclass(frozen=True)
class Bounds:
    """What one conversion may cost."""

    seconds: float
    memory_mb: int
    conversions_per_process: int
    limits: Limits


class Sandbox:
    """One child process, or none yet. Used by one thread at a time."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._child: _Child | None = None

    def warm(self) -> None:
        """Have a child ready."""
        if self._child is None:
            self._child = _Child(self._bounds)
            self._child.wait_until_warm()

    def convert(self, picture: bytes, options: Mapping[str, Any], heartbeat: Heartbeat) -> Drawn:
        """Convert a picture in the child. Whatever goes wrong there stays there."""
        self.warm()
        assert self._child is not None  # noqa: S101 - warm() made it
        try:
            drawn = self._child.convert(picture, options, heartbeat)
        except SvgaiError as error:
            if isinstance(error, (ConversionTimedOut, ConversionTooHungry)):
                self.close()
            raise
        except BaseException:
            self.close()
            raise
        finally:
            if self._child and self._child.conversions >= self._bounds.conversions_per_process:
                self.close()
        return drawn

    def close(self) -> None:
        """End the child, whatever it is doing."""
        child, self._child = self._child, None
        if child:
            child.kill()


class SandboxPool:
    """As many sandboxes as conversions run at once; the warmest is used first. A `Converter`."""

    def __init__(self, size: int, bounds: Bounds) -> None:
        self._all = [Sandbox(bounds) for _ in range(size)]
        self._free: LifoQueue[Sandbox] = LifoQueue()
        for sandbox in self._all:
            self._free.put(sandbox)

    def warm(self) -> None:
        """Start every child, so that no job waits for imports."""
        for sandbox in self._all:
            sandbox.warm()

    def convert(self, picture: bytes, options: Mapping[str, Any], heartbeat: Heartbeat) -> Drawn:
        with self._one() as sandbox:
            return sandbox.convert(picture, options, heartbeat)

    def close(self) -> None:
        for sandbox in self._all:
            sandbox.close()

    @contextlib.contextmanager
    def _one(self) -> Iterator[Sandbox]:
        try:
            sandbox = self._free.get(timeout=START_SECONDS)
        except Empty:
            raise ConverterLost("no sandbox came free") from None
        try:
            yield sandbox
        finally:
            self._free.put(sandbox)


class _Child:
    """A running child, and the line to it."""

    def __init__(self, bounds: Bounds) -> None:
        self.conversions = 0
        self._bounds = bounds
        ours, theirs = socket.socketpair()
        lifeline_read, self._lifeline = os.pipe()
        inherited = (theirs.fileno(), lifeline_read)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "workers.sandboxed", *map(str, inherited), str(bounds.memory_mb)],
            pass_fds=inherited,
            start_new_session=True,
            env={"PATH": os.defpath, "LANG": "C.UTF-8", "HOME": "/nonexistent"},
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        os.close(lifeline_read)
        self._line = Connection(ours.detach())

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_until_warm(self) -> None:
        if not self._line.poll(START_SECONDS):
            self.kill()
            raise ConverterLost(f"the child was not warm after {START_SECONDS:g} s")
        self._receive()

    def convert(self, picture: bytes, options: Mapping[str, Any], heartbeat: Heartbeat) -> Drawn:
        self.conversions += 1
        self._send(picture, options)
        return self._watch(heartbeat)

    def _send(self, picture: bytes, options: Mapping[str, Any]) -> None:
        order: dict[str, Any] = {"options": dict(options), "limits": asdict(self._bounds.limits)}
        order |= {"seconds": self._bounds.seconds, "memory_mb": self._bounds.memory_mb}
        try:
            self._line.send_bytes(orjson.dumps(order))
            self._line.send_bytes(picture)
        except OSError as error:
            raise ConverterLost(f"the child is gone: {error}") from None

    def _watch(self, heartbeat: Heartbeat) -> Drawn:
        end = time.monotonic() + self._bounds.seconds
        phase: str | None = None
        percent = 0
        while True:
            if self._line.poll(BEAT_SECONDS):
                said = self._receive()
                if "svg" in said:
                    return Drawn(self._receive_bytes(), said["svg"])
                phase, percent = str(said["phase"]), int(said["percent"])
            elif time.monotonic() > end:
                limit = self._bounds.seconds
                raise ConversionTimedOut(f"The conversion took longer than {limit:g} s, the limit.", limit=limit)
            heartbeat(phase, percent)

    def _receive(self) -> dict[str, Any]:
        said: dict[str, Any] = orjson.loads(self._receive_bytes())
        if "error" in said:
            raise SvgaiError.from_dict(said["error"])
        return said

    def _receive_bytes(self) -> bytes:
        try:
            return self._line.recv_bytes()
        except (EOFError, OSError):
            raise ConverterLost(f"the child is gone: {self._how_it_ended()}") from None

    def _how_it_ended(self) -> str:
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "it closed its line"
        return signal.Signals(-code).name if code < 0 else f"exit status {code}"

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._line.close()
        os.close(self._lifeline)
