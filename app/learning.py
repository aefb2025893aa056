"""Learning in the service: versions of the predictor, what came of each, and whether they still fit.

What is fitted and judged needs numpy, and is done by `workers.learning` in a process of its own; here is what the web
and the command line can tell of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from app.records import ModelTally, Records

ENOUGH = 100
"""Conversions by each of two models below which nothing is said about which is better."""
SURE = 1.96
"""So many standard errors hold 95 of 100 means."""
DAYS = 30


class Stage(StrEnum):
    """What has become of a version."""

    CANDIDATE = "candidate"
    """It was made, and is being judged."""
    SHADOW = "shadow"
    """It was better on conversions that were held out, and has to prove it on those to come."""
    SERVING = "serving"
    RETIRED = "retired"
    """It was in use, and another is."""
    REFUSED = "refused"


@dataclass(frozen=True)
class Version:
    """A version of the predictor."""

    version: str
    state: Stage
    learned_from: str | None = None
    """The version that was delivered; None where this is such a one."""
    conversions: int = 0
    """How many it was learned from."""
    reason: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)
    made_at: datetime | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True)
class Finding:
    """What was found when somebody looked last."""

    name: str
    standing: str
    reason: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None


class Versions(Protocol):
    """The record of versions and findings. Each method is one transaction."""

    def all(self) -> list[Version]:
        """The newest first."""
        ...

    def note(self, version: Version) -> None:
        """Write down what is so now of a version; when it was made stays as it was."""
        ...

    def findings(self) -> list[Finding]: ...

    def find(self, finding: Finding) -> None:
        """Write down what was found, in the place of what was found before."""
        ...


# --- statistics


@dataclass(frozen=True)
class Difference:
    """How much more one has on average than another: the mean, its interval of 95 %, and what chance says."""

    conversions: tuple[int, int]
    means: tuple[float, float]
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    """How likely a difference of this size is where there is none: two-sided, and enough for means to be normal."""
    verdict: str = "too few"
    """`too few`, `better`, `worse` or `none seen`: of the second against the first."""


@dataclass(frozen=True)
class Sample:
    """So many numbers, as their sums."""

    count: int
    total: float
    squared: float

    @property
    def mean(self) -> float:
        return self.total / self.count if self.count else 0.0

    @property
    def variance_of_mean(self) -> float:
        if self.count < 2:
            return 0.0
        # Sums of squares that are near each other may come out a little below nothing.
        return max(0.0, (self.squared - self.count * self.mean**2) / (self.count - 1)) / self.count


def compare(first: Sample, second: Sample, enough: int = ENOUGH) -> Difference:
    """The second against the first (Welch 1947)."""
    known = (first.count, second.count), (round(first.mean, 6), round(second.mean, 6))
    if min(first.count, second.count) < enough:
        return Difference(*known)
    return _told(known, second.mean - first.mean, math.sqrt(first.variance_of_mean + second.variance_of_mean))


def above_nothing(sample: Sample, enough: int = ENOUGH) -> Difference:
    """Whether the mean of paired differences is above nothing."""
    known = (sample.count, sample.count), (0.0, round(sample.mean, 6))
    if sample.count < enough:
        return Difference(*known)
    return _told(known, sample.mean, math.sqrt(sample.variance_of_mean))


def _told(known: tuple[tuple[int, int], tuple[float, float]], difference: float, error: float) -> Difference:
    p = math.erfc(abs(difference) / error / math.sqrt(2)) if error else float(difference == 0)
    low, high = difference - SURE * error, difference + SURE * error
    verdict = "better" if low > 0 else "worse" if high < 0 else "none seen"
    return Difference(*known, round(difference, 6), round(low, 6), round(high, 6), round(p, 6), verdict)


# --- what is told


def sample(tallies: Iterable[ModelTally], version: str, part: str, name: str) -> Sample:
    """The sums of one predictor over all days: of its `worth`, its `error`, or its `gain`."""
    own = [tally for tally in tallies if (tally.version, tally.part) == (version, part)]
    squared = f"{name}_squared"
    return Sample(
        sum(tally.conversions for tally in own),
        sum(getattr(tally, name) for tally in own),
        sum(getattr(tally, squared) for tally in own),
    )


def trial(tallies: Sequence[ModelTally], serving: str, shadow: str) -> dict[str, Any]:
    """How the version on trial does against the one in use."""
    worth, error = (
        compare(sample(tallies, serving, "served", name), sample(tallies, shadow, "served", name))
        for name in ("worth", "error")
    )
    return {
        "serving": serving,
        "shadow": shadow,
        "gain": asdict(above_nothing(sample(tallies, shadow, "shadow", "gain"))),
        "worth": asdict(worth),
        "error": asdict(error) | {"verdict": _LESS_IS_BETTER.get(error.verdict, error.verdict)},
    }


_LESS_IS_BETTER = {"better": "worse", "worse": "better"}


def since(days: int = DAYS) -> date:
    return datetime.now(UTC).date() - timedelta(days=days - 1)


def serving_of(versions: Sequence[Version]) -> Version | None:
    return next((each for each in versions if each.state is Stage.SERVING), None)


def shadow_of(versions: Sequence[Version]) -> Version | None:
    return next((each for each in versions if each.state is Stage.SHADOW), None)


def report(versions: Versions, records: Records) -> dict[str, Any]:
    """All that there is to tell of learning."""
    known = versions.all()
    serving, shadow = serving_of(known), shadow_of(known)
    told = None
    if serving and shadow:
        told = trial(records.model_tallies(_day(shadow.made_at)), serving.version, shadow.version)
    return {
        "versions": [asdict(version) for version in known],
        "findings": [asdict(finding) for finding in versions.findings()],
        "trial": told,
    }


def _day(moment: datetime | None) -> date:
    return moment.date() if moment else since()


def summary(versions: Versions, *, learns: bool) -> dict[str, Any]:
    """The same in short, for whoever wants to know how advice is."""
    known = versions.all()
    serving, shadow = serving_of(known), shadow_of(known)
    return {
        "learns": learns,
        "serving": serving and serving.version,
        "shadow": shadow and shadow.version,
        "watches": {finding.name: finding.standing for finding in versions.findings()},
    }
