"""What the advice is worth, on drawings that had no part in making it: every figure beside its target."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svgai.ml.advice import Advice, Adviser
from svgai.ml.features import Features
from svgai.ml.metadata import TRACING
from svgai.ml.types import INTERVAL
from svgai.options import BASELINE
from svgai.training.choosing import LEAST_REMOVED, LEAST_RIGHT, MOST_TIME
from svgai.training.judging import RIGHT, calibration_error, regrets
from svgai.training.rows import Made, Row
from svgai.training.tables import table_of

FAST, OPTIMISED, REFINED = (name for name in TRACING if name != BASELINE)
"""Methods 1 to 3."""


@dataclass(frozen=True)
class Figure:
    """Something that was counted, and what it should be."""

    name: str
    value: float
    target: str = ""
    is_met: bool | None = None
    """None where there is no target."""
    digits: int = 4

    @property
    def verdict(self) -> str:
        return "" if self.is_met is None else "met" if self.is_met else "MISSED"

    def facts(self) -> dict[str, float | str | bool | None]:
        return {"name": self.name, "value": self.value, "target": self.target, "met": self.is_met}


def at_least(name: str, value: float, least: float, digits: int = 4) -> Figure:
    return Figure(name, value, f">= {least:g}", bool(value >= least), digits)


def at_most(name: str, value: float, most: float, digits: int = 4) -> Figure:
    return Figure(name, value, f"<= {most:g}", bool(value <= most), digits)


@dataclass(frozen=True)
class Advised:
    """A picture and the advice for it."""

    row: Row
    advice: Advice
    milliseconds: float

    @property
    def made(self) -> Made:
        """What the advised method made of it."""
        return self.row.methods[self.advice.method]

    @property
    def baseline(self) -> Made:
        return self.row.methods[BASELINE]


def evaluate(rows: Sequence[Row], adviser: Adviser) -> list[Figure]:
    """All figures, in the order of the issue that set the targets."""
    advised = [_advised(row, adviser) for row in rows]
    measured = [each for each in advised if set(each.row.methods) == set(TRACING)]
    return [
        *about_data(advised, measured),
        *about_types(advised),
        *about_choices(measured),
        *about_predictions(measured),
        *about_improvement(measured),
        *about_time(advised),
    ]


def _advised(row: Row, adviser: Adviser) -> Advised:
    features = Features.named(row.features)
    begun = time.perf_counter()
    advice = adviser.advise(features)
    return Advised(row, advice, 1000 * (time.perf_counter() - begun))


def about_data(advised: Sequence[Advised], measured: Sequence[Advised]) -> Iterator[Figure]:
    yield Figure("pictures", len(advised), digits=0)
    yield Figure("pictures on which every method was run", len(measured), digits=0)
    yield Figure("of so many drawings", len({each.row.drawing for each in advised}), digits=0)
    yield Figure("share advised by models", float(np.mean([each.advice.source == "model" for each in advised])))


def about_types(advised: Sequence[Advised]) -> Iterator[Figure]:
    typed = [each for each in advised if each.row.image_type is not None]
    if not typed:
        return
    is_right = _flags(each.advice.image_type == each.row.image_type for each in typed)
    yield at_least("classification: right", float(is_right.mean()), 0.95)
    for title, is_one in (("whole", True), ("damaged", False)):
        chosen = _flags(each.row.is_whole is is_one for each in typed)
        if chosen.any():
            yield Figure(f"  of {title} pictures", float(is_right[chosen].mean()))
    for image_type in sorted({str(each.row.image_type) for each in typed}):
        yield Figure(
            f"  of {image_type}", float(is_right[_flags(e.row.image_type == image_type for e in typed)].mean())
        )
    confidence = np.array([each.advice.confidence for each in typed], np.float32)
    yield Figure("  confidence off by (ECE)", calibration_error(confidence, is_right))


def about_choices(measured: Sequence[Advised]) -> Iterator[Figure]:
    if not measured:
        return
    table = table_of([each.row for each in measured])
    places = np.array([TRACING.index(each.advice.method) for each in measured])
    lost = regrets(table)
    regret = lost[np.arange(len(measured)), places]
    yield at_least(f"routing: within {RIGHT:g} of the best", float((regret <= RIGHT).mean()), LEAST_RIGHT)
    fixed = lost.mean(axis=0)
    best = int(fixed.argmin())
    yield Figure("  regret, mean", float(regret.mean()), f"<= {fixed[best]:.5f}", bool(regret.mean() <= fixed[best]), 5)
    yield Figure("  regret, greatest", float(regret.max()))
    for place, method in enumerate(TRACING):
        is_right = float((lost[:, place] <= RIGHT).mean())
        note = " (the best fixed method)" if place == best else ""
        yield Figure(f"  always {method}: within {RIGHT:g}", is_right)
        yield Figure(f"  always {method}: regret, mean{note}", float(fixed[place]), digits=5)
        yield Figure(f"  {method} advised for a share of", float((places == place).mean()))


def about_predictions(measured: Sequence[Advised]) -> Iterator[Figure]:
    if not measured:
        return
    pairs = [(each.advice.predictions[m], each.row.methods[m], m) for each in measured for m in TRACING]
    truth = np.array([made.ssim for _, made, _ in pairs])
    told = np.array([foretold.quality for foretold, _, _ in pairs])
    error = np.abs(told - truth)
    inside = _flags(foretold.low <= made.ssim <= foretold.high for foretold, made, _ in pairs)
    yield at_least("prediction: correlation", _correlation(told, truth), 0.95)
    yield at_most("  error, mean", float(error.mean()), 0.02)
    yield at_most("  error, median", float(np.median(error)), 0.01)
    yield at_most("  error, greatest", float(error.max()), 0.2)
    off = abs(float(inside.mean()) - INTERVAL)
    target = f"{INTERVAL:.0%} +- 3 points"
    yield Figure("  interval holds a share of", float(inside.mean()), target, off <= 0.03)
    for method in TRACING:
        own = _flags(name == method for _, _, name in pairs)
        yield Figure(f"  {method}: error, mean", float(error[own].mean()))
        yield Figure(f"  {method}: interval holds", float(inside[own].mean()))
    factors = [abs(np.log(foretold.seconds / max(made.seconds, 1e-4))) for foretold, made, _ in pairs]
    yield Figure("  time off by a factor of, median", float(np.exp(np.median(factors))), digits=2)


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """0 where one of them is always the same: then it says nothing of the other."""
    if not one.std() or not other.std():
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def about_improvement(measured: Sequence[Advised]) -> Iterator[Figure]:
    flat = [each for each in measured if each.row.is_flat and each.row.is_whole]
    others = [each for each in measured if not (each.row.is_flat and each.row.is_whole)]
    if flat:
        yield from _improvement_on_flat(flat)
    if others:
        for name, take in _ways():
            yield Figure(f"  {name} on all other pictures, mean", mean_improvement(others, take))
    if measured:
        yield from _never_worse(measured)


def _improvement_on_flat(flat: Sequence[Advised]) -> Iterator[Figure]:
    targets = {FAST: 0.75, OPTIMISED: 0.85, REFINED: 0.88, "routed": LEAST_REMOVED}
    yield Figure("improvement: whole flat pictures", len(flat), digits=0)
    for name, take in _ways():
        yield at_least(f"  {name}: SSIM error removed, mean", mean_improvement(flat, take), targets[name])
    for name, take in _ways():
        yield Figure(f"  {name}: the same of all error together", whole_improvement(flat, take))
    routed = float(np.mean([each.made.seconds for each in flat]))
    refined = float(np.mean([each.row.methods[REFINED].seconds for each in flat]))
    yield at_most(f"  routed: mean seconds, to half of {REFINED}'s", routed, round(refined * MOST_TIME, 4))


def _never_worse(measured: Sequence[Advised]) -> Iterator[Figure]:
    yield at_most("  chance that routed is no better (p, by drawing)", significance(measured), 0.01, digits=6)
    worse = sum(
        made.ssim < each.baseline.ssim or made.delta_e > each.baseline.delta_e
        for each in measured
        for made in each.row.methods.values()
    )
    yield at_most("  results worse than the baseline's", worse, 0, digits=0)


Taking = Callable[[Advised], Made]


def _ways() -> list[tuple[str, Taking]]:
    """Methods 1 to 3, and whichever is advised."""
    return [*((name, _by(name)) for name in (FAST, OPTIMISED, REFINED)), ("routed", lambda each: each.made)]


def _by(method: str) -> Taking:
    return lambda each: each.row.methods[method]


def mean_improvement(advised: Sequence[Advised], take: Taking) -> float:
    """The share of the baseline's SSIM error that is removed; of pictures where it has any."""
    shares = [1 - (1 - take(each).ssim) / (1 - each.baseline.ssim) for each in advised if each.baseline.ssim < 1 - 1e-6]
    return float(np.mean(shares)) if shares else 0.0


