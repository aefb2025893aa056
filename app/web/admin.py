"""What an administrator does over HTTP: make accounts and keys, limit, rotate, revoke, and read who did what."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal

from flask import Response
from flask_openapi import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from app import accounts
from app.accounts import GRACE_SECONDS, Account, Deed, IssuedKey, Key, KeyOrder, Scope
from app.web import problems
from app.web.answers import answer
from app.web.callers import current_actor
from app.web.cursors import read_cursor, write_cursor
from app.web.fields import NO_TEXT, Query
from app.web.requests import current_services

# No `from __future__ import annotations` here: flask-openapi reads the annotations of the views.

DAY_SECONDS = 24 * 3600.0
DEED_ID = re.compile(r"[0-9]{1,18}")
NO_NUL = r"^[^\x00]*$"
PRINTED = r"^[^\x00-\x1f\x7f]+$"
REFUSALS = problems.described(401, 403, 404, 409, 422, 503)
NOTHING = {"description": "Nothing more to say."}

blueprint = APIBlueprint(
    "admin",
    __name__,
    url_prefix="/api/v1/admin",
    abp_security=[{"key": []}],
    abp_responses=None,
    operation_id_callback=problems.operation_id,
)


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AccountPath(BaseModel):
    account_id: str = Field(max_length=64, pattern=NO_NUL)


class KeyPath(BaseModel):
    key_id: str = Field(max_length=64, pattern=NO_NUL)


Limit = Annotated[int, Field(ge=1, le=1_000_000), NO_TEXT]
Days = Annotated[int, Field(ge=1, le=3650), NO_TEXT]


class AccountLimits(_Asked):
    """What differs from the limits that all accounts have; null means that it doesn't."""

    jobs_per_minute: Limit | None = None
    unfinished_jobs: Limit | None = None
    running_jobs: Limit | None = None


class NewAccount(_Asked):
    name: str = Field(max_length=128, pattern=PRINTED)
    limits: AccountLimits = Field(default_factory=AccountLimits)


class AccountChange(_Asked):
    limits: AccountLimits


class NewKey(_Asked):
    name: str = Field(max_length=128, pattern=PRINTED)
    scopes: list[Scope] = Field(min_length=1)
    expires_days: Days | None = Field(None, description="Null: it is valid until it is revoked.")


class Rotation(_Asked):
    grace_hours: float = Field(
        GRACE_SECONDS / 3600, ge=0, le=24 * 90, description="How long the former key stays valid."
    )


class AuditQuery(Query):
    limit: int = Field(20, ge=1, le=100)
    cursor: str | None = Field(None, max_length=200, description="`next_cursor` of the page before.")


class AccountView(BaseModel):
    """An account."""

    object: Literal["account"] = "account"
    id: str
    name: str
    limits: dict[str, int]
    created_at: datetime

    @classmethod
    def of(cls, account: Account) -> "AccountView":
        """The view of an account."""
        return cls.model_validate(vars(account))


class KeyView(BaseModel):
    """A key, without its text."""

    object: Literal["key"] = "key"
    id: str
    account_id: str
    name: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def facts(cls, key: Key) -> dict[str, Any]:
        """What is shown of a key."""
        return vars(key) | {"scopes": sorted(key.scopes)}

    @classmethod
    def of(cls, key: Key) -> "KeyView":
        """The view of a key."""
        return cls.model_validate(cls.facts(key))


class IssuedKeyView(KeyView):
    """A key that was just made."""

    key: str = Field(description="What callers send. It is shown this once, and kept nowhere.")

    @classmethod
    def made(cls, issued: IssuedKey) -> "IssuedKeyView":
        """The view of a key with its text."""
        return cls.model_validate(cls.facts(issued.key) | {"key": issued.text})


