"""Regularity: what is all but level or upright is drawn exactly so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from svgai.strands import Curve, Network, Numbers

_LEAST_LENGTH = 2.5
_OFF, _SLOPE = 0.2, 0.03
"""Pixels, and part of its length, by which a line may miss being level."""


def align(network: Network) -> Network:
    """Level and upright all lines that are nearly so."""
    return replace(network, curves=tuple(_aligned(curve) for curve in network.curves))


def _aligned(curve: Curve) -> Curve:
    if not curve.is_line.any():
        return curve
    nodes, handles = curve.nodes.copy(), curve.handles.copy()
    for axis in (0, 1):
        for chain in _chains(curve, axis):
            nodes[chain, axis] = np.average(curve.nodes[chain, axis])
    moved = nodes - curve.nodes
    size = len(curve)
    handles[:, 0] += moved[:size]
    handles[:, 1] += np.roll(moved, -1, axis=0)[:size]
    return replace(curve, nodes=nodes, handles=handles)


def _chains(curve: Curve, axis: int) -> list[list[int]]:
    """Runs of nodes that lines join which hardly change along an axis; the ends of open strands stay where they are."""
    size, count = len(curve), len(curve.nodes)
    steps = np.roll(curve.nodes, -1, axis=0)[:size] - curve.nodes[:size]
    is_along = curve.is_line & _runs(steps, axis)
    if not curve.is_ring and size:
        is_along[[0, -1]] = False
    chains: list[list[int]] = []
    start = int(np.argmin(is_along)) + 1 if curve.is_ring and size else 0  # not within a run
    for number in range(start, start + size):
        if not is_along[number % size]:
            continue
        if chains and chains[-1][-1] == number % count:
            chains[-1].append((number + 1) % count)
        else:
            chains.append([number % count, (number + 1) % count])
    return chains


def _runs(steps: Numbers, axis: int) -> NDArray[np.bool_]:
    across, along = np.abs(steps[:, axis]), np.abs(steps[:, 1 - axis])
    return np.asarray((along >= _LEAST_LENGTH) & (across <= np.minimum(_OFF, _SLOPE * along)))
