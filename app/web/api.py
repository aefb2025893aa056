"""The REST API: hand in pictures, follow their jobs, fetch what came of them."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Literal
from urllib.parse import urlencode

from flask import Response, current_app, jsonify, request, url_for
from flask_openapi import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field, model_validator
from werkzeug.datastructures import MultiDict

from app import conversions
from app.conversions import Order
from app.jobs import JOB_ID, Feedback, Job, Kind, Selection, State
from app.web import problems
from app.web.answers import PICTURE_REFUSALS, REFUSALS, accepted, answer, done_or_accepted, marked, promise, shown
from app.web.archive import archive
from app.web.callers import current_caller
from app.web.cursors import read_cursor, write_cursor
from app.web.events import stream
from app.web.examples import FEEDBACK
from app.web.fields import Query, Time, Whole
from app.web.headers import with_headers
from app.web.limits import spend
from app.web.requests import current_services
from app.web.schemas import BatchView, JobView, LimitsView, Methods, MethodView, Page, Usage
from app.web.submissions import (
    AnalysisOrder,
    BatchOrder,
    ConvertOptions,
    JobOrder,
    NoOptions,
    described,
    read_order,
    read_orders,
    with_notes,
)
from app.web.waiting import patience, wait_for, wait_until_done
from svgai import FORMATS
from svgai.errors import FormatUnknown
from svgai.files import pillow
from svgai.options import METHODS

# No `from __future__ import annotations` here: flask-openapi reads the annotations of the views.

RESULT_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox",
    "Cache-Control": "private, no-cache",
}
EXPORT_REPEAT_SECONDS = 5.0

RESULT = {
    "description": "The drawing.",
    "content": {each.media_type: {"schema": {"type": "string", "format": "binary"}} for each in FORMATS.values()},
}
SVG = {"description": "The SVG.", "content": {"image/svg+xml": {"schema": {"type": "string"}}}}
STREAM = {"description": "Server-sent events.", "content": {"text/event-stream": {"schema": {"type": "string"}}}}
ARCHIVE = {"description": "A ZIP file.", "content": {"application/zip": {"schema": {"type": "string"}}}}
NOTHING = {"description": "Nothing more to say."}

blueprint = APIBlueprint(
    "api", __name__, abp_security=[{}, {"key": []}], abp_responses=None, operation_id_callback=problems.operation_id
)


class JobPath(BaseModel):
    job_id: str = Field(max_length=64)


class BatchPath(BaseModel):
    batch_id: str = Field(max_length=64)


class ResultQuery(Query):
    format: Literal[tuple(FORMATS)] = Field("svg", description="What kind of file.")  # type: ignore[valid-type]


class ListQuery(Query):
    """Which jobs. Notes are asked for as `metadata[name]=value`."""

    model_config = ConfigDict(extra="allow")

    state: list[State] = Field(default_factory=list, description="Only jobs in these states.")
    batch_id: str | None = Field(None, max_length=64)
    created_after: Time | None = None
    limit: int = Field(20, ge=1, le=100)
    cursor: str | None = Field(None, max_length=200, description="`next_cursor` of the page before.")

    @property
    def metadata(self) -> dict[str, str]:
        return {name[len("metadata[") : -1]: str(value) for name, value in (self.model_extra or {}).items()}

    @model_validator(mode="after")
    def _only_metadata_besides(self) -> "ListQuery":
        for name in self.model_extra or {}:
            if not re.fullmatch(r"metadata\[[A-Za-z0-9_.-]{1,40}\]", name):
                raise ValueError(f"there is no parameter {name!r:.80}")
        return self


class DaysQuery(Query):
    days: int = Field(30, ge=1, le=366)


class FeedbackBody(BaseModel):
    """What you say of a result."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [FEEDBACK]})

    rating: Whole = Field(ge=1, le=5, description="1 is useless, 5 is as you would have drawn it.")
    preferred_method: Literal[tuple(METHODS)] | None = None  # type: ignore[valid-type]
    comment: str | None = Field(None, max_length=2000)


