"""What an account does with its webhook endpoints: register, change, rotate, test, look at deliveries, replay."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import structlog

from app.errors import DeliveryNotFound, WebhookDisabled, WebhookNotFound
from app.jobs import new_id
from app.services import Services
from app.webhooks import EVENTS, TEST_EVENT, Delivery, Endpoint, secret_of

log = structlog.get_logger()

ENDPOINT_ID = re.compile(r"hook_[0-9a-f]{36}")
DELIVERY_ID = re.compile(r"msg_[0-9a-f]{36}")

MAX_ENDPOINTS = 10
"""For each tenant: every one more is another request for each of its jobs."""


def register(services: Services, tenant: str, url: str, events: Iterable[str], description: str) -> Endpoint:
    """Tell this URL of the tenant's jobs from now on."""
    services.outside.check(url)
    new = Endpoint(new_id("hook"), tenant, url, _in_order(events), description)
    endpoint = services.webhooks.add(new, MAX_ENDPOINTS)
    log.info("webhook registered", endpoint_id=endpoint.id, tenant=tenant)
    return endpoint


def page_of_endpoints(services: Services, tenant: str) -> list[Endpoint]:
    """All of the tenant's endpoints, the oldest first; they are few."""
    return services.webhooks.of_tenant(tenant)


def find(services: Services, tenant: str, endpoint_id: str) -> Endpoint:
    """The endpoint, or an error. Another's is not told from one that never was."""
    endpoint = services.webhooks.get(endpoint_id) if ENDPOINT_ID.fullmatch(endpoint_id) else None
    if endpoint is None or endpoint.tenant != tenant:
        raise _unknown(endpoint_id)
    return endpoint


def reveal(services: Services, endpoint: Endpoint) -> str:
    """The secret that signs what is sent to the endpoint."""
    return secret_of(endpoint, services.secrecy.derive)


def change(services: Services, tenant: str, endpoint_id: str, changes: Mapping[str, Any]) -> Endpoint:
    """Change any of url, events, description and enabled."""
    find(services, tenant, endpoint_id)
    values = {name: value for name, value in changes.items() if name != "enabled"}
    if "url" in values:
        services.outside.check(values["url"])
    if "events" in values:
        values["events"] = _in_order(values["events"])
    changed = services.webhooks.change(endpoint_id, values, enabled=changes.get("enabled"))
    log.info("webhook changed", endpoint_id=endpoint_id, changed=sorted(changes))
    return _still_there(changed, endpoint_id)


def rotate(services: Services, tenant: str, endpoint_id: str) -> Endpoint:
    """Sign with a new secret, and for a day with the former one too."""
    find(services, tenant, endpoint_id)
    rotated = services.webhooks.rotate(endpoint_id)
    log.info("webhook's secret rotated", endpoint_id=endpoint_id)
    return _still_there(rotated, endpoint_id)


def remove(services: Services, tenant: str, endpoint_id: str) -> None:
    """Forget an endpoint with all that waits for it."""
    services.webhooks.remove(find(services, tenant, endpoint_id).id)
    log.info("webhook removed", endpoint_id=endpoint_id)


def send_test(services: Services, tenant: str, endpoint_id: str) -> Delivery:
    """Send the endpoint a message that tells of nothing; it is attempted once."""
    endpoint = _enabled(find(services, tenant, endpoint_id))
    subject = new_id("test")
    return services.webhooks.send(endpoint.id, TEST_EVENT, subject, {"id": subject, "endpoint_id": endpoint.id})


def page_of_deliveries(
    services: Services, tenant: str, endpoint_id: str, limit: int, before: str | None = None
) -> tuple[list[Delivery], str | None]:
    """What was sent to an endpoint, the newest first, and where the next page begins, if there is one."""
    find(services, tenant, endpoint_id)
    found = services.webhooks.deliveries(endpoint_id, limit + 1, before)
    shown = found[:limit]
    return shown, shown[-1].id if len(found) > limit else None


def replay(services: Services, tenant: str, endpoint_id: str, delivery_id: str) -> Delivery:
    """Send a message again, under the same id."""
    endpoint = _enabled(find(services, tenant, endpoint_id))
    delivery = services.webhooks.delivery(delivery_id) if DELIVERY_ID.fullmatch(delivery_id) else None
    if delivery is None or delivery.endpoint_id != endpoint.id:
        raise DeliveryNotFound(f"There is no delivery {delivery_id!a:.80}. Deliveries are kept for 30 days.")
    log.info("webhook replayed", endpoint_id=endpoint_id, delivery_id=delivery_id)
    return services.webhooks.replay(delivery.id) or delivery


def _in_order(events: Iterable[str]) -> list[str]:
    wanted = set(events)
    return [event for event in EVENTS if event in wanted]


def _enabled(endpoint: Endpoint) -> Endpoint:
    if endpoint.disabled_at:
        raise WebhookDisabled(f"The webhook endpoint is disabled: {endpoint.disabled_reason} Enable it first.")
    return endpoint


def _still_there(endpoint: Endpoint | None, endpoint_id: str) -> Endpoint:
    if endpoint is None:
        raise _unknown(endpoint_id)
    return endpoint


def _unknown(endpoint_id: str) -> WebhookNotFound:
    return WebhookNotFound(f"There is no webhook endpoint {endpoint_id!a:.80}.")
