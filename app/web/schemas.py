"""A job as the API shows it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.jobs import Batch, Job, Kind, State
from app.web.examples import ADVICE, JOB, ROUTE


class Progress(BaseModel):
    percent: int = Field(ge=0, le=100)
    phase: str | None = Field(description="What the worker is at.")


class Input(BaseModel):
    sha256: str
    bytes: int
    format: str
    width: int
    height: int


class Quality(BaseModel):
    ssim: float = Field(description="Structural similarity of drawing and picture; 1 is equal.")
    delta_e: float = Field(description="Mean colour difference (CIEDE2000); 0 is equal.")


class Drawing(BaseModel):
    url: str
    sha256: str
    bytes: int
    width: int
    height: int
    paths: int
    segments: int
    method: str = Field(description="Which made it: the baseline where the one that was asked for did worse.")
    seconds: dict[str, float] = Field(description="Time spent in each stage.")


class JobError(BaseModel):
    code: str
    detail: str
    limit: float | None = None
    actual: float | None = None


class Links(BaseModel):
    self: str
    result: str
    events: str
    cancel: str


class JobView(BaseModel):
    """A job."""

    model_config = ConfigDict(json_schema_extra={"examples": [JOB]})

    id: str
    object: Literal["job"] = "job"
    kind: Kind
    state: State
    version: int = Field(description="Grows with every change.")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime
    progress: Progress
    input: Input
    options: dict[str, Any]
    metadata: dict[str, str]
    batch_id: str | None
    cached: bool = Field(description="Whether the result was known from an earlier job of yours.")
    result: Drawing | None
    analysis: dict[str, Any] | None = Field(description="What was found in the picture, where that was asked for.")
    image_type: str | None = Field(description="What the picture was taken for: simple, text, gradient or complex.")
    predicted_quality: float | None = Field(
        description="The likeness (SSIM) that was foretold, before anything was traced, of what the method would make."
    )
    advice: dict[str, Any] | None = Field(description="What was advised, by whom and from what, and what was tried.")
    quality: Quality | None
    baseline_quality: Quality | None = Field(
        description="What the baseline reaches on this picture: no result is worse. Null where it alone was asked for."
    )
    warnings: list[str]
    error: JobError | None
    attempts: int
    links: Links

    @classmethod
    def of(cls, job: Job) -> JobView:
        """The view of a job."""
        here = f"/api/v1/jobs/{job.id}"
        result = dict(job.result) if job.result else None
        drawing = result if job.kind is Kind.CONVERT else None
        advice = result and result.get("advice")
        return cls.model_validate(
            {
                **{name: getattr(job, name) for name in SAME},
                "progress": {"percent": job.percent, "phase": job.phase},
                "input": job.picture,
                "cached": job.is_cached,
                "result": drawing and {**drawing, "url": f"{here}/result"},
                "analysis": result and result.get("analysis"),
                "advice": advice,
                "image_type": advice and advice["image_type"],
                "predicted_quality": drawing and drawing.get("predicted_quality"),
                "quality": drawing and drawing["quality"],
                "baseline_quality": drawing and drawing.get("baseline_quality"),
                "warnings": drawing["warnings"] if drawing else [],
                "links": {
                    "self": here,
                    "result": f"{here}/result",
                    "events": f"{here}/events",
                    "cancel": f"{here}/cancel",
                },
            }
        )


SAME = tuple(name for name in JobView.model_fields if name in Job.__dataclass_fields__ and name != "result")
"""What a job and its view call by the same name."""


class Foretold(BaseModel):
    """What a method will make of a picture."""

    quality: float = Field(description="Likeness (SSIM) of what a conversion by this method returns.")
    low: float
    high: float = Field(description="Nine of ten results lie between `low` and `high`.")
    seconds: float = Field(description="The whole conversion, on an ordinary core.")


class _Advised(BaseModel):
    image_type: str = Field(description="simple, text, gradient or complex.")
    confidence: float = Field(ge=0, le=1, description="How likely that type is right.")
    advised_by: Literal["model", "rules"] = Field(description="`model` where models alone answered.")
    reasons: list[str] = Field(description="Why it was not the models, where it was not.")
    models: dict[str, str] = Field(description="Versions of the models that answered, by what they are for.")


class _Ranked(_Advised):
    predictions: dict[str, Foretold] = Field(description="What each method will make of it.")
    ranking: list[str] = Field(description="All methods, the best choice first.")
    quality_target: float = Field(description="The likeness (SSIM) to be reached: yours, or what suits the type.")


class AdviceView(_Ranked):
    """What a picture is, and which method suits it."""

    model_config = ConfigDict(json_schema_extra={"examples": [ADVICE]})

    features: dict[str, float] = Field(description="What was measured; good to be handed to `/predict/...`.")


class RouteView(_Ranked):
    """Which method to take."""

    model_config = ConfigDict(json_schema_extra={"examples": [ROUTE]})

    method: str = Field(description="The best choice.")
    assumed: dict[str, float] = Field(description="Features that were not given, and what is usual of them.")


class ForecastView(_Advised):
    """What a method will make of a picture."""

    method: str
    quality: float
    low: float
    high: float
    seconds: float
    assumed: dict[str, float] = Field(description="Features that were not given, and what is usual of them.")


class FeatureView(BaseModel):
    name: str
    meaning: str
    usual: float = Field(description="What is assumed where it is not given.")
    most: float = Field(description="The most that is taken; the least is 0.")


class FeaturesView(BaseModel):
    """What is measured of a picture."""

    features: list[FeatureView]
    least_for_routing: int = Field(description="How many `/predict/routing` wants.")
    least_for_quality: int = Field(description="How many `/predict/quality` wants.")


class ModelView(BaseModel):
    role: str
    name: str
    version: str
    sha256: str = Field(description="The first twelve digits.")
    score: dict[str, Any]


class Happened(BaseModel):
    at: datetime
    reason: str


class Loaded(BaseModel):
    at: datetime
    seconds: float


class TimesView(BaseModel):
    count: int
    mean_ms: float | None
    p50_ms: float | None = Field(description="Of the last few thousand; so with the next two.")
    p95_ms: float | None
    p99_ms: float | None


class InferencesView(TimesView):
    batches: int


class PredictionCache(BaseModel):
    """Predictions that are told again, of the web process that answers; other models begin with none."""

    entries: int
    most: int = Field(description="So many are kept; those that were asked for longest ago go first.")
    hits: int
    misses: int
    hit_rate: float | None = Field(description="Share of predictions that were known; null before the first.")


class LearningView(BaseModel):
    """What is learned from conversions, in short; administrators see more at `/api/v1/admin/models`."""

    learns: bool
    serving: str | None = Field(description="The version of the predictor in use, as learning knows it.")
    shadow: str | None = Field(description="The version that foretells beside it, to prove itself.")
    watches: dict[str, str] = Field(
        description="How `learning` is, and whether `inputs` and `predictions` are as at the training: `ok`, `warning`,"
        " `drifted`, or `unknown` where that cannot be said."
    )


class AiStatus(BaseModel):
    """How learned advice is, in the web process that answers."""

    enabled: bool
    source: Literal["model", "rules"] = Field(description="Who answers now.")
    reason: str = Field(description="Why it is not the models, where it is not.")
    models: list[ModelView]
    loaded: Loaded | None = Field(description="When the models in use were loaded, and how long that took.")
    last_refusal: Happened | None = Field(description="When models were refused, and why; those before stay in use.")
    last_failure: Happened | None = Field(description="When a model failed to answer, and how.")
    breaker: Literal["closed", "open", "half_open"] = Field(
        description="`open` while models that failed again and again are let alone, `half_open` when they are due."
    )
    inferences: InferencesView = Field(description="Predictions from features, since the process began to make some.")
    cache: PredictionCache
    learning: LearningView | None = Field(description="Null while the database is away.")
    memory_mb: float = Field(description="Of the whole process.")


class Performance(TimesView):
    """How quick the models are, asked one at a time; then by several callers at once."""

    throughput_per_second: float
    callers_at_once: int
    throughput_at_once_per_second: float
    memory_mb: float
    advised_by: Literal["model", "rules"]
    reasons: list[str]
    models: dict[str, str]


class Page(BaseModel):
    """Some of the caller's jobs, the newest first."""

    data: list[JobView]
    has_more: bool
    next_cursor: str | None = Field(description="Hand this in as `cursor` for the next page.")


