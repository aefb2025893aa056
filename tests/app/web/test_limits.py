"""Rate limits as callers meet them: headers that add up, and a word on when to come back."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.accounts import OPERATOR, KeyOrder, Scope, issue_key
from app.adapters.limiter import MemoryLimiter
from app.factory import create_app
from app.services import Services
from app.web.limits import POLICIES, POLICY_HEADER, STANDING_HEADER
from tests.samples import logo_png
from tests.world import with_settings

pytestmark = pytest.mark.usefixtures("within_one_window")

SOME_JOB = "/api/v1/jobs/job_" + "0" * 36


@pytest.fixture
def strict(services: Services) -> Services:
    given = with_settings(services, anonymous_jobs_per_minute=3, account_jobs_per_minute=5)
    return replace(given, limiter=MemoryLimiter())


@pytest.fixture
def app(strict: Services) -> Flask:
    return create_app(strict)


def hand_in(client: FlaskClient, address: str = "192.0.2.1", **headers: str) -> TestResponse:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/api/v1/jobs", data=logo_png(), headers=given, environ_overrides={"REMOTE_ADDR": address})


def standing(answer: TestResponse) -> tuple[int, int]:
    found = re.fullmatch(r'"jobs";r=(\d+);t=(\d+)', answer.headers[STANDING_HEADER])
    assert found
    return int(found[1]), int(found[2])


def test_every_answer_tells_the_limit_and_what_is_left_of_it(client: FlaskClient) -> None:
    answers = [hand_in(client) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [202] * 3 + [429] * 2
    assert {answer.headers[POLICY_HEADER] for answer in answers} == {'"jobs";q=3;w=60'}
    left, seconds = zip(*map(standing, answers), strict=True)
    assert left == (2, 1, 0, 0, 0)
    assert all(0 < second <= 60 for second in seconds)


def test_whoever_is_refused_is_told_when_to_come_back(client: FlaskClient) -> None:
    for _ in range(3):
        hand_in(client)
    refused = hand_in(client)
    problem = refused.get_json()
    assert (problem["code"], problem["retryable"], problem["limit"]) == ("rate.account", True, 3)
    assert refused.headers["Retry-After"] == str(standing(refused)[1])
    assert f"in {refused.headers['Retry-After']} s" in problem["detail"]


def test_an_address_cannot_be_changed_by_what_a_caller_says(client: FlaskClient) -> None:
    statuses = [hand_in(client, X_Forwarded_For=f"203.0.113.{n}", X_Real_Ip=f"{n}.1.1.1").status_code for n in range(5)]
    assert statuses == [202] * 3 + [429] * 2
    assert hand_in(client, address="192.0.2.2").status_code == 202


def test_hopping_through_an_ipv6_network_gains_nothing(client: FlaskClient) -> None:
    statuses = [hand_in(client, address=f"2001:db8::{n}").status_code for n in range(5)]
    assert statuses == [202] * 3 + [429] * 2


def test_the_keys_of_an_account_share_its_limit(client: FlaskClient, strict: Services) -> None:
    account = strict.accounts.add("acme", {}, OPERATOR)
    order = KeyOrder(account.id, "test", frozenset({Scope.CONVERT}))
    texts = [issue_key(strict.accounts, strict.secrecy, order, OPERATOR).text for _ in range(8)]
    answers = [hand_in(client, f"192.0.2.{n}", X_API_Key=text) for n, text in enumerate(texts)]
    assert [answer.status_code for answer in answers] == [202] * 5 + [429] * 3
    assert hand_in(client).status_code == 202


def test_an_account_may_have_a_limit_of_its_own(client: FlaskClient, strict: Services) -> None:
    account = strict.accounts.add("acme", {"jobs_per_minute": 1}, OPERATOR)
    order = KeyOrder(account.id, "test", frozenset({Scope.CONVERT}))
    text = issue_key(strict.accounts, strict.secrecy, order, OPERATOR).text
    answers = [hand_in(client, X_API_Key=text) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 429]
    assert answers[0].headers[POLICY_HEADER] == '"jobs";q=1;w=60'
    strict.accounts.limit(account.id, {"jobs_per_minute": 2}, OPERATOR)
    assert hand_in(client, X_API_Key=text).status_code == 202


def test_a_storm_of_questions_about_one_job_is_stopped_and_others_are_not(client: FlaskClient) -> None:
    most = POLICIES["poll"].limit(None)  # type: ignore[arg-type]
    statuses = [client.get(SOME_JOB).status_code for _ in range(most + 5)]
    assert statuses == [404] * most + [429] * 5
    refused = client.get(SOME_JOB)
    assert (refused.get_json()["code"], refused.headers[POLICY_HEADER]) == ("rate.poll", f'"poll";q={most};w=60')
    assert client.get(SOME_JOB[:-1] + "1").status_code == 404


def test_health_and_the_page_are_never_limited(client: FlaskClient) -> None:
    for path in ("/", "/health/live", "/api/v1/openapi.json"):
        answer = client.get(path)
        assert (answer.status_code, POLICY_HEADER in answer.headers) == (200, False)
