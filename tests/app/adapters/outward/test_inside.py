# ruff: noqa: RUF001, S104 - these hosts are what has to be refused
from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import errors
from app.adapters.outward import Outward, Rules
from app.adapters.outward.places import read_place
from tests.app.adapters.outward.elsewhere import (
    CALLED,
    OUT_THERE,
    Elsewhere,
    Names,
    fetch,
    http,
    redirect,
    refusal,
)

HOSTS_INSIDE = [
    *("127.0.0.1", "127.0.0.1.", "127.1", "0", "0.0.0.0", "2130706433", "0x7f000001", "0x7f.0.0.1", "0x7f.1"),
    *("017700000001", "0177.0.0.1", "127.0.0.01", "256.0.0.1", "1.2.3.4.5", "4294967297", "a.0x", "x.1"),
    *("localhost", "localhost.", "LocalHost", "a.localhost", "localhost.localdomain"),
    *("[::1]", "[0:0:0:0:0:0:0:1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[::7f00:1]"),
    *("[2002:7f00:1::]", "[2002:a00:1::1]", "[2001:0:4136:e378:8000:63bf:80ff:fffe]", "[2001::1]"),
    *("[64:ff9b::7f00:1]", "[64:ff9b::169.254.169.254]", "[64:ff9b:1::7f00:1]", "[64:ff9b:1:7f00:0:100::]"),
    *("[::5efe:127.0.0.1]", "[fe80::5efe:7f00:1]", "[2606:4700::5efe:7f00:1]", "[2606:4700::200:5efe:7f00:1]"),
    *("[fe80::1]", "[fe80::1%eth0]", "[fe80::1%25eth0]", "[2606:4700::1%1]", "[fc00::]", "[fd12::1]", "[fec0::1]"),
    *("[ff02::1]", "[100::1]", "[2001:db8::1]", "[3fff::1]", "[5f00::1]"),
    *("169.254.169.254", "[fd00:ec2::254]", "100.100.100.200", "100.64.0.1", "100.127.255.255"),
    *("10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255"),
    *("198.18.0.1", "198.19.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1", "198.51.100.1", "203.0.113.1"),
    *("192.88.99.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("metadata.google.internal", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"),
    *("redis", "postgres", "REDIS", "printer.local", "router.lan", "nas.home.arpa", "wiki.corp"),
    *("svg.example", "SVG.Example.", "bücher.example", "xn--bcher-kva.example"),
]
DISGUISED_HOSTS_INSIDE = [
    *("１２７.０.０.１", "127。0。0。1", "127．0．0．1", "①②⑦.⓪.⓪.①", "127.0.0.１", "１２７。１"),
    *(
        "ｌｏｃａｌｈｏｓｔ",
        "local\u00adhost",
        "lo\u200bcalhost",
        "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
        "lоcalhost",
        "ℒocalhost",
        "lo\u2060calhost",
    ),
]
REFUSED_URLS = [
    *((f"{scheme}127.0.0.1/", errors.UrlSchemeUnsupported) for scheme in ("//", "ftp://", "gopher://", "dict://")),
    *(
        (f"{scheme}127.0.0.1/", errors.UrlSchemeUnsupported)
        for scheme in ("", "ws://", "ldap://", "unix://", "httpx://")
    ),
    ("file:///etc/passwd", errors.UrlSchemeUnsupported),
    ("data:image/png;base64,AAAA", errors.UrlSchemeUnsupported),
    ("jar:http://127.0.0.1/a.jar!/b", errors.UrlSchemeUnsupported),
    ("unix:/var/run/docker.sock", errors.UrlSchemeUnsupported),
    ("", errors.UrlSchemeUnsupported),
    *((f"http://{OUT_THERE}:{port}/", errors.UrlBlocked) for port in (1, 22, 5432, 6379, 8080, 9090, 11211, 65535, 0)),
    *((f"http://{port}/", errors.UrlMalformed) for port in ("a.example:65536", "a.example:-1", "a.example:8x")),
    ("http://good.example@127.0.0.1/", errors.UrlMalformed),
    ("http://good.example:80@127.0.0.1/", errors.UrlMalformed),
    ("http://@127.0.0.1/", errors.UrlMalformed),
    ("http://127.0.0.1@good.example/", errors.UrlMalformed),
    ("http://127.0.0.1#good.example", errors.UrlBlocked),
    ("http://127.0.0.1#@good.example/", errors.UrlBlocked),
    ("http://127.0.0.1?@good.example/", errors.UrlBlocked),
    ("http://127.0.0.1\\@good.example/", errors.UrlMalformed),
    ("http://good.example\\@127.0.0.1/", errors.UrlMalformed),
    ("http:\\\\127.0.0.1\\", errors.UrlMalformed),
    ("http:127.0.0.1", errors.UrlMalformed),
    ("http:/127.0.0.1", errors.UrlMalformed),
    ("http:///127.0.0.1", errors.UrlMalformed),
    ("http://", errors.UrlMalformed),
    ("http://.", errors.UrlMalformed),
    ("http://a..example", errors.UrlMalformed),
    ("http://%31%32%37.0.0.1/", errors.UrlMalformed),
    ("http://127.0.0.1%2f.example/", errors.UrlMalformed),
    ("http://127.0.0.1%00.example/", errors.UrlMalformed),
    ("http://good.example/\r\nHost: 127.0.0.1", errors.UrlMalformed),
    ("http://good.example/\tx", errors.UrlMalformed),
    ("http://good.example/a b", errors.UrlMalformed),
    ("http://good.exam\nple/", errors.UrlMalformed),
    (" http://good.example/", errors.UrlMalformed),
    ("http://good.example/\x00", errors.UrlMalformed),
    ("http://[::1/", errors.UrlMalformed),
    ("http://::1/", errors.UrlMalformed),
    ("http://[127.0.0.1]/", errors.UrlMalformed),
    ("http://[v1.x]/", errors.UrlMalformed),
    ("http://℀.example/", errors.UrlMalformed),
    ("http://a,b.example/", errors.UrlMalformed),
    ("http://\ud800.example/", errors.UrlMalformed),
    (f"http://{'a' * 64}.example/", errors.UrlMalformed),
    (f"http://{'a.' * 130}example/", errors.UrlMalformed),
    (f"http://good.example/{'a' * 2048}", errors.UrlMalformed),
]


