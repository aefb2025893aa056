"""A small network that sees the picture itself, made small: a candidate to compare networks on features with.

It is judged like the others and never served: to be asked, a model of this program is given features. Were it the best
by far, serving would have to learn to hand it pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from svgai.training.rows import PICTURES, Row
from svgai.training.tables import Matrix

SIDE: Final = 48
Thumbnails = NDArray[np.uint8]
"""n x 48 x 48 x 3."""


def read_thumbnails(folder: Path, rows: Sequence[Row]) -> Thumbnails:
    """The pictures of these rows on white, made smaller where they are larger, in the middle of a white square."""
    return np.array([_thumbnail(folder / PICTURES / row.picture) for row in rows], np.uint8).reshape(-1, SIDE, SIDE, 3)


def _thumbnail(file: Path) -> NDArray[np.uint8]:
    rgba = np.asarray(Image.open(file).convert("RGBA")).astype(np.float32)
    alpha = rgba[..., 3:] / 255
    seen = rgba[..., :3] * alpha + 255 * (1 - alpha)
    scale = min(1.0, SIDE / max(seen.shape[:2]))
    height, width = (max(1, round(side * scale)) for side in seen.shape[:2])
    small = cv2.resize(seen, (width, height), interpolation=cv2.INTER_AREA)
    square = np.full((SIDE, SIDE, 3), 255, np.uint8)
    top, left = (SIDE - height) // 2, (SIDE - width) // 2
    square[top : top + height, left : left + width] = np.clip(small + 0.5, 0, 255)
    return square


@dataclass(frozen=True, eq=False)
class Glance:
    """A trained network on thumbnails."""

    network: Any

    def outputs(self, thumbnails: Thumbnails) -> Matrix:
        """n x columns."""
        import torch

        with torch.no_grad():
            told = [self.network(part) for part in _as_input(thumbnails).split(256)]
        outputs: Matrix = torch.cat(told).numpy()
        return outputs


def train_glance(thumbnails: Thumbnails, types: NDArray[np.int64], columns: int, seed: int, epochs: int = 20) -> Glance:
    """Four layers of convolutions that halve the side each time (3 - 12 - 24 - 32 - 48 channels), and a last one."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    inputs, truth = _as_input(thumbnails), torch.from_numpy(types)
    layers: list[Any] = []
    for before, after in ((3, 12), (12, 24), (24, 32), (32, 48)):
        layers += [nn.Conv2d(before, after, 3, stride=2, padding=1), nn.ReLU()]
    side = SIDE // 16
    network = nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.3), nn.Linear(48 * side * side, columns))
    learner = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=1e-2)
    steps = epochs * -(-len(inputs) // 64)
    slower = torch.optim.lr_scheduler.OneCycleLR(learner, 3e-3, total_steps=steps)
    for _ in range(epochs):
        for places in torch.randperm(len(inputs)).split(64):
            learner.zero_grad()
            nn.functional.cross_entropy(network(inputs[places]), truth[places], label_smoothing=0.02).backward()
            learner.step()
            slower.step()
    return Glance(network.eval())


def _as_input(thumbnails: Thumbnails) -> Any:
    import torch

    return torch.from_numpy(thumbnails.transpose(0, 3, 1, 2).astype(np.float32) / 128 - 1)
