"""A real nginx with our configuration in front of the real service."""

from __future__ import annotations

import gzip
import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from app.settings import Settings
from app.web.problems import Problem
from tests.proxy import Proxy, find_nginx
from tests.samples import logo_png
from tests.service import Answer, Service, free_port

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def program() -> str:
    found = find_nginx()
    if found is None:
        pytest.skip("no nginx on this machine: apt-get install -y nginx-light")
    return found


StartProxy = Callable[..., Proxy]


@pytest.fixture(scope="module")
def start_proxy(program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartProxy]:
    started: list[Proxy] = []

    def start(upstream: str, **changes: str) -> Proxy:
        started.append(Proxy(program, tmp_path_factory.mktemp("nginx"), upstream, **changes))
        started[-1].start()
        return started[-1]

    yield start
    for proxy in started:
        proxy.stop()


@pytest.fixture(scope="module")
def proxy(start_proxy: StartProxy, service_url: str) -> Proxy:
    return start_proxy(service_url)


def problem(answer: Answer) -> Problem:
    assert answer.headers["content-type"] == "application/problem+json"
    told = Problem.model_validate_json(answer.body, strict=True)
    assert told.status == answer.status
    assert told.request_id == answer.headers["x-request-id"]
    assert told.type == f"urn:svgai:problem:{told.code}"
    assert told.retryable == ("retry-after" in answer.headers)
    return told


def test_nginx_accepts_the_file(program: str, tmp_path: Path) -> None:
    untouched = Proxy(program, tmp_path, "http://web:8000")
    tested = subprocess.run(untouched.command("-t"), capture_output=True, text=True, check=False)
    said = tested.stderr + untouched.log.read_text()
    assert tested.returncode == 0, said
    assert "[warn]" not in said


def test_a_picture_becomes_the_same_svg_as_without_it(proxy: Proxy, service: Service) -> None:
    through = proxy.ask("POST", "/api/v1/convert", logo_png(128))
    assert (through.status, through.headers["content-type"]) == (200, "image/svg+xml; charset=utf-8")
    assert through.body == service.post("/api/v1/convert", logo_png(128)).body


def test_a_large_picture_is_handed_on_whole(proxy: Proxy) -> None:
    limit = Settings(_env_file=None).max_request_size
    head = b'--b\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
    form = head + logo_png(64).ljust(limit, b"\0") + b"\r\n--b--\r\n"
    answer = proxy.ask("POST", "/api/v1/convert", form, content_type="multipart/form-data; boundary=b")
    assert answer.status == 200, answer


def test_the_page_comes_compressed_with_its_headers(proxy: Proxy) -> None:
    page = proxy.ask("GET", "/", accept_encoding="gzip")
    assert page.headers["content-encoding"] == "gzip"
    assert b"<html" in gzip.decompress(page.body)
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["server"] == "nginx"


def test_the_id_of_a_request_goes_all_the_way(proxy: Proxy) -> None:
    assert proxy.ask("GET", "/health/live", x_request_id="mine_1").headers["x-request-id"] == "mine_1"
    assert problem(proxy.ask("GET", "/metrics", x_request_id="mine_2")).request_id == "mine_2"


@pytest.mark.parametrize("given", ["", 'a"b', "a b", "x" * 65])
def test_an_id_that_is_none_is_replaced(proxy: Proxy, given: str) -> None:
    for path in ("/health/live", "/metrics"):
        assert proxy.ask("GET", path, x_request_id=given).headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize("path", ["/metrics", "//metrics", "/%6detrics", "/./metrics", "/metrics?x=1", "/metrics/"])
def test_metrics_are_not_public(proxy: Proxy, service: Service, path: str) -> None:
    assert service.get("/metrics").status == 200
    assert problem(proxy.ask("GET", path)).code == "route.not_found"


def test_the_errors_of_the_service_pass_unchanged(proxy: Proxy) -> None:
    assert problem(proxy.ask("POST", "/api/v1/convert", b"no picture")).code == "picture.unsupported_type"
    assert problem(proxy.ask("GET", "/nothing/here")).code == "route.not_found"


