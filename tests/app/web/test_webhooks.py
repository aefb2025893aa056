"""Webhook endpoints over HTTP."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts import OPERATOR, KeyOrder, Scope, issue_key
from app.errors import UrlBlocked
from app.jobs import new_id, new_job_id
from app.services import Services
from app.webhooks import EVENTS

PATH = "/api/v1/webhook-endpoints"
URL = "https://example.com/hook"


class FakeOutside:
    """Finds nothing wrong with a URL, unless it is told to."""

    def __init__(self) -> None:
        self.fault: Exception | None = None

    def check(self, url: str, seconds: float = 5.0) -> None:
        if self.fault:
            raise self.fault

    def fetch(self, url: str, at_most_bytes: int, seconds: float = 10.0) -> Any:
        raise NotImplementedError

    def post(self, url: str, body: bytes, headers: Mapping[str, str], seconds: float = 15.0) -> Any:
        raise NotImplementedError


@pytest.fixture
def outside() -> FakeOutside:
    return FakeOutside()


@pytest.fixture
def services(services: Services, outside: FakeOutside) -> Services:
    return replace(services, outside=outside)


@pytest.fixture
def key_of(services: Services) -> Callable[..., dict[str, str]]:
    """The headers of an account's key."""

    def make(name: str, *scopes: Scope) -> dict[str, str]:
        account = services.accounts.add(name, {}, OPERATOR)
        order = KeyOrder(account.id, "key", frozenset(scopes or {Scope.WEBHOOKS}))
        return {"Authorization": f"Bearer {issue_key(services.accounts, services.secrecy, order, OPERATOR).text}"}

    return make


@pytest.fixture
def client(app: Flask, key_of: Callable[..., dict[str, str]]) -> FlaskClient:
    """Who has an account, and a key for webhooks."""
    made = app.test_client()
    made.environ_base["HTTP_AUTHORIZATION"] = key_of("one")["Authorization"]
    return made


@pytest.fixture
def other(key_of: Callable[..., dict[str, str]]) -> dict[str, str]:
    return key_of("two")


@pytest.fixture
def endpoint(client: FlaskClient) -> dict[str, Any]:
    return create(client)


def create(client: FlaskClient, **more: Any) -> dict[str, Any]:
    answer = client.post(PATH, json={"url": URL, **more})
    assert answer.status_code == 201, answer.text
    return answer.get_json()


def one(endpoint: Mapping[str, Any], *rest: str) -> str:
    return "/".join([PATH, str(endpoint["id"]), *rest])


def test_an_endpoint_is_made_and_found(client: FlaskClient) -> None:
    answer = client.post(PATH, json={"url": URL, "events": ["job.failed"], "description": "mine"})
    made = answer.get_json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == one(made)
    assert answer.headers["Cache-Control"] == "no-store"
    assert (made["url"], made["events"], made["description"], made["enabled"]) == (URL, ["job.failed"], "mine", True)
    found = client.get(one(made)).get_json()
    assert found == {name: value for name, value in made.items() if name != "secret"}
    assert client.get(PATH).get_json() == {"data": [found]}


def test_all_events_are_told_unless_some_are_named(endpoint: dict[str, Any]) -> None:
    assert endpoint["events"] == list(EVENTS)


def test_the_secret_is_shown_at_its_making_only(client: FlaskClient, endpoint: dict[str, Any]) -> None:
    rotated = client.post(one(endpoint, "rotate-secret"))
    assert rotated.status_code == 200
    for shown in (endpoint, rotated.get_json()):
        assert len(base64.b64decode(shown["secret"].removeprefix("whsec_"))) == 32
    assert rotated.get_json()["secret"] != endpoint["secret"]
    assert rotated.get_json()["rotated_at"]
    for path in (PATH, one(endpoint), one(endpoint, "deliveries")):
        assert "whsec_" not in client.get(path).text


