"""Every kind of model can be written for every role, in formats that agree; what does not agree is not written."""

import numpy as np
import pytest

from svgai.ml.metadata import Role
from svgai.ml.store import load
from svgai.training import exporting
from svgai.training.exporting import FormatsDisagree, Made, answers, export_all, run_onnx, run_torchscript
from svgai.training.fitting import SUBJECTS, Winner
from svgai.training.lessons import NETWORK, NOT_SERVED
from svgai.training.tables import table_of
from tests.svgai.training.invented import learnable_rows

for needed in ("torch", "lightgbm", "onnx", "onnxruntime"):
    pytest.importorskip(needed, reason="the extra ai")

MADE = Made(version="1", command="svgai train all", seed=1, data={"seed": 1, "pictures": 90}, seconds=1.0)
TABLE = table_of(learnable_rows(90))


def winner(role, name):
    subject = next(subject for subject in SUBJECTS if subject.role is role)
    return Winner(role, name, subject.candidates[name](TABLE, 1), ())


@pytest.mark.parametrize(
    ("role", "name"),
    [(each.role, name) for each in SUBJECTS for name in each.candidates if name not in NOT_SERVED],
)
def test_both_formats_say_what_the_model_says(role, name, tmp_path):
    chosen = winner(role, name)
    (tmp_path / "model.onnx").write_bytes(exporting.as_onnx(chosen))
    (tmp_path / "model.pt").write_bytes(exporting.as_torchscript(chosen))
    truth = answers(chosen, TABLE.features)

    assert np.abs(run_onnx(tmp_path / "model.onnx", TABLE.features) - truth).max() < 1e-4
    assert np.abs(run_torchscript(tmp_path / "model.pt", TABLE.features) - truth).max() < 1e-4


def test_a_folder_of_models_is_written_whole_and_without_what_was_there_before(tmp_path):
    (tmp_path / "router.onnx").write_bytes(b"old")
    (tmp_path / "README.md").write_text("What this folder is.")
    export_all([winner(Role.CLASSIFIER, NETWORK), winner(Role.PREDICTOR, NETWORK)], TABLE, tmp_path, MADE)

    assert set(load(tmp_path).by_role) == {Role.CLASSIFIER, Role.PREDICTOR}
    assert not (tmp_path / "router.onnx").exists()
    assert (tmp_path / "README.md").exists()


def test_a_format_that_disagrees_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "run_torchscript", lambda _, features: np.zeros((len(features), 4), np.float32))
    with pytest.raises(FormatsDisagree, match=r"classifier\.pt"):
        export_all([winner(Role.CLASSIFIER, NETWORK)], TABLE, tmp_path, MADE)

    assert not (tmp_path / "metadata.json").exists()


def test_models_that_are_too_large_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "MOST_BYTES", 1000)
    with pytest.raises(ValueError, match="bytes together"):
        export_all([winner(Role.CLASSIFIER, NETWORK)], TABLE, tmp_path, MADE)