def refusals(outward: Outward, url: str) -> list[errors.ServiceError]:
    """How each of the ways to the outside refuses a URL."""
    return [
        refusal(lambda: fetch(outward, url)),
        refusal(lambda: outward.post(url, b"x", {})),
        refusal(lambda: outward.check(url)),
    ]


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", [*HOSTS_INSIDE, *DISGUISED_HOSTS_INSIDE])
def test_a_host_inside_is_not_called(
    outward: Outward, elsewhere: Elsewhere, names: Names, host: str, scheme: str
) -> None:
    for refused in refusals(outward, f"{scheme}://{host}:{elsewhere.port}/"):
        assert isinstance(refused, errors.UrlBlocked)
        assert refused.detail.endswith("is no public address on the internet; give one that everybody can reach.")
    assert names.asked == []
    assert CALLED == []


@pytest.mark.parametrize(("url", "kind"), REFUSED_URLS)
def test_an_odd_url_is_not_called(outward: Outward, names: Names, url: str, kind: type[errors.ServiceError]) -> None:
    assert {type(refused) for refused in refusals(outward, url)} == {kind}
    assert names.asked == []
    assert CALLED == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_leads_inside(outward: Outward, elsewhere: Elsewhere, good: str, status: int) -> None:
    for host in [*HOSTS_INSIDE, *DISGUISED_HOSTS_INSIDE]:
        elsewhere.answers["/"] = redirect(f"http://{host}:{elsewhere.port}/", status)
        # Beyond ASCII, a redirect's host is no host at all.
        kind = errors.UrlBlocked if host.isascii() else errors.UrlMalformed
        assert type(refusal(lambda: fetch(outward, good))) is kind, host


@pytest.mark.parametrize(
    ("location", "kind"),
    [
        ("file:///etc/passwd", errors.UrlSchemeUnsupported),
        ("gopher://127.0.0.1:6379/_FLUSHALL", errors.UrlSchemeUnsupported),
        ("//127.0.0.1/", errors.UrlBlocked),
        ("//redis/", errors.UrlBlocked),
        ("http://good.example:6379/", errors.UrlBlocked),
        ("http://good.example@127.0.0.1/", errors.UrlMalformed),
        ("http://127.0.0.1\\@good.example/", errors.UrlMalformed),
        ("http://[::1", errors.UrlMalformed),
        ("//[", errors.UrlMalformed),
        ("http://" + "a" * 3000, errors.UrlMalformed),
    ],
)
def test_redirects_are_read_like_urls(
    outward: Outward, elsewhere: Elsewhere, good: str, location: str, kind: type[errors.ServiceError]
) -> None:
    elsewhere.answers["/"] = redirect(location)
    assert type(refusal(lambda: fetch(outward, good))) is kind