def test_only_what_is_named_changes(client: FlaskClient, endpoint: dict[str, Any]) -> None:
    changed = client.patch(one(endpoint), json={"description": "new", "enabled": False}).get_json()
    assert (changed["description"], changed["enabled"], changed["url"]) == ("new", False, URL)
    assert changed["disabled_reason"] == "Its owner disabled it."
    enabled = client.patch(one(endpoint), json={"enabled": True}).get_json()
    assert (enabled["enabled"], enabled["disabled_reason"], enabled["description"]) == (True, None, "new")


def test_an_endpoint_is_removed(client: FlaskClient, endpoint: dict[str, Any]) -> None:
    assert client.delete(one(endpoint)).status_code == 204
    assert client.get(one(endpoint)).status_code == 404
    assert client.delete(one(endpoint)).status_code == 404


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/url"),
        ({"url": 7}, "#/url"),
        ({"url": URL, "events": []}, "#/events"),
        ({"url": URL, "events": ["job.exploded"]}, "#/events/0"),
        ({"url": URL, "events": "job.failed"}, "#/events"),
        ({"url": URL, "description": "a\0b"}, "#/description"),
        ({"url": URL, "description": "\ud800"}, "#/description"),
        ({"url": URL, "secret": "mine"}, "#/secret"),
        ({"url": "https://example.com/" + "x" * 2048}, "#/url"),
        (["a list"], "#/"),
    ],
)
def test_what_cannot_be_is_refused(client: FlaskClient, body: Any, pointer: str) -> None:
    answer = client.post(PATH, json=body)
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize(
    "body", [{"enabled": "yes"}, {"enabled": None}, {"url": None}, {"events": []}, {"generation": 7}, {"x": 1}, 7]
)
def test_what_cannot_be_changed_is_refused(client: FlaskClient, endpoint: dict[str, Any], body: Any) -> None:
    assert client.patch(one(endpoint), json=body).status_code == 422


def test_a_body_that_is_no_json_is_refused(client: FlaskClient) -> None:
    assert client.post(PATH, data=b"{", content_type="application/json").status_code == 422
    assert client.post(PATH, data=b"url=x").status_code == 422


def test_an_address_that_must_not_be_called_is_refused(
    client: FlaskClient, outside: FakeOutside, endpoint: dict[str, Any]
) -> None:
    outside.fault = UrlBlocked("127.0.0.1 is no public address.")
    for answer in (client.post(PATH, json={"url": URL}), client.patch(one(endpoint), json={"url": URL})):
        assert (answer.status_code, answer.get_json()["code"]) == (422, "url.blocked_address")


def test_the_eleventh_endpoint_is_refused(client: FlaskClient) -> None:
    for _ in range(10):
        create(client)
    answer = client.post(PATH, json={"url": URL})
    assert (answer.status_code, answer.get_json()["code"], answer.get_json()["limit"]) == (409, "webhook.too_many", 10)


def test_a_test_is_on_its_way(client: FlaskClient, endpoint: dict[str, Any]) -> None:
    answer = client.post(one(endpoint, "test"))
    sent = answer.get_json()
    assert (answer.status_code, sent["event"], sent["state"], sent["log"]) == (202, "webhook.test", "pending", [])
    assert sent["next_attempt_at"]
    assert client.get(one(endpoint, "deliveries")).get_json()["data"] == [sent]


def test_nothing_is_sent_to_an_endpoint_that_is_disabled(client: FlaskClient, endpoint: dict[str, Any]) -> None:
    sent = client.post(one(endpoint, "test")).get_json()
    client.patch(one(endpoint), json={"enabled": False})
    for path in (one(endpoint, "test"), one(endpoint, "deliveries", sent["id"], "replay")):
        answer = client.post(path)
        assert (answer.status_code, answer.get_json()["code"]) == (409, "webhook.disabled")


def test_messages_that_nothing_brought_about_are_bounded(client: FlaskClient, endpoint: dict[str, Any]) -> None:
    """Each of them makes this service call somebody. A process gives out its part of the 30 a minute."""
    answers = [client.post(one(endpoint, "test")) for _ in range(31)]
    codes = [answer.status_code for answer in answers]
    given = codes.count(202)
    assert 10 <= given <= 30
    assert codes == [202] * given + [429] * (31 - given)
    assert int(answers[-1].headers["Retry-After"]) >= 1


