from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.outward.addresses import Address, is_private, is_public

ANY_IPV4 = st.ip_addresses(v=4).map(lambda address: IPv4Address(int(address)))
ANY_IPV6 = st.ip_addresses(v=6).map(lambda address: IPv6Address(int(address)))
SOME_PREFIX = st.integers(min_value=0x2000_0000_0000_0000, max_value=0x3FFF_FFFF_FFFF_FFFF)
ONES = 0xFFFF_FFFF


def embeddings(address: IPv4Address, prefix: int, port: int) -> dict[str, IPv6Address]:
    """Every way in which an IPv6 address may stand for this IPv4 address."""
    number = int(address)
    forms = {
        "compatible": number,
        "mapped": 0xFFFF << 32 | number,
        "translated": 0xFFFF << 48 | number,
        "6to4": 0x2002 << 112 | number << 80,
        "Teredo server": 0x2001_0000 << 96 | number << 64 | port << 32 | ONES,
        "Teredo client": 0x2001_0000 << 96 | 0x0808_0808 << 64 | port << 32 | number ^ ONES,
        "NAT64": 0x0064_FF9B << 96 | number,
        "local NAT64": 0x0064_FF9B_0001 << 80 | number,
        "ISATAP": prefix << 64 | 0x0000_5EFE << 32 | number,
        "global ISATAP": prefix << 64 | 0x0200_5EFE << 32 | number,
        "link-local ISATAP": 0xFE80 << 112 | 0x0000_5EFE << 32 | number,
    }
    return {name: IPv6Address(form) for name, form in forms.items()}


def is_special(address: Address) -> bool:
    return (
        address.is_private
        or address.is_reserved
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or not address.is_global
    )


@given(address=ANY_IPV4 | ANY_IPV6)
def test_what_python_calls_special_is_not_public(address: Address) -> None:
    assert not (is_special(address) and is_public(address))


@given(address=ANY_IPV4, prefix=SOME_PREFIX, port=st.integers(0, 0xFFFF))
def test_no_address_hides_in_another(address: IPv4Address, prefix: int, port: int) -> None:
    assert [name for name, form in embeddings(address, prefix, port).items() if is_public(form)] == []


@given(address=ANY_IPV6)
def test_an_address_with_a_scope_is_not_public(address: IPv6Address) -> None:
    assert not is_public(IPv6Address(f"{address}%eth0"))
    assert not is_private(IPv6Address(f"{address}%1"))


@pytest.mark.parametrize(
    "network",
    [
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/8",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    ],
)
def test_networks_with_a_special_purpose_are_not_public(network: str) -> None:
    found = ip_network(network)
    middle = found[found.num_addresses // 2]
    assert [str(address) for address in (found[0], middle, found[-1]) if is_public(address)] == []


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "8.8.8.8",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "223.255.255.255",
        "2001:4860:4860::8888",
        "2606:4700:4700::1111",
        "2a00:1450:4001::200e",
    ],
)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(ip_address(address))
    assert not is_private(ip_address(address))


@pytest.mark.parametrize(
    ("address", "may_be_allowed"),
    [
        ("10.1.2.3", True),
        ("127.0.0.1", True),
        ("fd12::1", True),
        ("169.254.169.254", False),
        ("fd00:ec2::254", False),
        ("fd20:ce::254", False),
        ("100.100.100.200", False),
        ("fe80::1", False),
        ("0.0.0.0", False),  # noqa: S104 - refused
        ("::ffff:10.1.2.3", False),
        ("224.0.0.1", False),
    ],
)
def test_a_private_network_is_no_way_to_passwords_of_clouds(address: str, may_be_allowed: bool) -> None:
    assert is_private(ip_address(address)) is may_be_allowed
