"""Whom this service may call."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from app.adapters.outward.addresses import Address, Network, is_private, is_public, is_within
from app.adapters.outward.places import Place, blocked, read_host
from app.errors import UrlBlocked

INSIDE = (
    ".cluster.local",
    ".corp",
    ".home",
    ".home.arpa",
    ".internal",
    ".intranet",
    ".lan",
    ".local",
    ".localdomain",
    ".localhost",
    ".private",
    ".svc",
)
"""Endings of names that mean something inside a network only."""


@dataclass(frozen=True)
class Rules:
    """Public addresses and the web's ports, unless more is allowed."""

    ports: frozenset[int] = frozenset({80, 443})
    allow_private: bool = False
    also_public: tuple[Network, ...] = ()
    """Networks that count as public though they are not."""
    own_hosts: frozenset[str] = field(default_factory=frozenset)
    """Names of this service; it does not call itself."""

    def admit(self, place: Place) -> None:
        """Refuse what can be refused before anybody is asked for an address."""
        if place.port not in self.ports:
            ports = " or ".join(map(str, sorted(self.ports)))
            raise UrlBlocked(f"The URL's port is {place.port}; only {ports} may be called.", actual=place.port)
        if place.host in map(read_host, self.own_hosts) or self._is_inside(place):
            raise blocked(place.host)

    def admit_addresses(self, place: Place, addresses: Iterable[Address]) -> None:
        """Refuse a place as soon as one of its addresses is not public: the others may be there to distract."""
        if not all(map(self._is_allowed, addresses)):
            raise blocked(place.host)

    def _is_inside(self, place: Place) -> bool:
        """Such a name is not even looked up, so that nobody learns which of them exist."""
        is_name = place.address is None
        return is_name and not self.allow_private and ("." not in place.host or place.host.endswith(INSIDE))

    def _is_allowed(self, address: Address) -> bool:
        if is_public(address) or is_within(address, self.also_public):
            return True
        return self.allow_private and is_private(address)
