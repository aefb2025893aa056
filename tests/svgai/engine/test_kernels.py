"""Kernels run wherever the program does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_a_place_where_no_machine_code_can_be_kept_does_not_stop_the_program(tmp_path: Path) -> None:
    (tmp_path / "__pycache__").write_text("a file where the folder should be")
    (tmp_path / "doubling.py").write_text(
        "from svgai.engine.kernels import compiled\n\n\n@compiled\ndef double(x: int) -> int:\n    return 2 * x\n"
    )
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import doubling"
    environment = {"HOME": "/proc/nowhere", "XDG_CACHE_HOME": "/proc/nowhere", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", f"{program}; print(doubling.double(21))"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "42"