def test_a_request_that_is_too_large_is_refused_before_it_is_read(proxy: Proxy) -> None:
    answer = proxy.ask("POST", "/api/v1/convert", bytes(20_000_000))
    assert (answer.status, problem(answer).code) == (413, "request.too_large")


def test_a_request_that_hides_its_size_is_cut(proxy: Proxy) -> None:
    chunk = b"%x\r\n%s\r\n" % (1 << 20, bytes(1 << 20))
    head = b"POST /api/v1/convert HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert proxy.say(head + 14 * chunk).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (b"NONSENSE\r\n\r\n", 400, "request.malformed"),
        (b"GET / HTTP/1.1\r\n\r\n", 400, "request.malformed"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 40_000 + b"\r\n\r\n", 431, "request.headers_too_long"),
        (b"GET /" + b"x" * 40_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414, "request.address_too_long"),
        (b"TRACE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 405, "route.method_not_allowed"),
    ],
    ids=["no request", "no host", "long header", "long address", "trace"],
)
def test_nonsense_is_refused_with_a_problem(proxy: Proxy, words: bytes, status: int, code: str) -> None:
    head, _, body = proxy.say(words).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"application/problem+json" in head
    assert Problem.model_validate_json(body).code == code


def test_slow_clients_are_let_go(start_proxy: StartProxy, service_url: str) -> None:
    hasty = {
        "client_header_timeout 10s": "client_header_timeout 1s",
        "client_body_timeout 10s": "client_body_timeout 1s",
    }
    proxy = start_proxy(service_url, **hasty)
    head = b"POST /api/v1/convert HTTP/1.1\r\nHost: a\r\n"
    for beginning in (head, head + b"Content-Length: 1000\r\n\r\nabc"):
        began = time.monotonic()
        proxy.say(beginning)
        assert 0.5 < time.monotonic() - began < 5
    assert proxy.ask("GET", "/health/live").status == 200


def test_no_client_takes_all_connections(start_proxy: StartProxy, service_url: str) -> None:
    proxy = start_proxy(service_url, **{"limit_conn clients 64": "limit_conn clients 2"})
    waiting = b"POST /api/v1/convert HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc"
    lines = [socket.create_connection(("127.0.0.1", proxy.port)) for _ in range(2)]
    try:
        for line in lines:
            line.sendall(waiting)
        time.sleep(0.3)
        answer = proxy.ask("GET", "/")
        assert (answer.status, problem(answer).code) == (429, "request.too_many")
    finally:
        for line in lines:
            line.close()