ADDRESSES_INSIDE = [host.strip("[]") for host in HOSTS_INSIDE if host.startswith("[") and "%25" not in host] + [
    *("127.0.0.1", "0.0.0.0", "169.254.169.254", "100.64.0.1", "10.0.0.1", "172.16.0.1", "192.168.0.1", "198.18.0.1"),
    *("192.0.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
]


@pytest.mark.parametrize("address", ADDRESSES_INSIDE)
def test_no_name_leads_inside(outward: Outward, elsewhere: Elsewhere, names: Names, good: str, address: str) -> None:
    evil = f"http://evil.example:{elsewhere.port}/"
    elsewhere.answers["/"] = redirect(evil)
    for answer in ([address], [address, OUT_THERE], [OUT_THERE, address], [OUT_THERE, "8.8.8.8", address]):
        names.known["evil.example"] = [answer]
        CALLED.clear()
        for refused in refusals(outward, evil):
            assert isinstance(refused, errors.UrlBlocked)
            assert address not in refused.detail
        assert CALLED == []
        assert isinstance(refusal(lambda: fetch(outward, good)), errors.UrlBlocked)


def test_a_name_that_changes_its_address_is_called_where_it_was_checked(
    rules: Rules, elsewhere: Elsewhere, good: str
) -> None:
    names = Names(good_example=[[OUT_THERE], ["127.0.0.1"]])
    outward = Outward(rules, resolve=names)
    elsewhere.answers["/"] = http(b"picture")
    assert fetch(outward, good).data == b"picture"
    assert len(names.asked) == 1
    assert isinstance(refusal(lambda: fetch(outward, good)), errors.UrlBlocked)


def test_a_name_that_changes_its_address_between_redirects_is_refused(
    rules: Rules, elsewhere: Elsewhere, good: str
) -> None:
    outward = Outward(rules, resolve=Names(good_example=[[OUT_THERE], ["127.0.0.1"]]))
    elsewhere.answers["/"] = redirect("/again")
    assert isinstance(refusal(lambda: fetch(outward, good)), errors.UrlBlocked)
    assert len(elsewhere.requests) == 1


def test_an_open_port_inside_sounds_like_a_closed_one(outward: Outward, rules: Rules, elsewhere: Elsewhere) -> None:
    open_one, closed_one = (
        refusal(lambda port=port: fetch(outward, f"http://127.0.0.1:{port}/")) for port in (elsewhere.port, 80)
    )
    assert open_one.as_dict() == closed_one.as_dict()


def test_a_name_inside_that_exists_sounds_like_one_that_does_not(rules: Rules) -> None:
    outward = Outward(rules, resolve=Names(redis=[["10.0.0.7"]]))
    there, not_there = (refusal(lambda name=name: fetch(outward, f"http://{name}/")) for name in ("redis", "sider"))
    assert there.detail.replace("redis", "") == not_there.detail.replace("sider", "")


def test_without_rules_only_the_public_web_is_called() -> None:
    outward = Outward(resolve=Names(good_example=[[OUT_THERE]]))
    assert isinstance(refusal(lambda: fetch(outward, "http://good.example/")), errors.UrlBlocked)
    assert isinstance(refusal(lambda: fetch(outward, "http://good.example:8080/")), errors.UrlBlocked)


@given(
    url=st.text() | st.text().map("http://{}".format) | st.text("0123456789abx.:[]%@/?#。１").map("http://{}/".format)
)
def test_any_text_is_a_place_or_refused(url: str) -> None:
    with suppress(errors.UrlMalformed, errors.UrlSchemeUnsupported, errors.UrlBlocked):
        place = read_place(url)
        assert read_place(f"{place.origin}{place.target}") == place
        assert f"{place.authority}{place.target}".isascii()
        assert f"{place.authority}{place.target}".isprintable()


def test_a_private_network_is_called_when_that_is_allowed(elsewhere: Elsewhere) -> None:
    names = Names(receiver=[[OUT_THERE]], svg_internal=[["10.0.0.1"]], cloud_internal=[["169.254.169.254"]])
    rules = Rules(frozenset({elsewhere.port}), allow_private=True, own_hosts=frozenset({"svg.internal"}))
    outward = Outward(rules, resolve=names)
    elsewhere.answers["/"] = http(b"picture")
    assert fetch(outward, f"http://receiver:{elsewhere.port}").data == b"picture"
    assert names.asked == ["receiver"]
    outward.check(f"http://127.0.0.1:{elsewhere.port}")
    outward.check(f"http://[fd12::1]:{elsewhere.port}")
    for host in ("cloud.internal", "svg.internal", "169.254.169.254", "[fd00:ec2::254]", "0.0.0.0", "[fe80::1]"):
        refused = refusal(lambda host=host: outward.check(f"http://{host}:{elsewhere.port}"))
        assert isinstance(refused, errors.UrlBlocked)
