"""Models from elsewhere are checked from all sides; only good ones take the place of those in use."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest

from svgai.ml import importing
from svgai.ml.features import NAMES
from svgai.ml.importing import RECORD, import_models
from svgai.ml.metadata import FILE, File, Role, Score, read_metadata, sha256_of, write_metadata
from svgai.ml.store import Store, load
from tests.svgai.ml.models import furnish, put, rewrite


@pytest.fixture
def source(tmp_path):
    furnish(tmp_path / "elsewhere", version="new")
    return tmp_path / "elsewhere"


@pytest.fixture
def target(tmp_path):
    furnish(tmp_path / "production", version="old")
    return tmp_path / "production"


def records(target):
    return [json.loads(line) for line in (target / RECORD).read_text().splitlines()]


def test_good_models_are_taken_into_use(source, target):
    store = Store(target)
    assert store.models.versions["classifier"] == "old"
    imported = import_models(source, target)
    assert imported.is_accepted, imported.checks
    assert load(target).versions == {"classifier": "new", "predictor": "new"}
    assert store.refresh()
    assert store.models.versions["predictor"] == "new"
    assert records(target)[-1] == {"at": records(target)[-1]["at"], **imported.facts()}
    assert records(target)[-1]["accepted"] is True


def test_a_folder_that_is_not_there_yet_is_made(source, tmp_path):
    assert import_models(source, tmp_path / "new" / "production").is_accepted
    assert load(tmp_path / "new" / "production") is not None


def test_the_ones_before_stay_until_the_next_import(source, target):
    before = {entry.file for entry in read_metadata((target / FILE).read_bytes()).models}
    import_models(source, target)
    assert all((target / file).exists() for file in before), "who still serves them may read them again"
    furnish(source, version="newer", shares=(0.5, 0.2, 0.2, 0.1))
    import_models(source, target)
    assert not any((target / file).exists() for file in before)
    assert load(target).versions["classifier"] == "newer"


def test_importing_what_is_in_use_changes_nothing(source, target):
    import_models(source, target)
    again = import_models(target, target)
    assert again.is_accepted
    assert load(target).versions["classifier"] == "new"


@pytest.mark.parametrize(
    ("fault", "name", "detail"),
    [
        (lambda folder, _: (folder / "classifier.onnx").write_bytes(b"x"), "files", "sha256"),
        (lambda folder, _: (folder / FILE).unlink(), "files", "holds no metadata.json"),
        (lambda folder, metadata: write_metadata(folder, replace(metadata, models=())), "files", "holds no"),
        (
            lambda folder, metadata: rewrite(folder, metadata, score=Score("accuracy", 0.97, 0.87)),
            "classifier: accuracy",
            "0.97 as trained, 0.87 as exported",
        ),
        (
            lambda folder, metadata: rewrite(folder, metadata, score=Score("accuracy", 0.97, float("nan"))),
            "classifier: accuracy",
            "nan",
        ),
        (
            lambda folder, metadata: rewrite(folder, metadata, torchscript=File("gone.pt", "0" * 64)),
            "classifier: formats agree",
            "gone.pt",
        ),
    ],
)
def test_bad_models_change_nothing_and_are_recorded(source, target, fault, name, detail):
    fault(source, read_metadata((source / FILE).read_bytes()))
    before = {file.name: file.read_bytes() for file in target.iterdir()}
    imported = import_models(source, target)
    assert not imported.is_accepted
    (check,) = [check for check in imported.checks if not check.is_good]
    assert check.name == name
    assert detail in check.detail
    assert {file.name: file.read_bytes() for file in target.iterdir() if file.name != RECORD} == before
    assert records(target)[-1]["accepted"] is False


@pytest.mark.parametrize(("exported", "is_good"), [(0.8731, True), (0.8729, False), (0.99, True)])
def test_less_than_a_tenth_of_the_score_may_be_lost(source, target, exported, is_good):
    rewrite(source, read_metadata((source / FILE).read_bytes()), score=Score("accuracy", 0.97, exported))
    assert import_models(source, target).is_accepted is is_good


def test_a_regret_is_judged_like_any_score(source, target):
    """More is better, so that a regret is negative."""
    rewrite(source, read_metadata((source / FILE).read_bytes()), score=Score("-regret", -0.001, -0.00105))
    assert import_models(source, target).is_accepted
    rewrite(source, read_metadata((source / FILE).read_bytes()), score=Score("-regret", -0.001, -0.002))
    assert not import_models(source, target).is_accepted


@pytest.mark.parametrize(("apart", "is_good"), [(0.0, True), (9e-5, True), (2e-4, False)])
def test_both_formats_must_agree(source, target, monkeypatch, apart, is_good):
    metadata = read_metadata((source / FILE).read_bytes())
    (source / "classifier.pt").write_bytes(b"any")
    rewrite(source, metadata, torchscript=File("classifier.pt", sha256_of(b"any")))
    expected = np.array(metadata.models[0].golden.outputs, np.float32)
    monkeypatch.setattr(importing, "run_torchscript", lambda *_: expected + np.float32(apart))
    imported = import_models(source, target, has_torch=True)
    assert imported.is_accepted is is_good
    assert any(check.name == "classifier: formats agree" for check in imported.checks)
    without = import_models(source, target, has_torch=False)
    assert without.is_accepted
    assert "torch is not installed" in str(without.checks)


@pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")
def test_torchscript_is_really_run(source, target):
    import torch

    same = torch.nn.Linear(len(NAMES), 4)
    torch.nn.init.zeros_(same.weight)
    same.bias = torch.nn.Parameter(torch.tensor([0.97, 0.01, 0.01, 0.01]))
    with pytest.warns(DeprecationWarning):
        torch.jit.trace(same, torch.zeros(2, len(NAMES))).save(str(source / "classifier.pt"))
    metadata = read_metadata((source / FILE).read_bytes())
    sha256 = sha256_of((source / "classifier.pt").read_bytes())
    rewrite(source, metadata, torchscript=File("classifier.pt", sha256))
    imported = import_models(source, target)
    assert imported.is_accepted, imported.checks
    assert "at most" in str(imported.checks)


def test_a_card_comes_along(source, target):
    (source / "card.md").write_text("# A model\n")
    metadata = read_metadata((source / FILE).read_bytes())
    entry = replace(put(source, Role.CLASSIFIER, (0.97, 0.01, 0.01, 0.01), version="new"), card="card.md")
    write_metadata(source, replace(metadata, models=(entry, *metadata.models[1:])))
    assert import_models(source, target).is_accepted
    card = read_metadata((target / FILE).read_bytes()).models[0].card
    assert (target / card).read_text() == "# A model\n"
