"""What is told of learning over HTTP, and at the terminal."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from app.errors import StoreAway
from app.learning import Finding, Stage, Version
from app.services import Services
from app.settings import Settings
from svgai.ml.correction import Correction, Line
from svgai.ml.learned import promote
from svgai.ml.relearning import write_candidate
from tests.app.adapters.test_records import record
from tests.app.web.test_admin import Admin
from tests.svgai.ml.models import furnish
from workers.learning_commands import learning
from workers.serve import migrate


@pytest.fixture
def _a_trial(services: Services) -> None:
    services.versions.note(Version("3", Stage.SERVING))
    services.versions.note(Version("3+1", Stage.SHADOW, "3", 400, "better on what was held out", {"held_out": 90}))
    services.versions.find(Finding("predictions", "warning", "more than 1.5 times", {"mean_error": 0.07}))
    shadow, now = {"version": "3+1", "predicted": 0.96}, datetime.now(UTC)
    services.records.add([record(at=now, ssim=0.95 + n / 1e5, predicted=0.99, shadow=shadow) for n in range(150)])


@pytest.mark.usefixtures("_a_trial")
def test_an_operator_sees_versions_the_trial_and_findings(client: FlaskClient, services: Services) -> None:
    told = Admin(client, services).ask("GET", "/models").get_json()
    assert [(each["version"], each["state"]) for each in told["versions"]] == [("3+1", "shadow"), ("3", "serving")]
    gain = told["trial"]["gain"]
    assert (gain["verdict"], gain["conversions"]) == ("better", [150, 150])
    assert gain["difference"] == pytest.approx(0.03, abs=0.002)
    assert told["trial"]["worth"]["verdict"] == "too few"
    assert told["findings"][0]["standing"] == "warning"


def test_nobody_else_does(client: FlaskClient) -> None:
    assert client.get("/api/v1/admin/models").status_code == 401


@pytest.mark.usefixtures("_a_trial")
def test_the_status_and_the_metrics_tell_it_in_short(client: FlaskClient) -> None:
    assert client.get("/api/ai-status").get_json()["learning"] == {
        "learns": True,
        "serving": "3",
        "shadow": "3+1",
        "watches": {"predictions": "warning"},
    }
    metrics = client.get("/metrics").text
    assert 'model_drift_state{watch="predictions"} 1.0' in metrics
    assert "model_recent_error 0.07" in metrics
    assert 'model_versions{state="shadow"} 1.0' in metrics


def test_the_status_is_told_without_a_database(
    client: FlaskClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise StoreAway("away")

    monkeypatch.setattr(services.versions, "all", away)
    told = client.get("/api/ai-status")
    assert (told.status_code, told.get_json()["learning"]) == (200, None)


@pytest.fixture
def _at_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    furnish(tmp_path / "models", version="1")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.chdir(tmp_path)
    migrate(Settings(_env_file=None))


def said(*words: str) -> str:
    answer = CliRunner().invoke(learning, words)
    assert answer.exit_code == 0, answer.output
    return answer.output


@pytest.mark.usefixtures("_at_a_terminal")
def test_an_operator_lets_it_learn_sees_what_came_of_it_and_takes_it_back(tmp_path: Path) -> None:
    assert said("run") == "waiting: 0 new conversions; 200 are wanted\n"
    write_candidate(
        tmp_path / "models", tmp_path / "learned" / "candidate", Correction({"fast": Line(later=1.0)}), "1+1"
    )
    promote(tmp_path / "learned")
    said("run")
    assert "1+1                              serving" in said("list")
    assert said("restore") == "the models that were delivered are in use\n"
    found = json.loads(said("list", "--json"))
    assert {each["version"]: each["state"] for each in found["versions"]} == {"1": "serving", "1+1": "refused"}
    assert "an operator took it back" in said("list")


def test_a_database_that_cannot_be_used_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/none/svgai.db")
    monkeypatch.chdir(tmp_path)
    answer = CliRunner().invoke(learning, ["list"])
    assert answer.exit_code == 1
    assert "The database cannot be used" in answer.output
