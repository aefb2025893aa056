"""The supervised process in which a picture is converted.

Pictures come from strangers and decoders have faults, so nothing of it happens in the worker. A
child process with limits of its own converts; it is kept warm, and replaced after a crash, a
time-out or a number of jobs. The child is not to be trusted once it has seen a picture: what it
says is bounded in size and time, and its drawing is verified here once more.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any

import orjson

from app.circumstances import AT_EASE, Circumstances
from app.errors import ConversionTimedOut, ConversionTooHungry, ConverterLost, ConverterUnready
from app.jobs import Drawn, Heartbeat
from app.settings import MODELS
from svgai import Limits, Quality, Result
from svgai.engine.guard import verify
from svgai.errors import SvgaiError
from svgai.ml.types import ImageType
from svgai.options import METHODS
from workers.line import Line, LineBroken

START_SECONDS = 240.0
"""A child that is not warm by then never will be. It takes a second, or most of a minute where it has to compile."""

FREE_SECONDS = 60.0
"""How long a picture waits for a sandbox; there are as many as conversions at once, so it never does."""


FORETOLD = ("quality", "low", "high", "seconds")
"""What advice says of each method."""

ENVIRONMENT = {
    "PATH": os.defpath,
    "LANG": "C.UTF-8",
    "HOME": "/nonexistent",
    # One conversion, one processor: there is a child for each, and threads cost address space.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
"""All that a child sees of the environment, but for where compiled code may lie."""


@dataclass(frozen=True)
class Bounds:
    """What one conversion may cost."""

    memory_mb: int
    """Beyond what a warm child has."""
    conversions_per_process: int
    limits: Limits
    compiled: Path | None = None
    """A folder for machine code that children compile where there is no writing beside the source."""
    models: Path | None = MODELS
    """The folder of the models that advise; None: rules do."""
    processor: str = ""
    """What to compile for, as LLVM names it; empty: the processor of this machine."""
    learned: Path | None = None
    """The folder of what was learned from them at work."""
    trial_share: float = 0.0
    """The share of pictures for which those that are on trial advise."""

    @property
    def cache(self) -> dict[str, str]:
        folder = {"XDG_CACHE_HOME": str(self.compiled)} if self.compiled else {}
        return folder | ({"NUMBA_CPU_NAME": self.processor, "NUMBA_CPU_FEATURES": ""} if self.processor else {})


@dataclass(frozen=True)
class Order:
    """What a child is to do with the bytes that come along, and how long it may take."""

    do: str
    payload: bytes
    seconds: float
    details: Mapping[str, Any] = field(default_factory=dict)
    heartbeat: Heartbeat = lambda *_: None


class Sandbox:
    """One child process, or none yet. Used by one thread at a time."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._child: _Child | None = None

    def warm(self, heartbeat: Heartbeat | None = None) -> None:
        """Have a child ready."""
        if self._child and self._child.is_usable:
            return
        self.close()
        child = _Child(self._bounds)
        try:
            child.wait_until_warm(heartbeat)
        except BaseException:
            child.kill()
            raise
        self._child = child

    def obey(self, order: Order) -> tuple[dict[str, Any], bytes]:
        """Have an order done in the child. Whatever goes wrong there stays there."""
        self.warm(order.heartbeat)
        assert self._child is not None  # noqa: S101 - warm() made it
        try:
            return self._child.obey(order)
        except Refused as refused:
            raise refused.error from None
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the child, whatever it is doing."""
        child, self._child = self._child, None
        if child:
            child.kill()


class SandboxPool:
    """As many sandboxes as conversions run at once; the warmest is used first. A `Converter`."""

    def __init__(self, size: int, bounds: Bounds) -> None:
        self._limits = bounds.limits
        self._all = [Sandbox(bounds) for _ in range(size)]
        self._free: LifoQueue[Sandbox] = LifoQueue()
        for sandbox in self._all:
            self._free.put(sandbox)

    def warm(self) -> None:
        """Start every child, so that no job waits for imports. The first may compile what the others then only load."""
        first, *others = self._all
        first.warm()
        with ThreadPoolExecutor(len(self._all)) as at_once:
            list(at_once.map(Sandbox.warm, others))

    def convert(
        self,
        picture: bytes,
        options: Mapping[str, Any],
        heartbeat: Heartbeat,
        seconds: float,
        circumstances: Circumstances = AT_EASE,
    ) -> Drawn:
        details = {"options": dict(options), "circumstances": circumstances.facts()}
        order = Order("convert", picture, seconds, details, heartbeat)
        with self._one() as sandbox:
            facts, svg = sandbox.obey(order)
        with _nonsense_is_loss():
            return _checked(svg, facts, self._limits)

    def analyze(self, picture: bytes, heartbeat: Heartbeat, seconds: float) -> Drawn:
        with self._one() as sandbox:
            facts, _ = sandbox.obey(Order("analyze", picture, seconds, heartbeat=heartbeat))
        with _nonsense_is_loss():
            found = {"analysis": dict(facts["analysis"]), "seconds": {"analyze": float(facts["seconds"])}}
        return Drawn(orjson.dumps(found["analysis"]), found)

    def advise(
        self,
        picture: bytes,
        options: Mapping[str, Any],
        heartbeat: Heartbeat,
        seconds: float,
        circumstances: Circumstances = AT_EASE,
    ) -> Drawn:
        details = {"options": dict(options), "circumstances": circumstances.facts()}
        with self._one() as sandbox:
            facts, _ = sandbox.obey(Order("advise", picture, seconds, details, heartbeat))
        with _nonsense_is_loss():
            found = {"advice": _advised(facts["advice"]), "seconds": {"advise": float(facts["seconds"])}}
        return Drawn(orjson.dumps(found["advice"]), found)

    def export(self, drawing: bytes, form: str, seconds: float) -> bytes:
        with self._one() as sandbox:
            return sandbox.obey(Order("export", drawing, seconds, {"form": form}))[1]

    def close(self) -> None:
        for sandbox in self._all:
            sandbox.close()

    @contextlib.contextmanager
    def _one(self) -> Iterator[Sandbox]:
        try:
            sandbox = self._free.get(timeout=FREE_SECONDS)
        except Empty:
            raise ConverterUnready("no sandbox came free") from None
        try:
            yield sandbox
        finally:
            self._free.put(sandbox)


class Refused(Exception):
    """The child said why this picture cannot be converted; it is fine itself."""

    def __init__(self, error: SvgaiError) -> None:
        super().__init__(error.detail)
        self.error = error


class _Child:
    """A running child, and the line to it."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._conversions = 0
        with contextlib.ExitStack() as undo:
            try:
                ours, theirs = socket.socketpair()
                undo.callback(theirs.close)
                undo.callback(ours.close)
                lifeline_read, self._lifeline = os.pipe()
                undo.callback(os.close, lifeline_read)
                undo.callback(os.close, self._lifeline)
                inherited = (theirs.fileno(), lifeline_read)
                self._process = subprocess.Popen(
                    [
                        *(sys.executable, "-m", "workers.sandboxed", *map(str, inherited)),
                        *(
                            str(bounds.memory_mb),
                            str(bounds.models or ""),
                            str(bounds.learned or ""),
                            str(bounds.trial_share),
                        ),
                    ],
                    pass_fds=inherited,
                    start_new_session=True,
                    env=ENVIRONMENT | bounds.cache,
                    stdin=subprocess.DEVNULL,
                )
            except OSError as error:
                raise ConverterUnready(f"no child can be started: {error}") from None
            undo.pop_all()
        theirs.close()
        os.close(lifeline_read)
        self._line = Line(ours, bounds.limits.max_svg_bytes)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_usable(self) -> bool:
        return self._process.poll() is None and self._conversions < self._bounds.conversions_per_process

    def wait_until_warm(self, heartbeat: Heartbeat | None) -> None:
        end = time.monotonic() + START_SECONDS

        def patience() -> None:
            if time.monotonic() > end:
                raise ConverterUnready(f"the child was not warm after {START_SECONDS:g} s")
            if heartbeat:
                heartbeat(None, 0)

        try:
            self._line.receive(patience)
        except LineBroken:
            raise ConverterUnready(f"the child could not start: {self._how_it_ended()}") from None

    def obey(self, order: Order) -> tuple[dict[str, Any], bytes]:
        self._conversions += 1
        watch = _Watch(order.seconds, order.heartbeat)
        said: dict[str, Any] = {"do": order.do, **order.details, "limits": asdict(self._bounds.limits)}
        said |= {"seconds": order.seconds, "memory_mb": self._bounds.memory_mb}
        try:
            self._line.send(said, order.payload, watch)
            with _nonsense_is_loss():
                return self._follow(watch)
        except LineBroken as broken:
            how = self._how_it_ended()
            if how == signal.SIGABRT.name:
                # How Rust and C++ end when they get no more memory; another try would end the same.
                limit = self._bounds.memory_mb
                detail = f"The conversion was aborted, most likely at {limit} MB of memory, the limit."
                raise ConversionTooHungry(detail, limit=limit) from None
            raise ConverterLost(f"the child is gone ({broken}): {how}") from None

    def _follow(self, watch: _Watch) -> tuple[dict[str, Any], bytes]:
        while True:
            said, payload = self._line.receive(watch)
            if "error" in said:
                raise _told(said["error"])
            if "facts" in said:
                return dict(said["facts"]), payload
            watch.note(str(said["phase"]), int(said["percent"]))

    def _how_it_ended(self) -> str:
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "it runs, but its line is cut"
        return signal.Signals(-code).name if code < 0 else f"exit status {code}"

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._line.close()
        os.close(self._lifeline)


