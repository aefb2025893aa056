"""What the engine sees in a picture: everything that the tracer finds on its way, and facts about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numpy as np

from svgai.conversion import plainly, take_in
from svgai.cover import Cover, Inks
from svgai.drawing import Circle, Drawing, Ellipse, Form, Path, Rectangle
from svgai.methods import USUAL
from svgai.options import Limits, Options
from svgai.picture import Picture, Source
from svgai.regions import Boundaries, Regions
from svgai.strands import Curve, Network, Strands
from svgai.tracing import NoDrawing, trace_flat

T = TypeVar("T")

UNEXPLAINED = 10.0
"""A pixel this far from every mix is none that the engine understands."""

_USUAL = Options()


@dataclass(frozen=True, eq=False)
class Analysis:
    """A picture, and all that was found in it."""

    picture: Picture
    found: Mapping[str, Any]
    """What each stage of `svgai.tracing.trace_flat` found when it last ran, by the stage's name, in that order."""
    drawing: Drawing | None
    """None where the tracer gave up: the picture is no flat drawing."""
    fitted: Drawing | None
    """What it would be if no stage had moved the curves after they were fitted."""

    def last(self, kind: type[T]) -> T | None:
        """The last thing of a kind that a stage found, if any did."""
        return next((each for each in reversed(list(self.found.values())) if isinstance(each, kind)), None)

    def facts(self) -> dict[str, Any]:
        """The findings as plain data; None where the tracer did not get so far."""
        return {
            "width": self.picture.width,
            "height": self.picture.height,
            **self._facts_of_the_map(),
            **self._facts_of_the_curves(),
            **self._facts_of_the_drawing(),
            "given_up_after": None if self.drawing else next(reversed(list(self.found)), None),
            "warnings": list(self.picture.warnings),
        }

    def _facts_of_the_map(self) -> dict[str, Any]:
        inks, cover = self.last(Inks), self.last(Cover)
        return {
            "inks": _inks(inks, cover) if inks and cover else [],
            "regions": _size(self.last(Regions)),
            "boundaries": _size(self.last(Boundaries)),
            "edges": cover and round(float((~cover.is_pure).mean()), 4),
            "unexplained": cover and round(float((cover.misfit > UNEXPLAINED).mean()), 4),
        }

    def _facts_of_the_curves(self) -> dict[str, Any]:
        strands, network = self.last(Strands), self.last(Network)
        primitives = self.found.get("refine_shapes", self.found.get("find_shapes"))
        forms = Counter(type(form) for form in primitives.values()) if primitives is not None else None
        is_line = np.concatenate([[], *(curve.is_line for curve in network.curves)]) if network else None
        return {
            "strands": _size(strands),
            "joints": None if strands is None else len(strands.joints),
            "joints_run_through": network and int((network.hosts >= 0).sum()),
            "corners": network and sum(len(corners_of(curve)) for curve in network.curves),
            "lines": None if is_line is None else int(is_line.sum()),
            "cubics": None if is_line is None else int((is_line == 0).sum()),
            **{name: None if forms is None else forms[kind] for name, kind in RECOGNISED.items()},
        }

    def _facts_of_the_drawing(self) -> dict[str, Any]:
        drawing = self.drawing
        return {
            "shapes": drawing and drawing.paths,
            "segments": drawing and drawing.segments,
            "numbers": drawing and sum(_numbers(form) for shape in drawing.shapes for form in shape.forms),
        }


RECOGNISED: Mapping[str, type[Form]] = {"circles": Circle, "ellipses": Ellipse, "rectangles": Rectangle}
"""The forms that a ring may be found to be."""


def analyze(source: Source, limits: Limits, options: Options = _USUAL) -> Analysis:
    """Trace a picture, and keep what each stage found."""
    picture = take_in(source, limits, plainly)
    method = USUAL if options.method == "auto" else options.method
    witness = Witness()
    try:
        *_, drawing = trace_flat(picture, options, method, witness)
    except NoDrawing:
        return Analysis(picture, witness.found, None, None)
    *_, fitted = trace_flat(picture, options, method, witness.unmoving)
    return Analysis(picture, witness.found, drawing, fitted)


class Witness:
    """A way to run stages that keeps what each of them found, when it last ran."""

    def __init__(self) -> None:
        self.found: dict[str, Any] = {}

    def __call__(self, stage: Callable[..., T], /, *inputs: Any) -> T:
        found = stage(*inputs)
        self.found.pop(stage.__name__, None)  # so that what ran last comes last
        self.found[stage.__name__] = found
        return found

    def unmoving(self, stage: Callable[..., T], /, *inputs: Any) -> T:
        """Run no stage again but the one that makes the drawing, and leave curves and forms as they were found."""
        known = self.found.get(stage.__name__)
        if type(known) is type(inputs[0]):
            known = inputs[0]
        return stage(*inputs) if isinstance(known, Drawing) else cast("T", known)


def corners_of(curve: Curve) -> list[int]:
    """The nodes where the direction changes; the ends of an open curve are none."""
    inner = range(len(curve.nodes)) if curve.is_ring else range(1, len(curve.nodes) - 1)
    return [node for node in inner if not curve.is_smooth[node]]


def name_of(inks: Inks, index: int) -> str:
    """An ink as people write it."""
    ink = inks[index]
    if not ink.opacity:
        return "none"
    return f"#{ink.red:02x}{ink.green:02x}{ink.blue:02x}" + (f" at {ink.opacity:.0%}" if ink.opacity < 1 else "")


def _inks(inks: Inks, cover: Cover) -> list[dict[str, Any]]:
    shares = np.bincount(cover.first.ravel(), minlength=len(inks)) / cover.first.size
    return [{"colour": name_of(inks, index), "share": round(float(share), 4)} for index, share in enumerate(shares)]


def _size(found: Any) -> int | None:
    return None if found is None else len(found)


def _numbers(form: Form) -> int:
    """How many numbers it takes to say a form."""
    if isinstance(form, Path):
        return 2 * len(form.points)
    return sum(1 for name, value in vars(form).items() if name != "is_hole" and (value or name in "xy"))
