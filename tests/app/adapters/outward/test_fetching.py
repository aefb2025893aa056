from __future__ import annotations

import gzip
import socket
import threading
import time

import pytest

from app import errors
from app.adapters.outward import Fetched, Outward, Rules
from tests.app.adapters.outward.elsewhere import (
    CALLED,
    HEAD,
    NOBODY_THERE,
    OUT_THERE,
    Answer,
    Elsewhere,
    Names,
    fetch,
    http,
    redirect,
    refusal,
    saying,
)


def test_a_file_is_fetched_from_the_address_that_was_checked(
    outward: Outward, elsewhere: Elsewhere, names: Names, good: str
) -> None:
    elsewhere.answers["/a%20b/%C3%A9.png?q=1&r=%2F"] = http(b"picture", Content_Type="Image/PNG; charset=x")
    assert fetch(outward, f"{good}/a%20b/é.png?q=1&r=%2F#part") == Fetched(b"picture", "image/png")
    assert names.asked == ["good.example."]
    assert elsewhere.headers() == {
        "Host": f"good.example:{elsewhere.port}",
        "User-Agent": "SVG-AI",
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }


def test_an_address_may_stand_for_a_name(outward: Outward, elsewhere: Elsewhere, names: Names) -> None:
    elsewhere.answers["/?q"] = http(b"picture")
    assert fetch(outward, f"HTTP://{OUT_THERE}:{elsewhere.port}?q").data == b"picture"
    assert names.asked == []


def test_chunks_are_put_together(outward: Outward, elsewhere: Elsewhere, good: str) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    elsewhere.answers["/"] = saying(head, b"3\r\nabc\r\n", b"2\r\nde\r\n0\r\n\r\n")
    assert fetch(outward, good).data == b"abcde"


def test_a_file_without_a_length_ends_with_the_connection(outward: Outward, elsewhere: Elsewhere, good: str) -> None:
    elsewhere.answers["/"] = saying(b"HTTP/1.0 200 OK\r\n\r\n", b"abc")
    assert fetch(outward, good).data == b"abc"


def test_a_proxy_in_the_environment_has_no_say(
    outward: Outward, elsewhere: Elsewhere, good: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{elsewhere.port}")
    elsewhere.answers["/"] = http(b"picture")
    assert fetch(outward, good).data == b"picture"


def test_the_next_address_is_tried_when_one_does_not_answer(rules: Rules, elsewhere: Elsewhere, good: str) -> None:
    elsewhere.answers["/"] = http(b"picture")
    outward = Outward(rules, resolve=Names(good_example=[[NOBODY_THERE, OUT_THERE]]))
    assert fetch(outward, good).data == b"picture"
    assert CALLED[-1] == OUT_THERE
    assert NOBODY_THERE in CALLED


def test_three_redirects_are_followed(outward: Outward, elsewhere: Elsewhere, names: Names, good: str) -> None:
    names.known["other.example"] = [[OUT_THERE]]
    elsewhere.answers["/a/1"] = redirect("2?x=1", 301)
    elsewhere.answers["/a/2?x=1"] = redirect(f"//other.example:{elsewhere.port}/3", 307)
    elsewhere.answers["/3"] = redirect("/4#here", 308)
    elsewhere.answers["/4"] = http(b"picture")
    assert fetch(outward, f"{good}/a/1").data == b"picture"
    assert names.asked == ["good.example.", "good.example.", "other.example.", "other.example."]
    assert elsewhere.headers()["Host"] == f"other.example:{elsewhere.port}"


def test_a_fourth_redirect_is_not(outward: Outward, elsewhere: Elsewhere, good: str) -> None:
    elsewhere.answers["/"] = redirect("/")
    refused = refusal(lambda: fetch(outward, good))
    assert isinstance(refused, errors.UrlRedirected)
    assert refused.limit == 3
    assert len(elsewhere.requests) == 4


def test_a_redirect_to_nowhere_is_a_status(outward: Outward, elsewhere: Elsewhere, good: str) -> None:
    for status in (301, 304, 300):
        elsewhere.answers["/"] = http(status=status)
        assert refusal(lambda: fetch(outward, good)).actual == status


def test_a_file_announced_as_too_large_is_not_read(outward: Outward, elsewhere: Elsewhere, good: str) -> None:
    elsewhere.answers["/"] = saying(HEAD + b"Content-Length: 10000000000\r\n\r\n")
    refused = refusal(lambda: fetch(outward, good))
    assert isinstance(refused, errors.UrlTooLarge)
    assert (refused.limit, refused.actual) == (1000, 10_000_000_000)


@pytest.mark.parametrize("coding", [b"", b"Transfer-Encoding: chunked\r\n"])
def test_a_file_that_does_not_end_is_cut(outward: Outward, elsewhere: Elsewhere, good: str, coding: bytes) -> None:
    sent = []

    def flood(line: socket.socket) -> None:
        line.sendall(HEAD + coding + b"\r\n")
        while True:
            line.sendall((b"ffff\r\n" if coding else b"") + bytes(0xFFFF) + b"\r\n")
            sent.append(0xFFFF)

    elsewhere.answers["/"] = flood
    assert isinstance(refusal(lambda: fetch(outward, good, at_most_bytes=300_000)), errors.UrlTooLarge)
    time.sleep(0.05)
    assert sum(sent) < 32_000_000


def test_a_file_as_large_as_the_limit_is_fetched(outward: Outward, elsewhere: Elsewhere, good: str) -> None:
    elsewhere.answers["/"] = http(bytes(1000))
    assert len(fetch(outward, good).data) == 1000
    elsewhere.answers["/"] = saying(HEAD + b"\r\n" + bytes(1001))
    assert isinstance(refusal(lambda: fetch(outward, good)), errors.UrlTooLarge)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "GZIP", "identity, gzip"])
