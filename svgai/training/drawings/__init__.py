"""Drawings made by chance: each is one of a family, and the same seed makes the same drawing, byte for byte."""

from __future__ import annotations

from svgai.training.drawings.dice import Dice
from svgai.training.drawings.families import FAMILIES, Family, pick_family
from svgai.training.drawings.subjects import Subject

__all__ = ["FAMILIES", "Dice", "Family", "Subject", "make_drawing"]


def make_drawing(seed: int, index: int) -> Subject:
    """The drawing with this number in the set that this seed makes."""
    dice = Dice(seed, index)
    family = pick_family(dice)
    return Subject(
        name=f"{family.name}-{seed}-{index}",
        family=family.name,
        image_type=family.image_type,
        is_flat=family.is_flat,
        is_grid=family.is_grid,
        content=family.draw(dice),
    )
