"""What an administrator does over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.accounts import OPERATOR, KeyOrder, Scope, issue_key, recognise
from app.services import Services

HOME = "/api/v1/admin"


class Admin:
    """An administrator with a key, at a client."""

    def __init__(self, client: FlaskClient, services: Services, scope: Scope = Scope.ADMIN) -> None:
        account = services.accounts.add(f"operators {scope}", {}, OPERATOR)
        order = KeyOrder(account.id, "desk", frozenset({scope}))
        issued = issue_key(services.accounts, services.secrecy, order, OPERATOR)
        self.client, self.key, self.text = client, issued.key, issued.text

    def ask(self, method: str, path: str, body: Any = None) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.text}"}
        given = {} if body is None else {"json": body}
        return self.client.open(HOME + path, method=method, headers=headers, **given)

    def make_account(self, name: str = "acme", **limits: int) -> dict[str, Any]:
        made = self.ask("POST", "/accounts", {"name": name, "limits": limits})
        assert made.status_code == 201, made.text
        return made.get_json()

    def make_key(self, account: dict[str, Any], **more: Any) -> dict[str, Any]:
        body = {"name": "laptop", "scopes": ["convert", "read"]} | more
        made = self.ask("POST", f"/accounts/{account['id']}/keys", body)
        assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
        return made.get_json()


@pytest.fixture
def admin(client: FlaskClient, services: Services) -> Admin:
    return Admin(client, services)


def works(client: FlaskClient, key: dict[str, Any]) -> bool:
    return client.get("/api/v1/jobs", headers={"Authorization": f"Bearer {key['key']}"}).status_code == 200


def test_an_account_is_made_listed_and_limited(admin: Admin, services: Services) -> None:
    made = admin.make_account(running_jobs=2)
    assert made["object"] == "account"
    assert made in admin.ask("GET", "/accounts").get_json()["data"]
    changed = admin.ask("PATCH", f"/accounts/{made['id']}", {"limits": {"jobs_per_minute": 5}})
    assert changed.get_json()["limits"] == {"running_jobs": 2, "jobs_per_minute": 5}
    freed = admin.ask("PATCH", f"/accounts/{made['id']}", {"limits": {"running_jobs": None}})
    assert freed.get_json()["limits"] == services.accounts.find("acme").limits == {"jobs_per_minute": 5}


def test_two_accounts_cannot_have_the_same_name(admin: Admin) -> None:
    admin.make_account()
    again = admin.ask("POST", "/accounts", {"name": "acme"})
    assert (again.status_code, again.get_json()["code"]) == (409, "account.exists")


def test_a_key_is_shown_once_and_works(admin: Admin, client: FlaskClient) -> None:
    account = admin.make_account()
    key = admin.make_key(account, expires_days=30)
    assert works(client, key)
    assert key["expires_at"]
    (listed,) = admin.ask("GET", f"/accounts/{account['id']}/keys").get_json()["data"]
    assert (listed["id"], listed["scopes"], "key" in listed) == (key["id"], ["convert", "read"], False)
    assert listed["last_used_at"]


def test_a_rotated_key_works_for_as_long_as_it_is_given(admin: Admin, client: FlaskClient) -> None:
    former = admin.make_key(admin.make_account())
    made = admin.ask("POST", f"/keys/{former['id']}/rotate", {"grace_hours": 1})
    assert made.status_code == 201
    assert works(client, former)
    assert works(client, made.get_json())
    last = admin.ask("POST", f"/keys/{made.get_json()['id']}/rotate", {"grace_hours": 0}).get_json()
    assert not works(client, made.get_json())
    assert works(client, last)


def test_a_revoked_key_ends_at_once_and_may_be_revoked_again(admin: Admin, client: FlaskClient) -> None:
    key = admin.make_key(admin.make_account())
    assert [admin.ask("DELETE", f"/keys/{key['id']}").status_code for _ in range(2)] == [204, 204]
    assert not works(client, key)
    refused = admin.ask("POST", f"/keys/{key['id']}/rotate", {})
    assert (refused.status_code, refused.get_json()["code"]) == (404, "key.not_found")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/accounts/acct_0", {"limits": {}}),
        ("GET", "/accounts/acct_0/keys", None),
        ("POST", "/accounts/acct_0/keys", {"name": "x", "scopes": ["read"]}),
        ("POST", "/keys/key_0/rotate", {}),
        ("DELETE", "/keys/key_0", None),
    ],
)
def test_what_is_not_there_is_not_found(admin: Admin, method: str, path: str, body: Any) -> None:
    assert admin.ask(method, path, body).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "x" * 129},
        {"name": "a\x00b"},
        {"name": 5},
        {"name": "x", "id": "acct_mine"},
        {"name": "x", "created_at": "2020-01-01T00:00:00Z"},
        {"name": "x", "__proto__": {}},
        {"name": "x", "limits": {"jobs_per_minute": 0}},
        {"name": "x", "limits": {"jobs_per_minute": "5"}},
        {"name": "x", "limits": {"everything": 1}},
        [],
        "text",
        None,
    ],
)
def test_nothing_is_taken_that_was_not_asked_for(admin: Admin, body: Any) -> None:
    refused = admin.ask("POST", "/accounts", body)
    assert (refused.status_code, refused.mimetype) == (422, "application/problem+json")


@pytest.mark.parametrize(
    "wrong",
    [
        {"scopes": []},
        {"scopes": ["all"]},
        {"scopes": "read"},
        {"expires_days": 0},
        {"account_id": "acct_other"},
        {"key": "svgai_" + "A" * 43},
        {"revoked_at": None},
    ],
)
def test_a_key_is_what_the_service_makes_of_it(admin: Admin, wrong: dict[str, Any]) -> None:
    account = admin.make_account()
    body = {"name": "x", "scopes": ["read"]} | wrong
    assert admin.ask("POST", f"/accounts/{account['id']}/keys", body).status_code == 422


def test_who_did_what_is_read_page_by_page(admin: Admin, services: Services) -> None:
    account = admin.make_account()
    key = admin.make_key(account)
    admin.ask("DELETE", f"/keys/{key['id']}")
    page = admin.ask("GET", "/audit?limit=2").get_json()
    rest = admin.ask("GET", f"/audit?limit=3&cursor={page['next_cursor']}").get_json()
    deeds = page["data"] + rest["data"]
    assert [deed["action"] for deed in deeds] == [
        "key.revoke",
        "key.create",
        "account.create",
        "key.create",
        "account.create",
    ]
    assert {deed["actor"] for deed in deeds[:3]} == {admin.key.id}
    assert {deed["address"] for deed in deeds[:3]} == {"127.0.0.1"}
    assert (page["has_more"], rest["has_more"], rest["next_cursor"]) == (True, False, None)
    assert key["key"] not in str(deeds)
    recognise(services.accounts, services.secrecy, admin.text)


def test_a_cursor_that_was_changed_or_belongs_to_another_is_refused(
    admin: Admin, client: FlaskClient, services: Services
) -> None:
    for number in range(3):
        admin.make_account(f"account {number}")
    cursor = admin.ask("GET", "/audit?limit=1").get_json()["next_cursor"]
    assert admin.ask("GET", f"/audit?cursor={cursor}").status_code == 200
    other = services.accounts.add("others", {}, OPERATOR)
    order = KeyOrder(other.id, "x", frozenset({Scope.ADMIN}))
    text = issue_key(services.accounts, services.secrecy, order, OPERATOR).text
    stolen = client.get(f"{HOME}/audit?cursor={cursor}", headers={"X-API-Key": text})
    assert (stolen.status_code, stolen.get_json()["code"]) == (400, "request.cursor")
    for place in range(len(cursor)):
        flipped = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        assert admin.ask("GET", f"/audit?cursor={flipped}").status_code == 400
    for nonsense in ("", "x", "é", cursor + "=", cursor + "!", "12345"):
        status = admin.ask("GET", f"/audit?cursor={nonsense}").status_code
        assert status == 400 or not nonsense
