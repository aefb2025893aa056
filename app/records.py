"""The quality record: what every conversion was, was foretold to be, and turned out to be.

It outlives the jobs, for learning and reports, and holds no pictures. A job's own row is written first, with all that a
record needs; the schedule copies it, so that the record may lie in a database of its own and be away.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol, Self

from app.errors import ConversionTimedOut, ConversionTooHungry, WorkerCrashed
from app.jobs import Job, State
from svgai.errors import TracingFailed

UNKNOWN = "unknown"
"""The type of a picture, or the adviser, where a conversion did not get so far."""


METHOD_FAILURES = frozenset(
    each.code for each in (ConversionTimedOut, ConversionTooHungry, WorkerCrashed, TracingFailed)
)
"""Codes that say something of the method, not only of the picture."""


@dataclass(frozen=True)
class Record:
    """A conversion, as it is remembered."""

    job_id: str
    tenant: str
    at: datetime
    """When it ended."""
    asked: str
    """The method that was asked for."""
    width: int
    height: int
    bytes_in: int
    error: str | None = None
    """The code of what went wrong; None where it succeeded."""
    image_type: str = UNKNOWN
    confidence: float | None = None
    advised_by: str = UNKNOWN
    models: Mapping[str, str] = field(default_factory=dict)
    features: Mapping[str, float] = field(default_factory=dict)
    predictions: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    tried: Sequence[Mapping[str, Any]] = ()
    target: float | None = None
    method: str | None = None
    """The method that made the result."""
    predicted: float | None = None
    ssim: float | None = None
    delta_e: float | None = None
    baseline_ssim: float | None = None
    seconds: float = 0.0
    bytes_out: int = 0
    segments: int = 0
    rating: int | None = None
    preferred_method: str | None = None
    shadow: Mapping[str, Any] | None = None
    """What models that have still to prove themselves foretold: `version` and `predicted`."""

    @classmethod
    def of(cls, job: Job) -> Self:
        """What there is to remember of a conversion that has ended."""
        known: dict[str, Any] = {"error": (job.error or {}).get("code") or str(job.state)}
        if job.state is State.SUCCEEDED and job.result:
            known = _outcome(job.result)
        return cls(
            job_id=job.id,
            tenant=job.tenant,
            at=job.finished_at or job.created_at,  # type: ignore[arg-type]  # one that has ended has both
            asked=str(job.options.get("method", UNKNOWN)),
            width=job.picture["width"],
            height=job.picture["height"],
            bytes_in=job.picture["bytes"],
            **known,
        )

    @property
    def is_missed(self) -> bool:
        """Whether it fell short of its target."""
        return self.ssim is not None and self.target is not None and self.ssim < self.target

    @property
    def error_of_prediction(self) -> float | None:
        """How far the likeness is from what was foretold."""
        return None if self.ssim is None or self.predicted is None else abs(self.predicted - self.ssim)

    def trials(self) -> list[tuple[str, bool]]:
        """The methods that were tried, each with whether it failed."""
        if self.error in METHOD_FAILURES and self.asked not in {"auto", UNKNOWN}:
            return [(self.asked, True)]
        return [(str(each["method"]), "failed" in each) for each in self.tried]

    @property
    def fell_back(self) -> bool:
        """Whether the baseline had to make it, though nobody asked for that."""
        return self.method == "baseline" != self.asked


def _outcome(result: Mapping[str, Any]) -> dict[str, Any]:
    """What a result says. A number that is none would spoil every sum it comes into."""
    advice: Mapping[str, Any] = result.get("advice") or {}
    numbers = [*result["quality"].values(), *result["seconds"].values(), result.get("predicted_quality") or 0.0]
    if not all(map(math.isfinite, [*numbers, *advice.get("features", {}).values()])):
        raise ValueError("a number in the result is none")
    return {
        "image_type": result.get("image_type") or UNKNOWN,
        "confidence": advice.get("confidence"),
        "advised_by": advice.get("advised_by", UNKNOWN),
        "models": advice.get("models", {}),
        "features": advice.get("features", {}),
        "predictions": advice.get("predictions", {}),
        "tried": advice.get("tried", ()),
        "shadow": advice.get("shadow"),
        "target": advice.get("quality_target"),
        "method": result["method"],
        "predicted": result.get("predicted_quality"),
        "ssim": result["quality"]["ssim"],
        "delta_e": result["quality"]["delta_e"],
        "baseline_ssim": (result.get("baseline_quality") or {}).get("ssim"),
        "seconds": sum(result["seconds"].values()),
        "bytes_out": result.get("bytes", 0),
        "segments": result.get("segments", 0),
    }


@dataclass(frozen=True)
class Tally:
    """What came of one day's conversions of one type of picture by one method. Sums, so that tallies can be added."""

    day: date
    image_type: str
    method: str
    advised_by: str
    conversions: int
    failed: int
    missed: int
    fell_back: int
    ssim: float
    compared: int
    """How many have a baseline to be compared with; the next two are sums over these."""
    ssim_compared: float
    baseline_ssim: float
    predicted: int
    prediction_error: float
    """The sum of the distances between predicted and measured."""
    seconds: float
    bytes_out: int
    ratings: int
    rating: int