def test_a_delivery_is_replayed(client: FlaskClient, endpoint: dict[str, Any]) -> None:
    sent = client.post(one(endpoint, "test")).get_json()
    answer = client.post(one(endpoint, "deliveries", sent["id"], "replay"))
    assert (answer.status_code, answer.get_json()["id"]) == (202, sent["id"])
    unknown = client.post(one(endpoint, "deliveries", new_id("msg"), "replay"))
    assert (unknown.status_code, unknown.get_json()["code"]) == (404, "webhook.delivery_not_found")


def test_deliveries_are_paged(client: FlaskClient, services: Services, endpoint: dict[str, Any]) -> None:
    ids = [services.webhooks.send(endpoint["id"], "job.failed", new_job_id(), {}).id for _ in range(5)]
    seen, path = [], one(endpoint, "deliveries") + "?limit=2"
    while path:
        answer = client.get(path)
        page = answer.get_json()
        seen += [delivery["id"] for delivery in page["data"]]
        assert page["has_more"] == (page["next_cursor"] is not None)
        path = answer.headers.get("Link", "").partition(">")[0].removeprefix("<")
    assert sorted(seen) == sorted(ids)


def test_a_cursor_is_of_its_caller_and_list(
    client: FlaskClient, endpoint: dict[str, Any], other: dict[str, str]
) -> None:
    for _ in range(2):
        client.post(one(endpoint, "test"))
    cursor = client.get(one(endpoint, "deliveries") + "?limit=1").get_json()["next_cursor"]
    theirs = client.post(PATH, json={"url": URL}, headers=other).get_json()
    answers = [client.get(one(endpoint, "deliveries"), query_string={"cursor": x}) for x in ("x", "é", cursor[:-4])]
    answers.append(client.get(one(theirs, "deliveries"), query_string={"cursor": cursor}, headers=other))
    for answer in answers:
        assert (answer.status_code, answer.get_json()["code"]) == (400, "request.cursor")
    for query in ("limit=0", "limit=101", "page=2"):
        assert client.get(one(endpoint, "deliveries") + "?" + query).status_code == 422


def test_tenants_do_not_see_each_others(client: FlaskClient, endpoint: dict[str, Any], other: dict[str, str]) -> None:
    sent = client.post(one(endpoint, "test")).get_json()
    routes = [
        ("GET", []),
        ("PATCH", []),
        ("DELETE", []),
        ("POST", ["rotate-secret"]),
        ("POST", ["test"]),
        ("GET", ["deliveries"]),
        ("POST", ["deliveries", sent["id"], "replay"]),
    ]
    unknown = {"id": new_id("hook")}
    for method, rest in routes:
        answers = []
        for asked in (endpoint, unknown):
            body = {"json": {"description": "x"}} if method == "PATCH" else {}
            answer = client.open(one(asked, *rest), method=method, headers=other, **body)
            assert answer.status_code == 404
            answers.append({**answer.get_json(), "request_id": "", "detail": answer.text.count(asked["id"])})
        assert answers[0] == answers[1]
    assert client.get(PATH, headers=other).get_json() == {"data": []}
    assert client.get(one(endpoint)).status_code == 200


def test_ids_that_are_none_are_unknown(client: FlaskClient, endpoint: dict[str, Any]) -> None:
    for odd in ("%00", "x", "hook_%F0%9F", "../jobs"):
        assert client.get(f"{PATH}/{odd}").status_code == 404
    assert client.get(f"{PATH}/{'x' * 65}").status_code == 422


def test_only_a_key_for_webhooks_will_do(app: Flask, key_of: Callable[..., dict[str, str]]) -> None:
    stranger = app.test_client()
    assert stranger.get(PATH).status_code == 401
    assert stranger.get(PATH, headers=key_of("two", Scope.CONVERT, Scope.READ)).status_code == 403
