"""Tiny real models to test with: constant answers, but from ONNX files that ONNX Runtime runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from svgai.ml.features import NAMES
from svgai.ml.metadata import TRACING, Entry, Golden, Metadata, Role, Score, columns_of, describe, write_metadata

SIMPLE = (0.97, 0.01, 0.01, 0.01)
QUALITIES = dict(zip(TRACING, (0.99, 0.995, 0.996, 0.93), strict=True))
"""What the usual predictor foretells: fast, optimised, refined, baseline."""


def onnx_bytes(outputs: Sequence[float], *, scale: float = 0.0) -> bytes:
    """A model that always answers so, plus so much of each picture's first feature."""
    weights = np.zeros((len(NAMES), len(outputs)), np.float32)
    weights[0] = scale
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["features", "weights", "bias"], ["answer"])],
        "tiny",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", len(NAMES)])],
        [helper.make_tensor_value_info("answer", TensorProto.FLOAT, ["n", len(outputs)])],
        [
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(np.array(outputs, np.float32), "bias"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def put(folder: Path, role: Role, outputs: Sequence[float], *, version: str = "1", name: str | None = None) -> Entry:
    """Write a model for a role, and tell what the metadata must say of it."""
    name = name or str(role)
    (folder / f"{name}.onnx").write_bytes(onnx_bytes(outputs))
    return describe(
        folder,
        name,
        f"{name}.onnx",
        version=version,
        columns=columns_of(role),
        score=Score("accuracy", 0.97, 0.97),
        golden=Golden([[0.5] * len(NAMES), [0.0] * len(NAMES)], [list(outputs)] * 2),
    )


def predictions(qualities: Mapping[str, float] = QUALITIES, seconds: float = 0.1) -> list[float]:
    """The outputs of a predictor that foretells these qualities; every method takes as long."""
    outputs: list[float] = []
    for method in TRACING:
        quality = qualities[method]
        outputs += [quality, quality - 0.02, min(1.0, quality + 0.004), float(np.log(seconds))]
    return outputs


def furnish(
    folder: Path, shares: Sequence[float] = SIMPLE, foretold: Sequence[float] | None = None, version: str = "1"
) -> Metadata:
    """A folder with a classifier and a predictor."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = (
        put(folder, Role.CLASSIFIER, shares, version=version),
        put(folder, Role.PREDICTOR, foretold or predictions(), version=version),
    )
    metadata = Metadata(entries, {"command": "a test"})
    write_metadata(folder, metadata)
    return metadata


def rewrite(folder: Path, metadata: Metadata, place: int = 0, **changes: object) -> None:
    """Write the metadata anew with something else in one entry."""
    entries = list(metadata.models)
    entries[place] = replace(entries[place], **changes)  # type: ignore[arg-type]
    write_metadata(folder, replace(metadata, models=entries))
