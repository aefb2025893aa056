"""Who may call what: every route, with every kind of key."""

from __future__ import annotations

import itertools
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule as Route
from werkzeug.test import TestResponse

from app.accounts import OPERATOR, KeyOrder, Scope, issue_key
from app.adapters.limiter import MemoryLimiter
from app.factory import create_app
from app.services import Services
from app.settings import Settings
from app.web.access import ACCESS, Rule, Who
from app.web.callers import BAD_KEYS, QUERY_NAMES, current_caller
from tests.world import database_of, make_world, with_settings

SAMPLES = {"job_id": "job_" + "0" * 36, "filename": "nothing.css"}
BAD = {"bad": "svgai_" + "A" * 43, "malformed": "hunter2", "empty": ""}
ADDRESS = "192.0.2.7"


class House:
    """A service with an account, and keys to it of every kind."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.app: Flask = create_app(services)
        self.account = services.accounts.add("acme", {}, OPERATOR)
        self.others = {scope: self.key(*(set(Scope) - {scope})) for scope in Scope}
        self.alone = {scope: self.key(scope) for scope in Scope}
        self._addresses = itertools.count(1)
        self.useless = BAD | {"revoked": self._revoked(), "expired": self.key(*Scope, lifetime=-1)}

    def key(self, *scopes: Scope, lifetime: float | None = None) -> str:
        order = KeyOrder(self.account.id, "test", frozenset(scopes), lifetime)
        return issue_key(self.services.accounts, self.services.secrecy, order, OPERATOR).text

    def _revoked(self) -> str:
        text = self.key(*Scope)
        self.services.accounts.revoke_key(self.services.accounts.keys_of()[-1].id, OPERATOR)
        return text

    def ask(self, method: str, path: str, key: str | None = None, address: str = "", **more: object) -> TestResponse:
        """Every request is from an address of its own, unless it says otherwise: none pays for another."""
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        given = {"headers": headers, "environ_overrides": {"REMOTE_ADDR": address or self._new_address()}} | more
        return self.app.test_client().open(path, method=method, **given)

    def _new_address(self) -> str:
        return str(ip_address("10.0.0.0") + next(self._addresses))

    def routes(self) -> Iterator[tuple[str, str, Rule]]:
        """Every method and path, with its rule."""
        for route in self.app.url_map.iter_rules():
            for method in sorted((route.methods or set()) - {"OPTIONS", "HEAD"}):
                yield method, path_of(route), ACCESS[route.endpoint]


def path_of(route: Route) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: SAMPLES.get(found[1], "x_1"), route.rule)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    settings = Settings(_env_file=None, data_dir=tmp_path_factory.mktemp("house"), convert_wait_seconds=0)
    services = replace(make_world(settings), limiter=MemoryLimiter())
    yield House(services)
    database_of(services).engine.dispose()


def expected(rule: Rule, kind: str) -> int | None:
    """The status that access gives; None where it lets the request in."""
    if rule.who in {Who.EVERYBODY, Who.INSIDE} or kind == "right":
        return None
    if kind == "none":
        return 401 if rule.who is Who.KEY else None
    if kind == "wrong scope":
        return 403 if rule.scope else None
    return 401


def test_every_route_answers_every_kind_of_key_as_the_table_says(house: House) -> None:
    wrong = []
    for method, path, rule in house.routes():
        of_kind = {"none": None, **house.useless}
        if rule.scope:
            of_kind |= {"wrong scope": house.others[rule.scope], "right": house.alone[rule.scope]}
        for kind, key in of_kind.items():
            answer = house.ask(method, path, key)
            found = answer.status_code if answer.status_code in {401, 403} else None
            if found != expected(rule, kind):
                wrong.append((method, path, kind, answer.status_code))
    assert wrong == []


def test_a_refusal_says_how_to_come_back_and_is_the_same_for_every_useless_key(house: House) -> None:
    said = set()
    for key in house.useless.values():
        answer = house.ask("GET", "/api/v1/jobs", key)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert answer.mimetype == "application/problem+json"
        said.add(str(answer.get_json() | {"request_id": ""}))
    assert len(said) == 1
    missing = house.ask("GET", "/api/v1/jobs")
    assert (missing.get_json()["code"], missing.headers["WWW-Authenticate"]) == ("auth.missing", "Bearer")


def test_a_scope_is_named_when_it_is_missing(house: House) -> None:
    answer = house.ask("GET", "/api/v1/admin/accounts", house.others[Scope.ADMIN])
    assert (answer.status_code, answer.get_json()["code"]) == (403, "auth.scope")
    assert "scope admin" in answer.get_json()["detail"]


def test_an_admin_key_is_good_for_nothing_else(house: House) -> None:
    admin = house.alone[Scope.ADMIN]
    allowed = {
        path
        for method, path, rule in house.routes()
        if rule.scope and house.ask(method, path, admin).status_code != 403
    }
    assert allowed == {path for _, path, rule in house.routes() if rule.scope is Scope.ADMIN}


@pytest.mark.parametrize(
    "headers", [{"Authorization": "Bearer {}"}, {"authorization": "bearer {}"}, {"X-API-Key": "{}"}]
)
def test_a_key_comes_in_either_header(house: House, headers: dict[str, str]) -> None:
    filled = {name: value.format(house.alone[Scope.READ]) for name, value in headers.items()}
    assert house.ask("GET", "/api/v1/jobs", headers=filled).status_code == 200


def test_another_scheme_is_no_key(house: House) -> None:
    basic = {"Authorization": "Basic bWU6aHVudGVyMg=="}
    assert house.ask("GET", "/api/v1/limits", headers=basic).status_code == 200
    assert house.ask("GET", "/api/v1/jobs", headers=basic).get_json()["code"] == "auth.missing"


@pytest.mark.parametrize("name", QUERY_NAMES)
def test_a_key_in_the_query_is_refused_with_the_reason(house: House, name: str) -> None:
    answer = house.ask("GET", f"/api/v1/jobs?{name}={house.alone[Scope.READ]}")
    assert (answer.status_code, answer.get_json()["code"]) == (400, "auth.in_query")
    assert "Authorization" in answer.get_json()["detail"]
    assert house.alone[Scope.READ] not in answer.text


def test_without_anonymous_access_only_the_pages_and_health_are_open(house: House) -> None:
    closed = create_app(with_settings(house.services, anonymous_access=False)).test_client()
    assert closed.get("/").status_code == 200
    assert closed.get("/health/live").status_code == 200
    assert closed.get("/api/v1/openapi.json").status_code == 200
    assert closed.post("/api/v1/jobs", data=b"x").get_json()["code"] == "auth.missing"
    assert closed.get("/api/v1/limits").status_code == 401
    authorized = {"Authorization": f"Bearer {house.alone[Scope.READ]}"}
    assert closed.get("/api/v1/limits", headers=authorized).status_code == 200


def tenant_at(house: House, address: str, key: str | None = None, **headers: str) -> str:
    given = headers | ({"Authorization": f"Bearer {key}"} if key else {})
    with house.app.test_request_context("/api/v1/limits", headers=given, environ_base={"REMOTE_ADDR": address}):
        house.app.preprocess_request()
        return current_caller().tenant


def test_a_stranger_is_known_by_the_address_alone(house: House) -> None:
    tenant = tenant_at(house, "192.0.2.1")
    assert re.fullmatch(r"anon_[0-9a-f]{16}", tenant)
    assert tenant_at(house, "192.0.2.1", X_Forwarded_For="203.0.113.1", Forwarded="for=203.0.113.1") == tenant
    assert tenant_at(house, "192.0.2.2") != tenant
    assert tenant_at(house, "::ffff:192.0.2.1") == tenant
    assert "192" not in tenant


def test_a_household_has_one_ipv6_network(house: House) -> None:
    tenant = tenant_at(house, "2001:db8:1:2::1")
    assert tenant_at(house, "2001:db8:1:2:ffff:ffff:ffff:ffff") == tenant
    assert tenant_at(house, "2001:db8:1:3::1") != tenant
    assert tenant_at(house, "::1") != tenant_at(house, "fe80::1%eth0")
    assert re.fullmatch(r"anon_[0-9a-f]{16}", tenant_at(house, "a socket"))


def test_an_account_is_the_same_wherever_it_calls_from_and_by_whatever_key(house: House) -> None:
    one, other = tenant_at(house, "192.0.2.1", house.alone[Scope.READ]), tenant_at(house, "::1", house.key(Scope.READ))
    assert one == other == house.account.id


def test_behind_a_trusted_proxy_the_address_is_the_one_that_it_saw(house: House) -> None:
    app = create_app(with_settings(house.services, proxies=1))
    seen = []
    app.after_request(lambda response: seen.append(current_caller().address) or response)
    app.test_client().get("/api/v1/limits", headers={"X-Forwarded-For": "1.2.3.4, 203.0.113.9"})
    assert seen == ["203.0.113.9"]


@pytest.mark.usefixtures("within_one_window")
def test_guessing_keys_is_stopped_and_harms_nobody_else(house: House) -> None:
    statuses = [house.ask("GET", "/api/v1/jobs", BAD["bad"], ADDRESS).status_code for _ in range(BAD_KEYS.limit + 5)]
    assert statuses == [401] * BAD_KEYS.limit + [429] * 5
    refused = house.ask("GET", "/api/v1/jobs", BAD["bad"], ADDRESS)
    assert (refused.get_json()["code"], int(refused.headers["Retry-After"]) <= 60) == ("rate.keys", True)
    good = house.alone[Scope.READ]
    assert house.ask("GET", "/api/v1/jobs", good, ADDRESS).status_code == 200
    assert house.ask("GET", "/api/v1/jobs", BAD["bad"]).status_code == 401


def test_failed_sign_ins_are_counted(house: House) -> None:
    def counted() -> float:
        return house.services.metrics.registry.get_sample_value("errors_total", {"code": "auth.invalid"}) or 0

    before = counted()
    house.ask("GET", "/api/v1/jobs", BAD["bad"])
    assert counted() == before + 1


def test_a_key_that_begins_like_a_real_one_is_refused_no_slower(house: House) -> None:
    """A light check: the look-up is by HMAC, so how much of a key is right has no way into its time."""
    good = house.alone[Scope.READ]
    near, far = good[:-1] + ("A" if good[-1] != "A" else "B"), "svgai_" + "A" * 43

    def seconds(key: str) -> float:
        began = time.perf_counter()
        house.ask("GET", "/api/v1/jobs", key)
        return time.perf_counter() - began

    times = [(seconds(near), seconds(far)) for _ in range(30)]
    one, other = (statistics.median(column) for column in zip(*times, strict=True))
    assert abs(one - other) < 0.5 * max(one, other)


LOUD = """
import sys
from pathlib import Path
from app.accounts import OPERATOR, KeyOrder, Scope, issue_key
from app.factory import create_app
from app.logs import set_up_logs
from app.settings import Settings
from tests.world import make_world

