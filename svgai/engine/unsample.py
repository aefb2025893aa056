"""Unsampling: what a picture that was drawn by counting samples would show of exact areas.

Samples say less of an edge than areas do, and chords, along which such renderers walk, lie inside of what is round. How
both tell on given curves can be worked out, so that curves near the truth show what to add.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from svgai.engine.forms import shaped
from svgai.engine.target import Target
from svgai.engine.web import Web
from svgai.strands import Network, Primitives

_MOST = 256.0
"""Levels by which one sample may tell otherwise of an edge than areas do; more is an accident where strands meet."""

_PART = np.float32(0.9)
"""The part of the difference that is added. With all of it curves rest where they first show the samples, at the rim of
where they might run; what is left of it draws them towards its middle."""

_ROUNDS, _STEPS = 2, 8


def unsample(network: Network, primitives: Primitives, target: Target) -> Target:
    """Add to the picture by how much these curves differ in samples and in areas: the truth does so likewise."""
    if not target.samples or not any(len(curve) for curve in network.curves):
        return target
    web = Web.woven(shaped(network, primitives))
    sampled = web.sampled(target)
    if sampled is None:
        return target
    missing = web.shown(target) - sampled
    missing[np.abs(missing).max(axis=-1) > _MOST / target.samples] = 0
    return replace(target, pixels=target.pixels + _PART * missing, samples=0)


def refined_around(
    web: Web, pinned: NDArray[np.bool_], network: Network, primitives: Primitives, target: Target
) -> Network:
    """The network as this web has it, refined but for the coordinates that are pinned.

    Rings of which none is, and what forms are, stay as they were in the network.
    """
    is_held = pinned[:, 0] | pinned[:, 1]
    moving = {*web.strand[is_held[web.first] | is_held[web.last]].tolist()} - {*primitives}
    rings = {number: network.curves[number] for number in network.free_rings() if number not in moving}
    resting = np.isin(np.arange(len(network.curves)), list(rings))
    made = web.network(network).redrawn(rings)
    lines, axes = np.nonzero(web.is_line[:, None] & (web.nodes[web.first] == web.nodes[web.last]))
    held = pinned.copy()
    held[web.first[lines], axes] = held[web.last[lines], axes] = True  # samples tell nothing more of these
    for _ in range(_ROUNDS):
        web = web.refined(unsample(made, primitives, target), _STEPS, held, resting)
        made = web.network(network).redrawn(rings)
    return made
