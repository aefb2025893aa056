"""Learning at work, from the quality record to the models in use: with the models that are delivered, and no others."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.jobs import new_job_id
from app.learning import Finding, Stage, report, summary
from app.records import Record
from app.services import Services
from app.settings import MODELS, Settings
from svgai.ml.correction import as_lack, as_quality
from svgai.ml.drift import spread_of
from svgai.ml.features import NAMES
from svgai.ml.learned import LearnedStore
from svgai.ml.metadata import TRACING, Role
from svgai.ml.store import Model, load
from tests.svgai.ml.conversions import pictures
from tests.svgai.ml.models import furnish
from tests.world import database_of, make_world, pass_time
from workers.learning import LearningProcess, learn

WANTED = 120


@cache
def delivered() -> Model:
    models = load(MODELS)
    assert models
    return models.by_role[Role.PREDICTOR]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    shutil.copytree(MODELS, tmp_path / "models", ignore=shutil.ignore_patterns("reference.json"))
    return Settings(
        _env_file=None,
        data_dir=tmp_path,
        models_dir=tmp_path / "models",
        learning_conversions=WANTED,
        learning_shadow=50,
    )


@pytest.fixture
def services(settings: Settings) -> Iterator[Services]:
    made = make_world(settings)
    yield made
    database_of(made).engine.dispose()


def converted(
    services: Services, count: int, shift: float, seed: int, predictor: Model | None = None, beside: Model | None = None
) -> None:
    """Conversions by `optimised`, which come out otherwise than the delivered predictor says, by so much."""
    chance, features = np.random.default_rng(seed), pictures(count, seed)
    in_use = predictor or delivered()
    by = slice(4 * TRACING.index("optimised"), 4 * TRACING.index("optimised") + 4)
    truth = delivered().answer(features)[:, by]
    told, shadow = in_use.answer(features)[:, by], beside and beside.answer(features)[:, by]
    rows = []
    for place in range(count):
        ssim = float(as_quality(as_lack(truth[place, 0]) + shift + chance.normal(0, 0.05)))
        rows.append(
            Record(
                job_id=new_job_id(),
                tenant="acct_one",
                at=datetime.now(UTC),
                asked="auto",
                width=64,
                height=48,
                bytes_in=1000,
                image_type=("simple", "text")[place % 2],
                advised_by="model",
                models={"predictor": in_use.entry.version},
                features=dict(zip(NAMES, map(float, features[place]), strict=True)),
                tried=[{"method": "optimised", "ssim": ssim}],
                method="optimised",
                predicted=float(told[place, 0]),
                ssim=ssim,
                seconds=float(np.exp(truth[place, 3])),
                shadow=None
                if shadow is None
                else {"version": beside.entry.version, "predicted": float(shadow[place, 0])},
            )
        )
    services.records.add(rows)


def states(services: Services) -> dict[str, Stage]:
    return {version.version: version.state for version in services.versions.all()}


def predictor_in(services: Services, place: str) -> Model:
    models = load(services.settings.learned / place)
    assert models
    return models.by_role[Role.PREDICTOR]


def in_use(services: Services) -> str:
    models = LearnedStore(services.settings.models, services.settings.learned).models
    assert models
    return models.versions["predictor"]


def on_trial(services: Services) -> Model:
    """What was learned from conversions whose error is half again what was foretold."""
    converted(services, 400, 0.6, 1)
    finding = learn(services)
    assert finding.standing == "watching", finding
    return predictor_in(services, "candidate")


def test_learning_waits_for_enough_conversions(services: Services) -> None:
    converted(services, WANTED - 1, 0.6, 1)
    assert learn(services) == Finding("learning", "waiting", f"{WANTED - 1} new conversions; {WANTED} are wanted")
    assert states(services) == {delivered().entry.version: Stage.SERVING}


def test_what_is_better_is_tried_beside_and_then_taken_into_use(services: Services) -> None:
    candidate = on_trial(services)
    base, new = delivered().entry.version, candidate.entry.version
    assert (new, states(services)) == (f"{base}+1", {base: Stage.SERVING, new: Stage.SHADOW})
    assert in_use(services) == base

    converted(services, 49, 0.6, 2, beside=candidate)
    assert learn(services).reason.startswith("49 of 50 conversions")
    converted(services, 30, 0.6, 3, beside=candidate)
    assert learn(services).standing == "serving"
    assert states(services) == {base: Stage.RETIRED, new: Stage.SERVING}
    assert in_use(services) == new
    [taken] = [version for version in services.versions.all() if version.version == new]
    before, after = taken.figures["mean_error"]
    assert after < before
    assert taken.figures["shadow_gain"] > 0

    assert learn(services).standing == "waiting"  # no new conversions: nothing is learned twice
    converted(services, WANTED, 0.6, 4, predictor=candidate)
    learn(services)  # what is left to learn is little: whether it is tried or refused, what is good stays
    assert in_use(services) == new
    assert states(services)[f"{base}+2"] in {Stage.REFUSED, Stage.SHADOW}


def test_what_does_worse_on_trial_is_refused_and_the_last_good_one_stays(services: Services) -> None:
    candidate = on_trial(services)
    converted(services, 80, 0.0, 5, beside=candidate)  # now all comes out as was foretold at first
    finding = learn(services)
    assert finding.standing == "refused"
    assert "its error was less by -" in finding.reason
    assert states(services)[candidate.entry.version] is Stage.REFUSED
    assert in_use(services) == delivered().entry.version
    assert not (services.settings.learned / "candidate").exists()


def test_what_is_no_better_is_refused_with_the_reason(services: Services) -> None:
    converted(services, 400, 0.0, 2)  # with one seed in twenty chance alone passes for better, as with 1
    assert learn(services).standing == "refused"
    [refused] = [version for version in services.versions.all() if version.state is Stage.REFUSED]
    assert "is wanted" in refused.reason or "chance" in refused.reason
    assert refused.figures["held_out"] > 20


def test_what_forgets_the_lab_is_refused(services: Services) -> None:
    folder = services.settings.models
    assert folder
    features = pictures(100, 9)
    outputs = delivered().answer(features).reshape(100, len(TRACING), 4)
    held = [
        {
            "features": dict(zip(NAMES, map(float, features[place]), strict=True)),
            "quality": outputs[place, :, 0].tolist(),
            "image_type": "",
        }
        for place in range(100)
    ]
    spread_of(pictures(500), held).write(folder)
    converted(services, 400, 1.2, 1)
    finding = learn(services)
    assert finding.standing == "refused"
    assert "on held-out pictures of the lab" in finding.reason


def test_models_that_are_delivered_anew_end_a_trial(services: Services) -> None:
    candidate = on_trial(services)
    furnish(services.settings.models, version="new")
    learn(services)
    assert states(services)[candidate.entry.version] is Stage.RETIRED
    assert states(services)["new"] is Stage.SERVING
    assert in_use(services) == "new"


def test_a_trial_that_sees_next_to_nothing_ends(services: Services) -> None:
    candidate = on_trial(services)
    pass_time(database_of(services), 13 * 86_400)
    assert learn(services).standing == "watching"
    pass_time(database_of(services), 2 * 86_400)
    assert "0 conversions in 14 days; it takes 50" in learn(services).reason
    assert states(services)[candidate.entry.version] is Stage.REFUSED


def test_who_does_not_learn_still_watches(services: Services) -> None:
    still = replace(services, settings=services.settings.model_copy(update={"learning_enabled": False}))
    converted(services, 250, 3.0, 2)
    assert learn(still).reason == "LEARNING_ENABLED is off"
    assert {finding.name: finding.standing for finding in services.versions.findings()}["predictions"] == "drifted"
    assert not services.settings.learned.exists()


def test_drift_of_pictures_and_of_errors_is_written_down(services: Services) -> None:
    folder = services.settings.models
    assert folder
    spread_of(pictures(1000, 3)).write(folder)
    converted(services, 250, 0.0, 1)
    learn(services)
    found = {finding.name: finding for finding in services.versions.findings()}
    assert (found["inputs"].standing, found["predictions"].standing) == ("ok", "ok")
    spread_of(pictures(1000, 3) * 2).write(folder)
    converted(services, 250, 3.0, 2)
    learn(services)
    found = {finding.name: finding for finding in services.versions.findings()}
    assert (found["inputs"].standing, found["predictions"].standing) == ("drifted", "drifted")
    assert summary(services.versions, learns=True)["watches"]["predictions"] == "drifted"


def test_learning_can_be_switched_off_and_needs_models(services: Services, tmp_path: Path) -> None:
    def with_(**changed: Any) -> Services:
        return replace(services, settings=services.settings.model_copy(update=changed))

    assert learn(with_(learning_enabled=False)).reason == "LEARNING_ENABLED is off"
    assert learn(with_(ai_enabled=False)).reason == "models are switched off"
    assert learn(with_(models_dir=tmp_path / "none")).reason == "there are no models to learn from"
    (services.settings.models / "metadata.json").write_bytes(b"{")  # type: ignore[operator]
    assert learn(services).standing == "refused"


def test_one_learns_at_a_time(services: Services) -> None:
    import fcntl

    folder = services.settings.learned
    folder.mkdir()
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert learn(services).standing == "busy"
    assert learn(services).standing == "waiting"


def test_a_folder_that_cannot_be_written_is_told(services: Services) -> None:
    services.settings.learned.write_text("a file")
    assert learn(services).standing == "failed"


def test_a_pass_runs_in_a_process_of_its_own_that_is_ended_when_it_takes_too_long(
    services: Services, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = LearningProcess(settings)
    process.start()
    process.start()  # one is enough
    assert process.wait(60) == 0
    assert {finding.name for finding in services.versions.findings()} >= {"learning", "inputs"}

    monkeypatch.setattr("workers.learning.learn_in_child", _sleep)
    late = LearningProcess(settings, seconds=0.1)
    late.start()
    first = late._process
    time.sleep(0.2)
    late.start()
    assert first is not late._process
    late.end()
    assert first and not first.is_alive()


def _sleep(_: Settings) -> None:
    threading.Event().wait()


def test_all_is_reported(services: Services) -> None:
    candidate = on_trial(services)
    converted(services, 120, 0.6, 2, beside=candidate)
    told = report(services.versions, services.records)
    assert told["trial"]["gain"]["verdict"] == "better"
    assert told["trial"]["worth"]["verdict"] == "too few"
    assert [version["state"] for version in told["versions"]] == ["shadow", "serving"]
