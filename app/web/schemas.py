"""A job as the API shows it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from app.jobs import Job, State


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


class JobView(BaseModel):
    """A job."""

    id: str
    object: Literal["job"] = "job"
    state: State
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime
    progress: Progress
    input: Input
    options: dict[str, Any]
    result: Drawing | None
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
        return cls.model_validate(
            {
                "id": job.id,
                "state": job.state,
                "created_at": job.created_at,
                "started_at": job.started_at,
                "finished_at": job.finished_at,
                "expires_at": job.expires_at,
                "progress": {"percent": job.percent, "phase": job.phase},
                "input": job.picture,
                "options": job.options,
                "result": result and {**result, "url": f"{here}/result"},
                "quality": result and result["quality"],
                "baseline_quality": result and result.get("baseline_quality"),
                "warnings": result["warnings"] if result else [],
                "error": job.error,
                "attempts": job.attempts,
                "links": {"self": here, "result": f"{here}/result"},
            }
        )
