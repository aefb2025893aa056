"""A web: the curves of a network as arrays, painted, compared with a picture and moved until they show it.

Gauss and Newton's way: the weights of `areas` say how every pixel follows each coordinate, `moves` says how coordinates
follow what may move, and the step is what `equations` makes of both.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from svgai.engine.kernels.areas import normal_equations, paint, room_for, squared_error, squared_errors, trace
from svgai.engine.kernels.beziers import find_strays
from svgai.engine.kernels.equations import follow, least_squares
from svgai.engine.kernels.moves import cut_pieces, find_freedoms, find_level, find_movable, move, settle, write_rows
from svgai.engine.kernels.samples import trace_samples
from svgai.engine.target import Target
from svgai.strands import Network, Numbers

ENOUGH = 2e-3
"""A strand whose error shrinks by less than this part is done."""
_STIFFNESS = 0.02
"""How much everything is held where it is, in squared pixels of coverage for each squared pixel."""
_CAUTION, _MOST_CAUTION = 1e-3, 1e3
_MOST_MISFIT = 0.6
_MOST_STEP = 1.5
_NEIGHBOURS = 16

Integers = NDArray[np.int32]


class Following(NamedTuple):
    """How the coordinates of all pieces, 8 of each, follow what may move: rows of a sparse matrix."""

    start: Integers
    column: Integers
    value: Numbers


@dataclass(frozen=True, eq=False)
class Painting:
    """A web, painted, with the traces that its pieces left, as `areas` describes them."""

    tint: Integers
    """height x width: the number of the colour of each pixel."""
    colours: Numbers
    newest: Integers
    """The last trace in the pixel that has a colour, -1 for those of many pixels without any."""
    pixel: Integers
    owner: Integers
    weights: Numbers
    older: Integers
    count: int
    """Negative where it could not be painted."""

    @property
    def canvas(self) -> NDArray[np.float32]:
        return np.asarray(self.colours.astype(np.float32)[self.tint])

    def error(self, target: Target) -> float:
        """All squared errors added up."""
        return float(squared_error(self.tint, self.colours, target.pixels))


@dataclass(frozen=True, eq=False)
class Web:
    """The curves of a network as arrays, as `moves` describes them, cut into pieces of one colour to each side."""

    nodes: Numbers
    handles: Numbers
    at: Numbers
    controls: Numbers
    first: Integers
    last: Integers
    is_line: NDArray[np.bool_]
    is_smooth: NDArray[np.bool_]
    before: Integers
    after: Integers
    host: Integers
    keeps: Integers
    chain: Integers
    strand: Integers
    """The strand of each segment."""
    segment: Integers
    """The segment of each piece."""
    cuts: Integers
    """pieces x 2: the nodes at which it begins and ends within its segment, or -1."""
    sides: Integers
    """pieces x 2: the regions to its left and right."""

    @classmethod
    def woven(cls, network: Network) -> Web:
        return _woven(network)

    def cut(self) -> tuple[Numbers, Numbers]:
        """Where in its segment each piece begins and ends."""
        begin = np.where(self.cuts[:, 0] >= 0, self.at[self.cuts[:, 0]], 0.0)
        return begin, np.where(self.cuts[:, 1] >= 0, self.at[self.cuts[:, 1]], 1.0)

    def pieces(self) -> tuple[Numbers, Numbers, Numbers]:
        """The pieces, and where in its segment each begins and ends."""
        begin, end = self.cut()
        pieces = np.empty((len(self.segment), 4, 2))
        cut_pieces(self.controls, self.segment, begin, end, pieces)
        return pieces, begin, end

    def steps(self, target: Target) -> Numbers:
        """The colour to the left of each piece minus that to its right."""
        return np.asarray(target.colours[self.sides[:, 0]] - target.colours[self.sides[:, 1]])

    def shown(self, target: Target) -> NDArray[np.float32]:
        """What the web looks like."""
        return self.painted(target, self.steps(target)).canvas

    def rendered(self, target: Target) -> NDArray[np.float32]:
        """What the web looks like, drawn as the picture was."""
        sampled = self.sampled(target) if target.samples else None
        return self.shown(target) if sampled is None else sampled

    def error(self, target: Target) -> float:
        """What the web leaves unexplained, drawn as the picture was: all squared errors added up."""
        sampled = self.sampled(target) if target.samples else None
        if sampled is None:
            return self.painted(target, self.steps(target)).error(target)
        return float(((sampled - target.pixels) ** 2).sum())

    def painted(self, target: Target, steps: Numbers) -> Painting:
        """The web, drawn with exact areas."""
        pieces, _, _ = self.pieces()
        height, width = target.pixels.shape[:2]
        room = room_for(pieces, height, width)
        pixel, owner, older = (np.empty(room, np.int32) for _ in range(3))
        weights, areas = np.empty((room, 8)), np.empty((room, 2))
        tint, left = np.full((height, width), -1, np.int32), np.repeat(target.colours[-1:], height, axis=0)
        count = trace(pieces, tint, left, steps, pixel, owner, weights, areas, older)
        colours, newest = _palette(count, height)
        used = paint(tint, left, steps, owner, areas, older, colours, newest) if count >= 0 else 0
        return Painting(tint, colours[:used], newest[:used], pixel, owner, weights, older, count)

    def sampled(self, target: Target) -> NDArray[np.float32] | None:
        """What the web looks like to a renderer that counts samples, if it can be painted."""
        pieces, begin, end = self.pieces()
        steps = self.steps(target)
        height, width = target.pixels.shape[:2]
        room = room_for(pieces, height, width)
        owner, older, areas = np.empty(room, np.int32), np.empty(room, np.int32), np.empty((room, 2))
        tint, left = np.full((height, width), -1, np.int32), np.repeat(target.colours[-1:], height, axis=0)
        count = trace_samples(
            self.controls, self.is_line, self.segment, begin, end, pieces, target.samples,
            tint, left, steps, owner, areas, older,
        )  # fmt: skip
        if count < 0:
            return None
        colours, newest = _palette(count, height)
        used = paint(tint, left, steps, owner, areas, older, colours, newest)
        return np.asarray(colours[:used].astype(np.float32)[tint])

    def step(
        self, target: Target, painting: Painting, following: Following, caution: Numbers, stiffness: float
    ) -> Numbers:
        """Gauss and Newton's step of all that pieces follow.

        Each column is held back by its caution, as a part of what it weighs, and all by a stiffness.
        """
        size = len(self.segment)
        own, slope = np.zeros((size, 8, 8)), np.zeros((size, 8))
        other, shared = np.zeros((size, _NEIGHBOURS), np.int32), np.empty((size, _NEIGHBOURS, 8, 8))
        others = np.zeros(size, np.int32)
        normal_equations(
            painting.tint, painting.colours, target.pixels, self.steps(target), painting.count, painting.pixel,
            painting.owner, painting.weights, painting.newest, painting.older, _MOST_MISFIT,
            own, slope, other, shared, others,
        )  # fmt: skip
        return np.asarray(least_squares(own, other, shared, others, slope, *following, caution, stiffness))

    def refined(
        self,
        target: Target,
        most_steps: int,
        pinned: NDArray[np.bool_] | None = None,
        resting: NDArray[np.bool_] | None = None,
    ) -> Web:
        """Step by step, each strand with caution of its own; those that are done rest.

        So do pinned coordinates, and strands that are to rest from the beginning.
        """
        strands = int(self.strand.max()) + 1
        of_piece = self.strand[self.segment]
        steps = self.steps(target)
        freedoms = Freedoms.of(self, pinned)
        web = freedoms.taken(self, np.zeros(freedoms.count))
        painting = web.painted(target, steps)
        caution, is_done = np.full(strands, _CAUTION), np.zeros(strands, np.bool_)
        if resting is not None:
            is_done |= resting
        for _ in range(most_steps):
            if painting.count < 0 or is_done.all():
                break
            errors = 2 * _errors(painting, painting, target, of_piece, strands)
            web, painting, gain = web.stepped(freedoms, target, steps, painting, caution, is_done)
            caution = np.where(gain > 0, np.maximum(caution / 5, 1e-7), np.minimum(caution * 10, _MOST_CAUTION))
            is_done |= ((gain > 0) & (gain < ENOUGH * errors)) | (caution >= _MOST_CAUTION)
        return web

    def stepped(
        self,
        freedoms: Freedoms,
        target: Target,
        steps: Numbers,
        painting: Painting,
        caution: Numbers,
        is_done: NDArray[np.bool_],
    ) -> tuple[Web, Painting, Numbers]:
        """One step of all strands that gain by it, and how much each of them gains."""
        following, strand = freedoms.following(self, is_done)
        step = self.step(target, painting, following, caution[strand], _STIFFNESS)
        step *= min(1.0, _MOST_STEP / max(1e-9, float(np.abs(step).max())))
        moved = freedoms.taken(self, step)
        of_piece, strands = self.strand[self.segment], len(caution)
        trial = moved.painted(target, steps)
        loss = losses(painting, trial, target, of_piece, strands)
        is_worse = (loss >= 0) & ~is_done
        if is_worse.any():
            moved = self.mixed(moved, is_worse | is_done)
            trial = moved.painted(target, steps)
            loss = losses(painting, trial, target, of_piece, strands)
            if trial.count < 0 or loss[~is_worse].sum() > 0:
                return self, painting, np.zeros(strands)
        return moved, trial, np.where(is_worse, 0.0, np.maximum(-loss, 1e-9))

    def errors(self, target: Target, painting: Painting) -> Numbers:
        """What each strand leaves unexplained where this web is painted, in squared coverage."""
        of_piece, strands = self.strand[self.segment], int(self.strand.max()) + 1
        if painting.count < 0:
            return np.zeros(strands)
        scale = np.ones(strands)
        np.maximum.at(scale, of_piece, (self.steps(target) ** 2).sum(axis=1))
        return _errors(painting, painting, target, of_piece, strands) / scale

    def contrasts(self, target: Target) -> Numbers:
        """Steps of colour from one side of each strand to the other, where they are most."""
        most = np.zeros(int(self.strand.max()) + 1)
        np.maximum.at(most, self.strand[self.segment], np.abs(self.steps(target)).max(axis=1))
        return most

    def unless_astray(self, former: Web, farthest: Numbers) -> Web:
        """This web, but where strands have gone farther than each may, the former one."""
        strays = np.zeros(len(farthest), np.bool_)
        find_strays(former.controls, self.controls, self.strand, farthest, strays)
        return self.mixed(former, ~strays) if strays.any() else self

    def mixed(self, other: Web, is_mine: NDArray[np.bool_]) -> Web:
        """This web where strands are mine, the other one elsewhere."""
        mine = is_mine[self.strand]
        of_node = np.ones(len(self.nodes), np.bool_)
        of_node[self.first[~mine]] = False
        of_node[self.last[~mine]] = False
        of_node[self.first[mine]] = True
        of_node[self.last[mine]] = True
        of_chain = np.zeros(self.nodes.shape, np.bool_)
        of_chain[self.chain[of_node], (0, 1)] = True
        return self.settled(
            np.where(of_chain[self.chain, (0, 1)], self.nodes, other.nodes),
            np.where(mine[:, None, None], self.handles, other.handles),
            np.where(of_node, self.at, other.at),
        )

    def placed(self, nodes: Numbers) -> Web:
        """The web with its nodes there, each with the handles beside it; lines that are level or upright stay so."""
        moved = nodes - self.nodes
        keeps, chain = np.empty_like(self.keeps), np.empty_like(self.chain)
        find_level(nodes, self.first, self.last, self.is_line, self.host, self.at, self.controls, keeps, chain)
        web = replace(self, keeps=keeps, chain=chain)
        return web.settled(nodes, self.handles + np.stack([moved[self.first], moved[self.last]], axis=1), self.at)

    def movable(self) -> NDArray[np.bool_]:
        """nodes x 2: which can be moved along each axis."""
        is_movable = np.empty(self.nodes.shape, np.bool_)
        find_movable(self.host, self.at, self.controls, is_movable)
        return is_movable

    def settled(self, nodes: Numbers, handles: Numbers, at: Numbers) -> Web:
        controls, at = np.empty_like(self.controls), at.copy()
        settle(
            nodes, self.first, self.last, handles, self.is_line, self.before, self.after, self.host, self.keeps, at,
            controls,
        )  # fmt: skip
        return replace(self, nodes=nodes, handles=handles, at=at, controls=controls)

    def network(self, like: Network) -> Network:
        """The curves, as strands have them."""
        curves, places, begun = [], like.places.copy(), 0
        starts = np.zeros(len(like.curves) + 1, np.int64)
        for number, curve in enumerate(like.curves):
            mine = slice(begun, begun + len(curve))
            nodes = self.nodes[self.first[mine]]
            if not curve.is_ring:
                nodes = np.vstack([nodes, self.nodes[self.last[mine][-1:]]]) if len(curve) else curve.nodes
            curves.append(replace(curve, nodes=nodes, handles=self.handles[mine]))
            begun += len(curve)
            starts[number + 1] = begun
        joints = len(like.hosts)
        is_hosted = (like.hosts >= 0) & (self.host[:joints] >= 0)
        places[is_hosted] = (self.host[:joints] - starts[like.hosts] + self.at[:joints])[is_hosted]
        return Network(like.strands, tuple(curves), like.hosts, places)


def _woven(network: Network) -> Web:
    """Nodes begin with one for each joint, which the strands that end there share."""
    joints = len(network.hosts)
    numbers, begun = [], [0]
    count = joints
    for strand, curve in zip(network.strands, network.curves, strict=True):
        inner = len(curve.nodes) - (0 if strand.ends is None else 2)
        own = np.arange(count, count + inner)
        numbers.append(own if strand.ends is None else np.concatenate([strand.ends[:1], own, strand.ends[1:]]))
        count += inner
        begun.append(begun[-1] + len(curve))
    around = [
        np.append(own, own[:1]) if curve.is_ring else own for own, curve in zip(numbers, network.curves, strict=True)
    ]
    nodes, is_smooth = np.zeros((count, 2)), np.zeros(count, np.bool_)
    for own, curve in zip(numbers, network.curves, strict=True):
        nodes[own] = curve.nodes
        is_smooth[own] = curve.is_smooth
    is_smooth[:joints] = False
    first = np.concatenate([own[:-1] for own in around]).astype(np.int32)
    last = np.concatenate([own[1:] for own in around]).astype(np.int32)
    before, after = np.full(count, -1, np.int32), np.full(count, -1, np.int32)
    before[last] = after[first] = np.arange(len(first))
    host, at = np.full(count, -1, np.int32), np.zeros(count)
    for joint in np.flatnonzero(network.hosts >= 0).tolist():
        inside, place = network.position(joint)
        host[joint], at[joint] = begun[network.hosts[joint]] + inside, place
    parts = [
        (begun[number] + segment, cuts, (stretch.left, stretch.right))
        for number in range(len(network.curves))
        for segment, cuts, stretch in network.parts(number)
    ]
    web = Web(
        nodes=nodes,
        handles=np.concatenate([curve.handles for curve in network.curves]),
        at=at,
        controls=np.concatenate([curve.controls for curve in network.curves]),
        first=first,
        last=last,
        is_line=np.concatenate([curve.is_line for curve in network.curves]),
        is_smooth=is_smooth,
        before=before,
        after=after,
        host=host,
        keeps=np.empty(count, np.int32),
        chain=np.empty((count, 2), np.int32),
        strand=np.repeat(np.arange(len(network.curves)), np.diff(begun)).astype(np.int32),
        segment=np.array([part[0] for part in parts], np.int32),
        cuts=np.array([part[1] for part in parts], np.int32).reshape(-1, 2),
        sides=np.array([part[2] for part in parts], np.int32).reshape(-1, 2),
    )
    return web.placed(nodes)


@dataclass(frozen=True, eq=False)
class Freedoms:
    """The columns of all that may move, and how coordinates follow them."""

    count: int
    of_node: Integers
    of_angle: Integers
    tie: Integers
    of_handle: Integers
    is_free: NDArray[np.bool_]

    @classmethod
    def of(cls, web: Web, pinned: NDArray[np.bool_] | None = None) -> Freedoms:
        size = len(web.first)
        of_node, of_angle = np.empty((len(web.nodes), 2), np.int32), np.empty(len(web.nodes), np.int32)
        tie, of_handle = np.empty((size, 2), np.int32), np.empty((size, 2), np.int32)
        count = find_freedoms(
            web.nodes, web.first, web.last, web.handles, web.is_line, web.is_smooth, web.before, web.after, web.host,
            web.keeps, web.chain, of_node, of_angle, tie, of_handle,
        )  # fmt: skip
        is_free = np.ones(count, np.bool_)
        if pinned is not None:
            is_free[of_node[pinned]] = False
        return cls(count, of_node, of_angle, tie, of_handle, is_free)

    def following(self, web: Web, is_done: NDArray[np.bool_]) -> tuple[Following, Integers]:
        """How coordinates of pieces follow the columns that are free, of strands not done; and the strand of each."""
        size = len(web.first)
        room = 64 * size
        row, column, led, leader = (np.empty(room, np.int32) for _ in range(4))
        value, lead = np.empty(room), np.empty(room)
        rows, ties = write_rows(
            web.nodes, web.first, web.last, web.handles, web.is_line, web.before, web.after, web.host, web.keeps,
            web.at, web.controls, self.of_node, self.of_angle, self.tie, self.of_handle,
            row, column, value, led, leader, lead,
        )  # fmt: skip
        strand = np.zeros(self.count, np.int32)
        strand[column[:rows]] = web.strand[row[:rows] // 8]
        begin, end = web.cut()
        own, tied = (row, column, value, rows), (led, leader, lead, ties)
        return Following(*follow(own, tied, web.segment, begin, end, size, self.is_free & ~is_done[strand])), strand

    def taken(self, web: Web, step: Numbers) -> Web:
        """The web after a step."""
        nodes, handles, at = web.nodes.copy(), web.handles.copy(), web.at.copy()
        move(
            step, web.nodes, web.first, web.last, web.handles, web.is_line, web.before, web.after, web.host, web.keeps,
            web.at, web.controls, self.of_node, self.of_angle, self.tie, self.of_handle, nodes, handles, at,
        )  # fmt: skip
        return web.settled(nodes, handles, at)


def _palette(count: int, height: int) -> tuple[Numbers, Integers]:
    """Room for the colours of so many traces, and for the last trace in each pixel of one."""
    most = 2 * max(0, count) + height
    return np.empty((most, 4)), np.empty(most, np.int32)


def losses(before: Painting, after: Painting, target: Target, of_piece: Integers, strands: int) -> Numbers:
    """By how much each strand's pixels are explained worse."""
    if after.count < 0:
        return np.full(strands, np.inf)
    grown = (
        _errors(after, traced, target, of_piece, strands) - _errors(before, traced, target, of_piece, strands)
        for traced in (before, after)
    )
    return sum(grown, np.zeros(strands))


def _errors(painting: Painting, traced: Painting, target: Target, of_piece: Integers, strands: int) -> Numbers:
    """The squared error of each strand's pixels, which are those with its traces."""
    errors = np.zeros(strands)
    squared_errors(
        painting.tint, painting.colours, target.pixels, traced.count, traced.pixel, traced.owner, of_piece, errors
    )  # fmt: skip
    return errors
