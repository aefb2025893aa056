"""What is usual of each feature, and the most that a picture can have of it: for whoever knows only some of them.

The usual values are the medians over 7,068 pictures of `svgai train data`, whole and damaged. Nothing is imported here,
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
        "pixels": Usual(13.64, 40),
        "least_side": Usual(6.585, 20),
        "elongation": Usual(0.376, 20),
        "clear": Usual(0, 1),
        "translucent": Usual(0, 1),
        "equal_steps": Usual(0.679, 1),
        "faint_steps": Usual(0.091, 1),
        "small_steps": Usual(0.067, 1),
        "strong_steps": Usual(0.026, 1),
        "colours": Usual(9.388, 32),
        "first_colour": Usual(0.568, 1),
        "four_colours": Usual(0.789, 1),
        "sixteen_colours": Usual(0.904, 1),
        "inks": Usual(2, 9),
        "colour_entropy": Usual(2.687, 16),
        "other_entropy": Usual(4.914, 16),
        "grey": Usual(0.264, 1),
        "unexplained": Usual(0.06, 1),
        "plain_border": Usual(1, 1),
        "abrupt": Usual(0.041, 1),
        "narrow": Usual(0.501, 1),
        "wide": Usual(0.218, 1),
        "long": Usual(0.01, 1),
        "edge_width": Usual(2.063, 16),
        "blended": Usual(0.939, 1),
        "frayed": Usual(0.926, 1),
        "slopes": Usual(0.034, 1),
        "steep": Usual(0.062, 1),
        "far_slopes": Usual(0.03, 1),
        "edge_density": Usual(0.092, 1),
        "edges": Usual(10.2, 40),
        "coherence": Usual(0.808, 1),
        "corners": Usual(0.115, 1),
        "flat_blocks": Usual(0.417, 1),
        "ramp_blocks": Usual(0.012, 1),
        "two_tone_blocks": Usual(0.204, 1),
        "far_flat": Usual(0.35, 1),
        "far_ramps": Usual(0.013, 1),
        "far_texture": Usual(0.181, 1),
        "noise": Usual(0, 8),
        "ripple": Usual(0.657, 8),
        "blockiness": Usual(0.116, 1),
        "grid": Usual(0.052, 1),
        "components": Usual(2.807, 40),
        "letters": Usual(0.273, 1),
        "letter_count": Usual(1.585, 40),
        "letter_area": Usual(0.039, 1),
        "alike_heights": Usual(0.465, 1),
        "lined_up": Usual(0, 1),
        "pen": Usual(0.219, 256),
        "uneven_pen": Usual(0, 256),
        "crossings": Usual(1, 256),
        "spacing": Usual(0.437, 4),
        "line_letters": Usual(1, 40),
        "in_lines": Usual(0, 1),
        "line_width": Usual(0.122, 1),
        "line_bend": Usual(0, 1),
        "letter_variety": Usual(0, 1),
        "strokes_across": Usual(1.718, 40),
        "strokes_down": Usual(1.451, 40),
        "even_strokes": Usual(0.588, 1),
        "bands": Usual(1, 40),
        "band_height": Usual(0.656, 1),
        "thin": Usual(0.231, 1),
        "fine_detail": Usual(0.316, 1),
        "busy": Usual(1, 1),
        "lost_detail": Usual(5.82, 16),
        "lost_shades": Usual(4.28, 16),
        "lost_shapes": Usual(6.124, 16),
        "lost_parts": Usual(7.446, 16),
        "lost_mixes": Usual(2.254, 16),
        "lost_blur": Usual(6.006, 16),
        "tried_lost": Usual(6.983, 16),
        "tried_paths": Usual(5.358, 40),
        "tried_share": Usual(1, 1),
    }
)
"""By the names of `svgai.ml.features.NAMES`, in that order."""
