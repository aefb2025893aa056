"""How a flat drawing is recovered from its pixels, one stage a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeVar

from svgai.drawing import Drawing
from svgai.engine.coverage import unmix
from svgai.engine.curves import fit_curves
from svgai.engine.fitting import refine_shapes
from svgai.engine.grid import snap
from svgai.engine.inks import find_inks
from svgai.engine.mapping import find_boundaries, find_regions
from svgai.engine.outlines import find_outlines
from svgai.engine.refine import refine
from svgai.engine.regularity import align
from svgai.engine.shapes import find_shapes
from svgai.engine.simplify import simplify
from svgai.engine.stacking import stack
from svgai.engine.stems import even
from svgai.engine.strands import find_strands
from svgai.engine.target import aim
from svgai.engine.twins import match_twins
from svgai.engine.unsample import unsample
from svgai.options import Options
from svgai.picture import Picture
from svgai.regions import Edges

T = TypeVar("T")


class Run(Protocol):
    """How stages are called."""

    def __call__(self, stage: Callable[..., T], /, *inputs: Any) -> T: ...


FIRST_STEPS, STEPS = 2, 8
"""How many steps of refinement are taken at most: by all methods, and each time once more by those that search."""
WORK = {"fast": (), "optimised": (6_000_000,), "refined": (6_000_000, 600_000_000, 600_000_000)}
"""How many pixels each method may paint in search of simpler curves, each time that it searches.

Each goes on where the one before it ends.
"""
MOST_REGIONS = 8_000
"""More than that is grain, not drawing..."""
GRAIN = 4_000, 200
"""...and so are more than that many with fewer pixels to each."""


class NoDrawing(Exception):
    """The picture is no flat drawing."""


def trace_flat(picture: Picture, options: Options, method: str, run: Run) -> Iterator[Drawing]:
    """Recover the drawing that a picture shows: after the first refinement, and again after each search."""
    inks = run(find_inks, picture, options.max_colors)
    cover = run(unmix, picture, inks)
    regions = run(find_regions, cover)
    if is_grain(len(regions), picture):
        raise NoDrawing
    boundaries = run(find_boundaries, regions)
    outlines = run(find_outlines, boundaries, regions, cover)
    strands = run(find_strands, outlines, regions, cover, inks)
    network = run(fit_curves, strands)
    primitives = run(find_shapes, network)
    if strands.edges is Edges.SQUARES:  # exact as they are
        yield run(stack, network, primitives, regions.labels, inks, options.cutout)
        return
    network = run(align, network)
    target = run(aim, strands, inks, cover, picture)
    network = run(refine, network, target, FIRST_STEPS)
    yield run(stack, network, primitives, regions.labels, inks, options.cutout)
    if WORK[method]:
        network = run(refine, network, target, STEPS)
    for work in WORK[method]:
        areas = run(unsample, network, primitives, target)
        network, primitives = run(simplify, (network, primitives), areas, work)
        primitives = run(refine_shapes, primitives, network, areas)
        network = run(align, network)
        areas = run(unsample, network, primitives, target)
        network = run(refine, network, areas, STEPS)
        primitives = run(refine_shapes, primitives, network, areas)
        matched = run(match_twins, network, primitives, target, work)
        evened = run(even, (matched, primitives), target)
        snapped = run(snap, evened, target)
        yield run(stack, *snapped, regions.labels, inks, options.cutout)


def is_grain(regions: int, picture: Picture) -> bool:
    """Whether so many regions are no drawing of what is seen."""
    many, room = GRAIN
    return regions > MOST_REGIONS or (many < regions and regions * room > picture.width * picture.height)
