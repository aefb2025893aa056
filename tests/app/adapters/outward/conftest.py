from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import closing
from ipaddress import ip_network

import pytest

from app.adapters.outward import Outward, Rules
from tests.app.adapters.outward.elsewhere import CALLED, NOBODY_THERE, OUT_THERE, Elsewhere, Names


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    with closing(Elsewhere()) as server:
        yield server


@pytest.fixture(autouse=True)
def nobody_is_called_who_may_not(elsewhere: Elsewhere) -> Iterator[None]:
    CALLED.clear()
    yield
    assert set(CALLED) <= {OUT_THERE, NOBODY_THERE}
    assert elsewhere.trapped == 0


@pytest.fixture
def names() -> Names:
    return Names(good_example=[[OUT_THERE]])


@pytest.fixture
def rules(elsewhere: Elsewhere) -> Rules:
    return Rules(
        ports=frozenset({80, 443, elsewhere.port}),
        also_public=(ip_network(OUT_THERE), ip_network(NOBODY_THERE)),
        own_hosts=frozenset({"svg.example", "Bücher.example"}),
    )


@pytest.fixture(scope="session")
def tls() -> ssl.SSLContext:
    return ssl.create_default_context()


@pytest.fixture
def outward(rules: Rules, names: Names, tls: ssl.SSLContext) -> Outward:
    return Outward(rules, resolve=names, tls=tls)


@pytest.fixture
def good(elsewhere: Elsewhere) -> str:
    return f"http://good.example:{elsewhere.port}"
