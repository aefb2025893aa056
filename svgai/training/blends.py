"""Blends: the mean of what models of different kinds say, which are wrong in different places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from svgai.training.learned import Learned
from svgai.training.tables import Matrix


@dataclass(frozen=True, eq=False)
class Blend:
    """Models of the same outputs, and their mean."""

    parts: Sequence[Learned]

    @property
    def columns(self) -> int:
        return self.parts[0].columns

    def outputs(self, features: Matrix) -> Matrix:
        mean: Matrix = np.mean([part.outputs(features) for part in self.parts], axis=0).astype(np.float32)
        return mean

    def shifted(self, scale: Matrix, shift: Matrix) -> Blend:
        return Blend([part.shifted(scale, shift) for part in self.parts])

    def nodes(self, taken: str, given: str) -> tuple[list[Any], list[Any]]:
        from onnx import helper

        nodes, tensors, told = [], [], []
        for number, part in enumerate(self.parts):
            own_nodes, own_tensors = part.nodes(taken, "told")
            _rename(own_nodes, own_tensors, f"part{number}_", kept=taken)
            nodes += own_nodes
            tensors += own_tensors
            told.append(f"part{number}_told")
        return [*nodes, helper.make_node("Mean", told, [given])], tensors

    def module(self) -> Any:
        from svgai.training.modules import Blended

        return Blended([part.module() for part in self.parts])


def _rename(nodes: Sequence[Any], tensors: Sequence[Any], prefix: str, kept: str) -> None:
    """Give everything in one part of a graph names that no other part has."""
    for node in nodes:
        for names in (node.input, node.output):
            names[:] = [name if name in (kept, "") else prefix + name for name in names]
    for tensor in tensors:
        tensor.name = prefix + tensor.name
