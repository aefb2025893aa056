from __future__ import annotations

import datetime
import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app import errors
from app.adapters.outward import Outward, Rules
from tests.app.adapters.outward.elsewhere import (
    HEAD,
    OUT_THERE,
    Elsewhere,
    Names,
    fetch,
    http,
    redirect,
    refusal,
    saying,
)

Serving = Callable[..., ssl.SSLContext]


class Authority:
    """Makes certificates that those who know it trust."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "an authority for tests")])
        self._certificate = self._sign(self._key, self._name, x509.BasicConstraints(ca=True, path_length=0))

    def _sign(self, key: ec.EllipticCurvePrivateKey, name: x509.Name, *more: Any, days: int = 1) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        builder = x509.CertificateBuilder(self._name, name, key.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(now - datetime.timedelta(days=2))
        builder = builder.not_valid_after(now + datetime.timedelta(days=days))
        for extension in more:
            builder = builder.add_extension(extension, critical=False)
        return builder.sign(self._key, hashes.SHA256())

    def trusted(self) -> ssl.SSLContext:
        pem = self._certificate.public_bytes(serialization.Encoding.PEM).decode()
        return ssl.create_default_context(cadata=pem)

    def server(self, host: str, folder: Path, days: int = 1) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        certificate = self._sign(key, x509.Name([]), names, days=days)
        file = folder / "server.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def trusting(rules: Rules, names: Names, authority: Authority) -> Outward:
    return Outward(rules, resolve=names, tls=authority.trusted())


@pytest.fixture
def serving(authority: Authority, tmp_path: Path) -> Serving:
    return lambda host, days=1: authority.server(host, tmp_path, days)


@pytest.fixture
def safe(elsewhere: Elsewhere) -> str:
    return f"https://good.example:{elsewhere.port}"


def test_a_certificate_is_held_against_the_name_though_the_address_is_called(
    trusting: Outward, elsewhere: Elsewhere, safe: str, serving: Serving
) -> None:
    asked_for = []
    elsewhere.tls = serving("good.example")
    elsewhere.tls.sni_callback = lambda _line, name, _context: asked_for.append(name)
    elsewhere.answers["/"] = http(b"picture")
    assert fetch(trusting, safe).data == b"picture"
    assert asked_for == ["good.example"]
    assert elsewhere.headers()["Host"] == f"good.example:{elsewhere.port}"


@pytest.mark.parametrize("certified", [("other.example", 1), ("good.example", -1), ("*", 1)])
def test_a_certificate_that_proves_nothing_is_refused(
    trusting: Outward, elsewhere: Elsewhere, safe: str, serving: Serving, certified: tuple[str, int]
) -> None:
    elsewhere.tls = serving(*certified)
    refuses(trusting, safe)
    assert elsewhere.requests == []


def test_a_certificate_of_nobody_known_is_refused(
    outward: Outward, elsewhere: Elsewhere, safe: str, serving: Serving
) -> None:
    elsewhere.tls = serving("good.example")
    refuses(outward, safe)
    assert elsewhere.requests == []


def refuses(outward: Outward, url: str) -> None:
    assert isinstance(refusal(lambda: fetch(outward, url)), errors.UrlUntrusted)
    assert isinstance(refusal(lambda: outward.post(url, b"secret", {})), errors.UrlUntrusted)


def test_https_stays_https(trusting: Outward, elsewhere: Elsewhere, safe: str, serving: Serving) -> None:
    elsewhere.tls = serving("good.example")
    elsewhere.answers["/"] = redirect("HTTP://good.example/")
    elsewhere.answers["/same"] = redirect("/file")
    elsewhere.answers["/file"] = http(b"picture")
    assert isinstance(refusal(lambda: fetch(trusting, safe)), errors.UrlRedirected)
    assert fetch(trusting, f"{safe}/same").data == b"picture"


def test_a_handshake_that_never_ends_is_cut_off(outward: Outward, rules: Rules) -> None:
    with socket.create_server((OUT_THERE, 0)) as silent:
        port = silent.getsockname()[1]
        outward = Outward(Rules(frozenset({port}), also_public=rules.also_public), resolve=Names())
        start = time.monotonic()
        assert isinstance(
            refusal(lambda: fetch(outward, f"https://{OUT_THERE}:{port}/", seconds=0.3)), errors.UrlTimedOut
        )
        assert time.monotonic() - start < 0.6


def test_a_trickle_within_tls_is_cut_off(trusting: Outward, elsewhere: Elsewhere, safe: str, serving: Serving) -> None:
    elsewhere.tls = serving("good.example")
    elsewhere.answers["/"] = saying(HEAD + b"\r\n", *(b"x",) * 50, every_seconds=0.04)
    assert isinstance(refusal(lambda: fetch(trusting, safe, seconds=0.3)), errors.UrlTimedOut)


def test_no_tls_where_tls_should_be_is_refused(rules: Rules) -> None:
    def answer_plainly() -> None:
        with plain.accept()[0] as line:
            line.recv(65536)
            line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server((OUT_THERE, 0)) as plain:
        port = plain.getsockname()[1]
        outward = Outward(Rules(frozenset({port}), also_public=rules.also_public))
        thread = threading.Thread(target=answer_plainly)
        thread.start()
        assert isinstance(refusal(lambda: fetch(outward, f"https://{OUT_THERE}:{port}/")), errors.UrlUntrusted)
        thread.join()
