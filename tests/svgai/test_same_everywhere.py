"""The same picture gives the same drawing, to the last bit, whatever the machine has to reckon with."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

TRACED = """
import hashlib
import sys

from bench.drawings import DRAWINGS
from bench.rendering import draw
from svgai import Limits, Options, conversion

told = hashlib.sha256()


def run(stage, *inputs):
    made = stage(*inputs)
    if stage.__name__ == "refine":
        for curve in made.curves:
            told.update(curve.nodes.tobytes() + curve.handles.tobytes())
    return made


for name in ("badge", "letters", "honeycomb", "buttons"):
    svg = conversion.convert(draw(DRAWINGS[name](), 96, 96), Options(method="optimised"), Limits(), run=run).svg
    told.update(svg.encode())
sys.stdout.write(told.hexdigest())
"""

MACHINES = {
    "one thread": {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    "old linear algebra": {"OPENBLAS_CORETYPE": "Prescott"},
    "no wide registers": {"NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512F AVX512_SKX AVX2 FMA3"},
    "other order of sets": {"PYTHONHASHSEED": "7"},
}


def traced(**environment: str) -> str:
    command = [sys.executable, "-W", "ignore", "-c", TRACED]
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture(scope="module")
def here() -> str:
    return traced()


@pytest.mark.parametrize("machine", MACHINES)
def test_every_machine_traces_alike(here: str, machine: str) -> None:
    assert len(here) == 64
    assert traced(**MACHINES[machine]) == here
