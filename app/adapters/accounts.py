"""Accounts, keys and the audit log in PostgreSQL or SQLite. One method is one transaction."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from hmac import compare_digest
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, case, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from app.accounts import Account, Actor, Deed, Key, KeyOrder, Scope
from app.adapters.clock import clock
from app.adapters.database import Database
from app.adapters.tables import accounts, audit, keys
from app.errors import AccountExists, AccountNotFound, KeyNotFound
from app.jobs import new_id

OF_ACCOUNT = [accounts.c[column.name] for column in fields(Account)]
OF_KEY = [keys.c[column.name] for column in fields(Key)]
OF_DEED = [audit.c[column.name] for column in fields(Deed)]
USE_IS_NOTED_SECONDS = 60.0
"""A key's use is written down no oftener than this: most requests only read."""


RECENT_SECONDS = 5.0
"""For so long a process knows a key without asking: a program asks many times a second, and is revoked seldom."""
RECENT_KEYS = 1000


class DatabaseAccounts:
    """The promises are those of `app.accounts.Accounts`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._recent: dict[str, tuple[float, tuple[Account, Key]]] = {}

    def add(self, name: str, limits: Mapping[str, int], by: Actor) -> Account:
        row = {"id": new_id("acct"), "name": name, "limits": dict(limits), "created_at": clock()}
        try:
            with self._database.writing() as connection:
                made = connection.execute(insert(accounts).values(**row).returning(*OF_ACCOUNT)).one()
                _note(connection, by, "account.create", made.id, name=name, limits=limits)
        except IntegrityError:
            raise AccountExists(f"There is an account {name!r:.140} already.") from None
        return _account(made)

    def find(self, id_or_name: str) -> Account:
        with self._database.reading() as connection:
            return _found(connection, id_or_name)

    def all(self) -> list[Account]:
        with self._database.reading() as connection:
            return [_account(row) for row in connection.execute(select(*OF_ACCOUNT).order_by(accounts.c.id))]

    def limit(self, account_id: str, limits: Mapping[str, int], by: Actor) -> Account:
        change = update(accounts).where(accounts.c.id == account_id).values(limits=dict(limits))
        with self._database.writing() as connection:
            former = _found(connection, account_id)
            changed = connection.execute(change.returning(*OF_ACCOUNT)).one()
            _note(connection, by, "account.limit", account_id, former=former.limits, limits=limits)
        self._recent = {}
        return _account(changed)

    def add_key(self, order: KeyOrder, digest: str, by: Actor) -> Key:
        with self._database.writing() as connection:
            _found(connection, order.account_id)
            ends = None if order.lifetime_seconds is None else clock(order.lifetime_seconds)
            key = _insert(connection, order, digest, ends)
            _note(connection, by, "key.create", key.id, **_told(key))
        return key

    def keys_of(self, account_id: str | None = None) -> list[Key]:
        query = select(*OF_KEY).order_by(keys.c.id)
        if account_id:
            query = query.where(keys.c.account_id == account_id)
        with self._database.reading() as connection:
            return [_key(row) for row in connection.execute(query)]

    def rotate_key(self, key_id: str, digest: str, grace_seconds: float, by: Actor) -> Key:
        with self._database.writing() as connection:
            query = select(*OF_KEY).where(keys.c.id == key_id, _is_valid()).with_for_update()
            former = _key_or_none(connection.execute(query).first())
            if former is None:
                raise KeyNotFound(f"There is no valid key {key_id!a:.80}.")
            order = KeyOrder(former.account_id, former.name, former.scopes)
            key = _insert(connection, order, digest, _as_long_again(former))
            _end(connection, key_id, grace_seconds)
            _note(connection, by, "key.rotate", key_id, replaced_by=key.id, grace_seconds=grace_seconds)
        self._recent = {}
        return key

    def revoke_key(self, key_id: str, by: Actor) -> Key:
        change = update(keys).where(keys.c.id == key_id, keys.c.revoked_at.is_(None)).values(revoked_at=clock())
        with self._database.writing() as connection:
            revoked = connection.execute(change).rowcount
            row = connection.execute(select(*OF_KEY).where(keys.c.id == key_id)).first()
            if row is None:
                raise KeyNotFound(f"There is no key {key_id!a:.80}.")
            if revoked:
                _note(connection, by, "key.revoke", key_id)
        self._recent = {}
        return _key(row)

    def recognise(self, digest: str) -> tuple[Account, Key] | None:
        known_at, known = self._recent.get(digest, (-RECENT_SECONDS, None))
        if known and time.monotonic() - known_at < RECENT_SECONDS:
            return known
        found = self._looked_up(digest)
        if found:
            recent = self._recent if len(self._recent) < RECENT_KEYS else {}
            self._recent = recent | {digest: (time.monotonic(), found)}
        return found

    def _looked_up(self, digest: str) -> tuple[Account, Key] | None:
        is_noted = keys.c.last_used_at > clock(-USE_IS_NOTED_SECONDS)
        query: Select[Any] = select(*OF_KEY, *OF_ACCOUNT, keys.c.hash, is_noted.label("is_noted")).join(accounts)
        with self._database.reading() as connection:
            row = connection.execute(query.where(keys.c.hash == digest, _is_valid())).first()
        # The index has compared already; this makes sure that no database is lax about it.
        if row is None or not compare_digest(row.hash, digest):
            return None
        account, key = _account(row), _key(row)
        if not row.is_noted:
            self._note_use(key.id)
        return account, key

    def _note_use(self, key_id: str) -> None:
        with self._database.writing() as connection:
            connection.execute(update(keys).where(keys.c.id == key_id).values(last_used_at=clock()))

    def deeds(self, at_most: int, before: int | None = None) -> list[Deed]:
        query = select(*OF_DEED).order_by(audit.c.id.desc()).limit(at_most)
        if before is not None:
            query = query.where(audit.c.id < before)
        with self._database.reading() as connection:
            return [Deed(**row._mapping) for row in connection.execute(query)]


def _is_valid() -> ColumnElement[bool]:
    return keys.c.revoked_at.is_(None) & or_(keys.c.expires_at.is_(None), keys.c.expires_at > clock())


def _found(connection: Connection, id_or_name: str) -> Account:
    is_meant = or_(accounts.c.id == id_or_name, accounts.c.name == id_or_name)
    row = connection.execute(select(*OF_ACCOUNT).where(is_meant)).first()
    if row is None:
        raise AccountNotFound(f"There is no account {id_or_name!a:.140}.")
    return _account(row)


def _insert(connection: Connection, order: KeyOrder, digest: str, ends: Any) -> Key:
    row = {"id": new_id("key"), "account_id": order.account_id, "name": order.name, "scopes": sorted(order.scopes)}
    times = {"created_at": clock(), "expires_at": ends}
    return _key(connection.execute(insert(keys).values(**row, **times, hash=digest).returning(*OF_KEY)).one())


def _as_long_again(former: Key) -> clock | None:
    """When a key ends that lives as long as another was meant to."""
    if former.expires_at is None or former.created_at is None:
        return None
    return clock((former.expires_at - former.created_at).total_seconds())


def _end(connection: Connection, key_id: str, grace_seconds: float) -> None:
    """Let a key end soon, if it doesn't end sooner anyway."""
    ends_sooner = keys.c.expires_at < clock(grace_seconds)
    soon = case((ends_sooner, keys.c.expires_at), else_=clock(grace_seconds))
    connection.execute(update(keys).where(keys.c.id == key_id).values(expires_at=soon))


def _note(connection: Connection, by: Actor, action: str, subject: str, **details: Any) -> None:
    """Write a line into the audit log."""
    what = {"action": action, "subject": subject, "details": details}
    connection.execute(insert(audit).values(at=clock(), actor=by.name, address=by.address, **what))


def _told(key: Key) -> dict[str, Any]:
    expires_at: datetime | None = key.expires_at
    return {
        "account": key.account_id,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "expires_at": expires_at and expires_at.isoformat(),
    }


def _account(row: Row[Any]) -> Account:
    return Account(**{column.name: row._mapping[column] for column in OF_ACCOUNT})


def _key(row: Row[Any]) -> Key:
    known = {column.name: row._mapping[column] for column in OF_KEY}
    return Key(**known | {"scopes": frozenset(map(Scope, known["scopes"]))})


def _key_or_none(row: Row[Any] | None) -> Key | None:
    return _key(row) if row else None