def whole_improvement(advised: Sequence[Advised], take: Taking) -> float:
    """The same of the errors of all pictures added up, so that bad pictures count more."""
    before = sum(1 - each.baseline.ssim for each in advised)
    return 1 - sum(1 - take(each).ssim for each in advised) / before if before else 0.0


def significance(measured: Sequence[Advised]) -> float:
    """Wilcoxon's test that what is advised is better, with one number a drawing, as its pictures are alike."""
    from scipy.stats import wilcoxon

    gains: dict[str, list[float]] = {}
    for each in measured:
        gains.setdefault(each.row.drawing, []).append(each.made.ssim - each.baseline.ssim)
    means = [float(np.mean(gain)) for gain in gains.values()]
    if not any(means):
        return 1.0
    return float(wilcoxon(means, alternative="greater").pvalue)


def about_time(advised: Sequence[Advised]) -> Iterator[Figure]:
    """The first picture is left out: it loads the models."""
    times = [each.milliseconds for each in advised[1:]]
    if times:
        yield at_most("advice: milliseconds, p95", float(np.percentile(times, 95)), 5, digits=2)


def _flags(values: Iterator[bool]) -> NDArray[np.bool_]:
    return np.fromiter(values, bool)


def as_table(figures: Sequence[Figure]) -> str:
    """One line each: name, value, target, verdict."""
    wide = max(len(figure.name) for figure in figures)
    return "\n".join(
        f"{figure.name:<{wide}}  {figure.value:>10.{figure.digits}f}  {figure.target:<16} {figure.verdict}".rstrip()
        for figure in figures
    )