# --- handing in


@blueprint.post(
    "/api/v1/jobs",
    request_body=described(JobOrder, ConvertOptions),
    responses={201: JobView, 202: JobView, **PICTURE_REFUSALS},
)
def create_job(query: ConvertOptions) -> Response:
    """Hand in a picture.

    Answers at once with the job that will convert it; `Location` says where to ask for it. 201 where
    the result is known already. With `Prefer: wait=N` the answer waits until the job is done.
    """
    spend("jobs")
    services = current_services()
    order = read_order(services, request, query)
    job, is_repeated = conversions.submit(services, current_caller(), order, promise())
    return accepted(wait_until_done(job, patience(0)), is_repeated=is_repeated)


def convert(query: ConvertOptions) -> Response:
    """Hand in a picture and wait for its SVG.

    When it takes longer than `Prefer: wait=N` seconds, or too many wait already, the answer is the job itself (202).
    Whoever hangs up while waiting has the job cancelled, unless `Prefer: respond-async` says that it is wanted.
    """
    return done_or_accepted(partial(read_order, current_services(), request, query), _drawing_or_job)


for _path, _endpoint in (("/api/v1/convert", "convert"), ("/api/convert", "convert_short")):
    blueprint.post(
        _path,
        endpoint=_endpoint,
        operation_id=_endpoint,
        request_body=described(JobOrder, ConvertOptions),
        responses={200: SVG, 202: JobView, **PICTURE_REFUSALS},
    )(convert)


@blueprint.post(
    "/api/v1/analyze",
    request_body=described(AnalysisOrder, NoOptions),
    responses={200: JobView, 202: JobView, **PICTURE_REFUSALS},
)
def analyze(query: NoOptions) -> Response:
    """Hand in a picture to have it looked at: its inks, regions, curves and forms. Nothing is drawn."""
    return done_or_accepted(partial(read_order, current_services(), request, query, Kind.ANALYZE), _drawing_or_job)


def _drawing_or_job(job: Job, _: Order) -> Response:
    return _drawing(job, "svg") if job.kind is Kind.CONVERT else shown(job, 200)


# --- following


@blueprint.get("/api/v1/jobs", responses={200: Page, **REFUSALS})
def list_jobs(query: ListQuery) -> Response:
    """Your jobs, the newest first."""
    tenant = current_caller().tenant
    selection = Selection(
        tenant,
        query.limit,
        query.cursor and read_cursor(query.cursor, JOB_ID),
        query.state,
        query.batch_id,
        query.created_after,
        query.metadata,
    )
    jobs, last = conversions.page(current_services(), selection)
    cursor = last and write_cursor(last)
    page = Page(data=[JobView.of(job) for job in jobs], has_more=cursor is not None, next_cursor=cursor)
    response = answer(page, 200)
    if cursor:
        following = MultiDict(request.args)
        following["cursor"] = cursor
        response.headers["Link"] = f'<{request.path}?{urlencode(list(following.items(multi=True)))}>; rel="next"'
    return response


@blueprint.get("/api/v1/jobs/<job_id>", responses={200: JobView, 304: NOTHING, **REFUSALS})
def get_job(path: JobPath) -> Response:
    """How far a job is, and what came of it. With `Prefer: wait=N` the answer waits until the job is done."""
    spend("poll", who=path.job_id)
    response = shown(wait_until_done(_job(path), patience(0)), 200)
    return response.make_conditional(request)  # type: ignore[return-value]


@blueprint.get("/api/v1/jobs/<job_id>/events", responses={200: STREAM, 204: NOTHING, **REFUSALS})
def get_events(path: JobPath) -> Response:
    """What happens to a job, as it happens.

    First a `snapshot`, then `queued`, `running` and `progress`, at last `succeeded`, `failed` or `cancelled`.
    `Last-Event-ID` goes on where a stream broke off; 204 where there is nothing more to come.
    """
    return stream(_job(path))


