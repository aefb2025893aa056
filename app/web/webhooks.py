"""The REST API for webhooks: where to be told of jobs, with what secret, and what was sent."""

from datetime import datetime
from typing import Annotated, Any, Literal

from flask import Response, url_for
from flask_openapi import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from app import endpoints
from app.endpoints import DELIVERY_ID
from app.web import problems
from app.web.answers import answer
from app.web.callers import current_caller
from app.web.cursors import read_cursor, write_cursor
from app.web.fields import Query
from app.web.limits import spend
from app.web.requests import current_services
from app.webhooks import EVENTS, TEST_EVENT, Delivery, Endpoint, Fate

# No `from __future__ import annotations` here: flask-openapi reads the annotations of the views.

PATH = "/api/v1/webhook-endpoints"
REFUSALS = problems.described(401, 403, 404, 422, 429, 500, 503)
NOTHING = {"description": "Nothing more to say."}
NO_NUL = r"^[^\x00]*$"

Url = Annotated[str, Field(max_length=2048, description="Where messages are posted: http or https, a public address.")]
Events = Annotated[
    list[Literal[EVENTS]],  # type: ignore[valid-type]
    Field(min_length=1, max_length=len(EVENTS), description="What to be told of."),
]
Description = Annotated[str, Field(max_length=500, pattern=NO_NUL, description="A note of your own.")]

blueprint = APIBlueprint(
    "webhooks", __name__, abp_security=[{"key": []}], abp_responses=None, operation_id_callback=problems.operation_id
)


class EndpointPath(BaseModel):
    endpoint_id: str = Field(max_length=64)


class DeliveryPath(EndpointPath):
    delivery_id: str = Field(max_length=64)


class DeliveriesQuery(Query):
    limit: int = Field(20, ge=1, le=100)
    cursor: str | None = Field(None, max_length=200, description="`next_cursor` of the page before.")


class NewEndpoint(BaseModel):
    """Where you want to be told of your jobs."""

    model_config = ConfigDict(extra="forbid", strict=True)

    url: Url
    events: Events = list(EVENTS)
    description: Description = ""


class EndpointChange(BaseModel):
    """What is to be different; whatever is left out stays."""

    model_config = ConfigDict(extra="forbid", strict=True)

    # Made by factories, the defaults are no part of the description: leaving out is not setting to nothing.
    url: Url = Field(default_factory=str)
    events: Events = Field(default_factory=list)
    description: Description = Field(default_factory=str)
    enabled: bool = Field(default_factory=bool, description="True: from now on messages are sent again.")


class EndpointView(BaseModel):
    """A webhook endpoint."""

    id: str
    object: Literal["webhook_endpoint"] = "webhook_endpoint"
    url: str
    events: list[str]
    description: str
    enabled: bool
    disabled_reason: str | None
    failing_since: datetime | None = Field(description="Since when nothing has arrived.")
    rotated_at: datetime | None = Field(description="For a day from then on the former secret signs too.")
    created_at: datetime

    @classmethod
    def of(cls, endpoint: Endpoint, **more: Any) -> "EndpointView":
        """The view of an endpoint."""
        same = {name: getattr(endpoint, name) for name in cls.model_fields if hasattr(endpoint, name)}
        return cls.model_validate({**same, "enabled": endpoint.disabled_at is None, **more})


class SecretView(EndpointView):
    """A webhook endpoint and its secret, which is shown here and never again."""

    secret: str = Field(description="Signs every message (Standard Webhooks). A lost one is replaced by rotation.")


class EndpointList(BaseModel):
    """All of your webhook endpoints."""

    data: list[EndpointView]


class AttemptView(BaseModel):
    """One try to deliver."""

    attempt: int
    at: datetime
    status: int | None = Field(description="What your server answered.")
    error: str | None = Field(description="Why it could not answer.")
    ms: int


class DeliveryView(BaseModel):
    """A message to an endpoint, and what became of it."""

    id: str = Field(description="Comes as `webhook-id`, the same in each attempt.")
    object: Literal["webhook_delivery"] = "webhook_delivery"
    event: Literal[(*EVENTS, TEST_EVENT)]  # type: ignore[valid-type]
    subject: str = Field(description="The job or batch that it tells of.")
    state: Fate
    attempts: int
    next_attempt_at: datetime | None
    created_at: datetime
    finished_at: datetime | None
    log: list[AttemptView]

    @classmethod
    def of(cls, delivery: Delivery) -> "DeliveryView":
        """The view of a delivery."""
        same = {name: getattr(delivery, name) for name in cls.model_fields if hasattr(delivery, name)}
        return cls.model_validate({**same, "next_attempt_at": delivery.due_at})


