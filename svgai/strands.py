"""Strands: outlines that run on through joints, and the curves fitted to them.

Where the outline of a shape passes over another one, the map has a junction of three boundaries,
but the drawing has one edge that runs through and one that ends on it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from svgai.drawing import Circle, Ellipse, Rectangle
from svgai.regions import Edges

Numbers: TypeAlias = NDArray[np.float64]
Primitives: TypeAlias = Mapping[int, Circle | Ellipse | Rectangle]
"""Forms that whole strands are, by the strands' numbers."""


NOISE = 0.07
"""Pixels that points usually lie off an edge that was drawn smooth."""
_NOISE_OF_STAIRS = 0.2


def along(segment: Numbers, t: Numbers) -> Numbers:
    """Points of a segment (4 x 2), or of one for each t (4 x n x 2); n x 2."""
    t = t[:, None]
    s = 1 - t
    b0, b1, b2, b3 = s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t  # powers are not the same on all machines
    return np.asarray(b0 * segment[0] + b1 * segment[1] + b2 * segment[2] + b3 * segment[3])


def along_all(segments: Numbers, t: Numbers) -> Numbers:
    """The same points of each of n segments (n x 4 x 2); n x t x 2."""
    return along(segments.transpose(1, 0, 2)[:, :, None], t)


@dataclass(frozen=True)
class Stretch:
    """A part of a strand, from one joint to the next, with the regions on both sides."""

    left: int
    right: int


@dataclass(frozen=True, eq=False)
class Strand:
    """One edge of the drawing: an open line between two joints, or a ring."""

    points: Numbers
    """n x 2; a ring does not repeat its first point."""
    is_ring: bool
    stretches: tuple[Stretch, ...]
    joints: tuple[int, ...]
    """Joints passed: one between two stretches, in a ring another one behind the last."""
    marks: tuple[int, ...]
    """For each joint passed, the number of the first point behind it."""
    ends: tuple[int, int] | None
    """The joints where an open strand begins and ends."""


@dataclass(frozen=True, eq=False)
class Strands:
    """All strands of a picture. The paper is what lies under all: region `paper`, of ink `ground`."""

    all: tuple[Strand, ...]
    joints: Numbers
    """joints x 2, about where."""
    owners: NDArray[np.int64]
    """What each region of the map counts as: those that touch at a corner are one, as is all paper."""
    inks: NDArray[np.int16]
    """The ink of each region; the last one is the paper."""
    edges: Edges = Edges.SMOOTH
    """Those of the picture."""

    @property
    def noise(self) -> float:
        """Pixels that points usually lie off their edge."""
        return _NOISE_OF_STAIRS if self.edges is Edges.STAIRS else NOISE

    @property
    def paper(self) -> int:
        return len(self.inks) - 1

    @cached_property
    def ending(self) -> Mapping[int, Sequence[int]]:
        """The numbers of the strands that end at each joint."""
        found: dict[int, list[int]] = defaultdict(list)
        for number, strand in enumerate(self.all):
            for joint in strand.ends or ():
                found[joint].append(number)
        return found

    def __iter__(self) -> Iterator[Strand]:
        return iter(self.all)

    def __len__(self) -> int:
        return len(self.all)


