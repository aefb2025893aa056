"""How blobs are named in every storage: `<job id>/<name>`, made by the server alone."""

from __future__ import annotations

import re
import time

from app.jobs import JOB_ID

KEY = re.compile(rf"{JOB_ID.pattern}/[A-Za-z0-9_-]{{1,64}}(\.[a-z]{{1,8}})?")


def checked(key: str) -> str:
    """The same key, which leads nowhere but to a blob."""
    if not KEY.fullmatch(key):
        raise ValueError(f"not a blob key: {key!r}")
    return key


def checked_job(job_id: str) -> str:
    """The same id, which stands for one job's blobs and no others."""
    checked(f"{job_id}/x")
    return job_id


def is_job(name: str) -> bool:
    """Tell what is ours from whatever else lies in a storage."""
    return JOB_ID.fullmatch(name) is not None


def made_at(job_id: str) -> float:
    """When the job came, in seconds since 1970; its id says so (`app.jobs.new_job_id`)."""
    return int(job_id[4:16], 16) / 1000


def is_older(job_id: str, seconds: float) -> bool:
    """Tell whether the job came longer ago than that."""
    return made_at(job_id) < time.time() - seconds