class DeliveryPage(BaseModel):
    """Some of the messages to an endpoint, the newest first."""

    data: list[DeliveryView]
    has_more: bool
    next_cursor: str | None = Field(description="Hand this in as `cursor` for the next page.")


@blueprint.get(PATH, responses={200: EndpointList, **REFUSALS})
def list_endpoints() -> Response:
    """Your webhook endpoints, the oldest first."""
    found = endpoints.page_of_endpoints(current_services(), _tenant())
    return answer(EndpointList(data=[EndpointView.of(endpoint) for endpoint in found]))


@blueprint.post(PATH, responses={201: SecretView, **REFUSALS, **problems.described(409, 424)})
def create_endpoint(body: NewEndpoint) -> Response:
    """Be told of your jobs at this URL from now on.

    The answer has the secret that signs the messages; it is not shown again.
    """
    made = endpoints.register(current_services(), _tenant(), body.url, body.events, body.description)
    response = _with_secret(made, 201)
    response.headers["Location"] = url_for("webhooks.get_endpoint", endpoint_id=made.id)
    return response


@blueprint.get(f"{PATH}/<endpoint_id>", responses={200: EndpointView, **REFUSALS})
def get_endpoint(path: EndpointPath) -> Response:
    """A webhook endpoint."""
    return answer(EndpointView.of(endpoints.find(current_services(), _tenant(), path.endpoint_id)))


@blueprint.patch(f"{PATH}/<endpoint_id>", responses={200: EndpointView, **REFUSALS, **problems.described(424)})
def change_endpoint(path: EndpointPath, body: EndpointChange) -> Response:
    """Change a webhook endpoint, or enable it again."""
    changes = body.model_dump(exclude_unset=True)
    return answer(EndpointView.of(endpoints.change(current_services(), _tenant(), path.endpoint_id, changes)))


@blueprint.delete(f"{PATH}/<endpoint_id>", responses={204: NOTHING, **REFUSALS})
def delete_endpoint(path: EndpointPath) -> Response:
    """Forget a webhook endpoint, with all that waits for it."""
    endpoints.remove(current_services(), _tenant(), path.endpoint_id)
    return Response(status=204)


@blueprint.post(f"{PATH}/<endpoint_id>/rotate-secret", responses={200: SecretView, **REFUSALS})
def rotate_secret(path: EndpointPath) -> Response:
    """Replace the secret. For a day messages are signed with both."""
    return _with_secret(endpoints.rotate(current_services(), _tenant(), path.endpoint_id), 200)


@blueprint.post(f"{PATH}/<endpoint_id>/test", responses={202: DeliveryView, **REFUSALS, **problems.described(409)})
def test_endpoint(path: EndpointPath) -> Response:
    """Have a message sent that tells of nothing; the list of deliveries says what came of it."""
    spend("calls")
    return answer(DeliveryView.of(endpoints.send_test(current_services(), _tenant(), path.endpoint_id)), 202)


@blueprint.get(f"{PATH}/<endpoint_id>/deliveries", responses={200: DeliveryPage, **REFUSALS, **problems.described(400)})
def list_deliveries(path: EndpointPath, query: DeliveriesQuery) -> Response:
    """What was sent to a webhook endpoint in the last 30 days, the newest first."""
    before = read_cursor(query.cursor, DELIVERY_ID) if query.cursor else None
    found, last = endpoints.page_of_deliveries(current_services(), _tenant(), path.endpoint_id, query.limit, before)
    cursor = write_cursor(last) if last else None
    shown = [DeliveryView.of(delivery) for delivery in found]
    response = answer(DeliveryPage(data=shown, has_more=cursor is not None, next_cursor=cursor))
    if cursor:
        here = url_for("webhooks.list_deliveries", endpoint_id=path.endpoint_id, limit=query.limit, cursor=cursor)
        response.headers["Link"] = f'<{here}>; rel="next"'
    return response


@blueprint.post(
    f"{PATH}/<endpoint_id>/deliveries/<delivery_id>/replay",
    responses={202: DeliveryView, **REFUSALS, **problems.described(409)},
)
def replay_delivery(path: DeliveryPath) -> Response:
    """Have a message sent again, under the same id."""
    spend("calls")
    again = endpoints.replay(current_services(), _tenant(), path.endpoint_id, path.delivery_id)
    return answer(DeliveryView.of(again), 202)


def _tenant() -> str:
    return current_caller().tenant


def _with_secret(endpoint: Endpoint, status: int) -> Response:
    secret = endpoints.reveal(current_services(), endpoint)
    return answer(SecretView.of(endpoint, secret=secret), status)
