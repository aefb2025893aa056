"""The phases of a conversion: the names of all stages that may be run, in order."""

from __future__ import annotations

from typing import Final

TRACING: Final = (
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
    "unsample",
    "simplify",
    "refine_shapes",
    "match_twins",
    "stack",
)
"""The stages of `svgai.tracing.trace_flat`; a method may leave some out, or run one again and again."""

PHASES: Final = (
    *("read_header", "decode", "measure_features", "advise"),
    *TRACING,
    *("trace_baseline", "write", "verify", "draw", "measure"),
)
"""The stages of a file's conversion. An array begins at `from_array` in place of the first two.

The last four are run for each drawing: for the method's own, again for the baseline's, and where the quality target
is missed, for those of other methods, which are traced then.
"""


def percent_at(phase: str) -> int:
    """How far a conversion is when it comes to a phase for the first time."""
    return 100 * PHASES.index(phase) // len(PHASES)