class DeedView(BaseModel):
    """A line of the audit log."""

    at: datetime
    actor: str = Field(description="The id of the key that did it, or `command line`.")
    address: str | None
    action: str
    subject: str
    details: dict[str, Any]

    @classmethod
    def of(cls, deed: Deed) -> "DeedView":
        """The view of a deed."""
        return cls.model_validate(vars(deed))


class AccountList(BaseModel):
    data: list[AccountView]


class KeyList(BaseModel):
    data: list[KeyView]


class AuditPage(BaseModel):
    """What was done, the newest first."""

    data: list[DeedView]
    has_more: bool
    next_cursor: str | None = Field(description="Hand this in as `cursor` for the next page.")


@blueprint.post("/accounts", responses={201: AccountView, **REFUSALS})
def create_account(body: NewAccount) -> Response:
    """Make an account."""
    limits = body.limits.model_dump(exclude_none=True)
    return answer(AccountView.of(current_services().accounts.add(body.name, limits, current_actor())), 201)


@blueprint.get("/accounts", responses={200: AccountList, **REFUSALS})
def list_accounts() -> Response:
    """All accounts."""
    return answer(AccountList(data=list(map(AccountView.of, current_services().accounts.all()))))


@blueprint.patch("/accounts/<account_id>", responses={200: AccountView, **REFUSALS})
def limit_account(path: AccountPath, body: AccountChange) -> Response:
    """Change an account's limits. Those that aren't named stay as they are."""
    record = current_services().accounts
    account = record.find(path.account_id)
    wanted = {**account.limits, **body.limits.model_dump(exclude_unset=True)}
    limits = {name: limit for name, limit in wanted.items() if limit is not None}
    return answer(AccountView.of(record.limit(account.id, limits, current_actor())))


@blueprint.post("/accounts/<account_id>/keys", responses={201: IssuedKeyView, **REFUSALS})
def create_key(path: AccountPath, body: NewKey) -> Response:
    """Make a key for an account."""
    services = current_services()
    account = services.accounts.find(path.account_id)
    lifetime = body.expires_days and body.expires_days * DAY_SECONDS
    order = KeyOrder(account.id, body.name, frozenset(body.scopes), lifetime)
    return _issued(accounts.issue_key(services.accounts, services.secrecy, order, current_actor()))


@blueprint.get("/accounts/<account_id>/keys", responses={200: KeyList, **REFUSALS})
def list_keys(path: AccountPath) -> Response:
    """The keys of an account, the expired and revoked ones too."""
    record = current_services().accounts
    return answer(KeyList(data=list(map(KeyView.of, record.keys_of(record.find(path.account_id).id)))))


@blueprint.post("/keys/<key_id>/rotate", responses={201: IssuedKeyView, **REFUSALS})
def rotate_key(path: KeyPath, body: Rotation) -> Response:
    """Make a key in the place of another, which stays valid for a while."""
    services, grace_seconds = current_services(), body.grace_hours * 3600
    return _issued(
        accounts.rotate_key(services.accounts, services.secrecy, path.key_id, current_actor(), grace_seconds)
    )


@blueprint.delete("/keys/<key_id>", responses={204: NOTHING, **REFUSALS})
def revoke_key(path: KeyPath) -> Response:
    """End a key at once."""
    current_services().accounts.revoke_key(path.key_id, current_actor())
    return Response(status=204)


@blueprint.get("/audit", responses={200: AuditPage, **REFUSALS, **problems.described(400)})
def list_deeds(query: AuditQuery) -> Response:
    """Who made and changed accounts and keys, the newest first."""
    before = int(read_cursor(query.cursor, DEED_ID)) if query.cursor else None
    found = current_services().accounts.deeds(query.limit + 1, before)
    deeds, has_more = found[: query.limit], len(found) > query.limit
    cursor = write_cursor(str(deeds[-1].id)) if has_more else None
    return answer(AuditPage(data=list(map(DeedView.of, deeds)), has_more=has_more, next_cursor=cursor))


def _issued(issued: IssuedKey) -> Response:
    return answer(IssuedKeyView.made(issued), 201)