folder, kind = Path(sys.argv[1]), sys.argv[2]
settings = Settings(_env_file=None, data_dir=folder, log_level="DEBUG", log_format=kind, log_file=folder / "log")
set_up_logs(settings, "web")
services = make_world(settings)
account = services.accounts.add("acme", {}, OPERATOR)
key = issue_key(services.accounts, services.secrecy, KeyOrder(account.id, "test", frozenset(Scope)), OPERATOR).text
(folder / "key").write_text(key)
app = create_app(services)
client, bad = app.test_client(), "svgai_" + "B" * 43

def broken(*_):
    raise ZeroDivisionError(f"at {key} and {bad}")

for text in (key, bad):
    client.get("/api/v1/jobs", headers={"Authorization": f"Bearer {text}", "X-Request-Id": text})
    client.get("/api/v1/jobs", headers={"X-API-Key": text, "User-Agent": text, "Referer": text})
    client.get(f"/api/v1/jobs?api_key={text}")
    client.get(f"/api/v1/jobs/{text}")
    client.get(f"/{text}")
    client.post("/api/v1/jobs", data=text, headers={"X-API-Key": text})
services.jobs.page = services.jobs.get = broken
client.get("/api/v1/jobs", headers={"X-API-Key": key})
client.get(f"/api/v1/jobs/job_{'0' * 36}", headers={"X-API-Key": key})
"""


@pytest.mark.parametrize("kind", ["json", "text"])
def test_no_key_ever_reaches_a_log(tmp_path: Path, kind: str) -> None:
    command = [sys.executable, "-c", LOUD, str(tmp_path), kind]
    said = subprocess.run(command, cwd=Path(__file__).parents[3], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    told = said.stdout + said.stderr + (tmp_path / "log").read_text()
    assert told.count("sign-in failed") >= 2
    assert "ZeroDivisionError" in told
    for key in ((tmp_path / "key").read_text(), "svgai_" + "B" * 43):
        assert key not in told
        assert key.removeprefix("svgai_") not in told


def test_what_is_not_there_needs_no_key_to_be_missed(client: FlaskClient) -> None:
    assert client.put("/api/v1/admin/accounts").status_code == 405
    assert client.get("/api/v1/admin").status_code == 404