def test_compressed_bytes_are_not_inflated(outward: Outward, elsewhere: Elsewhere, good: str, coding: str) -> None:
    elsewhere.answers["/"] = http(gzip.compress(bytes(900_000)), Content_Encoding=coding)
    refused = refusal(lambda: fetch(outward, good, at_most_bytes=1_000_000))
    assert isinstance(refused, errors.UrlUnreadable)
    assert coding in refused.detail


SLOW = {
    "the status": saying(*(bytes([byte]) for byte in HEAD * 10), every_seconds=0.04),
    "the headers": saying(HEAD, *(b"X-A: b\r\n",) * 50, every_seconds=0.04),
    "one header": saying(HEAD + b"X-A: ", *(b"b",) * 50, every_seconds=0.04),
    "more to come": saying(*(b"HTTP/1.1 100 Continue\r\n\r\n",) * 50, every_seconds=0.04),
    "the file": saying(HEAD + b"Content-Length: 500\r\n\r\n", *(b"x",) * 50, every_seconds=0.04),
    "a file without a length": saying(HEAD + b"\r\n", *(b"x",) * 50, every_seconds=0.04),
    "chunks": saying(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *(b"1\r\nx\r\n",) * 50, every_seconds=0.04),
    "nothing": saying(b"", every_seconds=0.3),
}


@pytest.mark.parametrize("answer", SLOW.values(), ids=SLOW)
def test_whoever_trickles_is_cut_off_at_the_deadline(
    outward: Outward, elsewhere: Elsewhere, good: str, answer: Answer
) -> None:
    elsewhere.answers["/"] = answer
    for attempt in (lambda: fetch(outward, good, seconds=0.15), lambda: outward.post(good, b"x", {}, seconds=0.15)):
        start = time.monotonic()
        refused = refusal(attempt)
        assert 0.1 < time.monotonic() - start < 0.65
        assert isinstance(refused, errors.UrlTimedOut)
        assert refused.limit == 0.15


def test_whoever_does_not_read_is_cut_off_at_the_deadline(outward: Outward, rules: Rules, elsewhere: Elsewhere) -> None:
    with socket.create_server((OUT_THERE, 0)) as deaf:
        port = deaf.getsockname()[1]
        outward = Outward(Rules(frozenset({port}), also_public=rules.also_public), resolve=Names())
        start = time.monotonic()
        refused = refusal(lambda: outward.post(f"http://{OUT_THERE}:{port}/", bytes(20_000_000), {}, seconds=0.4))
        assert isinstance(refused, errors.UrlTimedOut)
        assert time.monotonic() - start < 0.8


