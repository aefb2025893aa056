"""The one place where an error becomes HTTP: a table, and RFC 9457 problem documents made from it."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, Response, current_app, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from app import errors as service
from app.web.examples import PROBLEM
from app.web.requests import current_request_id, current_services
from svgai import errors as library
from svgai.errors import SvgaiError

log = structlog.get_logger()


@dataclass(frozen=True)
class Answer:
    """How an error is told over HTTP."""

    status: int
    title: str
    retry_after_seconds: int | None = None


ANSWERS: dict[type[SvgaiError], Answer] = {
    library.PictureMissing: Answer(400, "No picture was given"),
    library.PictureEmpty: Answer(422, "The picture is empty"),
    library.PictureUnsupported: Answer(415, "This kind of file is not read here"),
    library.PictureCorrupt: Answer(422, "The picture is damaged"),
    library.PictureTooManyBytes: Answer(413, "The picture has too many bytes"),
    library.PictureTooManyPixels: Answer(413, "The picture has too many pixels"),
    library.PictureTooManyFrames: Answer(413, "The picture has too many frames"),
    library.OptionsInvalid: Answer(422, "An option cannot be used"),
    library.DrawingTooLarge: Answer(422, "The drawing would be too large"),
    library.DrawingUnsafe: Answer(500, "The drawing was withheld"),
    library.TracingFailed: Answer(500, "The picture could not be traced"),
    library.FormatUnknown: Answer(422, "There is no such format"),
    library.ExportTooLarge: Answer(422, "The drawing would be too large in this format"),
    library.ExportUnsupported: Answer(422, "This format cannot hold the drawing"),
    service.RequestMalformed: Answer(400, "The request cannot be read"),
    service.RequestTooLarge: Answer(413, "The request is too large"),
    service.JobNotFound: Answer(404, "There is no such job"),
    service.JobNotReady: Answer(409, "The job is not done", retry_after_seconds=1),
    service.JobFailed: Answer(409, "The job failed"),
    service.PictureGone: Answer(410, "The picture is gone"),
    service.StoreAway: Answer(503, "The service is unavailable", retry_after_seconds=5),
    service.QueueFull: Answer(503, "Too many jobs wait", retry_after_seconds=5),
    service.TooManyJobs: Answer(429, "Too many of your jobs are unfinished", retry_after_seconds=2),
    service.JobExpired: Answer(410, "The job has expired"),
    service.JobCancelled: Answer(409, "The job was cancelled"),
    service.JobRunning: Answer(409, "The job is running", retry_after_seconds=2),
    service.BatchNotFound: Answer(404, "There is no such batch"),
    service.BatchTooLarge: Answer(413, "The batch has too many pictures"),
    service.TooManyStreams: Answer(503, "Too many jobs are being followed", retry_after_seconds=5),
    service.PictureQuarantined: Answer(422, "The picture is not tried again"),
    service.CursorInvalid: Answer(400, "The cursor cannot be used"),
    service.IdempotencyMalformed: Answer(400, "The Idempotency-Key cannot be used"),
    service.IdempotencyMismatch: Answer(422, "The Idempotency-Key was used for something else"),
    service.ConversionTimedOut: Answer(422, "The conversion took too long"),
    service.ConversionTooHungry: Answer(422, "The conversion took too much memory"),
    service.WorkerCrashed: Answer(500, "The conversion was lost again and again"),
    service.KeyMissing: Answer(401, "An API key is needed"),
    service.KeyInvalid: Answer(401, "The API key cannot be used"),
    service.KeyInQuery: Answer(400, "An API key does not belong into the URL"),
    service.ScopeMissing: Answer(403, "The API key is not made for this"),
    service.TooManyBadKeys: Answer(429, "Too many bad API keys", retry_after_seconds=60),
    service.RateExceeded: Answer(429, "Too many pictures for now", retry_after_seconds=60),
    service.PollingTooFast: Answer(429, "Asked too often", retry_after_seconds=1),
    service.PredictionsTooFast: Answer(429, "Too many predictions for now", retry_after_seconds=1),
    service.FeaturesTooFew: Answer(422, "There are too few features"),
    service.FeaturesInvalid: Answer(422, "A feature cannot be used"),
    service.InferenceBusy: Answer(503, "Too many predictions wait", retry_after_seconds=1),
    service.InferenceMeasured: Answer(409, "The models are being measured already", retry_after_seconds=5),
    service.AccountNotFound: Answer(404, "There is no such account"),
    service.AccountExists: Answer(409, "There is such an account already"),
    service.KeyNotFound: Answer(404, "There is no such API key"),
    service.UrlMalformed: Answer(422, "The URL cannot be read"),
    service.UrlSchemeUnsupported: Answer(422, "The URL is neither http nor https"),
    service.UrlBlocked: Answer(422, "The URL leads to where this service does not go"),
    service.UrlNameUnknown: Answer(424, "The name in the URL has no address"),
    service.UrlUnreachable: Answer(424, "The URL's host cannot be reached"),
    service.UrlUntrusted: Answer(424, "The URL's host could not prove who it is"),
    service.UrlTimedOut: Answer(424, "The URL's host took too long"),
    service.UrlStatusUnusable: Answer(424, "The URL's host did not send the file"),
    service.UrlRedirected: Answer(424, "The URL redirects too often, or to where we do not follow"),
    service.UrlUnreadable: Answer(424, "The answer of the URL's host cannot be read"),
    service.UrlTooLarge: Answer(413, "The file behind the URL is too large"),
    service.UrlCircuitOpen: Answer(503, "The URL's host failed too often", retry_after_seconds=60),
    service.UrlBusy: Answer(503, "Too many URLs are being fetched", retry_after_seconds=2),
    service.WebhookNotFound: Answer(404, "There is no such webhook endpoint"),
    service.DeliveryNotFound: Answer(404, "There is no such delivery"),
    service.TooManyWebhooks: Answer(409, "There are too many webhook endpoints"),
    service.WebhookDisabled: Answer(409, "The webhook endpoint is disabled"),
}
"""Every error a user can meet. A test demands a row for each."""

HTTP_CODES = {
    400: "request.malformed",
    404: "route.not_found",
    405: "route.method_not_allowed",
    408: "request.too_slow",
    413: "request.too_large",
    415: "request.unsupported_type",
}


class Fault(BaseModel):
    """One thing that is wrong with the input."""

    pointer: str
    detail: str


class Problem(BaseModel):
    """Why a request was not done (RFC 9457)."""

    model_config = ConfigDict(json_schema_extra={"examples": [PROBLEM]})

    type: str = Field(description="Names the kind of problem; the same for the same `code`.")
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable; programs should look at this.")
    retryable: bool
    request_id: str
    limit: float | None = None
    actual: float | None = None
    errors: list[Fault] | None = None


def described(*statuses: int) -> dict[str | int, Any]:
    """How the API's description tells of problems with these statuses."""
    schema = {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}
    content = {"content": {"application/problem+json": schema}}
    return {status: {"description": HTTPStatus(status).phrase, **content} for status in statuses}


