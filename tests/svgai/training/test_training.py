"""From data to models to figures, by the commands that people type."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from svgai.ml.advice import Adviser
from svgai.ml.features import Features
from svgai.ml.metadata import TRACING, Role
from svgai.ml.store import Store, load
from svgai.training import missing
from svgai.training.commands import evaluate, train
from svgai.training.lessons import BOOSTED, CLASSIFIERS, NETWORK, PREDICTORS, ROUTERS
from svgai.training.rows import read_rows
from svgai.training.tables import table_of
from tests.svgai.training.invented import learnable_rows, write_data

needs_ai = [pytest.importorskip(name, reason="the extra ai") for name in ("torch", "lightgbm", "onnx", "onnxruntime")]


def run(command, *arguments):
    return CliRunner().invoke(command, [str(each) for each in arguments])


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_data(tmp_path_factory.mktemp("learning") / "data", learnable_rows(400))


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    """Models of all roles, made by the command."""
    folder = tmp_path_factory.mktemp("learning") / "models"
    outcome = run(train, "models", "--data", data, "--out", folder, "--seed", 1)
    assert outcome.exit_code == 0, outcome.output
    return folder, outcome.output


def test_all_candidates_are_compared(trained):
    _, told = trained

    for name in ("rules", "random forest", "boosted trees", "network on features", "always fast"):
        assert name in told


def test_models_are_complete_small_and_accepted_by_the_store(trained):
    folder, _ = trained
    models = load(folder)

    assert {Role.CLASSIFIER, Role.PREDICTOR} <= set(models.by_role)
    for model in models.by_role.values():
        entry = model.entry
        assert (folder / entry.file).exists()
        assert (folder / entry.torchscript.file).exists()
        assert "procedural drawings" in (folder / entry.card).read_text()
    assert (folder / "reference.json").exists()
    assert sum(file.stat().st_size for file in folder.iterdir()) < 5_000_000


def test_onnx_and_torchscript_agree(trained, data):
    from svgai.training.exporting import run_onnx, run_torchscript

    folder, _ = trained
    features = np.array([list(row.features.values()) for row in read_rows(data)], np.float32)
    for model in load(folder).by_role.values():
        served = run_onnx(folder / model.entry.file, features)
        scripted = run_torchscript(folder / model.entry.torchscript.file, features)
        assert np.abs(served - scripted).max() < 1e-4


def test_what_was_learned_is_right_on_drawings_held_out(trained, data):
    adviser = Adviser(Store(trained[0]))
    held = [row for row in read_rows(data) if row.split == "test"]
    advised = [(row, adviser.advise(Features.named(row.features))) for row in held]
    error = [abs(advice.predictions[m].quality - row.methods[m].ssim) for row, advice in advised for m in TRACING]
    inside = [
        advice.predictions[m].low <= row.methods[m].ssim <= advice.predictions[m].high
        for row, advice in advised
        for m in TRACING
    ]

    assert all(advice.source == "model" for _, advice in advised)
    assert np.mean([advice.image_type == row.image_type for row, advice in advised]) > 0.9
    assert np.mean(error) < 0.02
    assert 0.75 < np.mean(inside) <= 1


@pytest.mark.parametrize("candidates", [CLASSIFIERS, PREDICTORS, ROUTERS], ids=["classifier", "predictor", "router"])
@pytest.mark.parametrize("name", [BOOSTED, NETWORK])
def test_the_same_data_and_seed_make_the_same_model(candidates, name):
    table = table_of(learnable_rows(80))
    first, again = (candidates[name](table, 3).outputs(table.features) for _ in range(2))

    assert np.array_equal(first, again)


def test_evaluate_prints_every_figure_with_its_target(trained, data):
    outcome = run(evaluate, "--data", data, "--models", trained[0])

    assert outcome.exit_code == 0, outcome.output
    for name in (
        "classification: right",
        "routing: within",
        "regret, mean",
        "prediction: correlation",
        "interval holds",
        "SSIM error removed",
        "worse than the baseline",
        "milliseconds",
    ):
        assert name in outcome.output
    assert "met" in outcome.output


def test_evaluate_works_without_models(data, tmp_path):
    outcome = run(evaluate, "--data", data, "--models", tmp_path / "none", "--json")
    figures = {figure["name"]: figure["value"] for figure in json.loads(outcome.output)}

    assert figures["share advised by models"] == 0
    assert figures["pictures"] > 0


def test_evaluate_uses_drawings_held_out_unless_told_otherwise(data, tmp_path):
    def pictures(*more):
        outcome = run(evaluate, "--data", data, "--models", tmp_path, "--json", *more)
        return json.loads(outcome.output)[0]["value"]

    assert pictures() == sum(row.split == "test" for row in read_rows(data))
    assert pictures("--everything") == 400


def test_too_few_data_are_refused_in_plain_words(tmp_path):
    folder = write_data(tmp_path / "data", learnable_rows(2))
    outcome = run(train, "models", "--data", folder, "--out", tmp_path / "models")

    assert outcome.exit_code == 1
    assert "too few pictures" in outcome.output


def test_what_is_not_installed_is_named(data, tmp_path, monkeypatch):
    monkeypatch.setattr(missing, "find_spec", lambda name: None if name == "torch" else object())
    outcome = run(train, "models", "--data", data, "--out", tmp_path)

    assert outcome.exit_code == 1
    assert "torch" in outcome.output
    assert "svgai[ai]" in outcome.output


def test_all_makes_what_data_are_missing_models_and_figures(tmp_path):
    """Two drawings are really drawn and measured; all others are known from before."""
    pytest.importorskip("resvg_py")
    pytest.importorskip("font_caladea", reason="the fonts of the extra ai")
    folder = write_data(tmp_path / "data", learnable_rows(120))
    wanted = ("--seed", 636, "--drawings", 1, "--tried", 0, "--seen", 1)
    outcome = run(train, "all", "--data", folder, "--out", tmp_path / "models", *wanted)

    assert outcome.exit_code == 0, outcome.output
    assert {row.drawing for row in read_rows(folder)} >= {"emblem-636-0", "invented-0"}
    assert {Role.CLASSIFIER, Role.PREDICTOR} <= set(load(tmp_path / "models").by_role)
    assert "classification: right" in outcome.output
