"""How requests with a picture are answered: at once, once the job is done, or with the job that will do it."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import Response, request, url_for
from pydantic import BaseModel

from app import conversions
from app.conversions import Order, Promise
from app.errors import IdempotencyMalformed, JobCancelled
from app.jobs import Job, State
from app.web import problems
from app.web.callers import current_caller
from app.web.limits import spend
from app.web.requests import current_services
from app.web.schemas import JobView
from app.web.waiting import HungUp, patience, wait_until_done
from svgai.errors import SvgaiError

IDEMPOTENCY_KEY = re.compile(r'("?)([A-Za-z0-9._:-]{1,128})\1')
REFUSALS = problems.described(400, 401, 403, 404, 409, 410, 422, 429, 500, 503)
PICTURE_REFUSALS = REFUSALS | problems.described(413, 415, 424)


def done_or_accepted(read: Callable[[], Order], done: Callable[[Job, Order], Response]) -> Response:
    """Hand an order in and wait for it; `done` makes the answer from a job that succeeded.

    The order is read once it is clear that the caller may have one: its picture may have to be fetched.
    """
    spend("jobs")
    services, order = current_services(), read()
    job, is_repeated = conversions.submit(services, current_caller(), order, promise())
    try:
        job = wait_until_done(job, patience())
    except HungUp:
        if "respond-async" not in request.headers.get("Prefer", ""):
            conversions.cancel(services, job)
        return Response(status=499)  # nobody reads it but the log
    if job.state is State.CANCELLED:
        raise JobCancelled(f"The job {job.id} was cancelled before it had a result.")
    if job.state is State.FAILED and job.error:
        raise SvgaiError.from_dict(job.error)
    if not job.state.is_final:
        return accepted(job, is_repeated=is_repeated)
    return done(job, order)


def promise() -> Promise | None:
    """What the caller's Idempotency-Key promises."""
    given = request.headers.get("Idempotency-Key")
    if given is None:
        return None
    key = IDEMPOTENCY_KEY.fullmatch(given)
    if key is None:
        detail = f"The Idempotency-Key is {given!a:.150}; it is 1 to 128 of the characters A-Z a-z 0-9 . _ : -"
        raise IdempotencyMalformed(detail, limit=128, actual=len(given))
    return Promise(request.url_rule.rule if request.url_rule else "", key.group(2))


def accepted(job: Job, *, is_repeated: bool) -> Response:
    """The job that will do it, or has done it before."""
    response = shown(job, 201 if job.is_cached else 202)
    response.headers["Location"] = url_for("api.get_job", job_id=job.id)
    return marked(response, is_repeated=is_repeated)


def marked(response: Response, *, is_repeated: bool) -> Response:
    """The same, with word of it where the request came before."""
    if is_repeated:
        response.headers["Idempotency-Replayed"] = "true"
    return response


def shown(job: Job, status: int) -> Response:
    """The job as it is."""
    response = answer(JobView.of(job), status)
    response.set_etag(f"{job.id}-{job.version}")
    if not job.state.is_final:
        response.headers["Retry-After"] = "1"
    return response


def answer(view: BaseModel, status: int = 200) -> Response:
    """A view as JSON, which nobody keeps."""
    response = Response(view.model_dump_json(), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