@dataclass(frozen=True, eq=False)
class Curve:
    """A strand as lines and cubics. Segment i runs from node i to the next one, in a ring round to the first."""

    nodes: Numbers
    """nodes x 2."""
    is_smooth: NDArray[np.bool_]
    """Whether the direction does not change at a node."""
    is_line: NDArray[np.bool_]
    """One for each segment."""
    handles: Numbers
    """segments x 2 x 2: the two inner control points; those of lines mean nothing."""
    is_ring: bool

    def __len__(self) -> int:
        return len(self.is_line)

    @classmethod
    def joined(
        cls,
        nodes: Numbers,
        is_smooth: NDArray[np.bool_],
        is_line: NDArray[np.bool_],
        handles: Numbers,
        is_ring: bool = True,
    ) -> Curve:
        """A curve in which lines do not meet smoothly."""
        smooth = is_smooth.copy()
        smooth[: len(is_line)] &= ~(is_line & np.roll(is_line, 1))
        if not is_ring:
            smooth[[0, -1]] = False
        return cls(nodes, smooth, is_line, handles, is_ring)

    def reversed(self) -> Curve:
        """A ring that runs the other way round, from the same node."""
        nodes, is_smooth = np.roll(self.nodes[::-1], 1, axis=0), np.roll(self.is_smooth[::-1], 1)
        return replace(
            self, nodes=nodes, is_smooth=is_smooth, is_line=self.is_line[::-1], handles=self.handles[::-1, ::-1]
        )

    @cached_property
    def controls(self) -> Numbers:
        """segments x 4 x 2: the control points of each segment, those of lines at its thirds."""
        first, last = self.nodes[: len(self)], np.concatenate([self.nodes[1:], self.nodes[:1]])[: len(self)]
        inner = self.handles.copy()
        thirds = np.stack([first + (last - first) / 3, last + (first - last) / 3], axis=1)
        inner[self.is_line] = thirds[self.is_line]
        return np.concatenate([first[:, None], inner, last[:, None]], axis=1)


@dataclass(frozen=True, eq=False)
class Network:
    """The curves of all strands, joined: what runs through a joint carries what ends there."""

    strands: Strands
    curves: tuple[Curve, ...]
    hosts: NDArray[np.int64]
    """For each joint the strand that runs through, or -1 where all strands end."""
    places: Numbers
    """Where on its host a joint is: number of the segment, plus how far along it."""

    def redrawn(self, curves: Mapping[int, Curve]) -> Network:
        """The same with other curves for some strands, by the strands' numbers."""
        return replace(self, curves=tuple(curves.get(number, curve) for number, curve in enumerate(self.curves)))

    def free_rings(self) -> Iterator[int]:
        """The numbers of the rings that no other strand touches."""
        for number, strand in enumerate(self.strands):
            if strand.is_ring and not strand.joints and len(self.curves[number]):
                yield number

    def spans(self, index: int) -> tuple[tuple[float, float, Stretch], ...]:
        """The stretches of a strand with where each begins and ends on its curve; a ring's may begin below 0."""
        strand, size = self.strands.all[index], float(len(self.curves[index]))
        cuts = [float(self.places[joint]) for joint in strand.joints]
        if not cuts:
            return ((0.0, size, strand.stretches[0]),)
        if not strand.is_ring:
            bounds = [0.0, *np.maximum.accumulate(cuts), size]
        else:
            bounds = [cuts[-1] - size]
            for cut in cuts[:-1]:
                ahead = (cut - bounds[-1]) % size
                bounds.append(bounds[-1] + ahead if ahead <= cuts[-1] - bounds[-1] else bounds[-1])
            bounds.append(cuts[-1])
        return tuple(zip(bounds[:-1], bounds[1:], strand.stretches, strict=True))

    def position(self, joint: int) -> tuple[int, float]:
        """The segment of its host on which a joint is, and where on it."""
        place = float(self.places[joint])
        segment = min(int(place), len(self.curves[self.hosts[joint]]) - 1)
        return segment, place - segment

    def parts(self, index: int) -> Iterator[tuple[int, tuple[int, int], Stretch]]:
        """The segments of each stretch of a strand, with the joints (or -1) between which they belong to it."""
        strand, size = self.strands.all[index], len(self.curves[index])
        for number, (begin, end, stretch) in enumerate(self.spans(index)):
            opens = strand.joints[number - 1] if strand.joints and (number or strand.is_ring) else -1
            closes = strand.joints[number] if number < len(strand.joints) else -1
            first, last = self._segment(opens, begin, 0), self._segment(closes, end, size - 1)
            for segment in range(first, last + 1):
                cuts = (opens if segment == first else -1, closes if segment == last else -1)
                yield segment % size, cuts, stretch

    def _segment(self, joint: int, bound: float, otherwise: int) -> int:
        """The segment where a span is bounded, counted on through the turns of a ring."""
        if joint < 0:
            return otherwise
        size = len(self.curves[self.hosts[joint]])
        return self.position(joint)[0] + size * round((bound - float(self.places[joint])) / size)


Figure: TypeAlias = tuple[Network, Primitives]
"""Curves, and those of them that are forms."""
