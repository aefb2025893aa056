"""Who is calling: read once from each request."""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network, ip_address

import structlog
from flask import Request, g

from app.accounts import Actor, Caller, allowance_of, anonymous_allowance, recognise
from app.errors import KeyInQuery, KeyInvalid, TooManyBadKeys
from app.limiting import Quota
from app.services import Services

log = structlog.get_logger()

QUERY_NAMES = ("api_key", "key", "token", "access_token")
"""What callers name a key that they put into the query."""
BAD_KEYS = Quota("keys", 20)
"""More from one address are no mistake. Good keys from there stay good: others may share the address."""
HOUSEHOLD_BITS = 64
"""How much of an IPv6 address stands for a household; the rest its machines choose as they like."""


def current_caller() -> Caller:
    """The caller of the request in hand."""
    caller: Caller = g.caller
    return caller


def current_actor() -> Actor:
    """The same, for the audit log."""
    caller = current_caller()
    return Actor(caller.key.id if caller.key else caller.tenant, caller.address)


def identify(services: Services, request: Request) -> Caller:
    """Whoever sent this: an account by its key, or a stranger by the address."""
    address = request.remote_addr or ""  # a proxy that we trust has put the caller's own here
    _refuse_key_in_query(request)
    text = _key_in(request)
    if text is None:
        return _stranger(services, address)
    try:
        account, key = recognise(services.accounts, services.secrecy, text)
    except KeyInvalid:
        _count_bad_key(services, address)
        raise
    return Caller(account.id, address, allowance_of(account, services.settings), key)


def _refuse_key_in_query(request: Request) -> None:
    for name in QUERY_NAMES:
        if name in request.args:
            raise KeyInQuery(
                f"An API key is not taken from the query ({name}=...): URLs end up in logs and histories. Send it as "
                "`Authorization: Bearer KEY`, and replace this one, for others may have seen it."
            )


def _key_in(request: Request) -> str | None:
    given = request.authorization
    if given is not None and given.type == "bearer":
        return given.token or ""
    return request.headers.get("X-API-Key")


def _stranger(services: Services, address: str) -> Caller:
    tenant = f"anon_{services.secrecy.stamp('anonymous tenants', _household(address))[:16]}"
    return Caller(tenant, address, anonymous_allowance(services.settings))


def _household(address: str) -> str:
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, IPv6Address):
        return str(ip.ipv4_mapped or IPv6Network((int(ip), HOUSEHOLD_BITS), strict=False))
    return str(ip)


def _count_bad_key(services: Services, address: str) -> None:
    log.warning("sign-in failed", address=address)
    services.metrics.count_error(KeyInvalid.code)
    standing = services.limiter.take(BAD_KEYS, _household(address))
    if not standing.allowed:
        limit = BAD_KEYS.limit
        raise TooManyBadKeys(f"Over {limit} bad API keys within a minute came from your address.", limit=limit)
