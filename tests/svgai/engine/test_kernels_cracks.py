"""Crossings are found wherever four pixels say so."""

from __future__ import annotations

import numpy as np
import pytest

from svgai.engine.kernels.cracks import find_crossings
from svgai.engine.mapping import _labelled


@pytest.mark.parametrize("seed", range(4))
def test_a_crossing_is_where_two_regions_of_one_ink_meet_across_two_of_another(seed: int) -> None:
    inks = np.random.default_rng(seed).integers(0, 3, (9, 12)).astype(np.int16)
    labels = _labelled(inks)
    owners = np.zeros(labels.max() + 1, np.int16)
    owners[labels] = inks
    expected = [
        (x, y)
        for y in range(1, 9)
        for x in range(1, 12)
        if inks[y, x] == inks[y - 1, x - 1] != inks[y - 1, x] == inks[y, x - 1]
    ]
    found = np.empty((200, 2), np.int32)
    count = find_crossings(labels, owners, found)
    across = [tuple(place) for place in found[:count].tolist()]
    assert across == expected
    few = np.empty((1, 2), np.int32)
    assert find_crossings(labels, owners, few) == count > 1
    assert few[0].tolist() == found[0].tolist()
