"""The REST API: hand in a picture, ask for its job, fetch the SVG."""

import re
import threading
import time
from typing import Any

from flask import Response, current_app, jsonify, request, url_for
from flask_openapi import APIBlueprint
from pydantic import BaseModel, Field

from app import conversions
from app.jobs import Job, State
from app.web import problems
from app.web.requests import current_services
from app.web.schemas import JobView
from app.web.submissions import BODY, ConvertOptions, read_submission
from svgai.errors import SvgaiError

# No `from __future__ import annotations` here: flask-openapi reads the annotations of the views.

SVG_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox",
    "Cache-Control": "private, no-cache",
}
WAIT = re.compile(r"(?:^|[,;\s])wait=(\d{1,4})(?:$|[,;\s])")

SVG = {"description": "The SVG.", "content": {"image/svg+xml": {"schema": {"type": "string"}}}}
PICTURE_REFUSALS = problems.described(400, 413, 415, 422, 500, 503)

blueprint = APIBlueprint("api", __name__)


class JobPath(BaseModel):
    job_id: str = Field(max_length=64)


@blueprint.post("/api/v1/jobs", request_body=BODY, responses={202: JobView, **PICTURE_REFUSALS})
def create_job(query: ConvertOptions) -> Response:
    """Hand in a picture.

    Answers at once with the job that will convert it; `Location` says where to ask for it.
    """
    return _accepted(conversions.submit(current_services(), *read_submission(request, query)))


@blueprint.get("/api/v1/jobs/<job_id>", responses={200: JobView, **problems.described(404, 422)})
def get_job(path: JobPath) -> Response:
    """How far a job is, and what came of it."""
    return _shown(conversions.find(current_services(), path.job_id), 200)


@blueprint.get("/api/v1/jobs/<job_id>/result", responses={200: SVG, **problems.described(404, 409, 422)})
def get_result(path: JobPath) -> Response:
    """The SVG of a job that is done."""
    return _drawing(conversions.find(current_services(), path.job_id))


def convert(query: ConvertOptions) -> Response:
    """Hand in a picture and wait for its SVG.

    When it takes longer than `Prefer: wait=N` seconds, or too many wait already, the answer is the job itself (202).
    """
    job = conversions.submit(current_services(), *read_submission(request, query))
    job = _wait_for(job, _patience())
    if job.state is State.FAILED and job.error:
        raise SvgaiError.from_dict(job.error)
    return _drawing(job) if job.state is State.SUCCEEDED else _accepted(job)


for _path, _endpoint in (("/api/v1/convert", "convert"), ("/api/convert", "convert_short")):
    blueprint.post(
        _path,
        endpoint=_endpoint,
        operation_id=_endpoint,
        request_body=BODY,
        responses={200: SVG, 202: JobView, **PICTURE_REFUSALS},
    )(convert)


@blueprint.get("/api/v1/openapi.json", doc_ui=False)
def describe() -> Response:
    """This API, as OpenAPI."""
    app: Any = current_app
    return jsonify(app.api_doc)


def _patience() -> float:
    limit = current_services().settings.convert_wait_seconds
    asked = WAIT.search(request.headers.get("Prefer", ""))
    return min(float(asked.group(1)), limit) if asked else limit


def _wait_for(job: Job, seconds: float) -> Job:
    """Wait until the job is done, unless too many wait already."""
    rooms: threading.BoundedSemaphore = current_app.extensions["waiting_rooms"]
    if not rooms.acquire(blocking=False):
        return job
    try:
        return _ask_until_done(job, seconds)
    finally:
        rooms.release()


def _ask_until_done(job: Job, seconds: float) -> Job:
    """Ask often at first, since most jobs are done within a moment."""
    end, pause = time.monotonic() + seconds, 0.01
    while not job.state.is_final and time.monotonic() < end:
        time.sleep(min(pause, max(0.0, end - time.monotonic())))
        pause = min(pause * 1.5, 0.25)
        job = conversions.find(current_services(), job.id)
    return job


def _accepted(job: Job) -> Response:
    response = _shown(job, 202)
    response.headers["Location"] = url_for("api.get_job", job_id=job.id)
    return response


def _shown(job: Job, status: int) -> Response:
    response = Response(JobView.of(job).model_dump_json(), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    if not job.state.is_final:
        response.headers["Retry-After"] = "1"
    return response


def _drawing(job: Job) -> Response:
    response = Response(
        conversions.read_drawing(current_services(), job), mimetype="image/svg+xml", headers=SVG_HEADERS
    )
    response.headers["Content-Disposition"] = f'attachment; filename="{job.id}.svg"'
    response.headers["X-Job-Id"] = job.id
    response.set_etag(str((job.result or {})["sha256"]))
    return response.make_conditional(request)  # type: ignore[return-value]
