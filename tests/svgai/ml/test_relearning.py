"""What is learned from conversions, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from svgai.ml.correction import Correction, Line
from svgai.ml.errors import ModelsRefused
from svgai.ml.features import NAMES
from svgai.ml.learned import CANDIDATE, SERVING, CandidateStore, LearnedStore, promote, restore
from svgai.ml.metadata import TRACING, Role, read_metadata, write_metadata
from svgai.ml.relearning import Lab, Lessons, fit, judge, lab_lesson, lesson, lessons_of, predictor_of, write_candidate
from svgai.ml.store import PRODUCTION, Model, load
from tests.svgai.ml.conversions import came_of, pictures
from tests.svgai.ml.models import furnish

SLOWER = Correction({method: Line(slope=1.2, shift=0.4, wider=0.1, later=0.7) for method in TRACING})


@cache
def predictor() -> Model:
    models = load(PRODUCTION)
    assert models
    return predictor_of(models)


def taught(count: int = 600, seed: int = 1, **wrong: float) -> tuple[np.ndarray, Lessons]:
    features = pictures(count, seed)
    outputs = predictor().answer(features)
    return outputs, came_of(outputs, features, **wrong, seed=seed + 100)


# --- corrections


def test_a_correction_that_changes_nothing_changes_nothing() -> None:
    outputs = predictor().answer(pictures(50))
    same = Correction({method: Line() for method in TRACING}).apply(outputs)
    assert np.abs(same - outputs).max() < 1e-5


def test_a_correction_moves_quality_intervals_and_seconds_of_its_method_alone() -> None:
    outputs = predictor().answer(pictures(50))
    put_right = Correction({"refined": Line(shift=0.5, wider=0.2, later=1.0)}).apply(outputs).reshape(50, -1, 4)
    before = outputs.reshape(50, -1, 4)
    place = TRACING.index("refined")
    others = [number for number in range(len(TRACING)) if number != place]
    assert np.abs(put_right[:, others] - before[:, others]).max() < 1e-5
    assert (put_right[:, place, 0] < before[:, place, 0]).all()
    assert (put_right[:, place, 3] - before[:, place, 3]).tolist() == pytest.approx([1.0] * 50, abs=1e-5)


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"fast": {"slope": 9.0}}, "slope is 9.0; it is from 0.2 to 5"),
        ({"fast": {"shift": float("nan")}}, "shift is nan"),
        ({"fast": {"bent": 1.0}}, "broken"),
        ({"quick": {}}, "'quick', which there is not"),
        ({"fast": 3}, "broken"),
    ],
)
def test_a_correction_that_is_none_is_refused(facts: dict, why: str) -> None:
    with pytest.raises(ModelsRefused, match=why):
        Correction.read(facts)


# --- lessons


def test_a_method_is_taught_by_what_a_conversion_by_it_returns() -> None:
    features = dict.fromkeys(NAMES, 0.5)
    tried = [{"method": "fast", "ssim": 0.9}, {"method": "baseline", "ssim": 0.93}]
    told = lesson(features, tried, 2.5)
    assert told is not None
    by = dict(zip(TRACING, told["quality"], strict=True))
    assert (by["fast"], by["baseline"]) == (0.93, 0.93)  # it returns the baseline's where its own is worse
    assert np.isnan(by["refined"])
    assert dict(zip(TRACING, told["seconds"], strict=True))["fast"] == 2.5


def test_seconds_of_several_methods_together_teach_none_of_them() -> None:
    tried = [{"method": "fast", "ssim": 0.9}, {"method": "refined", "failed": "too many curves"}]
    told = lesson(dict.fromkeys(NAMES, 0.5), tried, 2.5)
    assert told is not None
    assert np.isnan(told["seconds"]).all()
    assert lesson({"pixels": 1.0}, tried, 1.0) is None  # measured by another program


# --- learning and judging


def test_what_is_wrong_with_a_predictor_is_learned() -> None:
    outputs, lessons = taught(800, shift=0.6, slope=1.2, slower=3.0)
    correction = fit(outputs, lessons)
    for line in correction.lines.values():
        assert line.slope == pytest.approx(1.2, abs=0.15)
        assert np.exp(line.later) == pytest.approx(3.0, rel=0.2)
    new, held = taught(300, 7, shift=0.6, slope=1.2, slower=3.0)
    judged = judge(new, correction.apply(new), held, None)
    assert judged.is_better, judged.reasons
    before, after = judged.figures["mean_error"]
    assert after < before / 2
    assert abs(judged.figures["coverage"][1] - 0.9) < 0.06
    slow, right = judged.figures["seconds_error"]
    assert slow > 1.0
    assert right < 0.2


def test_a_predictor_that_is_right_is_left_as_it_is() -> None:
    outputs, lessons = taught(600)
    correction = fit(outputs, lessons)
    new, held = taught(300, 7)
    judged = judge(new, correction.apply(new), held, None)
    assert not judged.is_better
    assert "is wanted" in judged.reasons[0] or "chance" in judged.reasons[0]


def test_few_conversions_are_hardly_believed_and_fewer_not_at_all() -> None:
    outputs, lessons = taught(24, shift=2.0)
    some = fit(outputs, lessons)
    assert all(abs(line.shift) < 2.0 for line in some.lines.values())
    outputs, lessons = taught(18, shift=2.0)
    assert fit(outputs, lessons).lines == {}


def test_what_is_better_on_average_but_worse_for_a_type_is_refused() -> None:
    outputs, held = taught(300, 7, shift=0.6)
    candidate = SLOWER.apply(outputs)
    is_text = np.array(held.types) == "text"
    quality = held.quality.copy()
    told = outputs.reshape(len(outputs), -1, 4)[..., 0]
    quality[is_text] = told[is_text]  # of text, all was foretold exactly as it came
    judged = judge(outputs, candidate, replace(held, quality=quality), None)
    assert not judged.is_better
    assert any(reason.startswith("results of type text: the mean error grows") for reason in judged.reasons)


def test_what_forgets_the_lab_is_refused() -> None:
    outputs, lessons = taught(600, shift=1.5)
    correction = fit(outputs, lessons)
    new, held = taught(300, 7, shift=1.5)
    at_lab, lab = taught(200, 9)
    judged = judge(new, correction.apply(new), held, Lab(lab, at_lab, correction.apply(at_lab)))
    assert not judged.is_better
    assert "of the lab" in judged.reasons[-1]
    assert judge(new, correction.apply(new), held, None).is_better


def test_nothing_is_judged_by_a_handful() -> None:
    outputs, held = taught(10, shift=1.5)
    assert "it takes 20" in judge(outputs, SLOWER.apply(outputs), held, None).reasons[0]


def test_a_picture_of_the_lab_may_lack_methods() -> None:
    row = {"features": dict.fromkeys(NAMES, 0.5), "quality": [0.9, None, None, 0.8], "image_type": "text"}
    lessons = lessons_of([lab_lesson(row)])
    assert lessons.quality[0, 0] == 0.9
    assert np.isnan(lessons.quality[0, 1])
    assert lessons.types == ["text"]


# --- files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    furnish(tmp_path / "models", version="1")
    return tmp_path / "models"


@pytest.fixture
def learned(tmp_path: Path) -> Path:
    return tmp_path / "learned"


def test_a_candidate_answers_as_corrected_and_passes_every_check(folder: Path, learned: Path) -> None:
    write_candidate(folder, learned / CANDIDATE, SLOWER, "1+1")
    base, candidate = load(folder), CandidateStore(folder, learned).beside()
    assert base
    assert candidate
    rows = pictures(20)
    expected = SLOWER.apply(base.by_role[Role.PREDICTOR].answer(rows))
    assert np.abs(candidate.by_role[Role.PREDICTOR].answer(rows) - expected).max() < 1e-6
    assert candidate.versions == {"classifier": "1", "predictor": "1+1"}


def test_candidates_are_not_in_use_until_they_are_promoted_and_can_be_taken_back(folder: Path, learned: Path) -> None:
    store = LearnedStore(folder, learned)
    write_candidate(folder, learned / CANDIDATE, SLOWER, "1+1")
    store.refresh()
    assert store.models.versions["predictor"] == "1"
    promote(learned)
    assert store.refresh()
    assert store.models.versions["predictor"] == "1+1"
    write_candidate(folder, learned / CANDIDATE, SLOWER, "1+2")
    promote(learned)
    store.refresh()
    assert store.models.versions["predictor"] == "1+2"
    assert restore(learned)
    store.refresh()
    assert store.models.versions["predictor"] == "1+1"
    assert not restore(learned)
    assert store.refresh()
    assert (store.models.versions["predictor"], store.reason) == ("1", "")


def test_models_that_are_delivered_anew_put_aside_what_was_learned(folder: Path, learned: Path) -> None:
    write_candidate(folder, learned / CANDIDATE, SLOWER, "1+1")
    promote(learned)
    write_candidate(folder, learned / CANDIDATE, SLOWER, "1+2")
    store, trial = LearnedStore(folder, learned), CandidateStore(folder, learned)
    assert (store.models.versions["predictor"], trial.beside().versions["predictor"]) == ("1+1", "1+2")
    furnish(folder, version="2")
    assert store.refresh()
    assert (store.models.versions["predictor"], trial.beside()) == ("2", None)


def test_what_was_learned_and_is_broken_leaves_what_was_delivered(folder: Path, learned: Path) -> None:
    write_candidate(folder, learned / CANDIDATE, SLOWER, "1+1")
    promote(learned)
    metadata = read_metadata((learned / SERVING / "metadata.json").read_bytes())
    entries = [replace(entry, correction={"fast": {"slope": 99.0}}) for entry in metadata.models]
    write_metadata(learned / SERVING, replace(metadata, models=entries))
    store = LearnedStore(folder, learned)
    assert store.models.versions["predictor"] == "1"
    assert "slope is 99.0" in store.reason


def test_what_was_learned_and_breaks_at_work_stays_in_use(folder: Path, learned: Path) -> None:
    write_candidate(folder, learned / CANDIDATE, SLOWER, "1+1")
    promote(learned)
    store = LearnedStore(folder, learned)
    assert store.models.versions["predictor"] == "1+1"
    (learned / SERVING / "metadata.json").write_bytes(b"{")
    store.refresh()
    assert store.models.versions["predictor"] == "1+1"


def test_nothing_is_learned_from_what_is_put_right_already(folder: Path, learned: Path) -> None:
    write_candidate(folder, learned / CANDIDATE, SLOWER, "1+1")
    candidate = load(learned / CANDIDATE)
    assert candidate
    with pytest.raises(ModelsRefused, match="put right already"):
        predictor_of(candidate)
    with pytest.raises(ModelsRefused, match="no candidates"):
        promote(folder)
