"""`svgai classify` and `svgai models`: what is told, and what is an error."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from svgai import cli
from svgai.methods import TRACERS
from svgai.ml.features import NAMES
from svgai.ml.importing import RECORD
from svgai.ml.metadata import FILE
from svgai.ml.store import load
from tests import samples
from tests.svgai.ml.models import furnish


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logo.png").write_bytes(samples.logo_png(48))
    (tmp_path / "broken.png").write_bytes(samples.logo_png(48)[:200])
    furnish(tmp_path / "models", version="7")
    (tmp_path / "empty").mkdir()
    return tmp_path


def run(*arguments: str, **options):
    return CliRunner().invoke(cli.main, list(arguments), **options)


def test_a_picture_is_classified_and_every_method_foretold(here):
    answer = run("classify", "logo.png", "--models", "models")
    assert answer.exit_code == 0, answer.output
    first, _, *rest = answer.stdout.splitlines()
    assert first == "simple, 97% sure; to be reached: SSIM 0.95"
    assert [line[0] for line in rest[:4]] == [">", " ", " ", " "]
    assert [line.split()[0] for line in (rest[0][1:], *rest[1:4])] == ["refined", "optimised", "fast", "baseline"]
    assert rest[4] == "advised by models: classifier 7, predictor 7"


def test_without_models_the_rules_are_named(here):
    told = run("classify", "logo.png", "--models", "empty").stdout
    assert "advised by rules" in told
    assert "note: there are no models" in told


def test_json_tells_all(here):
    facts = json.loads(run("classify", "logo.png", "--json", "--models", "models").stdout)
    assert (facts["file"], facts["image_type"], facts["advised_by"]) == ("logo.png", "simple", "model")
    assert set(facts["predictions"]) == set(facts["ranking"]) == set(TRACERS)
    assert list(facts["features"]) == list(NAMES)


def test_a_target_and_a_budget_count(here):
    facts = json.loads(run("classify", "logo.png", "--json", "--quality-target", "99", "--models", "models").stdout)
    assert facts["quality_target"] == 0.99


def test_standard_input_is_a_picture_too(here):
    data = (here / "logo.png").read_bytes()
    assert run("classify", "-", "--models", "models", input=data).stdout.startswith("simple")


@pytest.mark.parametrize(("file", "told"), [("broken.png", "broken.png: "), ("nowhere.png", "nowhere.png")])
def test_what_is_no_picture_is_an_error_in_one_line(here, file, told):
    answer = run("classify", file)
    assert (answer.exit_code, answer.stdout) == (1, "")
    (line,) = answer.stderr.splitlines()
    assert line.startswith("svgai: ")
    assert told in line


def test_models_are_listed(here):
    lines = run("models", "list", "--models", "models").stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [["classifier", "7"], ["predictor", "7"]]
    facts = json.loads(run("models", "list", "--json", "--models", "models").stdout)
    assert [each["name"] for each in facts] == ["classifier", "predictor"]
    assert facts[0]["bytes"] == (here / "models" / "classifier.onnx").stat().st_size
    assert "rules advise" in run("models", "list", "--models", "empty").stdout
    assert run("models", "list", "--json", "--models", "empty").stdout == "[]\n"


def test_models_are_verified(here):
    assert run("models", "verify", "--models", "models").stdout.splitlines() == [
        "ok  classifier   7",
        "ok  predictor    7",
    ]
    (here / "models" / "predictor.onnx").write_bytes(b"broken")
    answer = run("models", "verify", "--models", "models")
    assert answer.exit_code == 1
    assert "predictor.onnx has not the sha256" in answer.stderr
    answer = run("models", "verify", "--models", "empty")
    assert (answer.exit_code, answer.stdout) == (0, "There are no models: rules advise.\n")


def test_metadata_that_is_broken_is_an_error(here):
    (here / "models" / FILE).write_text("{")
    answer = run("models", "list", "--models", "models")
    assert answer.exit_code == 1
    assert "metadata.json is broken" in answer.stderr


def test_models_are_imported(here):
    answer = run("models", "import", "models", "--models", "production")
    assert answer.exit_code == 0, answer.output
    assert "in use now" in answer.stdout
    assert load(here / "production").versions["classifier"] == "7"
    (here / "models" / "predictor.onnx").write_bytes(b"broken")
    answer = run("models", "import", "models", "--models", "production", "--json")
    assert answer.exit_code == 1
    assert json.loads(answer.stdout)["accepted"] is False
    assert len((here / "production" / RECORD).read_text().splitlines()) == 2
    assert load(here / "production").versions["classifier"] == "7"


def test_training_is_shown_among_the_commands():
    assert "train" in run("--help").stdout
    assert run("train", "--help").exit_code == 0
