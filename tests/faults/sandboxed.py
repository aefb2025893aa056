"""The child's side of the sandbox, which does what a poisoned picture tells it instead of drawing it."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable
from typing import Any

from workers import sandboxed

POISON = re.compile(rb"drill:(\w+)(?:=([\d.]+))?;")

Convert = Callable[[Any, dict[str, Any], bytes], tuple[dict[str, Any], bytes]]


def dose(kind: str, amount: float | None = None) -> str:
    """What to write into a picture: sleep=SECONDS, crash, hoard or spin."""
    return f"drill:{kind}={amount};" if amount is not None else f"drill:{kind};"


def _poisonable(convert: Convert) -> Convert:
    def obey(line: Any, order: dict[str, Any], picture: bytes) -> tuple[dict[str, Any], bytes]:
        found = POISON.search(picture[:512])
        if found:
            POISONS[found[1].decode()](float(found[2] or 0))
        return convert(line, order, picture)

    return obey


def _crash(_: float) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def _hoard(_: float) -> None:
    bytearray(8 << 30)


def _spin(_: float) -> None:
    while True:
        pass


POISONS: dict[str, Callable[[float], None]] = {"sleep": time.sleep, "crash": _crash, "hoard": _hoard, "spin": _spin}

if __name__ == "__main__":
    sandboxed.DOINGS["convert"] = _poisonable(sandboxed.DOINGS["convert"])
    sandboxed.main()