# --- results


@blueprint.get(
    "/api/v1/jobs/<job_id>/result",
    responses={200: RESULT, 206: RESULT, 304: NOTHING, **REFUSALS, **problems.described(416)},
)
def get_result(path: JobPath, query: ResultQuery) -> Response:
    """The drawing of a job that is done, in the format of your choice."""
    job = _job(path)
    if job.kind is not Kind.CONVERT:
        found = "analysis" if job.kind is Kind.ANALYZE else "advice"
        raise FormatUnknown(f"{job.id} only looked at the picture; what it found is in the job, as `{found}`.")
    return _drawing(job, query.format)


@blueprint.post("/api/v1/jobs/<job_id>/feedback", responses={204: NOTHING, **REFUSALS})
def give_feedback(path: JobPath, body: FeedbackBody) -> Response:
    """Say how good a result is: the service learns from it. Saying it again replaces what was said."""
    said = Feedback(body.rating, body.preferred_method, body.comment)
    conversions.give_feedback(current_services(), _job(path), said)
    return Response(status=204)


# --- changing one's mind


@blueprint.post("/api/v1/jobs/<job_id>/cancel", responses={200: JobView, 202: JobView, **REFUSALS})
def cancel_job(path: JobPath) -> Response:
    """Cancel a job: at once where it waits, within two seconds where it runs (202). An ended job stays as it is."""
    job = conversions.cancel(current_services(), _job(path))
    return shown(job, 200 if job.state.is_final else 202)


@blueprint.delete("/api/v1/jobs/<job_id>", responses={204: NOTHING, **REFUSALS})
def delete_job(path: JobPath) -> Response:
    """Delete a job, its picture and its result, for good. A job that runs has to be cancelled first."""
    conversions.delete(current_services(), _job(path))
    return Response(status=204)


# --- batches


@blueprint.post(
    "/api/v1/batches",
    request_body=described(BatchOrder, ConvertOptions, files="images"),
    responses={202: BatchView, **PICTURE_REFUSALS},
)
def create_batch(query: ConvertOptions) -> Response:
    """Hand in several pictures together: all are taken, or none."""
    services = current_services()
    orders, metadata = read_orders(services, request, query)
    spend("jobs", cost=len(orders))
    batch, is_repeated = conversions.submit_batch(services, current_caller(), orders, metadata, promise())
    response = answer(BatchView.of(*conversions.find_batch(services, current_caller(), batch.id)), 202)
    response.headers["Location"] = url_for("api.get_batch", batch_id=batch.id)
    return marked(response, is_repeated=is_repeated)


@blueprint.get("/api/v1/batches/<batch_id>", responses={200: BatchView, **REFUSALS})
def get_batch(path: BatchPath) -> Response:
    """How far a batch is. With `Prefer: wait=N` the answer waits until all of it is done."""
    spend("poll", who=path.batch_id)
    services, caller = current_services(), current_caller()
    view = BatchView.of(*conversions.find_batch(services, caller, path.batch_id))

    def look() -> BatchView | None:
        now = BatchView.of(*conversions.find_batch(services, caller, path.batch_id))
        return now if now.is_done else None

    if not view.is_done:
        view = wait_for(look, patience(0)) or view
    response = answer(view, 200)
    if not view.is_done:
        response.headers["Retry-After"] = "1"
    return response