class Echo(BaseHTTPRequestHandler):
    """Answers with the headers that came."""

    def do_GET(self) -> None:
        body = json.dumps(dict(self.headers)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def test_a_web_that_is_away_is_told_and_found_again(start_proxy: StartProxy) -> None:
    port = free_port()
    proxy = start_proxy(f"http://127.0.0.1:{port}")
    answer = proxy.ask("GET", "/")
    assert (answer.status, problem(answer).code) == (502, "service.unavailable")
    assert answer.headers["retry-after"] == "5"
    with ThreadingHTTPServer(("127.0.0.1", port), Echo) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        lies = {
            "x_forwarded_for": "6.6.6.6",
            "x_forwarded_proto": "https",
            "forwarded": "for=6.6.6.6",
            "host": "a.test:81",
        }
        told = proxy.ask("GET", "/", **lies).json
        web.shutdown()
    assert told["X-Forwarded-For"] == "127.0.0.1"
    assert told["X-Forwarded-Proto"] == "http"
    assert told["Host"] == told["X-Forwarded-Host"] == "a.test:81"
    assert "Forwarded" not in told
    assert told["X-Request-Id"].startswith("req_")
    assert told["Connection"] == "close", "the web would wait in vain for another request"


class Coloured(Echo):
    """Answers with its name, and with the headers that came."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("X-Served-By", self.server.server_name)
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.fixture
def coloured(start_proxy: StartProxy) -> Iterator[Proxy]:
    webs = {}
    for colour in ("blue", "green"):
        webs[colour] = ThreadingHTTPServer(("127.0.0.1", 0), Coloured)
        webs[colour].server_name = colour
        threading.Thread(target=webs[colour].serve_forever, daemon=True).start()
    yield start_proxy(
        "", **{f"http://web-{colour}:8000": f"http://127.0.0.1:{web.server_port}" for colour, web in webs.items()}
    )
    for web in webs.values():
        web.shutdown()
        web.server_close()


def colours(proxy: Proxy, clients: int, port: int = 0, **headers: str) -> list[str]:
    """Who serves so many clients."""
    return [
        proxy.ask("GET", "/health/live", port=port, user_agent=f"client {number}", **headers).headers["x-served-by"]
        for number in range(clients)
    ]


def test_a_file_says_which_web_serves_and_no_reload_is_needed(coloured: Proxy) -> None:
    for _ in range(2):
        assert set(colours(coloured, 5)) == {"blue"}
        (coloured.switch / "green").touch()
        assert set(colours(coloured, 5)) == {"green"}
        (coloured.switch / "green").unlink()


@pytest.mark.parametrize("live", ["blue", "green"])
def test_a_tenth_of_the_clients_tries_the_canary_and_stays_with_it(coloured: Proxy, live: str) -> None:
    (coloured.switch / "canary").touch()
    if live == "green":
        (coloured.switch / "green").touch()
    served = colours(coloured, 200)
    assert served == colours(coloured, 200)
    assert 5 <= 200 - served.count(live) <= 40


def test_operators_choose_a_web_and_nobody_else_does(coloured: Proxy) -> None:
    assert set(colours(coloured, 3, x_colour="green")) == {"blue"}
    for colour in ("blue", "green"):
        assert set(colours(coloured, 3, coloured.operators, x_colour=colour)) == {colour}
    assert set(colours(coloured, 3, coloured.operators)) == {"blue"}


def test_plain_http_is_sent_to_https(proxy: Proxy) -> None:
    answer = proxy.ask("POST", "/api/v1/convert?a=b", b"", port=proxy.plain, host="svg.test")
    assert (answer.status, answer.headers["location"]) == (308, "https://svg.test/api/v1/convert?a=b")


def test_operators_see_metrics_and_administration_and_nobody_else_does(proxy: Proxy) -> None:
    assert b"http_requests_total" in proxy.ask("GET", "/metrics", port=proxy.operators).body
    assert b"Active connections" in proxy.ask("GET", "/nginx", port=proxy.operators).body
    assert problem(proxy.ask("GET", "/api/v1/admin/accounts", port=proxy.operators)).code == "auth.missing"
    for path in ("/api/v1/admin/keys", "/api/v1/admin/quality", "//api/v1/./admin/keys", "/api/v1/%61dmin/keys"):
        assert problem(proxy.ask("GET", path)).code == "route.not_found"
    assert problem(proxy.ask("GET", "/nginx")).code == "route.not_found"


def test_scripts_and_styles_are_kept_for_a_while(proxy: Proxy, service: Service) -> None:
    log = proxy.folder / "access.log"
    for _ in range(2):
        assert proxy.ask("GET", "/static/style.css").body == service.get("/static/style.css").body
    served = [json.loads(line) for line in log.read_text().splitlines() if "style.css" in line][-2:]
    assert [line["upstream"] != "" for line in served] == [True, False]


def test_the_file_is_accepted_with_its_certificate_too(program: str, tmp_path: Path) -> None:
    made = subprocess.run(
        ["scripts/make_secrets.sh"], env={"PATH": os.environ["PATH"], "SVGAI_HOME": str(tmp_path / "home")}, check=False
    )
    assert made.returncode == 0
    tls = {
        "ssl_certificate ": "ssl_certificate ",
        "ssl_certificate_key ": "ssl_certificate_key ",
        "/etc/nginx/tls": "home/tls",
        "listen 8443 ssl http2": f"listen 127.0.0.1:{free_port()} ssl http2",
    }
    proxy = Proxy(program, tmp_path, "http://127.0.0.1:1", **tls)
    tested = subprocess.run(proxy.command("-t"), capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stderr + proxy.log.read_text()
