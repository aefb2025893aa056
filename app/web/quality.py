"""What the quality record tells an operator: how methods do, and every conversion, to learn from."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from flask import Response
from flask_openapi import APIBlueprint
from pydantic import BaseModel, Field

from app.jobs import JOB_ID
from app.learning import Stage, report
from app.records import summarise
from app.web import problems
from app.web.answers import answer
from app.web.cursors import read_cursor, write_cursor
from app.web.fields import Query
from app.web.requests import current_services

REFUSALS = problems.described(400, 401, 403, 422, 503)

# No `from __future__ import annotations` here: flask-openapi reads the annotations of the views.

blueprint = APIBlueprint(
    "quality",
    __name__,
    url_prefix="/api/v1/admin",
    abp_security=[{"key": []}],
    abp_responses=None,
    operation_id_callback=problems.operation_id,
)


class DaysQuery(Query):
    days: int = Field(30, ge=1, le=3660, description="So many days, today among them.")


class RecordsQuery(Query):
    limit: int = Field(100, ge=1, le=1000)
    cursor: str | None = Field(None, max_length=200, description="`next_cursor` of the page before.")


class SummaryView(BaseModel):
    """How one method does on one type of picture; null where nothing is known."""

    image_type: str
    method: str
    conversions: int
    ssim: float | None = Field(description="Mean likeness of results.")
    baseline_ssim: float | None = Field(description="The same of the baseline, where there was one to compare with.")
    improvement: float | None = Field(description="The share of the baseline's SSIM error that is gone.")
    prediction_error: float | None = Field(description="Mean distance of the predicted likeness from the measured.")
    seconds: float | None = Field(description="Mean time of a conversion.")
    failed: float = Field(description="Share of conversions that failed.")
    missed: float = Field(description="Share that fell short of their quality target.")
    fell_back: float = Field(description="Share that the baseline had to make.")
    rating: float | None = Field(description="Mean of what people said, from 1 to 5.")


class QualityView(BaseModel):
    """How conversions went, by type of picture and method."""

    since: date
    data: list[SummaryView]


class RecordView(BaseModel):
    """A conversion as it is remembered."""

    job_id: str
    tenant: str
    at: datetime
    asked: str
    width: int
    height: int
    bytes_in: int
    error: str | None
    image_type: str
    confidence: float | None
    advised_by: str
    models: Mapping[str, str]
    features: Mapping[str, float]
    predictions: Mapping[str, Mapping[str, float]]
    tried: list[Mapping[str, Any]]
    target: float | None
    method: str | None
    predicted: float | None
    ssim: float | None
    delta_e: float | None
    baseline_ssim: float | None
    seconds: float
    bytes_out: int
    segments: int
    rating: int | None
    preferred_method: str | None
    shadow: Mapping[str, Any] | None = Field(description="What models that are still on trial foretold.")


class RecordsPage(BaseModel):
    """Some of the conversions, the oldest first."""

    data: list[RecordView]
    has_more: bool
    next_cursor: str | None = Field(description="Hand this in as `cursor` for the next page.")


class VersionView(BaseModel):
    """A version of the predictor."""

    version: str
    state: Stage
    learned_from: str | None = Field(description="The version that was delivered; null where this is such a one.")
    conversions: int = Field(description="How many it was learned from.")
    reason: str
    figures: dict[str, Any] = Field(description="What it was judged by: before and after.")
    made_at: datetime
    changed_at: datetime


class FindingView(BaseModel):
    """What was found when somebody looked last."""

    name: str
    standing: str
    reason: str
    figures: dict[str, Any]
    at: datetime


class DifferenceView(BaseModel):
    """How much more the second has on average than the first, with the interval of 95 %."""

    conversions: tuple[int, int]
    means: tuple[float, float]
    difference: float | None
    low: float | None
    high: float | None
    p: float | None = Field(description="How likely such a difference is where there is none.")
    verdict: Literal["too few", "better", "worse", "none seen"] = Field(description="Of the second.")


class TrialView(BaseModel):
    """The version on trial against the one in use."""

    serving: str
    shadow: str
    gain: DifferenceView = Field(description="By how much its error was less on the same pictures.")
    worth: DifferenceView = Field(description="Likeness less the price of time, each on the pictures it advised for.")
    error: DifferenceView = Field(description="The error of predictions, each on the pictures it advised for.")


class LearningReport(BaseModel):
    """All that there is to tell of learning."""

    versions: list[VersionView]
    findings: list[FindingView]
    trial: TrialView | None


@blueprint.get("/quality", responses={200: QualityView, **REFUSALS})
def summarise_quality(query: DaysQuery) -> Response:
    """How each method has done on each type of picture lately."""
    since = datetime.now(UTC).date() - timedelta(days=query.days - 1)
    found = summarise(current_services().records.tallies(since))
    return answer(QualityView(since=since, data=[SummaryView(**asdict(summary)) for summary in found]))


@blueprint.get("/models", responses={200: LearningReport, **REFUSALS})
def list_models() -> Response:
    """Every version of the predictor, how the one on trial does, and whether models still fit."""
    services = current_services()
    return answer(LearningReport.model_validate(report(services.versions, services.records)))


@blueprint.get("/records", responses={200: RecordsPage, **REFUSALS})
def list_records(query: RecordsQuery) -> Response:
    """Every conversion with its features, what was foretold, and what it came to."""
    after = read_cursor(query.cursor, JOB_ID) if query.cursor else None
    found = current_services().records.page(after, query.limit + 1)
    shown, has_more = found[: query.limit], len(found) > query.limit
    cursor = write_cursor(shown[-1].job_id) if has_more else None
    data = [RecordView(**asdict(record)) for record in shown]
    return answer(RecordsPage(data=data, has_more=has_more, next_cursor=cursor))