@contextlib.contextmanager
def _nonsense_is_loss() -> Iterator[None]:
    """A child that says what cannot be is as good as gone."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError, UnicodeError) as nonsense:
        raise ConverterLost(f"the child talks nonsense: {nonsense!r:.200}") from None


class _Watch:
    """The patience of a supervisor: passes the heartbeat on, and ends what takes too long."""

    def __init__(self, seconds: float, heartbeat: Heartbeat) -> None:
        self._seconds, self._heartbeat = seconds, heartbeat
        self._end = time.monotonic() + seconds
        self._phase: str | None = None
        self._percent = 0

    def note(self, phase: str, percent: int) -> None:
        self._phase, self._percent = phase, percent

    def __call__(self) -> None:
        if time.monotonic() > self._end:
            detail = f"The conversion took longer than {self._seconds:g} s, the limit."
            raise ConversionTimedOut(detail, limit=self._seconds)
        self._heartbeat(self._phase, self._percent)


def _told(facts: Mapping[str, Any]) -> Exception:
    error = SvgaiError.from_dict(facts)
    # A child that ran out of memory has ended itself.
    return error if error.code == "job.out_of_memory" else Refused(error)


def _checked(svg: bytes, facts: Mapping[str, Any], limits: Limits) -> Drawn:
    """The drawing, once it has been found to be one."""
    text = verify(svg.decode(), limits)
    found: dict[str, Any] = {name: facts[name] and Quality(**facts[name]) for name in ("quality", "baseline_quality")}
    found["warnings"] = tuple(facts["warnings"])
    told = facts.get("advice")
    if told:
        found["advice"] = {**_advised(told), "tried": [dict(each) for each in told["tried"]], **_shadow(told)}
        found["image_type"] = found["advice"]["image_type"]
    return Drawn(svg, Result(svg=text, **{**facts, **found}).facts())


def _advised(told: Mapping[str, Any]) -> dict[str, Any]:
    """The advice, once it has been found to be one: its words become labels of metrics."""
    methods = METHODS.keys() - {"auto"}
    return {
        "image_type": str(ImageType(told["image_type"])),
        "confidence": float(told["confidence"]),
        "predictions": {
            _one_of(methods, method): {name: float(foretold[name]) for name in FORETOLD}
            for method, foretold in told["predictions"].items()
        },
        "ranking": [_one_of(methods, method) for method in told["ranking"][: len(methods)]],
        "quality_target": float(told["quality_target"]),
        "advised_by": _one_of({"model", "rules"}, told["advised_by"]),
        "reasons": [str(reason) for reason in told["reasons"]],
        "models": {str(role): str(version) for role, version in told["models"].items()},
        "features": {str(name): float(value) for name, value in told["features"].items()},
    }


def _shadow(told: Mapping[str, Any]) -> dict[str, Any]:
    """What models on trial foretold, where there were any."""
    shadow = told.get("shadow")
    if not shadow:
        return {}
    return {"shadow": {"version": str(shadow["version"])[:64], "predicted": float(shadow["predicted"])}}


def _one_of(words: Set[str], word: str) -> str:
    if word not in words:
        raise ValueError(word)
    return word
