"""Trained models as torch modules, to be saved as TorchScript."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from svgai.ml.metadata import Role
from svgai.training.finishing import IS_LACK, LEAST_LACK, MOST_LOG
from svgai.training.forests import LEAF, Forest
from svgai.training.networks import FARTHEST, Layer, Networks
from svgai.training.outcomes import BASE, FALLS, METHODS, PARTS, Outcomes, plane


class Trees(nn.Module):  # type: ignore[misc] # torch is not followed
    """A forest: all trees walk down at once, a step at a time. Leaves lead to themselves."""

    def __init__(self, forest: Forest) -> None:
        super().__init__()
        sizes = [len(tree.feature) for tree in forest.trees]
        starts = np.cumsum([0, *sizes[:-1]])
        self.depth = max((tree.depth for tree in forest.trees), default=0)
        asked, threshold, left, right, value = [], [], [], [], []
        for start, tree in zip(starts, forest.trees, strict=True):
            own = np.arange(len(tree.feature))
            is_leaf = tree.feature == LEAF
            asked.append(np.maximum(tree.feature, 0))
            threshold.append(tree.threshold)
            left.append(start + np.where(is_leaf, own, tree.left))
            right.append(start + np.where(is_leaf, own, tree.right))
            value.append(tree.value)
        self.register_buffer("roots", torch.from_numpy(starts.astype(np.int64)))
        for name, parts in (("asked", asked), ("left", left), ("right", right)):
            self.register_buffer(name, torch.from_numpy(np.concatenate(parts).astype(np.int32)))
        self.register_buffer("threshold", torch.from_numpy(np.concatenate(threshold)))
        self.register_buffer("value", torch.from_numpy(np.concatenate(value)))
        self.register_buffer("column", torch.tensor([tree.column for tree in forest.trees]))
        self.register_buffer("base", torch.from_numpy(forest.base))

    def forward(self, features: Tensor) -> Tensor:
        """Features n x m to n x columns."""
        node = self.roots.unsqueeze(0).expand(features.shape[0], -1)  # n x trees
        for _ in range(self.depth):
            is_left = features.gather(1, self.asked[node].long()) <= self.threshold[node]
            node = torch.where(is_left, self.left[node], self.right[node]).long()
        total = self.base.unsqueeze(0).expand(features.shape[0], -1).clone()
        return total.index_add(1, self.column, self.value[node])


class Step(nn.Module):  # type: ignore[misc] # torch is not followed
    """One layer of networks side by side, and the rectifier after it if there is one."""

    def __init__(self, layer: Layer, *, is_last: bool) -> None:
        super().__init__()
        self.weight, self.bias = (
            nn.Parameter(torch.from_numpy(layer.weight)),
            nn.Parameter(torch.from_numpy(layer.bias)),
        )
        self.is_last = is_last

    def forward(self, flow: Tensor) -> Tensor:
        """Networks x n x inputs to networks x n x outputs."""
        flow = torch.matmul(flow, self.weight) + self.bias
        return flow if self.is_last else torch.relu(flow)


class SideBySide(nn.Module):  # type: ignore[misc] # torch is not followed
    """Networks of one shape and the mean of what they say."""

    def __init__(self, networks: Networks) -> None:
        super().__init__()
        self.farthest = FARTHEST
        self.register_buffer("mean", torch.from_numpy(networks.mean))
        self.register_buffer("spread", torch.from_numpy(networks.spread))
        last = len(networks.layers) - 1
        self.steps = nn.ModuleList([Step(each, is_last=n == last) for n, each in enumerate(networks.layers)])

    def forward(self, features: Tensor) -> Tensor:
        """Features n x m to n x columns."""
        flow = ((features - self.mean) / self.spread).clamp(-self.farthest, self.farthest).unsqueeze(0)
        for step in self.steps:
            flow = step(flow)
        return flow.mean(dim=0)


class Blended(nn.Module):  # type: ignore[misc] # torch is not followed
    """The mean of what several modules say."""

    def __init__(self, parts: list[nn.Module]) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)

    def forward(self, features: Tensor) -> Tensor:
        """Features n x m to n x columns."""
        told = [part(features) for part in self.parts]
        return torch.stack(told).mean(dim=0)


class PutTogether(nn.Module):  # type: ignore[misc] # torch is not followed
    """A module of the parts, and what follows from them."""

    def __init__(self, outcomes: Outcomes) -> None:
        super().__init__()
        self.inner = outcomes.inner.module()
        self.base, self.falls, self.methods, self.parts = BASE, FALLS, METHODS, PARTS
        matrix, constant = plane()
        for name, value in (
            ("matrix", matrix), ("constant", constant), ("scale", outcomes.scale), ("shift", outcomes.shift)
        ):  # fmt: skip
            self.register_buffer(name, torch.from_numpy(value))

    def forward(self, features: Tensor) -> Tensor:
        """Features n x m to n x columns."""
        together = self.inner(features) + torch.matmul(features, self.matrix) + self.constant
        parts = together.reshape(-1, self.methods, self.parts)
        base = parts[:, self.base : self.base + 1, :1]
        own = torch.minimum(parts[:, :, :1], base)
        falls = torch.sigmoid(parts[:, :, self.falls :])
        found = torch.cat([own + falls * (base - own), parts[:, :, 1 : self.falls]], dim=2)
        return found.reshape(features.shape[0], -1) * self.scale + self.shift


class Shares(nn.Module):  # type: ignore[misc] # torch is not followed
    """A module whose outputs become shares that add up to one."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, features: Tensor) -> Tensor:
        """Features n x m to n x columns."""
        return torch.softmax(self.inner(features), dim=1)


class Predictions(nn.Module):  # type: ignore[misc] # torch is not followed
    """A module whose outputs speak of the lack of likeness, and become qualities."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner
        self.most, self.perfect = MOST_LOG, 1 + LEAST_LACK
        self.register_buffer("is_lack", torch.from_numpy(IS_LACK > 0))

    def forward(self, features: Tensor) -> Tensor:
        """Features n x m to n x columns."""
        outputs = self.inner(features)
        return torch.where(self.is_lack, self.perfect - outputs.clamp(max=self.most).exp(), outputs)


class Chances(nn.Module):  # type: ignore[misc] # torch is not followed
    """A module whose outputs become chances, each by itself."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, features: Tensor) -> Tensor:
        """Features n x m to n x columns."""
        return torch.sigmoid(self.inner(features))


_FINISHED = {Role.CLASSIFIER: Shares, Role.PREDICTOR: Predictions, Role.ROUTER: Chances}


def finished(role: Role, module: nn.Module) -> nn.Module:
    """The module with what makes its outputs answers."""
    return _FINISHED[role](module)
