"""Refinement: all curves moved at once until the map, drawn with exact areas, shows the picture."""

from __future__ import annotations

import numpy as np

from svgai.engine.target import Target
from svgai.engine.web import Web
from svgai.strands import Network

_FAINT = 24.0
"""Steps of colour below which pixels say little of an edge, as from one step of a gradient to the next."""
_NEAR = 0.7
"""Pixels that a faint strand may move; one that goes farther was held by nothing, and stays where it was."""


def refine(network: Network, target: Target, steps: int) -> Network:
    """Move what may move until the picture is explained as well as these curves can."""
    if not any(len(curve) for curve in network.curves):
        return network
    web = Web.woven(network)
    farthest = np.where(web.contrasts(target) < _FAINT, _NEAR, np.inf)
    return web.refined(target, steps).unless_astray(web, farthest).network(network)
