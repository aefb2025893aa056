"""Compiled loops: plain numbers and arrays in and out, no classes and no exceptions across the border."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]
Numbers: TypeAlias = NDArray[np.float64]
Indices: TypeAlias = NDArray[np.int16]
Integers: TypeAlias = NDArray[np.int32]
Flags: TypeAlias = NDArray[np.bool_]
Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(function: Kernel) -> Kernel:
    """Compile a loop, and keep the machine code where that is possible: a read-only disk must not stop the program.

    Sums are added up in the order in which they are written, so that every machine finds the same.
    """
    try:
        made: Kernel = numba.njit(cache=True, error_model="numpy")(function)
    except RuntimeError:
        made = numba.njit(error_model="numpy")(function)
    return made
