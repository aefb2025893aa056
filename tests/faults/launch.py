"""Starts a process of the service with a fault built in: `python -m tests.faults.launch MODULE ARGUMENTS`.

The clock is off by FAULTY_CLOCK_SECONDS, and sandboxes are `tests.faults.sandboxed`. Everything else is the product.
"""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
import time
from typing import Any

CLOCK = "FAULTY_CLOCK_SECONDS"


class _Popen(subprocess.Popen[bytes]):
    def __init__(self, command: list[str], **options: Any) -> None:
        super().__init__([word.replace("workers.sandboxed", "tests.faults.sandboxed") for word in command], **options)


def main() -> None:
    subprocess.Popen = _Popen  # type: ignore[misc]
    offset = float(os.environ.get(CLOCK, "0"))
    if offset:
        now, now_ns = time.time, time.time_ns
        time.time = lambda: now() + offset
        time.time_ns = lambda: now_ns() + int(offset * 1e9)
    module, *sys.argv[1:] = sys.argv[1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
