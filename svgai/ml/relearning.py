"""Learning again from what came of the advice: a correction of the predictor is fitted, and held against what it is.

Needs no training framework: with a few hundred conversions there is little more to learn than how far off the
predictions are on the pictures that are really handed in, and how quick this machine is.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from svgai.ml.correction import HIGH, LOG_SECONDS, LOW, QUALITY, Correction, Line, as_lack
from svgai.ml.errors import ModelsRefused
from svgai.ml.features import NAMES
from svgai.ml.learned import LEARNED_FROM, digest_of
from svgai.ml.metadata import FILE, FORETOLD, TRACING, Entry, Golden, Role, read_metadata, write_metadata
from svgai.ml.store import Model, Models, load
from svgai.ml.types import INTERVAL

Numbers: TypeAlias = NDArray[np.float64]
Figures: TypeAlias = Mapping[str, float]

PRIOR: Final = 25.0
"""As many conversions speak for leaving all as it is: few are not believed."""
ROUNDS: Final = 12
"""Of weighing again: far-off results count less and less (Huber 1964)."""
FAR: Final = 0.5
"""What is far off, in logarithms of the lack."""
LEAST_OF_A_METHOD: Final = 20
"""Conversions by a method below which nothing is learned or told of it."""
BETTER: Final = 0.02
"""By so much of its error a candidate has to be better."""
SURE: Final = 1.645
"""So many standard errors above nothing must the gain be: it is chance in one of twenty cases."""
WORSE: Final = 0.005
"""By so much SSIM a candidate may be worse in its mean error on any type, any method, or the held-out lab pictures."""
LATER: Final = 0.05
"""By so much may the error of the seconds' logarithm grow."""
OFF: Final = 0.05
"""So far may the share of results within the interval be further from what it is to be."""


@dataclass(frozen=True, eq=False)
class Lessons:
    """n conversions; what is not known is NaN."""

    features: NDArray[np.float32]
    quality: Numbers
    """n x methods: what a conversion by the method has returned."""
    seconds: Numbers
    types: Sequence[str]

    def __len__(self) -> int:
        return len(self.features)

    def only(self, chosen: Any) -> Lessons:
        places = np.flatnonzero(chosen)
        types = [self.types[int(place)] for place in places]
        return Lessons(self.features[places], self.quality[places], self.seconds[places], types)


@dataclass(frozen=True)
class Judgement:
    """Whether a candidate is taken, and why or why not."""

    is_better: bool
    reasons: tuple[str, ...]
    figures: Mapping[str, Any]


def lesson(features: Mapping[str, float], tried: Sequence[Mapping[str, Any]], seconds: float) -> dict[str, Any] | None:
    """What a conversion teaches: what each method that was tried has returned, and how long the only one took.

    None where its features are others than those that this program measures.
    """
    if features.keys() != set(NAMES):
        return None
    reached = {str(each["method"]): float(each["ssim"]) for each in tried if "ssim" in each}
    baseline = reached.get("baseline", -1.0)
    # A method returns the baseline's drawing where its own is worse.
    quality = [max(reached[method], baseline) if method in reached else np.nan for method in TRACING]
    alone = [method for method in reached if method != "baseline"] or ["baseline"]
    took = [seconds if alone == [method] and len(tried) == len(reached) else np.nan for method in TRACING]
    return {"features": [features[name] for name in NAMES], "quality": quality, "seconds": took}


def lessons_of(rows: Sequence[Mapping[str, Any]]) -> Lessons:
    """Rows with `features`, `quality`, `seconds` and `image_type` as numbers."""
    width = len(TRACING)
    return Lessons(
        np.array([row["features"] for row in rows], np.float32).reshape(len(rows), len(NAMES)),
        np.array([row["quality"] for row in rows], np.float64).reshape(len(rows), width),
        np.array([row["seconds"] for row in rows], np.float64).reshape(len(rows), width),
        [str(row.get("image_type", "")) for row in rows],
    )


def lab_lesson(row: Mapping[str, Any]) -> dict[str, Any]:
    """A picture of the lab that was held out (`svgai.ml.drift.Reference`); seconds there are another machine's."""
    quality = [np.nan if each is None else float(each) for each in row["quality"]]
    features = [float(row["features"][name]) for name in NAMES]
    return {"features": features, "quality": quality, "seconds": [np.nan] * len(TRACING), **_type_of(row)}


def _type_of(row: Mapping[str, Any]) -> dict[str, str]:
    return {"image_type": str(row.get("image_type", ""))}


# --- fitting