def test_the_deadline_is_over_all_redirects_together(outward: Outward, elsewhere: Elsewhere, good: str) -> None:
    elsewhere.answers["/"] = lambda line: (time.sleep(0.2), redirect("/")(line))[1]
    start = time.monotonic()
    assert isinstance(refusal(lambda: fetch(outward, good, seconds=0.5)), errors.UrlTimedOut)
    assert time.monotonic() - start < 1


def test_the_deadline_is_over_the_look_up_too(rules: Rules) -> None:
    released = threading.Event()
    outward = Outward(rules, resolve=lambda _: [OUT_THERE] if released.wait(5) else [])
    start = time.monotonic()
    assert isinstance(refusal(lambda: fetch(outward, "http://good.example/", seconds=0.1)), errors.UrlTimedOut)
    assert time.monotonic() - start < 0.5
    for _ in range(15):
        refusal(lambda: outward.check("http://good.example/", seconds=0.001))
    assert isinstance(refusal(lambda: outward.check("http://good.example/")), errors.UrlBusy)
    released.set()


@pytest.mark.parametrize(
    "answer",
    [
        saying(HEAD, *(f"X-{number}: {number}\r\n".encode() for number in range(2000)), b"\r\n"),
        saying(HEAD, b"X: " + b"x" * 200_000 + b"\r\n\r\n"),
        saying(b"HTTP/1.1 200 " + b"x" * 200_000),
        saying(b"SSH-2.0-OpenSSH_9.2\r\n"),
        saying(b"-ERR unknown command\r\n"),
        saying(b"HTTP/1.1 abc\r\n\r\n"),
        saying(HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef"),
        saying(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc"),
        saying(HEAD + b"Transfer-Encoding: chunked\r\n\r\nfffffffffff\r\nabc"),
        saying(HEAD + b"Content-Length: 100\r\n\r\nabc"),
    ],
)
def test_a_broken_answer_is_no_file(outward: Outward, elsewhere: Elsewhere, good: str, answer: Answer) -> None:
    elsewhere.answers["/"] = answer
    assert isinstance(refusal(lambda: fetch(outward, good)), errors.UrlUnreadable)


def test_nobody_there_is_said(outward: Outward, elsewhere: Elsewhere, good: str) -> None:
    elsewhere.answers["/"] = saying(b"")
    assert isinstance(refusal(lambda: fetch(outward, good)), errors.UrlUnreachable)
    assert isinstance(refusal(lambda: fetch(outward, f"http://{NOBODY_THERE}/")), errors.UrlUnreachable)


def test_a_name_without_an_address_is_said(outward: Outward, names: Names) -> None:
    names.known["empty.example"] = [[]]
    names.known["odd.example"] = [["not an address"]]
    for host in ("nobody.example", "empty.example", "odd.example"):
        refused = refusal(lambda host=host: fetch(outward, f"http://{host}/"))
        assert isinstance(refused, errors.UrlNameUnknown)
        assert refused.detail == f"'{host}' has no address; check how the host is spelled."


@pytest.mark.parametrize("status", [201, 204, 206, 400, 401, 404, 410, 429, 500, 503])
def test_only_a_whole_file_will_do(outward: Outward, elsewhere: Elsewhere, good: str, status: int) -> None:
    elsewhere.answers["/"] = http(status=status)
    refused = refusal(lambda: fetch(outward, good))
    assert isinstance(refused, errors.UrlStatusUnusable)
    assert refused.actual == status


def test_a_few_are_fetched_at_once_and_more_are_refused(
    rules: Rules, names: Names, elsewhere: Elsewhere, good: str
) -> None:
    outward = Outward(rules, resolve=names, fetches_at_once=2)
    hold, fetched = threading.Event(), []
    elsewhere.answers["/"] = lambda line: http(b"x")(line) if hold.wait(5) else None
    threads = [threading.Thread(target=lambda: fetched.append(fetch(outward, good))) for _ in range(2)]
    for thread in threads:
        thread.start()
    while len(elsewhere.requests) < 2:
        time.sleep(0.01)
    refused = refusal(lambda: fetch(outward, good))
    assert isinstance(refused, errors.UrlBusy)
    assert refused.limit == 2
    hold.set()
    for thread in threads:
        thread.join()
    assert len(fetched) == 2
    assert fetch(outward, good).data == b"x"
