"""The child's side of the sandbox: it limits itself, then converts what comes down the line, one by one.

Started as `python -m workers.sandboxed LINE LIFELINE MEMORY_MB` by `workers.sandbox`. It reads no
settings, opens no connection and has no secret in its environment.
"""

from __future__ import annotations

import fcntl
import gc
import os
import resource
import socket
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from app.errors import ConversionTooHungry
from svgai import Limits, Options, conversion
from svgai.errors import SvgaiError, TracingFailed
from workers.line import Line, LineBroken

MAX_PICTURE_BYTES = 1 << 30
"""The worker is trusted; its own limits hold for pictures long before this."""


def main() -> None:
    line_fd, lifeline, memory_mb = map(int, sys.argv[1:])
    die_with_parent(lifeline)
    limit_resources(memory_mb)
    warm_up()
    line = Line(socket.socket(fileno=line_fd), MAX_PICTURE_BYTES)
    line.send({"warm": True})
    while True:
        try:
            order, picture = line.receive()
        except LineBroken:
            return  # nobody needs this process any more
        _answer(line, order, picture)


def die_with_parent(lifeline: int) -> None:
    """Let the kernel end this process when the parent's end of the pipe closes, however the parent ends.

    Nothing is ever written to the lifeline, so the only event on it is its end; SIGIO's default
    action is to terminate, which needs neither the interpreter nor its lock.
    """
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)


def limit_resources(memory_mb: int) -> None:
    """Bound what a picture can make this process take."""
    memory = memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024 * 1024, 64 * 1024 * 1024))
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_processor(seconds: float) -> None:
    """Let the kernel end a conversion that spins for longer than its supervisor would wait."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    # Several threads may burn a processor each; the supervisor's clock is the limit, this only its backstop.
    allowance = int(used.ru_utime + used.ru_stime + seconds * (os.cpu_count() or 1)) + 5
    resource.setrlimit(resource.RLIMIT_CPU, (allowance, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def warm_up() -> None:
    """Let the engine convert once, so that no user waits for what it loads."""
    dot = np.zeros((16, 16, 4), np.uint8)
    dot[4:12, 4:12] = 255
    conversion.convert(dot, Options(), Limits())
    gc.freeze()


def _answer(line: Line, order: dict[str, Any], picture: bytes) -> None:
    limit_processor(order["seconds"])
    try:
        result = conversion.convert(
            picture, Options(**order["options"]), Limits(**order["limits"]), run=_reporting(line)
        )
    except MemoryError:
        line.send({"error": _too_hungry(order["memory_mb"]).as_dict()})
        os._exit(1)  # what is left of the heap is not to be trusted
    except SvgaiError as error:
        line.send({"error": error.as_dict()})
    except Exception as error:  # noqa: BLE001 - a fault of ours, not of the picture: told, not hidden
        failed = TracingFailed(f"The tracer failed on this picture ({type(error).__name__}).")
        sys.excepthook(type(error), error, error.__traceback__)
        line.send({"error": failed.as_dict()})
    else:
        line.send({"facts": result.facts()}, result.svg.encode())


def _too_hungry(limit: int) -> ConversionTooHungry:
    return ConversionTooHungry(f"The conversion took more than {limit} MB of memory, the limit.", limit=limit)


def _reporting(line: Line) -> conversion.Run:
    """A way to call the stages that says first which one is next."""

    def run(stage: Callable[..., Any], /, *inputs: Any) -> Any:
        phase = stage.__name__
        line.send({"phase": phase, "percent": 100 * conversion.PHASES.index(phase) // len(conversion.PHASES)})
        return stage(*inputs)

    return run


if __name__ == "__main__":
    main()
