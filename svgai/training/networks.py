"""Small networks on features: several of the same shape side by side, whose answers are averaged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from svgai.training.tables import Matrix

FARTHEST = 5.0
"""Standard deviations: what is farther off counts as that far, or strange pictures would get strange answers."""


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer of all networks."""

    weight: Matrix
    """networks x inputs x outputs."""
    bias: Matrix
    """networks x 1 x outputs."""


@dataclass(frozen=True, eq=False)
class Networks:
    """Scaling, layers with a rectifier between them, and the mean of all networks."""

    mean: Matrix
    spread: Matrix
    layers: tuple[Layer, ...]

    @property
    def columns(self) -> int:
        return int(self.layers[-1].bias.shape[-1])

    def outputs(self, features: Matrix) -> Matrix:
        flow = np.clip((features - self.mean) / self.spread, -FARTHEST, FARTHEST)[None]
        for place, layer in enumerate(self.layers):
            flow = flow @ layer.weight + layer.bias
            if place < len(self.layers) - 1:
                flow = np.maximum(flow, 0)
        mean: Matrix = flow.mean(axis=0)
        return mean

    def shifted(self, scale: Matrix, shift: Matrix) -> Networks:
        last = self.layers[-1]
        moved = Layer((last.weight * scale).astype(np.float32), (last.bias * scale + shift).astype(np.float32))
        return replace(self, layers=(*self.layers[:-1], moved))

    def nodes(self, taken: str, given: str) -> tuple[list[Any], list[Any]]:
        from onnx import helper, numpy_helper

        tensors = {
            "mean": self.mean,
            "spread": self.spread,
            "least": np.float32(-FARTHEST),
            "most": np.float32(FARTHEST),
        }
        nodes = [
            helper.make_node("Sub", [taken, "mean"], ["centred"]),
            helper.make_node("Div", ["centred", "spread"], ["scaled"]),
            helper.make_node("Clip", ["scaled", "least", "most"], ["clipped"]),
            helper.make_node("Unsqueeze", ["clipped", "first"], ["flow"]),
        ]
        tensors["first"] = np.array([0], np.int64)
        flow = "flow"
        for place, layer in enumerate(self.layers):
            tensors |= {f"weight{place}": layer.weight, f"bias{place}": layer.bias}
            nodes.append(helper.make_node("MatMul", [flow, f"weight{place}"], [f"product{place}"]))
            nodes.append(helper.make_node("Add", [f"product{place}", f"bias{place}"], [f"sum{place}"]))
            flow = f"sum{place}"
            if place < len(self.layers) - 1:
                nodes.append(helper.make_node("Relu", [flow], [f"rectified{place}"]))
                flow = f"rectified{place}"
        nodes.append(helper.make_node("ReduceMean", [flow, "first"], [given], keepdims=0))
        return nodes, [numpy_helper.from_array(np.asarray(each), name) for name, each in tensors.items()]

    def module(self) -> Any:
        from svgai.training.modules import SideBySide

        return SideBySide(self)


@dataclass(frozen=True)
class Practice:
    """How networks are trained."""

    networks: int = 5
    width: int = 64
    hidden: int = 2
    epochs: int = 150
    batch: int = 64
    rate: float = 3e-3
    decay: float = 1e-3
    dropout: float = 0.1


def train_networks(
    features: Matrix, columns: int, loss: Callable[[Any, NDArray[np.int64]], Any], practice: Practice, seed: int
) -> Networks:
    """Networks that make `loss(outputs, places)` small: of outputs that are networks x n x columns, for n places."""
    import torch

    torch.set_num_threads(1)
    mean = features.mean(axis=0)
    spread = np.maximum(features.std(axis=0), 1e-3)
    inputs = torch.from_numpy(np.clip((features - mean) / spread, -FARTHEST, FARTHEST).astype(np.float32))
    chance = torch.Generator().manual_seed(seed)
    layers = _begun(practice, features.shape[1], columns, chance)
    weights = [each for layer in layers for each in layer]
    learner = torch.optim.AdamW(weights, lr=practice.rate, weight_decay=practice.decay)
    steps = practice.epochs * -(-len(features) // practice.batch)
    slower = torch.optim.lr_scheduler.OneCycleLR(learner, practice.rate, total_steps=steps)
    for _ in range(practice.epochs):
        order = torch.randperm(len(features), generator=chance)
        for places in order.split(practice.batch):
            flow = _forward(inputs[places], layers, practice.dropout, chance)
            learner.zero_grad()
            loss(flow, places.numpy()).backward()
            learner.step()
            slower.step()
    kept = tuple(Layer(weight.detach().numpy(), bias.detach().numpy()) for weight, bias in layers)
    return Networks(mean.astype(np.float32), spread.astype(np.float32), kept)


def _begun(practice: Practice, inputs: int, columns: int, chance: Any) -> list[tuple[Any, Any]]:
    """Layers before training (He et al. 2015)."""
    import torch

    sizes = [inputs, *[practice.width] * practice.hidden, columns]
    layers: list[tuple[Any, Any]] = []
    for before, after in pairwise(sizes):
        weight = torch.randn((practice.networks, before, after), generator=chance) * (2 / before) ** 0.5
        if after == columns and len(layers) == practice.hidden:
            weight = weight * 0.1
        layers.append((weight.requires_grad_(), torch.zeros((practice.networks, 1, after)).requires_grad_()))
    return layers


def _forward(inputs: Any, layers: list[tuple[Any, Any]], dropout: float, chance: Any) -> Any:
    import torch

    flow = inputs[None]
    for place, (weight, bias) in enumerate(layers):
        flow = flow @ weight + bias
        if place < len(layers) - 1:
            flow = torch.relu(flow)
            kept = (torch.rand(flow.shape, generator=chance) >= dropout).float() / (1 - dropout)
            flow = flow * kept
    return flow
