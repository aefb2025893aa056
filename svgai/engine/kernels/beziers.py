"""Points on segments, and what lies nearest to a point. Segments are n x 4 x 2 control points."""

from __future__ import annotations

from svgai.engine.kernels import Flags, Integers, Numbers, compiled

_STEPS = 24
_PLACES, _AROUND = 8, 2
"""So many places of a segment are looked at, and so many segments before and behind it as it was."""


@compiled
def point(segment: Numbers, t: float) -> tuple[float, float]:
    """The point of a segment at t."""
    s = 1 - t
    a, b, c, d = s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t
    return (
        a * segment[0, 0] + b * segment[1, 0] + c * segment[2, 0] + d * segment[3, 0],
        a * segment[0, 1] + b * segment[1, 1] + c * segment[2, 1] + d * segment[3, 1],
    )


@compiled
def slope(segment: Numbers, t: float) -> tuple[float, float]:
    """The derivative of a segment at t."""
    s = 1 - t
    a, b, c = 3 * s * s, 6 * s * t, 3 * t * t
    return (
        a * (segment[1, 0] - segment[0, 0]) + b * (segment[2, 0] - segment[1, 0]) + c * (segment[3, 0] - segment[2, 0]),
        a * (segment[1, 1] - segment[0, 1]) + b * (segment[2, 1] - segment[1, 1]) + c * (segment[3, 1] - segment[2, 1]),
    )


@compiled
def cut(whole: Numbers, begin: float, end: float, part: Numbers) -> None:
    """The part of a cubic from begin to end."""
    for k in range(4):
        p, q, r = (end if k > 2 else begin), (end if k > 1 else begin), (end if k > 0 else begin)
        for axis in range(2):
            w0, w1, w2, w3 = whole[0, axis], whole[1, axis], whole[2, axis], whole[3, axis]
            x0, x1, x2 = w0 + p * (w1 - w0), w1 + p * (w2 - w1), w2 + p * (w3 - w2)
            y0, y1 = x0 + q * (x1 - x0), x1 + q * (x2 - x1)
            part[k, axis] = y0 + r * (y1 - y0)


@compiled
def nearest(segments: Numbers, x: float, y: float) -> tuple[int, float, float, float]:
    """Where segments come nearest to (x, y): on which, where on it, and the point."""
    least = 1e30
    number, t = 0, 0.0
    for k in range(segments.shape[0]):
        for i in range(_STEPS + 1):
            px, py = point(segments[k], i / _STEPS)
            off = (px - x) ** 2 + (py - y) ** 2
            if off < least:
                least, number, t = off, k, i / _STEPS
    px, py = point(segments[number], t)
    for _ in range(4):
        dx, dy = slope(segments[number], t)
        speed = dx * dx + dy * dy
        if speed < 1e-12:
            break
        nearer = min(1.0, max(0.0, t - ((px - x) * dx + (py - y) * dy) / speed))
        qx, qy = point(segments[number], nearer)
        off = (qx - x) ** 2 + (qy - y) ** 2
        if off >= least:
            break  # within a bend a step may lead away
        least, t, px, py = off, nearer, qx, qy
    return number, t, px, py


@compiled
def are_near(points: Numbers, segments: Numbers, farthest: float) -> bool:
    """Whether none of these points is farther than that from all segments."""
    last = 0  # the segment that was near the point before
    for i in range(points.shape[0]):
        x, y = points[i, 0], points[i, 1]
        is_near = False
        for k in range(segments.shape[0]):
            number = (last + k) % segments.shape[0]
            for j in range(_PLACES + 1):
                px, py = point(segments[number], j / _PLACES)
                if (px - x) ** 2 + (py - y) ** 2 <= farthest * farthest:
                    is_near, last = True, number
                    break
            if is_near:
                break
        if not is_near:
            _, _, px, py = nearest(segments, x, y)
            if (px - x) ** 2 + (py - y) ** 2 > farthest * farthest:
                return False
    return True


@compiled
def find_strays(former: Numbers, controls: Numbers, strand: Integers, farthest: Numbers, strays: Flags) -> None:
    """Write which strands have a point farther from where the strand was, there or a little on, than each may go."""
    for s in range(strand.shape[0]):
        begin, end = max(0, s - _AROUND), min(strand.shape[0], s + _AROUND + 1)
        while strand[begin] != strand[s]:
            begin += 1
        while strand[end - 1] != strand[s]:
            end -= 1
        for i in range(_PLACES):
            x, y = point(controls[s], (i + 0.5) / _PLACES)
            _, _, px, py = nearest(former[begin:end], x, y)
            if (px - x) ** 2 + (py - y) ** 2 > farthest[strand[s]] ** 2:
                strays[strand[s]] = True
                break
