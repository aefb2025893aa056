from __future__ import annotations

import datetime
import socket
import time
from email.utils import format_datetime

import pytest

from app.adapters.outward import Delivered, Outward
from tests.app.adapters.outward.elsewhere import (
    HEAD,
    Elsewhere,
    http,
    redirect,
    saying,
)


def test_a_post_arrives_as_it_was_given(outward: Outward, elsewhere: Elsewhere, good: str) -> None:
    elsewhere.answers["/hook?a"] = http(status=202)
    headers = {"Content-Type": "application/json", "webhook-id": "msg_1"}
    assert outward.post(f"{good}/hook?a", b'{"type": "x"}', headers) == Delivered(202)
    assert elsewhere.requests[0].startswith(b"POST /hook?a HTTP/1.1\r\n")
    assert elsewhere.requests[0].endswith(b'\r\n\r\n{"type": "x"}')
    assert headers.items() <= elsewhere.headers().items()
    assert elsewhere.headers()["Host"] == f"good.example:{elsewhere.port}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_post_follows_no_redirect(outward: Outward, elsewhere: Elsewhere, good: str, status: int) -> None:
    elsewhere.answers["/"] = redirect(f"http://127.0.0.1:{elsewhere.port}/", status)
    assert outward.post(good, b"x", {}).status == status
    assert len(elsewhere.requests) == 1


def in_an_hour() -> str:
    return format_datetime(datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1), usegmt=True)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("999999999", 86_400),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("-5", None),
        ("soon", None),
        ("9" * 5000, None),
        ("", None),
    ],
)
def test_the_other_side_may_say_when_to_come_back(
    outward: Outward, elsewhere: Elsewhere, good: str, said: str, seconds: float | None
) -> None:
    elsewhere.answers["/"] = http(status=503, Retry_After=said)
    delivered = outward.post(good, b"x", {})
    assert delivered.status == 503
    assert delivered.retry_after_seconds == (seconds and pytest.approx(seconds, abs=60))


def test_the_other_side_may_say_it_as_a_date(outward: Outward, elsewhere: Elsewhere, good: str) -> None:
    elsewhere.answers["/"] = http(status=503, Retry_After=in_an_hour())
    assert outward.post(good, b"x", {}).retry_after_seconds == pytest.approx(3600, abs=60)


def test_of_a_long_reply_little_is_read(outward: Outward, elsewhere: Elsewhere, good: str) -> None:
    sent = []

    def flood(line: socket.socket) -> None:
        line.sendall(HEAD + b"\r\n")
        while True:
            line.sendall(bytes(65536))
            sent.append(65536)

    elsewhere.answers["/"] = flood
    assert outward.post(good, b"x", {}).status == 200
    time.sleep(0.05)
    assert sum(sent) < 32_000_000


def test_a_reply_that_breaks_off_still_has_its_status(outward: Outward, elsewhere: Elsewhere, good: str) -> None:
    elsewhere.answers["/"] = saying(HEAD + b"Content-Length: 100\r\n\r\nthanks")
    assert outward.post(good, b"x", {}).status == 200