@blueprint.get("/api/v1/batches/<batch_id>/results", responses={200: ARCHIVE, **REFUSALS})
def get_batch_results(path: BatchPath, query: ResultQuery) -> Response:
    """The drawings of a batch in one ZIP file, in the format of your choice, as far as it is done.

    With them come `jobs.json`, which tells of all its jobs, and an `.error.json` where a drawing cannot be had so.
    """
    services = current_services()
    batch, jobs = conversions.find_batch(services, current_caller(), path.batch_id)
    if query.format != "svg" and not _all_exported(jobs, query.format):
        return _being_made(f"drawings of {batch.id}", query.format)
    response = Response(archive(services, jobs, query.format), mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{batch.id}.zip"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


# --- what there is


@blueprint.get("/api/v1/methods", responses={200: Methods})
def list_methods() -> Response:
    """The ways to trace, and every option."""
    methods = [MethodView(name=name, summary=summary) for name, summary in METHODS.items()]
    return answer(Methods(methods=methods, options=ConvertOptions.model_json_schema()["properties"]), 200)


@blueprint.get("/api/v1/limits", responses={200: LimitsView})
def get_limits() -> Response:
    """What may be handed in, and how much of the service you may take."""
    settings, allowance = current_services().settings, current_caller().allowance
    known = {**settings.model_dump(), **vars(settings.limits), **vars(allowance)}
    lists = {"formats": list(pillow.FORMATS), "result_formats": list(FORMATS)}
    told = {name: known[name] for name in LimitsView.model_fields if name not in lists}
    return answer(LimitsView(**told, **lists), 200)


@blueprint.get("/api/v1/usage", responses={200: Usage, **REFUSALS})
def get_usage(query: DaysQuery) -> Response:
    """What your jobs took, day by day (UTC)."""
    days = conversions.usage(current_services(), current_caller(), query.days)
    return answer(Usage.model_validate({"days": days}), 200)


@blueprint.get("/api/v1/openapi.json", doc_ui=False)
def describe() -> Response:
    """This API, as OpenAPI."""
    app: Any = current_app
    return jsonify(with_headers(with_notes(app.api_doc)))


# --- how all of them answer


def _job(path: JobPath) -> Job:
    return conversions.find(current_services(), current_caller(), path.job_id)


def _drawing(job: Job, form: str) -> Response:
    data = conversions.read_drawing(current_services(), job) if form == "svg" else _exported(job, form)
    if data is None:
        return _being_made(job.id, form)
    kind = FORMATS[form]
    response = Response(data, mimetype=kind.media_type, headers=_facts_of(job))
    response.headers["Content-Disposition"] = f'attachment; filename="{job.id}{kind.suffix}"'
    response.set_etag(hashlib.sha256(data).hexdigest() if form != "svg" else str((job.result or {})["sha256"]))
    return response.make_conditional(request, accept_ranges=True, complete_length=len(data))  # type: ignore[return-value]


def _facts_of(job: Job) -> Mapping[str, str]:
    result = job.result or {}
    quality = {"X-Method": str(result["method"]), "X-Quality-Ssim": str(result["quality"]["ssim"])}
    return {**RESULT_HEADERS, "X-Job-Id": job.id, **(quality if "method" in result else {})}


def _exported(job: Job, form: str) -> bytes | None:
    """The drawing in another format, once a worker has made it."""
    services = current_services()
    made = conversions.read_export(services, job, form)
    if made is None:
        conversions.ask_for_export(services, job, form)
        made = wait_for(lambda: conversions.read_export(services, job, form), patience())
    return made


def _all_exported(jobs: Sequence[Job], form: str) -> bool:
    """Whether all drawings are there in another format; those that lack it have been asked for."""
    services = current_services()

    def still(these: Sequence[Job]) -> list[Job]:
        return [job for job in these if conversions.lacks_export(services, job, form)]

    lacking = still([job for job in jobs if job.state is State.SUCCEEDED])
    for job in lacking:
        conversions.ask_for_export(services, job, form)

    def look() -> bool | None:
        nonlocal lacking
        lacking = still(lacking)
        return None if lacking else True

    return not lacking or wait_for(look, patience()) is True


def _being_made(what: str, form: str) -> Response:
    detail = f"The {form} of {what} is being made. Ask again in a second."
    return problems.problem(503, "result.being_made", "The file is being made", detail, retry_after_seconds=1)
