"""Advice over HTTP: what a picture is, which method suits it and how good that will be; and how the models do."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

from flask import Response, request
from flask_openapi import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field, RootModel

from app import predictions
from app.conversions import Order
from app.errors import StoreAway
from app.jobs import Job, Kind
from app.learning import summary
from app.predictions import LEAST_FOR_QUALITY, LEAST_FOR_ROUTING, Advised
from app.services import Services
from app.web import problems
from app.web.answers import PICTURE_REFUSALS, REFUSALS, answer, done_or_accepted, promise
from app.web.fields import NO_TEXT
from app.web.limits import spend
from app.web.requests import current_services
from app.web.schemas import (
    AdviceView,
    AiStatus,
    FeaturesView,
    FeatureView,
    ForecastView,
    JobView,
    Performance,
    RouteView,
)
from app.web.submissions import (
    AdviceOptions,
    AdviceOrder,
    FeaturesBase,
    QualityFeatures,
    QualityOptions,
    QualityOrder,
    RoutingFeatures,
    described,
    options_of,
    read_order,
    read_question,
)
from svgai.ml.usual import USUAL

LONGEST_SECONDS = 55
"""nginx gives a request up after 60."""

# No `from __future__ import annotations` here: flask-openapi reads the annotations of the views.

blueprint = APIBlueprint(
    "advice", __name__, abp_security=[{}, {"key": []}], abp_responses=None, operation_id_callback=problems.operation_id
)


class RoutingQuestion(RootModel[RoutingFeatures | AdviceOrder]):
    """Features, or a picture to measure them on."""


class QualityQuestion(RootModel[QualityFeatures | QualityOrder]):  # type: ignore[valid-type]
    """The same, of a prediction of quality."""


class PerformanceBody(BaseModel):
    """For how long to measure."""

    model_config = ConfigDict(extra="forbid")

    seconds: Annotated[float, NO_TEXT] = Field(
        5, ge=1, le=LONGEST_SECONDS, description="How long the models are asked."
    )


def classify(query: AdviceOptions) -> Response:
    """Hand in a picture to hear what it is, and what each method would make of it. Nothing is drawn.

    When it takes longer than `Prefer: wait=N` seconds, or too many wait already, the answer is the job itself (202),
    which then has the `advice`.
    """
    return done_or_accepted(partial(read_order, current_services(), request, query, Kind.ADVISE), _told)


for _path, _endpoint in (("/api/v1/classify", "classify"), ("/api/classify", "classify_short")):
    blueprint.post(
        _path,
        endpoint=_endpoint,
        operation_id=_endpoint,
        request_body=described(AdviceOrder, AdviceOptions),
        responses={200: AdviceView, 202: JobView, **PICTURE_REFUSALS},
    )(classify)


@blueprint.post(
    "/api/v1/predict/routing",
    request_body=described(RoutingQuestion, AdviceOptions),
    responses={200: RouteView, 202: JobView, **PICTURE_REFUSALS},
)
def predict_routing(query: AdviceOptions) -> Response:
    """Say which method suits a picture, from its features alone, which takes milliseconds, or from the picture.

    Features that are not given are assumed to be as usual. A picture goes through the queue, as with `classify`.
    """
    asked = read_question(current_services(), request, query, RoutingFeatures)
    if isinstance(asked, FeaturesBase):
        return _routed(_from_features(query, asked, LEAST_FOR_ROUTING))
    return done_or_accepted(asked, lambda job, _: _routed(_advised(job)))


@blueprint.post(
    "/api/v1/predict/quality",
    request_body=described(QualityQuestion, QualityOptions),
    responses={200: ForecastView, 202: JobView, **PICTURE_REFUSALS},
)
def predict_quality(query: QualityOptions) -> Response:
    """Foretell how good a method's result will be, and how long it will take: from features alone, or from a picture.

    Without a `method` it is the one that is advised.
    """
    asked = read_question(current_services(), request, query, QualityFeatures)
    if isinstance(asked, FeaturesBase):
        return _foretold(_from_features(query, asked, LEAST_FOR_QUALITY), options_of(query, asked).method)
    return done_or_accepted(asked, lambda job, order: _foretold(_advised(job), order.options.method))


@blueprint.get("/api/v1/predict/features", responses={200: FeaturesView})
def list_features() -> Response:
    """What can be told of a picture: the names of all features, and what they mean."""
    meanings = current_services().inference.meanings()
    features = [
        FeatureView(name=name, meaning=meanings[name], usual=usual.value, most=usual.most)
        for name, usual in USUAL.items()
    ]
    least = {"least_for_routing": LEAST_FOR_ROUTING, "least_for_quality": LEAST_FOR_QUALITY}
    return answer(FeaturesView(features=features, **least), 200)


def get_ai_status() -> Response:
    """How learned advice is in the web process that answers: its models, who answers, what went wrong lately."""
    services = current_services()
    return answer(AiStatus.model_validate({**services.inference.status(), "learning": _learning(services)}), 200)


def _learning(services: Services) -> Mapping[str, Any] | None:
    try:
        return summary(services.versions, learns=services.settings.learns)
    except StoreAway:
        return None  # what this process knows is worth telling all the more


for _path, _endpoint in (("/api/v1/ai-status", "get_ai_status"), ("/api/ai-status", "get_ai_status_short")):
    blueprint.get(_path, endpoint=_endpoint, operation_id=_endpoint, responses={200: AiStatus})(get_ai_status)


@blueprint.post("/api/v1/validate/performance", responses={200: Performance, **REFUSALS})
def validate_performance(body: PerformanceBody) -> Response:
    """Measure how quick the models are in the web process that answers, on features that are the same each time.

    It is busy with that for `seconds`, and measures for one caller at a time.
    """
    return answer(Performance.model_validate(current_services().inference.measure(body.seconds)), 200)


def _from_features(query: BaseModel, asked: FeaturesBase, at_least: int) -> Advised:
    promise()  # there is nothing to repeat, but a key that cannot be used is refused as everywhere
    spend("predictions")
    return predictions.advise(current_services(), asked.features, options_of(query, asked), at_least)


def _told(job: Job, _: Order) -> Response:
    return answer(AdviceView.model_validate((job.result or {})["advice"]), 200)


def _advised(job: Job) -> Advised:
    return Advised((job.result or {})["advice"], assumed={})


def _routed(advised: Advised) -> Response:
    return answer(RouteView.model_validate(advised.route()), 200)


def _foretold(advised: Advised, method: str) -> Response:
    return answer(ForecastView.model_validate(advised.quality(method)), 200)
