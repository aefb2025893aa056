"""What is usual of each feature, and the most that a picture can have of it: for whoever knows only some of them.

The usual values are the medians over 1,000 pictures of `svgai train data`, whole and damaged. Nothing is imported here,
so that a web process knows the names without loading numpy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True)
class Usual:
    """What is known of a feature of a picture that nobody has seen; none is ever less than 0."""

    value: float
    most: float


USUAL: Final[Mapping[str, Usual]] = MappingProxyType(
    {
        "pixels": Usual(13.615, 40),
        "least_side": Usual(6.585, 20),
        "elongation": Usual(0.377, 20),
        "clear": Usual(0, 1),
        "translucent": Usual(0, 1),
        "equal_steps": Usual(0.622, 1),
        "faint_steps": Usual(0.117, 1),
        "small_steps": Usual(0.089, 1),
        "strong_steps": Usual(0.021, 1),
        "colours": Usual(9.607, 32),
        "first_colour": Usual(0.503, 1),
        "four_colours": Usual(0.726, 1),
        "sixteen_colours": Usual(0.872, 1),
        "inks": Usual(2, 9),
        "colour_entropy": Usual(3.219, 16),
        "other_entropy": Usual(5.212, 16),
        "grey": Usual(0.155, 1),
        "unexplained": Usual(0.052, 1),
        "plain_border": Usual(0.999, 1),
        "abrupt": Usual(0.035, 1),
        "narrow": Usual(0.421, 1),
        "wide": Usual(0.259, 1),
        "long": Usual(0.015, 1),
        "edge_width": Usual(2.157, 16),
        "blended": Usual(0.933, 1),
        "frayed": Usual(0.966, 1),
        "slopes": Usual(0.05, 1),
        "steep": Usual(0.115, 1),
        "far_slopes": Usual(0.045, 1),
        "edge_density": Usual(0.079, 1),
        "edges": Usual(9.926, 40),
        "coherence": Usual(0.79, 1),
        "corners": Usual(0.111, 1),
        "flat_blocks": Usual(0.367, 1),
        "ramp_blocks": Usual(0.011, 1),
        "two_tone_blocks": Usual(0.185, 1),
        "far_flat": Usual(0.306, 1),
        "far_ramps": Usual(0.012, 1),
        "far_texture": Usual(0.194, 1),
        "noise": Usual(0, 8),
        "ripple": Usual(0.723, 8),
        "blockiness": Usual(0.108, 1),
        "grid": Usual(0.048, 1),
        "components": Usual(3, 40),
        "letters": Usual(0.25, 1),
        "letter_count": Usual(1.585, 40),
        "letter_area": Usual(0.039, 1),
        "alike_heights": Usual(0.523, 1),
        "lined_up": Usual(0, 1),
        "pen": Usual(0.246, 256),
        "uneven_pen": Usual(0, 256),
        "crossings": Usual(1, 256),
        "spacing": Usual(0.8, 4),
        "thin": Usual(0.251, 1),
        "fine_detail": Usual(0.319, 1),
    }
)
"""By the names of `svgai.ml.features.NAMES`, in that order."""
