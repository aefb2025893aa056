"""The phases of a conversion: the names of all stages that may be run, in order."""

from __future__ import annotations

from typing import Final

FITTING: Final = (
    "find_inks",
    "unmix",
    "find_regions",
    "find_boundaries",
    "find_outlines",
    "find_strands",
    "fit_curves",
    "find_shapes",
    "align",
    "aim",
    "refine",
    "stack",
)
SEARCHING: Final = ("unsample", "simplify", "refine_shapes", "match_twins", "even", "snap")
TRACING: Final = (*FITTING, *SEARCHING)
"""The stages of `svgai.tracing.trace_flat`, to the first drawing and beyond.

A method may leave some out, or run one again and again.
"""
FINISHING: Final = ("write", "verify", "draw", "measure")
"""What each drawing goes through, whoever made it."""

PHASES: Final = (
    *("read_header", "decode", "measure_features", "advise"),
    *FITTING,
    *FINISHING,
    *SEARCHING,
    "trace_baseline",
)
"""The stages of a file's conversion, in the order in which they first come.

An array begins at `from_array` in place of the first two.
"""


def percent_at(phase: str) -> int:
    """How far a conversion is when it comes to a phase for the first time."""
    return 100 * PHASES.index(phase) // len(PHASES)
