"""Accounts, their keys, and who is calling."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from app.errors import KeyInvalid
from app.secrecy import Secrecy
from app.settings import Settings


class Scope(StrEnum):
    """What a key is good for. None of them implies another."""

    CONVERT = "convert"
    """Hand in pictures, and do with one's own jobs whatever can be done."""
    READ = "read"
    """See jobs and results."""
    WEBHOOKS = "webhooks"
    """Say where to be told of jobs."""
    ADMIN = "admin"
    """Make accounts and keys."""


@dataclass(frozen=True)
class Allowance:
    """How much of the service a tenant may take."""

    jobs_per_minute: int
    unfinished_jobs: int
    running_jobs: int


@dataclass(frozen=True)
class Account:
    """Somebody whom the operator knows."""

    id: str
    name: str
    limits: Mapping[str, int] = field(default_factory=dict)
    """What differs from the allowance that the settings give to every account."""
    created_at: datetime | None = None


@dataclass(frozen=True)
class Key:
    """An API key, as much as is kept of it: never the key itself."""

    id: str
    account_id: str
    name: str
    scopes: frozenset[Scope]
    created_at: datetime | None = None
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True)
class KeyOrder:
    """A key that somebody would like to have."""

    account_id: str
    name: str
    scopes: frozenset[Scope]
    lifetime_seconds: float | None = None
    """None: until it is revoked."""


@dataclass(frozen=True)
class IssuedKey:
    """A key that has just been made, with its text, which is shown this once."""

    key: Key
    text: str = field(repr=False)


@dataclass(frozen=True)
class Caller:
    """Who asks: an account by one of its keys, or somebody unknown from an address."""

    tenant: str
    """Whose jobs these will be: the account's id, or what stands for the address."""
    address: str
    allowance: Allowance
    key: Key | None = None

    @property
    def is_anonymous(self) -> bool:
        return self.key is None


@dataclass(frozen=True)
class Actor:
    """Who changes accounts and keys, for the audit log: an admin by the id of a key, or the operator."""

    name: str
    address: str | None = None


OPERATOR = Actor("command line")


@dataclass(frozen=True)
class Deed:
    """A line of the audit log: who did what to whom."""

    id: int
    at: datetime
    actor: str
    address: str | None
    action: str
    subject: str
    details: Mapping[str, Any]


class Accounts(Protocol):
    """The record of accounts and keys. Each method is one transaction, the line in the audit log included."""

    def add(self, name: str, limits: Mapping[str, int], by: Actor) -> Account:
        """Refused where another account has this name."""
        ...

    def find(self, id_or_name: str) -> Account: ...
    def all(self) -> list[Account]: ...
    def limit(self, account_id: str, limits: Mapping[str, int], by: Actor) -> Account:
        """Let these limits, and no others, differ from what all accounts get."""
        ...

    def add_key(self, order: KeyOrder, digest: str, by: Actor) -> Key: ...
    def keys_of(self, account_id: str | None = None) -> list[Key]:
        """Those of one account or of all, the expired and revoked ones too."""
        ...

    def rotate_key(self, key_id: str, digest: str, grace_seconds: float, by: Actor) -> Key:
        """A new key like a valid one, which ends after the time of grace."""
        ...

    def revoke_key(self, key_id: str, by: Actor) -> Key: ...
    def recognise(self, digest: str) -> tuple[Account, Key] | None:
        """Whose key has this digest, if it is valid; notes within a minute that it was used."""
        ...

    def deeds(self, at_most: int, before: int | None = None) -> list[Deed]:
        """The audit log, the newest first."""
        ...


KEY_PREFIX = "svgai_"
KEY_TEXT = re.compile(KEY_PREFIX + r"[A-Za-z0-9_-]{43}")
GRACE_SECONDS = 24 * 3600.0
"""How long a rotated key stays valid, unless another time is asked for."""


def issue_key(accounts: Accounts, secrecy: Secrecy, order: KeyOrder, by: Actor) -> IssuedKey:
    """Make a key."""
    text = _new_text()
    return IssuedKey(accounts.add_key(order, _digest(secrecy, text), by), text)


def rotate_key(
    accounts: Accounts, secrecy: Secrecy, key_id: str, by: Actor, grace_seconds: float = GRACE_SECONDS
) -> IssuedKey:
    """Make a key in the place of another, which stays valid while its users change over."""
    text = _new_text()
    return IssuedKey(accounts.rotate_key(key_id, _digest(secrecy, text), grace_seconds, by), text)


def recognise(accounts: Accounts, secrecy: Secrecy, text: str) -> tuple[Account, Key]:
    """Whose key this is. Whatever is wrong with one, the answer is the same."""
    found = accounts.recognise(_digest(secrecy, text)) if KEY_TEXT.fullmatch(text) else None
    if found is None:
        raise KeyInvalid("There is no such API key, or it has expired or been revoked.")
    return found


def allowance_of(account: Account, settings: Settings) -> Allowance:
    """What the settings give to every account, but for the account's own limits."""
    common = Allowance(
        settings.account_jobs_per_minute, settings.account_unfinished_jobs, settings.account_running_jobs
    )
    return replace(common, **{name: limit for name, limit in account.limits.items() if name in LIMITS})


LIMITS = tuple(limit.name for limit in fields(Allowance))
"""What can be limited for an account."""


def anonymous_allowance(settings: Settings) -> Allowance:
    """What whoever has no key gets."""
    return Allowance(
        settings.anonymous_jobs_per_minute, settings.anonymous_unfinished_jobs, settings.anonymous_running_jobs
    )


def _new_text() -> str:
    return KEY_PREFIX + secrets.token_urlsafe(32)


def _digest(secrecy: Secrecy, text: str) -> str:
    # The key is 256 random bits, so a slow hash would make guessing no harder and every request slower.
    return secrecy.stamp("api keys", text)
