"""Refinement: all curves moved at once until the map, drawn with exact areas, shows the picture."""

from __future__ import annotations

from svgai.cover import Cover, Inks
from svgai.engine.web import Target, Web
from svgai.picture import Picture
from svgai.strands import Network


def refine(network: Network, inks: Inks, cover: Cover, picture: Picture, steps: int) -> Network:
    """Move what may move until the picture is explained as well as these curves can."""
    if not any(len(curve) for curve in network.curves):
        return network
    target = Target.of(network.strands, inks, cover, picture)
    return Web.woven(network).refined(target, steps).network(network)