def fit(outputs: NDArray[np.float32], lessons: Lessons) -> Correction:
    """What would have put a predictor's outputs right, as far as there is enough to tell."""
    told = _by_method(outputs)
    lines = {}
    for place, method in enumerate(TRACING):
        known = np.isfinite(lessons.quality[:, place])
        if int(known.sum()) >= LEAST_OF_A_METHOD:
            truth = as_lack(lessons.quality[known, place])
            lines[method] = _line(told[known, place], truth, lessons.seconds[known, place])
    return Correction(lines)


def _line(told: Numbers, truth: Numbers, seconds: Numbers) -> Line:
    slope, shift = _straight(as_lack(told[:, QUALITY]), truth)
    low, high = (shift + slope * as_lack(told[:, end]) for end in (LOW, HIGH))  # a low quality is a high lack
    outside = np.maximum(truth - low, high - truth)
    level = min(1.0, INTERVAL * (1 + 1 / len(outside)))
    wider = float(np.quantile(outside, level)) * len(outside) / (len(outside) + PRIOR)
    timed = np.isfinite(seconds)
    off = np.log(np.maximum(seconds[timed], 1e-4)) - told[timed, LOG_SECONDS]
    later = float(np.median(off)) * len(off) / (len(off) + PRIOR) if len(off) >= LEAST_OF_A_METHOD else 0.0
    return Line(slope, shift, float(np.clip(wider, -3, 3)), float(np.clip(later, -4, 4)))


def _straight(told: Numbers, truth: Numbers) -> tuple[float, float]:
    """Slope and shift of the line through foretold and measured that is drawn towards leaving all as it is."""
    centre = float(told.mean())
    x, y = told - centre, truth - centre
    line, weights = np.array([1.0, 0.0]), np.ones(len(x))
    for _ in range(ROUNDS):
        # A slope is believed only where there is something to see it by.
        a = np.array(
            [
                [float((weights * x * x).sum()) + PRIOR, float((weights * x).sum())],
                [float((weights * x).sum()), float(weights.sum()) + PRIOR],
            ]
        )
        b = np.array([float((weights * x * y).sum()) + PRIOR, float((weights * y).sum())])
        line = np.linalg.solve(a, b)
        left = np.abs(y - line[0] * x - line[1])
        weights = FAR / np.maximum(left, FAR)
    slope = float(np.clip(line[0], 0.25, 4.0))
    return slope, float(np.clip(line[1] + centre - slope * centre, -5.0, 5.0))


# --- judging


def judge(present: NDArray[np.float32], candidate: NDArray[np.float32], held: Lessons, lab: Lab | None) -> Judgement:
    """Hold a candidate's outputs against the present ones, on conversions that nothing was fitted to."""
    errors = [_errors(outputs, held.quality) for outputs in (present, candidate)]
    known = np.isfinite(held.quality)
    figures: dict[str, Any] = {
        "held_out": int(known.any(axis=1).sum()),
        "mean_error": [round(float(each[known].mean()), 5) for each in errors] if known.any() else [],
        "seconds_error": [_seconds_error(outputs, held) for outputs in (present, candidate)],
        "coverage": [_coverage(outputs, held) for outputs in (present, candidate)],
    }
    reasons = [*_not_better(errors, known), *_worse_somewhere(errors, held, known)]
    reasons += _worse_figures(figures)
    if lab is not None:
        figures["lab_mean_error"], worse = lab.compare()
        reasons += worse
    return Judgement(not reasons, tuple(reasons), figures)


@dataclass(frozen=True, eq=False)
class Lab:
    """Pictures of the lab that had no part in training, and what both say of them."""

    lessons: Lessons
    present: NDArray[np.float32]
    candidate: NDArray[np.float32]

    def compare(self) -> tuple[list[float], list[str]]:
        known = np.isfinite(self.lessons.quality)
        if not known.any():
            return [], []
        before, after = (
            float(_errors(outputs, self.lessons.quality)[known].mean()) for outputs in (self.present, self.candidate)
        )
        told = [round(before, 5), round(after, 5)]
        if after > before + WORSE:
            return told, [f"on held-out pictures of the lab the mean error grows from {before:.4f} to {after:.4f}"]
        return told, []


