"""What is usual of each feature, and the most that a picture can have of it: for whoever knows only some of them.

The usual values are the medians over 10,064 pictures of `svgai train data`, whole and damaged. Nothing is imported
here, so that a web process knows the names without loading numpy.
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
        "pixels": Usual(13.629, 40),
        "least_side": Usual(6.585, 20),
        "elongation": Usual(0.376, 20),
        "clear": Usual(0, 1),
        "translucent": Usual(0, 1),
        "equal_steps": Usual(0.675, 1),
        "faint_steps": Usual(0.096, 1),
        "small_steps": Usual(0.071, 1),
        "strong_steps": Usual(0.025, 1),
        "colours": Usual(9.437, 32),
        "first_colour": Usual(0.565, 1),
        "four_colours": Usual(0.788, 1),
        "sixteen_colours": Usual(0.903, 1),
        "inks": Usual(2, 9),
        "colour_entropy": Usual(2.713, 16),
        "other_entropy": Usual(4.957, 16),
        "grey": Usual(0.273, 1),
        "unexplained": Usual(0.061, 1),
        "plain_border": Usual(1, 1),
        "abrupt": Usual(0.04, 1),
        "narrow": Usual(0.489, 1),
        "wide": Usual(0.232, 1),
        "long": Usual(0.011, 1),
        "edge_width": Usual(2.084, 16),
        "blended": Usual(0.934, 1),
        "frayed": Usual(0.938, 1),
        "slopes": Usual(0.038, 1),
        "steep": Usual(0.066, 1),
        "far_slopes": Usual(0.033, 1),
        "edge_density": Usual(0.091, 1),
        "edges": Usual(10.157, 40),
        "coherence": Usual(0.806, 1),
        "corners": Usual(0.116, 1),
        "flat_blocks": Usual(0.417, 1),
        "ramp_blocks": Usual(0.012, 1),
        "two_tone_blocks": Usual(0.2, 1),
        "far_flat": Usual(0.354, 1),
        "far_ramps": Usual(0.014, 1),
        "far_texture": Usual(0.182, 1),
        "noise": Usual(0, 8),
        "ripple": Usual(0.665, 8),
        "blockiness": Usual(0.119, 1),
        "grid": Usual(0.052, 1),
        "components": Usual(2.807, 40),
        "letters": Usual(0.273, 1),
        "letter_count": Usual(1.585, 40),
        "letter_area": Usual(0.039, 1),
        "alike_heights": Usual(0.455, 1),
        "lined_up": Usual(0, 1),
        "pen": Usual(0.219, 256),
        "uneven_pen": Usual(0, 256),
        "crossings": Usual(1, 256),
        "spacing": Usual(0.375, 4),
        "line_letters": Usual(1, 40),
        "in_lines": Usual(0, 1),
        "line_width": Usual(0.118, 1),
        "line_bend": Usual(0, 1),
        "letter_variety": Usual(0, 1),
        "strokes_across": Usual(1.713, 40),
        "strokes_down": Usual(1.436, 40),
        "even_strokes": Usual(0.588, 1),
        "bands": Usual(1, 40),
        "band_height": Usual(0.656, 1),
        "thin": Usual(0.23, 1),
        "fine_detail": Usual(0.313, 1),
        "busy": Usual(1, 1),
        "lost_detail": Usual(5.796, 16),
        "lost_shades": Usual(4.325, 16),
        "lost_shapes": Usual(6.123, 16),
        "lost_parts": Usual(7.439, 16),
        "lost_mixes": Usual(2.364, 16),
        "lost_blur": Usual(5.985, 16),
        "tried_lost": Usual(6.968, 16),
        "tried_paths": Usual(5.329, 40),
        "tried_share": Usual(1, 1),
        "mapped_lost": Usual(5.035, 16),
        "mapped_regions": Usual(7.119, 40),
        "mapped_inks": Usual(3.17, 9),
    }
)
"""By the names of `svgai.ml.features.NAMES`, in that order."""
