from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    "work",
    [
        "from pathlib import Path; from svgai.ml.store import load; load(Path('models/production'))",
        "from svgai.doctor import examine; examine()",
    ],
)
def test_the_machine_is_given_no_name(work: str, tmp_path: Path) -> None:
    """ONNX Runtime by itself writes one into the home folder, for its makers to be told."""
    homes = {name: str(tmp_path) for name in ("HOME", "XDG_CACHE_HOME")}
    program = f"{work}; import sys; assert 'onnxruntime' in sys.modules"
    where = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", program], cwd=where, env=os.environ | homes, check=True, capture_output=True)
    assert not [file for file in tmp_path.rglob("*") if "onnxruntime" in str(file).lower()]
