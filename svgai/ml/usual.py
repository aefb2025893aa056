"""What is usual of each feature, and the most that a picture can have of it: for whoever knows only some of them.

The usual values are the medians over 4,548 pictures of `svgai train data`, whole and damaged. Nothing is imported here,
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
        "pixels": Usual(13.691, 40),
        "least_side": Usual(6.615, 20),
        "elongation": Usual(0.376, 20),
        "clear": Usual(0, 1),
        "translucent": Usual(0, 1),
        "equal_steps": Usual(0.702, 1),
        "faint_steps": Usual(0.079, 1),
        "small_steps": Usual(0.06, 1),
        "strong_steps": Usual(0.026, 1),
        "colours": Usual(9.273, 32),
        "first_colour": Usual(0.577, 1),
        "four_colours": Usual(0.802, 1),
        "sixteen_colours": Usual(0.913, 1),
        "inks": Usual(2, 9),
        "colour_entropy": Usual(2.55, 16),
        "other_entropy": Usual(4.819, 16),
        "grey": Usual(0.249, 1),
        "unexplained": Usual(0.057, 1),
        "plain_border": Usual(0.999, 1),
        "abrupt": Usual(0.046, 1),
        "narrow": Usual(0.528, 1),
        "wide": Usual(0.19, 1),
        "long": Usual(0.007, 1),
        "edge_width": Usual(1.994, 16),
        "blended": Usual(0.943, 1),
        "frayed": Usual(0.883, 1),
        "slopes": Usual(0.027, 1),
        "steep": Usual(0.048, 1),
        "far_slopes": Usual(0.024, 1),
        "edge_density": Usual(0.091, 1),
        "edges": Usual(10.242, 40),
        "coherence": Usual(0.811, 1),
        "corners": Usual(0.114, 1),
        "flat_blocks": Usual(0.427, 1),
        "ramp_blocks": Usual(0.01, 1),
        "two_tone_blocks": Usual(0.207, 1),
        "far_flat": Usual(0.359, 1),
        "far_ramps": Usual(0.013, 1),
        "far_texture": Usual(0.173, 1),
        "noise": Usual(0, 8),
        "ripple": Usual(0.619, 8),
        "blockiness": Usual(0.11, 1),
        "grid": Usual(0.052, 1),
        "components": Usual(2.807, 40),
        "letters": Usual(0.278, 1),
        "letter_count": Usual(1.585, 40),
        "letter_area": Usual(0.042, 1),
        "alike_heights": Usual(0.482, 1),
        "lined_up": Usual(0, 1),
        "pen": Usual(0.222, 256),
        "uneven_pen": Usual(0, 256),
        "crossings": Usual(1, 256),
        "spacing": Usual(0.462, 4),
        "line_letters": Usual(1, 40),
        "in_lines": Usual(0, 1),
        "line_width": Usual(0.125, 1),
        "line_bend": Usual(0, 1),
        "letter_variety": Usual(0, 1),
        "strokes_across": Usual(1.717, 40),
        "strokes_down": Usual(1.454, 40),
        "even_strokes": Usual(0.591, 1),
        "bands": Usual(1, 40),
        "band_height": Usual(0.656, 1),
        "thin": Usual(0.231, 1),
        "fine_detail": Usual(0.318, 1),
        "busy": Usual(0.999, 1),
        "lost_specks": Usual(6.169, 16),
        "lost_detail": Usual(5.743, 16),
        "lost_shades": Usual(4.131, 16),
        "lost_shapes": Usual(6.085, 16),
        "lost_parts": Usual(7.409, 16),
        "lost_mixes": Usual(1.858, 16),
        "lost_blur": Usual(5.976, 16),
        "tried_lost": Usual(6.621, 16),
        "tried_paths": Usual(2.518, 40),
    }
)
"""By the names of `svgai.ml.features.NAMES`, in that order."""
