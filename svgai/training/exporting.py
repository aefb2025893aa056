"""Trained models as files: ONNX to serve, TorchScript beside it, a card each, and the metadata that names them all."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from svgai.ml.features import NAMES
from svgai.ml.metadata import Entry, Golden, Metadata, Role, Score, columns_of, describe, write_metadata
from svgai.ml.runtime import onnx_runtime
from svgai.training.finishing import FINISH, finishing_nodes
from svgai.training.fitting import SUBJECTS, Winner, usable
from svgai.training.judging import Figures
from svgai.training.tables import Matrix, Table

AGREEMENT = 1e-4
"""How far the outputs of two formats, and of the model itself, may be apart."""
MOST_BYTES = 5_000_000
GOLDEN_PICTURES = 12
_OPSET, _OPSET_ML, _IR = 18, 3, 9


class FormatsDisagree(Exception):
    """A file does not give what the model gave that it was made from."""


@dataclass(frozen=True)
class Made:
    """How models came to be: what somebody needs to make them again."""

    version: str
    command: str
    seed: int
    data: Mapping[str, Any]
    seconds: float


def export_all(winners: Sequence[Winner], table: Table, folder: Path, made: Made) -> None:
    """Write all models, and the metadata last; files of models that are no more are removed."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = [_export(winner, table, folder, made) for winner in winners]
    named = {name for entry in entries for name in entry.files}
    size = sum((folder / name).stat().st_size for name in named)
    if size > MOST_BYTES:
        raise ValueError(f"the models have {size:,} bytes together; {MOST_BYTES:,} are allowed")
    facts = {"command": made.command, "seed": made.seed, "data": made.data, "seconds": made.seconds}
    write_metadata(folder, Metadata(entries, facts))
    for file in folder.iterdir():
        if file.suffix in (".onnx", ".pt", ".md") and file.name not in named and file.name != "README.md":
            file.unlink()


def _export(winner: Winner, table: Table, folder: Path, made: Made) -> Entry:
    role, test = winner.role, usable(winner.role, table.part("test"))
    onnx_file, torch_file, card = f"{role}.onnx", f"{role}.pt", f"{role}.md"
    (folder / onnx_file).write_bytes(as_onnx(winner))
    (folder / torch_file).write_bytes(as_torchscript(winner))
    truth = answers(winner, test.features)
    served, scripted = run_onnx(folder / onnx_file, test.features), run_torchscript(folder / torch_file, test.features)
    for name, outputs in ((onnx_file, served), (torch_file, scripted)):
        apart = float(np.abs(outputs - truth).max())
        if not apart <= AGREEMENT:
            raise FormatsDisagree(f"{name} is {apart:.2g} off; {AGREEMENT:g} is allowed")
    subject = next(subject for subject in SUBJECTS if subject.role is role)
    trained, exported = (subject.judge(outputs, test) for outputs in (truth, served))
    sign = 1.0 if subject.more_is_better else -1.0
    (folder / card).write_text(_card(winner, test, exported, made), encoding="utf-8")
    return describe(
        folder,
        str(role),
        onnx_file,
        version=made.version,
        columns=columns_of(role),
        score=Score(subject.figure, sign * trained[subject.figure], sign * exported[subject.figure]),
        golden=_golden(test, served),
        torchscript=torch_file,
        card=card,
        metrics={name: round(value, 5) for name, value in exported.items()},
    )


def answers(winner: Winner, features: Matrix) -> Matrix:
    """What the model's files are to give."""
    return FINISH[winner.role](winner.model.outputs(features))


def as_onnx(winner: Winner) -> bytes:
    from onnx import TensorProto, checker, helper

    nodes, tensors = winner.model.nodes("features", "outputs")
    more_nodes, more_tensors = finishing_nodes(winner.role, "outputs", "answers")
    taken = helper.make_tensor_value_info("features", TensorProto.FLOAT, ["pictures", len(NAMES)])
    given = helper.make_tensor_value_info("answers", TensorProto.FLOAT, ["pictures", winner.model.columns])
    graph = helper.make_graph([*nodes, *more_nodes], str(winner.role), [taken], [given], [*tensors, *more_tensors])
    versions = [helper.make_opsetid("", _OPSET), helper.make_opsetid("ai.onnx.ml", _OPSET_ML)]
    model = helper.make_model(graph, opset_imports=versions, producer_name="svgai", ir_version=_IR)
    checker.check_model(model, full_check=True)
    data: bytes = model.SerializeToString()
    return data


def as_torchscript(winner: Winner) -> bytes:
    import torch

    from svgai.training.modules import finished

    module = finished(winner.role, winner.model.module()).eval()
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # TorchScript is asked for; ONNX is what is served
        warnings.simplefilter("ignore", FutureWarning)
        torch.jit.save(torch.jit.script(module), file)
    return file.getvalue()


def run_onnx(file: Path, features: Matrix) -> Matrix:
    session = onnx_runtime().InferenceSession(file.read_bytes(), providers=["CPUExecutionProvider"])
    outputs: Matrix = session.run(None, {session.get_inputs()[0].name: features})[0]
    return outputs


def run_torchscript(file: Path, features: Matrix) -> Matrix:
    import torch

    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        outputs: Matrix = torch.jit.load(str(file))(torch.from_numpy(features)).numpy()
    return outputs


def _golden(table: Table, outputs: Matrix) -> Golden:
    """A few pictures, far from each other in the table, with what is to come out."""
    places = np.unique(np.linspace(0, len(table) - 1, GOLDEN_PICTURES).astype(int))
    return Golden(
        inputs=[[float(value) for value in table.features[place]] for place in places],
        outputs=[[float(value) for value in outputs[place]] for place in places],
        tolerance=AGREEMENT,
    )


_WHAT = {
    Role.CLASSIFIER: "The type of a picture (simple, text, gradient, complex), each with how likely it is.",
    Role.PREDICTOR: "What each method will reach on a picture (SSIM, with an interval that holds nine of ten results) "
    "and how long it will take (natural logarithm of the seconds).",
    Role.ROUTER: "The chance of each method to be right when quality and time count as usual.",
}


def _card(winner: Winner, test: Table, figures: Figures, made: Made) -> str:
    trials = "\n".join(
        f"| {trial.name} | " + " | ".join(f"{value:.4f}" for value in trial.crossed.values()) + " |"
        for trial in winner.trials
    )
    names = list(winner.trials[0].crossed) if winner.trials else []
    return f"""# {str(winner.role).title()}, version {made.version}

{_WHAT[winner.role]}

- Input: {len(NAMES)} features as `svgai.ml.features` measures them, float32, unscaled.
- Output: {winner.model.columns} numbers, float32.
- Kind: {winner.name}.
- Made by `{made.command}` (seed {made.seed}) in {made.seconds:.0f} s, from {made.data.get("pictures", "?")} pictures \
of {made.data.get("drawings", "?")} procedural drawings (seed {made.data.get("seed", "?")}); every method was measured \
on {made.data.get("measured", "?")} of them.
- Meant for: advising `svgai.conversion`. Nothing is drawn by it, and every result is measured afterwards.
- Limits: it has seen procedural drawings with usual damages from 48 to 1024 pixels, no real photos or scans.

On {len(test)} pictures of drawings that had no part in training, choice or calibration:

| figure | value |
|---|---|
{chr(10).join(f"| {name} | {value:.4f} |" for name, value in figures.items())}

Candidates, cross-validated on the drawings to train on:

| candidate | {" | ".join(names)} |
|---|{"---|" * len(names)}
{trials}
"""
