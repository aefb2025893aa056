"""Regularity: what is all but level or upright is drawn exactly so."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from svgai.engine.kernels.moves import find_chains
from svgai.engine.web import Web
from svgai.strands import Network, Numbers

_LEAST_LENGTH = 2.5
_OFF, _SLOPE = 0.2, 0.03
"""Pixels, and part of its length, by which a line may miss being level."""


def align(network: Network) -> Network:
    """Level and upright all lines that are nearly so, and can be."""
    if not any(curve.is_line.any() for curve in network.curves):
        return network
    web = Web.woven(network)
    nodes, is_movable = web.nodes.copy(), web.movable()
    ends = np.stack([web.first, web.last])
    is_joined = web.is_line[:, None] & _runs(web.nodes[web.last] - web.nodes[web.first]) & is_movable[ends].all(axis=0)
    chain = np.empty_like(web.chain)
    find_chains(web.first, web.last, is_joined, chain)
    for axis in (0, 1):
        lines = is_joined[:, axis]
        middle = np.bincount(chain[:, axis], nodes[:, axis]) / np.maximum(1, np.bincount(chain[:, axis]))
        joined = ends[:, lines]
        nodes[joined, axis] = middle[chain[joined, axis]]
    return web.placed(nodes).network(network)


def _runs(steps: Numbers) -> NDArray[np.bool_]:
    """Which lines run so that each coordinate hardly changes."""
    across, along = np.abs(steps), np.abs(steps[:, ::-1])
    return np.asarray((along >= _LEAST_LENGTH) & (across <= np.minimum(_OFF, _SLOPE * along)))
