"""Which addresses are public; whatever is not is somebody's own, and perhaps ours."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Beyond what `ipaddress` itself knows, which differs with the version of Python.
SPECIAL = (
    ip_network("192.0.0.0/24"),  # protocol assignments (RFC 6890)
    ip_network("192.88.99.0/24"),  # relays for 6to4 (RFC 7526)
    ip_network("224.0.0.0/4"),  # multicast
    # All of IPv6 but global unicast, 2000::/3. Loopback is in here, and link-local, unique local and site-local
    # addresses, and IPv4 addresses dressed up: mapped, compatible, and both prefixes of NAT64.
    ip_network("::/3"),
    ip_network("4000::/2"),
    ip_network("8000::/1"),
    ip_network("2001::/23"),  # protocol assignments; Teredo, which holds IPv4 addresses, is one (RFC 4380)
    ip_network("2002::/16"),  # 6to4, which holds IPv4 addresses (RFC 3056)
    ip_network("3fff::/20"),  # documentation (RFC 9637)
)

PRIVATE = (
    ip_network("10.0.0.0/8"),
    ip_network("100.64.0.0/10"),
    ip_network("127.0.0.0/8"),
    ip_network("172.16.0.0/12"),
    ip_network("192.168.0.0/16"),
    ip_network("::1/128"),
    ip_network("fc00::/7"),
)
"""What a service in a private network may be told to call; link-local addresses are not among them."""

METADATA = (
    ip_network("100.100.100.200/32"),
    ip_network("fd00:ec2::/32"),
    ip_network("fd20:ce::/32"),
)
"""Where clouds in private networks hand out passwords (Alibaba, AWS, Google); the others use link-local addresses."""


def is_public(address: Address) -> bool:
    """Whether the address means the same machine to everybody, and holds no other address inside."""
    return address.is_global and not is_within(address, SPECIAL) and not _is_scoped(address) and not _is_isatap(address)


def is_private(address: Address) -> bool:
    """Whether the address is a machine's in a private network, and none that hands out passwords."""
    return is_within(address, PRIVATE) and not is_within(address, METADATA) and not _is_scoped(address)


def is_within(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)


def _is_scoped(address: Address) -> bool:
    return isinstance(address, IPv6Address) and address.scope_id is not None


def _is_isatap(address: Address) -> bool:
    """An IPv4 address behind 00-00-5E-FE, in whatever network (RFC 5214); two bits of the mark may vary."""
    return isinstance(address, IPv6Address) and (int(address) >> 32) & 0xFCFF_FFFF == 0x0000_5EFE
