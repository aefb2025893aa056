"""What is usual of each feature, and the most that a picture can have of it: for whoever knows only some of them.

The usual values are the medians over 1,318 pictures of `svgai train data`, whole and damaged. Nothing is imported here,
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
        "pixels": Usual(13.63, 40),
        "least_side": Usual(6.6, 20),
        "elongation": Usual(0.376, 20),
        "clear": Usual(0, 1),
        "translucent": Usual(0, 1),
        "equal_steps": Usual(0.715, 1),
        "faint_steps": Usual(0.078, 1),
        "small_steps": Usual(0.056, 1),
        "strong_steps": Usual(0.026, 1),
        "colours": Usual(9.145, 32),
        "first_colour": Usual(0.596, 1),
        "four_colours": Usual(0.801, 1),
        "sixteen_colours": Usual(0.913, 1),
        "inks": Usual(2, 9),
        "colour_entropy": Usual(2.479, 16),
        "other_entropy": Usual(4.8, 16),
        "grey": Usual(0.227, 1),
        "unexplained": Usual(0.062, 1),
        "plain_border": Usual(0.999, 1),
        "abrupt": Usual(0.05, 1),
        "narrow": Usual(0.542, 1),
        "wide": Usual(0.182, 1),
        "long": Usual(0.005, 1),
        "edge_width": Usual(1.979, 16),
        "blended": Usual(0.938, 1),
        "frayed": Usual(0.833, 1),
        "slopes": Usual(0.027, 1),
        "steep": Usual(0.045, 1),
        "far_slopes": Usual(0.026, 1),
        "edge_density": Usual(0.09, 1),
        "edges": Usual(10.195, 40),
        "coherence": Usual(0.808, 1),
        "corners": Usual(0.118, 1),
        "flat_blocks": Usual(0.429, 1),
        "ramp_blocks": Usual(0.009, 1),
        "two_tone_blocks": Usual(0.204, 1),
        "far_flat": Usual(0.371, 1),
        "far_ramps": Usual(0.016, 1),
        "far_texture": Usual(0.167, 1),
        "noise": Usual(0, 8),
        "ripple": Usual(0.581, 8),
        "blockiness": Usual(0.11, 1),
        "grid": Usual(0.052, 1),
        "components": Usual(2.807, 40),
        "letters": Usual(0.25, 1),
        "letter_count": Usual(1.585, 40),
        "letter_area": Usual(0.037, 1),
        "alike_heights": Usual(0.5, 1),
        "lined_up": Usual(0, 1),
        "pen": Usual(0.218, 256),
        "uneven_pen": Usual(0, 256),
        "crossings": Usual(1, 256),
        "spacing": Usual(0.357, 4),
        "line_letters": Usual(1, 40),
        "in_lines": Usual(0, 1),
        "line_width": Usual(0.125, 1),
        "line_bend": Usual(0, 1),
        "letter_variety": Usual(0, 1),
        "strokes_across": Usual(1.688, 40),
        "strokes_down": Usual(1.418, 40),
        "even_strokes": Usual(0.582, 1),
        "bands": Usual(1, 40),
        "band_height": Usual(0.636, 1),
        "thin": Usual(0.237, 1),
        "fine_detail": Usual(0.32, 1),
        "busy": Usual(0.999, 1),
        "lost_specks": Usual(6.088, 16),
        "lost_detail": Usual(5.682, 16),
        "lost_shades": Usual(4.137, 16),
        "lost_shapes": Usual(6.026, 16),
        "lost_parts": Usual(7.367, 16),
        "lost_mixes": Usual(1.796, 16),
        "lost_blur": Usual(5.994, 16),
    }
)
"""By the names of `svgai.ml.features.NAMES`, in that order."""