def operation_id(*, name: str, **_: str) -> str:
    """What the API's description calls an operation: the name of the function that does it."""
    return name


def problem(status: int, code: str, title: str, detail: str, **more: Any) -> Response:
    """A problem document; `retry_after_seconds` among `more` makes it retryable."""
    retry_after = more.pop("retry_after_seconds", None)
    body = Problem(
        type=f"urn:svgai:problem:{code}",
        title=title,
        status=status,
        detail=detail,
        code=code,
        retryable=retry_after is not None,
        request_id=current_request_id(),
        **more,
    )
    response = Response(body.model_dump_json(exclude_none=True), status, mimetype="application/problem+json")
    response.headers["Cache-Control"] = "no-store"
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def from_error(error: SvgaiError) -> Response:
    """The answer that the table has for an error."""
    answer = ANSWERS[type(error)]
    faults = None
    if error.option:
        faults = [Fault(pointer=f"#/{error.option}", detail=error.detail)]
    return problem(
        answer.status,
        error.code,
        answer.title,
        error.detail,
        limit=error.limit,
        actual=error.actual,
        errors=faults,
        retry_after_seconds=answer.retry_after_seconds,
    )


def from_validation(error: ValidationError) -> Response:
    """The answer for options that pydantic refuses, pointing at each."""
    faults = [
        Fault(pointer="#/" + "/".join(map(str, fault["loc"])), detail=_say(fault))
        for fault in error.errors(include_url=False)
    ]
    answer = ANSWERS[library.OptionsInvalid]
    return problem(
        answer.status, library.OptionsInvalid.code, answer.title, "; ".join(f.detail for f in faults), errors=faults
    )


def _say(fault: Any) -> str:
    name = ".".join(map(str, fault["loc"]))
    if fault["type"] == "extra_forbidden":
        return f"there is no option {name!r:.80}"
    if fault["type"] == "model_type" and not name:
        return "the body is no JSON object, or its Content-Type is not application/json"
    said = fault["msg"].removeprefix("Value error, ")
    return f"{name}: {said} (it was {fault['input']!r:.80})" if name else said


def _from_http(error: HTTPException) -> Response | HTTPException:
    if error.response is not None or error.code is None:
        return error  # an answer that somebody has made already
    if isinstance(error, RequestEntityTooLarge):
        return _too_large()
    return problem(
        error.code, HTTP_CODES.get(error.code, f"http.{error.code}"), error.name, error.description or error.name
    )


def _too_large() -> Response:
    limit, actual = current_app.config["MAX_CONTENT_LENGTH"], request.content_length or 0
    if actual > limit:
        detail = f"The request has {actual} bytes; the limit is {limit}."
        return from_error(service.RequestTooLarge(detail, limit=limit, actual=actual))
    parts = current_app.config["MAX_FORM_PARTS"]
    detail = f"The body has over {limit} bytes, or the form over {parts} parts; these are the limits."
    return from_error(service.RequestTooLarge(detail, limit=limit))


def _from_fault(error: Exception) -> Response:
    log.error("unforeseen fault", exc_info=error)
    detail = "The fault has been logged with the request's id."
    if current_services().settings.debug:
        detail = "".join(traceback.format_exception(error))
    return problem(500, "internal", "Something went wrong here", detail)


def install(app: Flask) -> None:
    """Answer every error with a problem document."""
    app.register_error_handler(SvgaiError, from_error)
    app.register_error_handler(ValidationError, from_validation)
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(Exception, _from_fault)
