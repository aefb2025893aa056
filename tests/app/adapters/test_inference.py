"""Predictions from features, by real models of ONNX Runtime, however small."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.circuit import Standing
from app.adapters.inference import LocalInference, measured_features
from app.errors import InferenceMeasured
from app.metrics import Metrics
from svgai import Options
from svgai.ml.features import MEANINGS, NAMES
from svgai.ml.metadata import Golden, Role, sha256_of
from svgai.ml.usual import USUAL
from tests.svgai.ml.models import furnish, onnx_bytes, rewrite

FEATURES = {name: usual.value for name, usual in USUAL.items()}
PLAINLY = Options()
RULES = LocalInference(None, Metrics())
COMPLEX = (0.0, 0.0, 0.1, 0.9)

Open = Callable[[Path | None], LocalInference]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    monkeypatch.setattr("app.adapters.inference.LOOK_SECONDS", 0.02)
    made: list[LocalInference] = []

    def open_one(folder: Path | None) -> LocalInference:
        made.append(LocalInference(folder, Metrics()))
        return made[-1]

    yield open_one
    for each in made:
        each.close()


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


def break_model(inference: LocalInference, role: Role) -> None:
    """Let a model that was good when it was loaded fail from now on."""

    def fail(_: Any) -> Any:
        raise RuntimeError("out of memory")

    models = inference._store.models
    object.__setattr__(models.by_role[role], "run", fail)


def test_the_table_of_usual_values_has_every_feature_in_order() -> None:
    assert tuple(USUAL) == NAMES == tuple(MEANINGS)
    assert all(0 <= usual.value <= usual.most for usual in USUAL.values())
    assert all(usual.value < usual.most for usual in USUAL.values() if usual.most != 1)  # a share may be all as a rule


def test_models_answer(opened: Open, folder: Path) -> None:
    furnish(folder, version="7")
    answer = opened(folder).advise(FEATURES, PLAINLY)
    assert (answer["advised_by"], answer["reasons"]) == ("model", [])
    assert (answer["image_type"], answer["confidence"]) == ("simple", 0.97)
    assert answer["models"] == {"classifier": "7", "predictor": "7"}
    assert answer["predictions"]["optimised"]["quality"] == pytest.approx(0.995)
    assert answer["ranking"][0] == "refined"  # foretold to be the best, and to take no longer


def test_wishes_are_heard(opened: Open, folder: Path) -> None:
    furnish(folder)
    answer = opened(folder).advise(FEATURES, Options(quality_target=99, time_budget=7))
    assert answer["quality_target"] == 0.99


@pytest.mark.parametrize(("is_there", "why"), [(True, "there are no models"), (False, "models are switched off")])
def test_without_models_the_rules_answer_and_say_so(opened: Open, folder: Path, is_there: bool, why: str) -> None:
    inference = opened(folder if is_there else None)
    answer, status = inference.advise(FEATURES, PLAINLY), inference.status()
    assert (answer["advised_by"], answer["reasons"], answer["models"]) == ("rules", [why], {})
    assert (status["enabled"], status["source"], status["reason"], status["models"]) == (is_there, "rules", why, [])
    assert (status["last_refusal"], status["loaded"]) == (None, None)


def test_many_at_once_get_each_its_own_answer_and_the_same_as_alone(opened: Open, folder: Path) -> None:
    metadata = furnish(folder)
    telling = onnx_bytes((0.0, 0.0, 0.0, 0.0), scale=0.01)  # a classifier that is as sure as the picture is large
    (folder / "classifier.onnx").write_bytes(telling)
    golden = Golden([[0.5] * len(NAMES)], [[0.005] * 4])
    rewrite(folder, metadata, sha256=sha256_of(telling), golden=golden)
    inference = opened(folder)
    asked = [{**FEATURES, "pixels": 8 + place / 10} for place in range(64)]
    alone = [inference.advise(each, PLAINLY) for each in asked]
    with ThreadPoolExecutor(16) as callers:
        together = list(callers.map(lambda each: inference.advise(each, PLAINLY), asked))
    assert together == alone
    assert {answer["advised_by"] for answer in together} == {"model"}
    assert len({answer["confidence"] for answer in together}) == 64


def test_other_models_are_taken_into_use(opened: Open, folder: Path) -> None:
    furnish(folder)
    inference = opened(folder)
    assert inference.advise(FEATURES, PLAINLY)["image_type"] == "simple"
    furnish(folder, shares=COMPLEX, version="2")
    until(lambda: inference.advise(FEATURES, PLAINLY)["models"]["classifier"] == "2")
    assert inference.advise(FEATURES, PLAINLY)["image_type"] == "complex"


def test_models_that_come_later_are_found(opened: Open, folder: Path) -> None:
    inference = opened(folder)
    assert inference.advise(FEATURES, PLAINLY)["advised_by"] == "rules"
    furnish(folder)
    until(lambda: inference.advise(FEATURES, PLAINLY)["advised_by"] == "model")


def test_models_that_are_taken_away_leave_the_rules(opened: Open, folder: Path) -> None:
    furnish(folder)
    inference = opened(folder)
    (folder / "metadata.json").unlink()
    until(lambda: inference.advise(FEATURES, PLAINLY)["advised_by"] == "rules")
    until(lambda: inference.status()["loaded"] is None)
    assert inference.status()["last_refusal"] is None


def test_bad_models_are_refused_and_the_last_good_ones_stay(opened: Open, folder: Path) -> None:
    furnish(folder)
    inference = opened(folder)
    (folder / "classifier.onnx").write_bytes(b"no model at all")
    until(lambda: inference.status()["last_refusal"] is not None)
    status = inference.status()
    assert "sha256" in status["last_refusal"]["reason"]
    assert (status["source"], status["reason"], len(status["models"])) == ("model", "", 2)
    assert inference.advise(FEATURES, PLAINLY)["advised_by"] == "model"


def test_a_swap_under_load_fails_nobody(opened: Open, folder: Path) -> None:
    furnish(folder, version="0")
    inference = opened(folder)
    stop, faults, seen = threading.Event(), [], set()

    def ask() -> None:
        while not stop.is_set():
            answer = inference.advise(FEATURES, PLAINLY)
            versions = set(answer["models"].values())
            seen.update(versions)
            if answer["advised_by"] != "model" or len(versions) != 1:
                faults.append(answer)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for version in range(1, 11):
        furnish(folder, version=str(version))
        until(lambda: {model["version"] for model in inference.status()["models"]} == {str(version)})  # noqa: B023
    stop.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(seen) > 5


def test_a_model_that_fails_leaves_its_part_to_the_rules(opened: Open, folder: Path) -> None:
    furnish(folder)
    inference = opened(folder)
    break_model(inference, Role.CLASSIFIER)
    answer = inference.advise(FEATURES, PLAINLY)
    assert (answer["advised_by"], answer["reasons"]) == ("rules", ["classifier failed: RuntimeError: out of memory"])
    assert set(answer["models"]) == {"predictor"}
    assert "out of memory" in inference.status()["last_failure"]["reason"]


def test_models_that_fail_again_and_again_are_let_alone_and_then_tried(opened: Open, folder: Path) -> None:
    furnish(folder)
    inference = opened(folder)
    inference._circuit.seconds = 0.2
    good = inference._store.models.by_role[Role.CLASSIFIER].run
    break_model(inference, Role.CLASSIFIER)
    for _ in range(3):
        inference.advise(FEATURES, PLAINLY)
    answer, status = inference.advise(FEATURES, PLAINLY), inference.status()
    assert answer["models"] == {}
    assert answer["reasons"] == ["the models failed 3 times in a row, and are let alone for 0.2 s"]
    assert (status["breaker"], status["source"], status["reason"]) == ("open", "rules", answer["reasons"][0])
    object.__setattr__(inference._store.models.by_role[Role.CLASSIFIER], "run", good)
    until(lambda: inference._circuit.standing is Standing.HALF_OPEN)
    assert inference.advise(FEATURES, PLAINLY)["advised_by"] == "model"
    assert inference.status()["breaker"] == "closed"


def test_a_question_that_no_model_can_answer_neither_opens_the_circuit_nor_spoils_those_beside_it(
    opened: Open, folder: Path
) -> None:
    furnish(folder)
    inference = opened(folder)
    model = inference._store.models.by_role[Role.CLASSIFIER]
    good = model.run

    def fails_far_out(rows: Any) -> Any:
        outputs = good(rows).copy()
        outputs[rows[:, 0] > 39] = float("nan")
        return outputs

    object.__setattr__(model, "run", fails_far_out)
    strange = {**FEATURES, "pixels": 40.0}
    with ThreadPoolExecutor(8) as callers:
        answers = list(callers.map(lambda n: inference.advise(strange if n % 4 else FEATURES, PLAINLY), range(64)))
    by = [answer["advised_by"] for answer in answers]
    assert by == ["rules" if n % 4 else "model" for n in range(64)]
    assert inference.status()["breaker"] == "closed"


@given(st.fixed_dictionaries({name: st.floats(0, usual.most) for name, usual in USUAL.items()}))
def test_rules_have_an_answer_to_all_that_may_be_asked(features: dict[str, float]) -> None:
    answer = RULES.advise(features, PLAINLY)
    assert 0 <= answer["confidence"] <= 1
    assert all(math.isfinite(value) for told in answer["predictions"].values() for value in told.values())


def test_status_tells_of_the_models_and_their_times(opened: Open, folder: Path) -> None:
    metadata = furnish(folder, version="7")
    inference = opened(folder)
    assert inference.status()["inferences"]["mean_ms"] is None
    for place in range(5):
        inference.advise({**FEATURES, "pixels": 10.0 + place}, PLAINLY)
    status = inference.status()
    assert [model["role"] for model in status["models"]] == ["classifier", "predictor"]
    assert [model["sha256"] for model in status["models"]] == [entry.sha256[:12] for entry in metadata.models]
    times = status["inferences"]
    assert (times["count"], times["batches"]) == (5, 5)
    assert 0 < times["p50_ms"] <= times["p95_ms"] <= times["p99_ms"]
    assert status["loaded"]["seconds"] > 0
    assert status["memory_mb"] > 10


def test_what_was_asked_before_is_known(opened: Open, folder: Path) -> None:
    furnish(folder)
    inference = opened(folder)
    asked = [{**FEATURES, "pixels": 8 + place / 10} for place in range(10)]
    first = [inference.advise(each, PLAINLY) for each in asked]
    assert [inference.advise(each, PLAINLY) for each in asked for _ in range(9)] == [
        each for each in first for _ in range(9)
    ]
    status = inference.status()
    assert status["inferences"]["batches"] == 10
    assert status["cache"] == {"entries": 10, "most": 4096, "hits": 90, "misses": 10, "hit_rate": 0.9}
    lookups = values_of(inference._metrics)
    assert lookups["cache_lookups_total", (("cache", "predictions"), ("outcome", "hit"))] == 90


def test_other_wishes_are_another_question(opened: Open, folder: Path) -> None:
    furnish(folder)
    inference = opened(folder)
    for options in (PLAINLY, Options(quality_target=99), Options(time_budget=7), Options(quality_target=99)):
        assert inference.advise(FEATURES, options)["quality_target"] == (options.quality_target / 100 or 0.95)
    assert inference.status()["cache"]["hits"] == 1


def test_what_former_models_said_is_not_told_again(opened: Open, folder: Path) -> None:
    furnish(folder)
    inference = opened(folder)
    inference.advise(FEATURES, PLAINLY)
    furnish(folder, shares=COMPLEX, version="2")
    until(lambda: inference.status()["models"][0]["version"] == "2")

    def only_the_new_answer_is_kept() -> bool:
        assert inference.advise(FEATURES, PLAINLY)["image_type"] == "complex"
        return inference.status()["cache"]["entries"] == 1

    until(only_the_new_answer_is_kept)  # the former ones go a moment after their models
    (folder / "metadata.json").unlink()
    until(lambda: inference.status()["models"] == [])
    assert inference.advise(FEATURES, PLAINLY)["advised_by"] == "rules"


def test_the_answer_of_a_model_that_failed_is_not_kept(opened: Open, folder: Path) -> None:
    furnish(folder)
    inference = opened(folder)
    good = inference._store.models.by_role[Role.CLASSIFIER].run
    break_model(inference, Role.CLASSIFIER)
    assert inference.advise(FEATURES, PLAINLY)["advised_by"] == "rules"
    object.__setattr__(inference._store.models.by_role[Role.CLASSIFIER], "run", good)
    assert inference.advise(FEATURES, PLAINLY)["advised_by"] == "model"


def test_models_are_measured_on_features_that_are_the_same_each_time(opened: Open, folder: Path) -> None:
    furnish(folder)
    measured = opened(folder).measure(0.4)
    assert measured["count"] > 10
    assert 0 < measured["p50_ms"] <= measured["p95_ms"] <= measured["p99_ms"]
    assert measured["throughput_per_second"] > 10
    assert measured["throughput_at_once_per_second"] > 10
    assert measured["advised_by"] == "model"
    assert measured_features() == measured_features()
    assert len({tuple(each.values()) for each in measured_features()}) == len(measured_features())


def test_one_measures_at_a_time(opened: Open) -> None:
    inference = opened(None)
    with ThreadPoolExecutor(1) as callers:
        first = callers.submit(inference.measure, 0.5)
        until(inference._is_measured.locked)
        with pytest.raises(InferenceMeasured):
            inference.measure(0.5)
        assert first.result(10)["advised_by"] == "rules"
    assert inference.measure(0.1)["count"] > 0


def test_what_it_does_is_counted(folder: Path, opened: Open) -> None:
    furnish(folder)
    inference = opened(folder)
    inference.advise(FEATURES, PLAINLY)
    samples = values_of(inference._metrics)
    assert samples["local_inference_latency_seconds_count", ()] == 1
    assert samples["ai_model_inference_seconds_count", (("model", "classifier"),)] == 1
    assert samples["model_loading_time_seconds_count", ()] == 1
    assert ("ai_model_memory_mb", ()) in samples


def values_of(metrics: Metrics) -> Mapping[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in metrics.registry.collect()
        for sample in family.samples
    }
