"""The families of drawings: what each is called, what type its pictures are, and how often it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from svgai.ml.types import ImageType
from svgai.picture import Pixels
from svgai.training.drawings import flat, gradients, lettering, lines, mosaics, photos
from svgai.training.drawings.dice import Dice


@dataclass(frozen=True)
class Family:
    """Drawings of one kind."""

    image_type: ImageType
    draw: Callable[[Dice], str | Pixels]
    """SVG text, or pixels where no shapes could say it."""
    weight: float
    """How often it is drawn, among those of its type."""
    is_flat: bool = True
    is_grid: bool = False
    """Pixels that are to be made larger, without smoothing."""

    @property
    def name(self) -> str:
        return self.draw.__name__


_FLAT = {
    flat.emblem: 3, flat.creature: 1, flat.icon: 2, flat.icon_set: 1, flat.pattern: 1, flat.scene: 1.5, flat.chart: 1,
    lines.line_icon: 1.5, lines.engraving: 1, lines.sketch: 1, lines.circuit: 0.7, lines.border: 0.7,
}  # fmt: skip
_GRIDS = {mosaics.sprite: 1, mosaics.tiles: 0.7}
_LETTERS = {
    lettering.wordmark: 3, lettering.paragraph: 1.5, lettering.sign: 1.2, lettering.lockup: 1.5,
    lettering.monogram: 0.8,
}  # fmt: skip
_GRADIENTS = {
    gradients.app_icon: 1.5, gradients.shaded_logo: 1.5, gradients.spheres: 1, gradients.glow: 1, gradients.ribbons: 1,
    gradients.dusk: 1,
}  # fmt: skip
_PHOTOS = {
    photos.landscape: 2, photos.material: 1.5, photos.foliage: 1.5, photos.still_life: 1.5, photos.crystals: 1,
    photos.noise: 0.6,
}  # fmt: skip

FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        *(Family(ImageType.SIMPLE, draw, weight) for draw, weight in _FLAT.items()),
        *(Family(ImageType.SIMPLE, draw, weight, is_grid=True) for draw, weight in _GRIDS.items()),
        *(Family(ImageType.TEXT, draw, weight) for draw, weight in _LETTERS.items()),
        *(Family(ImageType.GRADIENT, draw, weight, is_flat=False) for draw, weight in _GRADIENTS.items()),
        *(Family(ImageType.COMPLEX, draw, weight, is_flat=False) for draw, weight in _PHOTOS.items()),
    )
}
"""Every family by the name of the function that draws it."""

SHARES = {ImageType.SIMPLE: 0.42, ImageType.TEXT: 0.24, ImageType.GRADIENT: 0.2, ImageType.COMPLEX: 0.14}
"""How much of the drawings is of each type: most of what people bring are logos."""


def pick_family(dice: Dice) -> Family:
    image_type = dice.weighed(SHARES)
    weights = {name: each.weight for name, each in FAMILIES.items() if each.image_type == image_type}
    return FAMILIES[dice.weighed(weights)]
