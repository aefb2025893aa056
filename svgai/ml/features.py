"""The features of a picture: what is measured of it before anything is traced, one number each.

One set serves the classifier, the predictor and the router. Sizes and counts are logarithms (base 2), the rest are
mostly shares. Importing this loads nothing but numpy; the first measurement loads the compiled loops.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from svgai.picture import Picture

VERSION: Final = 6
"""Counts up when a feature is added, removed or measured otherwise: a model takes those that it was trained on."""

MEANINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        # Size
        "pixels": "log2 of the number of pixels",
        "least_side": "log2 of the shorter side",
        "elongation": "log2 of the longer side over the shorter",
        # Opacity
        "clear": "share of pixels that are wholly transparent",
        "translucent": "share of pixels that are neither opaque nor transparent",
        # From a pixel to the next, in rows and columns
        "equal_steps": "share of neighbours that are equal",
        "faint_steps": "share of neighbours 1 to 4 levels apart: slow gradients, noise",
        "small_steps": "share of neighbours 5 to 24 levels apart: JPEG, blur, shading",
        "strong_steps": "share of neighbours more than 64 levels apart",
        # Colours
        "colours": "log2 of the number of different colours",
        "first_colour": "share of the most frequent colour, to 5 bits a channel",
        "four_colours": "share of the four most frequent together",
        "sixteen_colours": "share of the sixteen most frequent together",
        "inks": "log2 of the number of colours that fill places where nothing changes",
        "colour_entropy": "bits that a pixel's colour tells",
        "other_entropy": "the same of pixels that are not in the most frequent colour",
        "grey": "share of pixels without a hue",
        "unexplained": "share of pixels that are no mix of two inks",
        "plain_border": "share of the border in its most frequent colour",
        # Transitions: runs of change along a row or column, each as heavy as it is high
        "abrupt": "share that has no pixel between: aliased, or exactly on the grid",
        "narrow": "share with one or two pixels between: a sharp edge, smoothed",
        "wide": "share with three to seven pixels between: blurred or enlarged",
        "long": "share with more",
        "edge_width": "log2 of the mean number of steps",
        "blended": "share of pixels inside short transitions that are a mix of both ends",
        "frayed": "share of transitions beside which it is not quite still: JPEG, noise, ringing",
        "slopes": "share of pixels on slow slopes: where nothing changes, and yet it is not level from end to end",
        "steep": "share of such stretches, level or not, that are slopes",
        "far_slopes": "share of pixels on slow slopes, seen from afar",
        # Edges
        "edge_density": "share of pixels at an edge",
        "edges": "log2 of the number of pixels at an edge",
        "coherence": "how much of the change around an edge has one direction",
        "corners": "share of pixels at an edge around which it has none",
        # Blocks of 8 x 8
        "flat_blocks": "share in one colour",
        "ramp_blocks": "share in which the colour changes evenly",
        "two_tone_blocks": "share of two colours: an edge between flat areas",
        "far_flat": "share in one colour, seen from afar",
        "far_ramps": "share in which the colour changes evenly, seen from afar",
        "far_texture": "share that is neither flat nor a ramp nor of two tones, seen from afar",
        # Damage
        "noise": "log2 of one plus the deviation of the noise, in levels",
        "ripple": "mean small change from pixel to pixel where there is no edge, in levels",
        "blockiness": "how much more changes at the borders of blocks of 8 x 8 than inside",
        "grid": "how far all change keeps to every n-th row and column: pixel art, enlarged",
        # Things on the ground
        "components": "log2 of the number of connected parts in black and white",
        "letters": "share of parts that might be letters, by height, breadth and fill",
        "letter_count": "log2 of their number",
        "letter_area": "share of the picture that their boxes cover",
        "alike_heights": "share of these with nearly the median height",
        "lined_up": "share of these that stand on one line with another",
        "pen": "how broad the strokes of letters are along a row, in heights of the letter",
        "uneven_pen": "how much that differs from letter to letter, as a share",
        "crossings": "how many strokes a row meets in a letter",
        "spacing": "how far it is from a letter to the next on its line, in heights",
        "line_letters": "log2 of the number of letters of the longest line",
        "in_lines": "share of letters that are in lines of three or more",
        "line_width": "how far the longest line reaches, as a share of the picture's width",
        "line_bend": "how far its letters stand off the middle of their feet, in heights",
        "letter_variety": "how much its letters differ in breadth, in heights",
        "strokes_across": "log2 of the number of strokes that a row with ink meets",
        "strokes_down": "the same of columns",
        "even_strokes": "share of strokes along rows that are about as broad as most",
        "bands": "log2 of the number of groups of rows with ink that are apart",
        "band_height": "their height, as a share of the picture's",
        "thin": "share of the ink that goes when one pixel is taken off all round",
        "fine_detail": "share of the contrast that two pixels of blur take away",
        # What tracing would lose: log2 of the thousandths of SSIM that go when a sample of the picture is made simpler
        "busy": "share of cells in which anything changes",
        "lost_detail": "without what is smaller than five pixels (median)",
        "lost_shades": "in its main colours alone, each pixel in the nearest",
        "lost_shapes": "the same without specks",
        "lost_parts": "the same without parts smaller than five pixels",
        "lost_mixes": "in its main colours, but for pixels where they meet",
        "lost_blur": "with a pixel of blur",
        "tried_lost": "by the baseline, which is let try the picture or cells of it",
        "tried_paths": "log2 of the number of paths that it takes",
        "tried_share": "share of what changes that it was let try",
        "mapped_lost": "in our own tracer's map of the picture or of cells of it, before curves are fitted",
        "mapped_regions": "log2 of the number of its regions",
        "mapped_inks": "log2 of the number of its inks",
    }
)

NAMES: Final = tuple(MEANINGS)
"""The order of the values."""


@dataclass(frozen=True, eq=False)
class Features:
    """What was measured of a picture."""

    values: NDArray[np.float32]
    """In the order of `NAMES`; all finite."""

    def __getitem__(self, name: str) -> float:
        return float(self.values[NAMES.index(name)])

    def facts(self) -> dict[str, float]:
        """All by name, rounded to what they are worth."""
        return {name: round(float(value), 5) for name, value in zip(NAMES, self.values, strict=True)}

    @classmethod
    def named(cls, facts: Mapping[str, float]) -> Features:
        """The features of these names, all of which must be there."""
        return cls(np.array([facts[name] for name in NAMES], dtype=np.float32))


def measure_features(picture: Picture) -> Features:
    """Measure a picture; the same pixels always give the same values."""
    from svgai.ml.measuring import measure_all

    measured = measure_all(picture)
    return Features(np.array([measured[name] for name in NAMES], dtype=np.float32))
