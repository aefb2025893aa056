"""The commands `svgai accounts` and `svgai keys`: what an operator does about access, at the terminal."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from app.accounts import Account, Accounts, IssuedKey, Key
    from app.secrecy import Secrecy

_Command = TypeVar("_Command", bound=Callable[..., Any])
DAY_SECONDS, HOUR_SECONDS = 24 * 3600.0, 3600.0
SCOPES = ("convert", "read", "webhooks", "admin")
LIMITS = {
    "jobs_per_minute": "Pictures that it may hand in per minute.",
    "unfinished_jobs": "Jobs that it may have unfinished.",
    "running_jobs": "Jobs of it that run at once.",
}
"""`app.accounts.Scope` and `app.accounts.LIMITS` once more, for `svgai --help` must load nothing of the service."""

as_json = click.option("--json", "as_json", is_flag=True, help="One line of JSON for each.")


@dataclass(frozen=True)
class _Desk:
    """Where accounts and keys are kept, and the secret that digests of keys are made with."""

    accounts: Accounts
    secrecy: Secrecy


@contextlib.contextmanager
def _desk() -> Iterator[_Desk]:
    """What goes wrong at it is told in a sentence."""
    from sqlalchemy.exc import DatabaseError

    from app.errors import ServiceError, StoreAway
    from app.factory import create_services
    from app.settings import read_settings, without_password

    settings = read_settings()
    try:
        services = create_services(settings)
        yield _Desk(services.accounts, services.secrecy)
    except (StoreAway, DatabaseError) as fault:
        cause = fault.__cause__ if isinstance(fault, StoreAway) else fault
        reason = str(getattr(cause, "orig", cause)).strip().partition("\n")[0]
        where = without_password(settings.database)
        hint = "Is it there? `make migrate` makes its tables; so does starting the service."
        raise click.ClickException(f"The database at {where} cannot be used: {reason}. {hint}") from None
    except ServiceError as error:
        raise click.ClickException(error.detail) from None


def _every_limit(command: _Command) -> _Command:
    """Give a command an option for each limit of an account."""
    for name, text in reversed(LIMITS.items()):
        flag = f"--{name.replace('_', '-')}"
        command = click.option(flag, type=click.IntRange(1, 1_000_000), help=text)(command)
    return command


def _name(_: click.Context, __: click.Parameter, given: str) -> str:
    if not given.isprintable() or not 0 < len(given) <= 128:
        raise click.BadParameter("a name has 1 to 128 characters that can be printed")
    return given


# --- accounts


@click.group()
def accounts() -> None:
    """Make accounts, and say how much of the service they may take."""


@accounts.command("create")
@click.argument("name", callback=_name)
@_every_limit
def create_account(name: str, **limits: int | None) -> None:
    """Make an account; its id goes to standard output."""
    from app.accounts import OPERATOR

    with _desk() as desk:
        made = desk.accounts.add(name, _given(limits), OPERATOR)
    click.echo(made.id)


@accounts.command("list")
@as_json
def list_accounts(as_json: bool) -> None:
    """Show all accounts."""
    with _desk() as desk:
        for account in desk.accounts.all():
            click.echo(_as_json(account) if as_json else _line(account.id, account.name, _limits_of(account)))


@accounts.command("limit")
@click.argument("account")
@_every_limit
@click.option("--reset", is_flag=True, help="First forget all limits of its own.")
def limit_account(account: str, reset: bool, **limits: int | None) -> None:
    """Change the limits of ACCOUNT, given by name or id."""
    from app.accounts import OPERATOR

    with _desk() as desk:
        found = desk.accounts.find(account)
        former = {} if reset else found.limits
        changed = desk.accounts.limit(found.id, {**former, **_given(limits)}, OPERATOR)
    click.echo(_limits_of(changed), err=True)


def _given(limits: dict[str, int | None]) -> dict[str, int]:
    return {name: limit for name, limit in limits.items() if limit is not None}


def _limits_of(account: Account) -> str:
    return ", ".join(f"{name} {limit}" for name, limit in account.limits.items()) or "the limits of all accounts"


# --- keys


@click.group()
def keys() -> None:
    """Make, rotate and revoke API keys."""


def _scopes(_: click.Context, __: click.Parameter, given: str) -> frozenset[str]:
    scopes = frozenset(scope.strip() for scope in given.split(","))
    if not scopes <= set(SCOPES):
        raise click.BadParameter(f"choose from {', '.join(SCOPES)}")
    return scopes


@keys.command("create")
@click.option("--account", required=True, help="Whose key: name or id of an account.")
@click.option("--name", required=True, callback=_name, help="What you will know it by.")
@click.option("--scopes", default="convert,read", show_default=True, callback=_scopes, help=", ".join(SCOPES))
@click.option("--expires-days", type=click.IntRange(1, 3650), help="How long it is valid.  [default: until revoked]")
def create_key(account: str, name: str, scopes: frozenset[str], expires_days: int | None) -> None:
    """Make a key; it alone goes to standard output."""
    from app.accounts import OPERATOR, KeyOrder, Scope, issue_key

    with _desk() as desk:
        lifetime = expires_days and expires_days * DAY_SECONDS
        order = KeyOrder(desk.accounts.find(account).id, name, frozenset(map(Scope, scopes)), lifetime)
        issued = issue_key(desk.accounts, desk.secrecy, order, OPERATOR)
    _hand_over(issued)


@keys.command("list")
@click.option("--account", help="Only keys of this account: name or id.")
@as_json
def list_keys(account: str | None, as_json: bool) -> None:
    """Show keys, the expired and revoked ones too, but none of their texts."""
    with _desk() as desk:
        of = desk.accounts.find(account).id if account else None
        for key in desk.accounts.keys_of(of):
            click.echo(_as_json(key) if as_json else _key_line(key))


@keys.command("rotate")
@click.argument("key_id")
@click.option(
    "--grace-hours", type=click.FloatRange(0, 2160), default=24, show_default=True, help="The former is valid so long."
)
def rotate_key(key_id: str, grace_hours: float) -> None:
    """Make a key in the place of KEY_ID, which stays valid for a while."""
    from app.accounts import OPERATOR
    from app.accounts import rotate_key as rotate

    with _desk() as desk:
        issued = rotate(desk.accounts, desk.secrecy, key_id, OPERATOR, grace_hours * HOUR_SECONDS)
    _hand_over(issued)


@keys.command("revoke")
@click.argument("key_id")
def revoke_key(key_id: str) -> None:
    """End a key at once."""
    from app.accounts import OPERATOR

    with _desk() as desk:
        desk.accounts.revoke_key(key_id, OPERATOR)
    click.echo(f"{key_id} is no longer valid.", err=True)


def _hand_over(issued: IssuedKey) -> None:
    click.echo(f"{issued.key.id} is shown this once:", err=True)
    click.echo(issued.text)


def _key_line(key: Key) -> str:
    times = {"expires": key.expires_at, "last used": key.last_used_at, "revoked": key.revoked_at}
    told = (f"{word} {_short(time)}" for word, time in times.items() if time)
    return _line(key.id, key.account_id, key.name, ",".join(sorted(key.scopes)), *told)


def _short(time: datetime) -> str:
    return time.isoformat(timespec="minutes").replace("+00:00", "Z")


def _line(*parts: str) -> str:
    return "  ".join(parts)


def _as_json(record: Account | Key) -> str:
    return json.dumps(asdict(record), default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return sorted(value) if isinstance(value, frozenset) else str(value)