class BatchView(BaseModel):
    """Jobs that were handed in together."""

    id: str
    object: Literal["batch"] = "batch"
    created_at: datetime
    expires_at: datetime
    metadata: dict[str, str]
    counts: dict[State, int] = Field(description="How many of its jobs are in which state.")
    is_done: bool
    jobs: list[JobView]
    results_url: str

    @classmethod
    def of(cls, batch: Batch, jobs: list[Job]) -> BatchView:
        """The view of a batch."""
        states = [job.state for job in jobs]
        return cls(
            id=batch.id,
            created_at=batch.created_at,
            expires_at=batch.expires_at,
            metadata=dict(batch.metadata),
            counts={state: states.count(state) for state in State if state in states},
            is_done=all(state.is_final for state in states),
            jobs=[JobView.of(job) for job in jobs],
            results_url=f"/api/v1/batches/{batch.id}/results",
        )


class MethodView(BaseModel):
    name: str
    summary: str


class Methods(BaseModel):
    """The ways to trace, and what can be asked of them."""

    methods: list[MethodView]
    options: dict[str, Any] = Field(description="Every option, as JSON Schema.")


class LimitsView(BaseModel):
    """What may be handed in, and how much."""

    max_bytes: int
    max_pixels: int
    max_frames: int
    max_svg_bytes: int
    max_batch_size: int
    max_batch_bytes: int
    formats: list[str] = Field(description="Pictures that are read.")
    result_formats: list[str]
    retention_hours: float
    jobs_per_minute: int
    unfinished_jobs: int
    running_jobs: int


class Day(BaseModel):
    day: date
    accepted: int
    succeeded: int
    failed: int
    cancelled: int
    cached: int
    bytes_in: int
    seconds: float = Field(description="Time that conversions took.")


class Usage(BaseModel):
    """What the caller's jobs took, the latest day first."""

    days: list[Day]