def _not_better(errors: Sequence[Numbers], known: NDArray[np.bool_]) -> list[str]:
    rows = known.any(axis=1)
    if int(rows.sum()) < LEAST_OF_A_METHOD:
        return [f"{int(rows.sum())} conversions are held out; it takes {LEAST_OF_A_METHOD}"]
    before, after = (np.nanmean(np.where(known, each, np.nan)[rows], axis=1) for each in errors)
    gain = before - after
    sure = float(gain.mean()) - SURE * float(gain.std(ddof=1)) / len(gain) ** 0.5
    if float(gain.mean()) < BETTER * float(before.mean()):
        return [f"the mean error goes from {before.mean():.4f} to {after.mean():.4f}; {BETTER:.0%} less is wanted"]
    return [f"the gain of {gain.mean():.5f} may be chance"] if sure <= 0 else []


def _worse_somewhere(errors: Sequence[Numbers], held: Lessons, known: NDArray[np.bool_]) -> list[str]:
    parts = {f"by {method}": known & (np.arange(len(TRACING)) == place) for place, method in enumerate(TRACING)}
    types = np.array(held.types)
    parts |= {f"of type {each}": known & (types == each)[:, None] for each in sorted(set(held.types)) if each}
    found = []
    for name, part in parts.items():
        if int(part.sum()) >= LEAST_OF_A_METHOD:
            before, after = (float(each[part].mean()) for each in errors)
            if after > before + WORSE:
                found.append(f"results {name}: the mean error grows from {before:.4f} to {after:.4f}")
    return found


def _worse_figures(figures: Mapping[str, Any]) -> list[str]:
    found = []
    before, after = figures["seconds_error"]
    if before is not None and after > before + LATER:
        found.append(f"seconds: the error of the logarithm grows from {before:.3f} to {after:.3f}")
    before, after = figures["coverage"]
    if before is not None and abs(after - INTERVAL) > abs(before - INTERVAL) + OFF:
        found.append(f"intervals hold {after:.0%} of results, {before:.0%} before; {INTERVAL:.0%} is wanted")
    return found


def _by_method(outputs: NDArray[np.float32]) -> Numbers:
    return outputs.reshape(len(outputs), len(TRACING), len(FORETOLD)).astype(np.float64)


def _errors(outputs: NDArray[np.float32], quality: Numbers) -> Numbers:
    errors: Numbers = np.abs(np.clip(_by_method(outputs)[..., QUALITY], -1, 1) - quality)
    return errors


def _seconds_error(outputs: NDArray[np.float32], held: Lessons) -> float | None:
    known = np.isfinite(held.seconds)
    if int(known.sum()) < LEAST_OF_A_METHOD:
        return None
    off = np.abs(_by_method(outputs)[..., LOG_SECONDS][known] - np.log(np.maximum(held.seconds[known], 1e-4)))
    return round(float(off.mean()), 4)


def _coverage(outputs: NDArray[np.float32], held: Lessons) -> float | None:
    known = np.isfinite(held.quality)
    if int(known.sum()) < LEAST_OF_A_METHOD:
        return None
    told = _by_method(outputs)
    inside = (held.quality >= told[..., LOW]) & (held.quality <= told[..., HIGH])
    return round(float(inside[known].mean()), 4)


# --- writing


def predictor_of(models: Models) -> Model:
    """The predictor as it was trained; one that has been put right already is not put right again."""
    model = models.by_role.get(Role.PREDICTOR)
    if model is None:
        raise ModelsRefused("there is no predictor to learn from")
    if model.entry.correction:
        raise ModelsRefused("the predictor that was delivered is put right already; nothing is learned from such")
    return model


def write_candidate(source: Path, target: Path, correction: Correction, version: str) -> None:
    """Models that are those of a folder, but for a predictor that is put right."""
    metadata = read_metadata((source / FILE).read_bytes())
    models = load(source)
    if models is None:
        raise ModelsRefused("there are no models to put right")
    name = predictor_of(models).entry.name
    entries = [
        _put_right(entry, correction, version) if entry.name == name else replace(entry, torchscript=None)
        for entry in metadata.models
    ]
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for entry in entries:
        shutil.copyfile(source / entry.file, target / entry.file)
    made = {**metadata.made, LEARNED_FROM: digest_of(source)}
    write_metadata(target, replace(metadata, models=[replace(each, card=None) for each in entries], made=made))


def _put_right(entry: Entry, correction: Correction, version: str) -> Entry:
    """The predictor's entry, with golden outputs that are put right too; TorchScript knows nothing of corrections."""
    golden = Golden(
        entry.golden.inputs,
        correction.apply(np.array(entry.golden.outputs, np.float32)).tolist(),
        entry.golden.tolerance * 5,  # a slope makes differences larger
    )
    facts = correction.facts()
    return replace(entry, version=version, golden=golden, torchscript=None, correction=facts)