@dataclass(frozen=True)
class ModelTally:
    """What came of one day's conversions by one predictor: sums, and sums of squares."""

    day: date
    version: str
    part: str
    """`served` where it advised, `shadow` where it only foretold beside another."""
    conversions: int
    worth: float
    """Likeness less the price of the time (`svgai.ml.objective`)."""
    worth_squared: float
    error: float
    error_squared: float
    gain: float
    """By how much a shadow's error was less than that of the predictor that advised."""
    gain_squared: float


@dataclass(frozen=True)
class Summary:
    """How one method does on one type of picture. What nothing is known of is None."""

    image_type: str
    method: str
    conversions: int
    ssim: float | None
    baseline_ssim: float | None
    improvement: float | None
    """The share of the baseline's SSIM error that is gone."""
    prediction_error: float | None
    seconds: float | None
    failed: float
    """The share of conversions; so with the next two."""
    missed: float
    fell_back: float
    rating: float | None


def summarise(tallies: Sequence[Tally]) -> list[Summary]:
    """What tallies come to, by type of picture and method."""
    groups: dict[tuple[str, str], list[Tally]] = {}
    for tally in tallies:
        groups.setdefault((tally.image_type, tally.method), []).append(tally)
    return [_summary(*names, groups[names]) for names in sorted(groups)]


def _summary(image_type: str, method: str, group: Sequence[Tally]) -> Summary:
    def total(name: str) -> float:
        return float(sum(getattr(tally, name) for tally in group))

    def mean(name: str, over: float) -> float | None:
        return total(name) / over if over else None

    conversions, compared = total("conversions"), total("compared")
    left, before = compared - total("ssim_compared"), compared - total("baseline_ssim")
    done = conversions - total("failed")
    return Summary(
        image_type=image_type,
        method=method,
        conversions=int(conversions),
        ssim=mean("ssim", done),
        baseline_ssim=mean("baseline_ssim", compared),
        improvement=1 - left / before if before > 0 else None,
        prediction_error=mean("prediction_error", total("predicted")),
        seconds=mean("seconds", done),
        failed=total("failed") / conversions if conversions else 0.0,
        missed=total("missed") / conversions if conversions else 0.0,
        fell_back=total("fell_back") / conversions if conversions else 0.0,
        rating=mean("rating", total("ratings")),
    )


class Records(Protocol):
    """Where conversions are remembered. Each method is one transaction."""

    def add(self, records: Sequence[Record]) -> int:
        """Remember conversions, each once however often it is told; how many were new."""
        ...

    def rate(self, job_id: str, rating: int, preferred_method: str | None) -> None:
        """Note what somebody says of a conversion that is remembered."""
        ...

    def discard(self, job_id: str) -> None:
        """Forget a conversion; what it was counted into stays, for it tells nothing of anybody."""
        ...

    def tallies(self, since: date) -> list[Tally]: ...

    def model_tallies(self, since: date) -> list[ModelTally]: ...

    def tries(self, since: date) -> Mapping[str, tuple[int, int]]:
        """How often each method was tried, and how often it failed."""
        ...

    def latest(self, limit: int) -> list[Record]:
        """The newest conversions that succeeded, the newest first."""
        ...

    def count_since(self, moment: datetime | None, at_most: int) -> int:
        """How many conversions have ended since; no more are counted than are wanted."""
        ...

    def page(self, after: str | None, limit: int) -> list[Record]:
        """Conversions in the order of their jobs' ids, which is that of their beginning."""
        ...

    def forget(self, older_than_seconds: float, at_most: int) -> int:
        """Forget what has been remembered for long enough; how many there were."""
        ...
