"""The client against a real service, and against one that is scripted to misbehave."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from svgai import FORMATS
from svgai.client import (
    AnswerUnreadable,
    ApiError,
    Client,
    JobUnsuccessful,
    Progress,
    StillUnfinished,
    Unreachable,
    WebhookInvalid,
    verify_webhook,
)
from svgai.client.events import Event, read_events
from tests.samples import logo_png, noise_png
from tests.service import Service

pytestmark = pytest.mark.alone

KEY = "svgai_" + "k" * 43
LOGO = logo_png(64)


# --- the real service


@pytest.fixture(scope="session")
def key(service: Service) -> str:
    """A key of an account whose limits no test reaches."""
    tool = str(Path(sys.executable).with_name("svgai"))

    def run(*words: str) -> str:
        done = subprocess.run(
            [tool, *words], cwd=service.folder, env=service.environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    run("accounts", "create", "programs", "--jobs-per-minute", "100000", "--unfinished-jobs", "1000")
    return run("keys", "create", "--account", "programs", "--name", "tests")


@pytest.fixture
def client(service: Service, key: str) -> Client:
    return Client(service.url, key)


@pytest.mark.end_to_end
class TestWithTheService:
    def test_a_path_becomes_a_file(self, client: Client, tmp_path: Path) -> None:
        (tmp_path / "logo.png").write_bytes(LOGO)
        conversion = client.convert(tmp_path / "logo.png", max_colors=8, cutout=True, metadata={"order": "17"})
        assert conversion.svg.startswith("<svg")
        assert conversion.save(tmp_path / "logo.svg").read_bytes() == conversion.data
        job = conversion.job
        assert (job.state, job.percent, job.metadata) == ("succeeded", 100, {"order": "17"})
        assert (job.facts["options"]["max_colors"], job.facts["options"]["cutout"]) == (8, True)
        assert job.quality
        assert job.quality.ssim > 0.9

    @pytest.mark.parametrize("form", FORMATS)
    def test_a_drawing_comes_in_every_format(self, client: Client, form: str) -> None:
        starts = {
            "svg": b"<svg",
            "svgz": b"\x1f\x8b",
            "png": b"\x89PNG",
            "pdf": b"%PDF",
            "eps": b"%!PS",
            "dxf": b"0\nS",
        }
        assert client.convert(LOGO, format=form).data.startswith(starts[form])

    def test_whoever_does_not_wait_has_the_drawing_later(self, client: Client) -> None:
        conversion = client.convert(noise_png(64), wait=False, method="fast")
        assert "data" not in vars(conversion)
        assert conversion.svg.startswith("<svg")
        assert conversion.job.is_done

    def test_the_same_key_makes_one_job(self, client: Client) -> None:
        first, second = (client.submit(LOGO, idempotency_key="once", precision=1) for _ in range(2))
        assert first.id == second.id
        with pytest.raises(ApiError) as refused:
            client.submit(noise_png(32), idempotency_key="once")
        assert (refused.value.status, refused.value.code) == (422, "idempotency.mismatch")

    def test_progress_is_told_from_the_stream(self, client: Client) -> None:
        told: list[Progress] = []
        job = client.wait(client.submit(noise_png(400), method="baseline"), 60, told.append)
        assert job.state == told[-1].state == "succeeded"
        assert told[-1].percent == 100
        assert [each.percent for each in told] == sorted(each.percent for each in told)
        assert len(set(told)) == len(told) > 1

    def test_a_job_that_has_ended_is_told_once(self, client: Client) -> None:
        told: list[Progress] = []
        job = client.convert(LOGO).job
        assert client.wait(job.id, 60, told.append) == client.job(job.id)
        assert told == [Progress("succeeded", 100, None)]

    def test_waiting_ends_when_its_time_is_over(self, client: Client) -> None:
        job = client.submit(noise_png(1200), method="refined")
        for tell in (None, lambda _: None):
            began = time.monotonic()
            with pytest.raises(StillUnfinished, match=job.id):
                client.wait(job, 0.4, tell)
            assert time.monotonic() - began < 5
        cancelled = client.wait(client.cancel(job), 10)
        assert cancelled.state == "cancelled"
        with pytest.raises(ApiError, match=r"job\.cancelled"):
            client.result(cancelled)

    def test_a_job_that_fails_says_why(self, client: Client) -> None:
        with pytest.raises(JobUnsuccessful) as failed:
            client.convert(logo_png(128)[:-600])
        assert failed.value.code == "picture.corrupt"
        assert failed.value.job.state == "failed"
        assert failed.value.job.id in str(failed.value)

    def test_lists_go_from_page_to_page(self, client: Client) -> None:
        note = {"run": str(time.time_ns())}
        made = [client.submit(LOGO, metadata=note).id for _ in range(3)]
        assert [job.id for job in client.jobs(metadata=note)] == made[::-1]
        for job_id in made:
            client.wait(job_id)
        assert [job.id for job in client.jobs(metadata=note, state=["succeeded"])] == made[::-1]
        assert list(client.jobs(metadata=note, state=["failed", "cancelled"])) == []
        assert list(client.jobs(metadata=note, created_after="2100-01-01T00:00:00Z")) == []

    def test_what_is_deleted_is_gone(self, client: Client) -> None:
        job = client.convert(LOGO).job
        client.delete(job)
        with pytest.raises(ApiError) as gone:
            client.job(job.id)
        assert (gone.value.status, gone.value.code) == (404, "job.not_found")
        assert str(gone.value.request_id).startswith("req_")

    def test_a_batch_comes_back_together(self, client: Client) -> None:
        batch = client.batch([LOGO, logo_png(32)], metadata={"season": "spring"}, method="fast")
        assert [job.batch_id for job in batch.jobs] == [batch.id] * 2
        done = client.wait_for_batch(batch)
        assert (done.is_done, done.metadata, done.facts["counts"]) == (True, {"season": "spring"}, {"succeeded": 2})
        drawings = client.batch_results(done)
        assert drawings == {job.id: client.result(job) for job in done.jobs}
        pages = client.batch_results(done, format="pdf")
        assert pages == {job.id: client.result(job, format="pdf") for job in done.jobs}
        with zipfile.ZipFile(io.BytesIO(client.batch_archive(done))) as archive:
            assert len(json.loads(archive.read("jobs.json"))) == 2
        assert {job.id for job in client.jobs(batch_id=batch.id)} == set(drawings)

    def test_a_picture_is_looked_at(self, client: Client) -> None:
        assert client.analyze(LOGO)["inks"]
        (job,) = (job for job in client.jobs() if job.kind == "analyze")
        with pytest.raises(ApiError, match="as `analysis`") as refused:
            client.result(job)
        assert (refused.value.status, refused.value.code) == (422, "format.unknown")

    def test_advice_comes_from_a_picture_or_from_its_features(self, client: Client) -> None:
        advice = client.classify(LOGO, quality_target=98)
        assert (advice["image_type"], advice["quality_target"]) == ("simple", 0.98)
        features = advice["features"]
        assert set(features) == {each["name"] for each in client.features()["features"]}
        routed = client.predict_routing(features, quality_target=98)
        # Features travel rounded, so that what is made of them may differ in the last digits.
        assert (routed["image_type"], routed["ranking"]) == (advice["image_type"], advice["ranking"])
        assert routed["assumed"] == {}
        foretold = client.predict_quality(features, "fast")
        assert foretold["quality"] == pytest.approx(advice["predictions"]["fast"]["quality"], abs=1e-3)
        assert client.ai_status()["source"] == advice["advised_by"]

    def test_it_says_what_there_is(self, client: Client) -> None:
        assert "auto" in {method["name"] for method in client.methods()["methods"]}
        assert set(client.limits()["formats"]) >= {"PNG", "JPEG"}
        assert client.usage(days=1)[0]["accepted"] > 0

    def test_a_result_can_be_judged(self, client: Client) -> None:
        job = client.convert(LOGO).job
        client.feedback(job, 5, preferred_method="fast", comment="as I would have drawn it")
        with pytest.raises(ApiError, match=r"options\.invalid"):
            client.feedback(job, 6)

    def test_an_option_that_does_not_exist_is_named(self, client: Client) -> None:
        with pytest.raises(ApiError, match="colours") as refused:
            client.convert(LOGO, colours=3)
        assert refused.value.code == "options.invalid"

    def test_limits_are_told_in_figures(self, client: Client) -> None:
        with pytest.raises(ApiError) as refused:
            client.submit(bytes(client.limits()["max_bytes"] + 1))
        assert (refused.value.status, refused.value.limit is not None) == (413, True)

    def test_a_key_that_is_none_is_refused_and_not_repeated(self, service: Service) -> None:
        with pytest.raises(ApiError) as refused:
            Client(service.url, KEY).usage()
        assert (refused.value.status, refused.value.code) == (401, "auth.invalid")
        assert KEY not in repr(refused.value) + str(refused.value)


# --- a service that is scripted

Script = Callable[[BaseHTTPRequestHandler], None]


class Scripted(ThreadingHTTPServer):
    """Answers each request by the next line of the script, and the last line for ever."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.script: list[Script] = []
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.times: list[float] = []


class _Handler(BaseHTTPRequestHandler):
    server: Scripted

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        named = {name.lower(): value for name, value in self.headers.items()}
        self.server.asked.append((self.command, self.path, named))
        self.server.times.append(time.monotonic())
        line = self.server.script.pop(0) if len(self.server.script) > 1 else self.server.script[0]
        line(self)

    do_GET = do_POST = do_DELETE = _answer  # noqa: N815

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    server = Scripted()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def says(status: int, body: Any = None, **headers: str) -> Script:
    def answer(request: BaseHTTPRequestHandler) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        request.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(data)

    return answer


def streams(*lines: str) -> Script:
    """A stream that ends after these lines, whether or not that is its end."""
    return says(200, "\n".join(lines).encode(), Content_Type="text/event-stream; charset=utf-8")


def hangs_up(request: BaseHTTPRequestHandler) -> None:
    request.close_connection = True


def breaks_off(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Length", "1000")
    request.end_headers()
    request.wfile.write(b'{"id": ')


def told(state: str = "succeeded", percent: int = 100, **more: Any) -> dict[str, Any]:
    progress = {"percent": percent, "phase": "refine" if 0 < percent < 100 else None}
    whole = {"id": "job_1", "kind": "convert", "state": state, "progress": progress, "batch_id": None, "metadata": {}}
    return {**whole, "cached": False, "quality": None, "warnings": [], "error": None, **more}


def refusal(status: int, code: str, **headers: str) -> Script:
    return says(status, {"code": code, "detail": "No.", "limit": 3, "actual": 4.5}, **headers)


def test_passing_faults_are_asked_again_until_they_have_passed(scripted: Scripted) -> None:
    scripted.script = [says(502, b"<html>"), hangs_up, breaks_off, refusal(503, "queue.full"), says(200, told())]
    assert Client(scripted.url, retries=4).job("job_1").state == "succeeded"
    assert len(scripted.asked) == 5
    pauses = [later - earlier for earlier, later in zip(scripted.times, scripted.times[1:], strict=False)]
    assert [
        low <= pause < high + 0.3 for pause, low, high in zip(pauses, (0.25, 0.5, 1, 2), (0.5, 1, 2, 4), strict=True)
    ]


def test_advice_that_takes_longer_is_waited_for(scripted: Scripted) -> None:
    done = told(kind="advise", object="job", advice={"image_type": "text"})
    scripted.script = [says(202, told("running", 10, kind="advise", object="job")), says(200, done)]
    assert Client(scripted.url).classify(LOGO) == {"image_type": "text"}
    assert [method for method, _, _ in scripted.asked] == ["POST", "GET"]


def test_retries_are_bounded(scripted: Scripted) -> None:
    scripted.script = [refusal(503, "queue.full", Retry_After="0", X_Request_Id="req_7")]
    with pytest.raises(ApiError) as refused:
        Client(scripted.url, retries=1).methods()
    error = refused.value
    assert len(scripted.asked) == 2
    assert (error.status, error.code, error.detail, error.limit, error.actual) == (503, "queue.full", "No.", 3, 4.5)
    assert (error.request_id, error.retry_after) == ("req_7", 0)


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_obeyed(scripted: Scripted, form: str) -> None:
    after = "2" if form == "seconds" else formatdate(time.time() + 3, usegmt=True)
    scripted.script = [refusal(429, "rate.account", Retry_After=after), says(200, told())]
    Client(scripted.url).job("job_1")
    assert scripted.times[1] - scripted.times[0] >= 1.9


def test_whoever_is_told_to_come_back_much_later_is_told_so(scripted: Scripted) -> None:
    scripted.script = [refusal(503, "url.circuit_open", Retry_After="3600")]
    with pytest.raises(ApiError) as refused:
        Client(scripted.url).limits()
    assert (len(scripted.asked), refused.value.retry_after) == (1, 3600)


@pytest.mark.parametrize("status", [400, 401, 404, 409, 422, 500])
def test_refusals_that_will_stay_are_not_asked_again(scripted: Scripted, status: int) -> None:
    scripted.script = [refusal(status, "some.code")]
    with pytest.raises(ApiError, match=r"No\. \(\d+ some\.code, request without an id\)"):
        Client(scripted.url).job("job_1")
    assert len(scripted.asked) == 1


def test_what_is_handed_in_again_has_the_same_key(scripted: Scripted) -> None:
    scripted.script = [hangs_up, breaks_off, says(202, told("queued", 0))]
    Client(scripted.url).submit(LOGO)
    keys = [headers["idempotency-key"] for _, _, headers in scripted.asked]
    assert len(keys) == 3
    assert len(set(keys)) == 1
    Client(scripted.url).submit(LOGO)
    assert scripted.asked[-1][2]["idempotency-key"] != keys[0]


@pytest.mark.parametrize("ask", [lambda it: it.cancel("job_1"), lambda it: it.delete("job_1")])
def test_what_could_be_done_twice_is_not_asked_again(scripted: Scripted, ask: Callable[[Client], object]) -> None:
    scripted.script = [hangs_up]
    with pytest.raises(Unreachable):
        ask(Client(scripted.url))
    assert len(scripted.asked) == 1


def test_redirects_are_refused_and_the_key_goes_nowhere_else(scripted: Scripted) -> None:
    elsewhere = f"http://localhost:{scripted.server_port}/api/v1/limits"
    scripted.script = [says(307, b"", Location=elsewhere)]
    for ask in (Client(scripted.url, KEY).limits, lambda: Client(scripted.url, KEY).submit(LOGO)):
        with pytest.raises(ApiError, match=elsewhere) as refused:
            ask()
        assert (refused.value.status, refused.value.code) == (307, "http.307")
    assert len(scripted.asked) == 2
    assert all(headers["authorization"] == f"Bearer {KEY}" for _, _, headers in scripted.asked)


@pytest.mark.parametrize("body", [b"<html>hello</html>", b"", b"[]", b'{"id": "job_1"}', b"\xff"])
def test_answers_that_are_none_of_the_service_are_said_to_be_so(scripted: Scripted, body: bytes) -> None:
    scripted.script = [says(200, body)]
    with pytest.raises(AnswerUnreadable):
        Client(scripted.url).job("job_1")


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"", b"null", b"\xff"])
def test_refusals_without_words_have_a_code_all_the_same(scripted: Scripted, body: bytes) -> None:
    scripted.script = [says(500, body)]
    with pytest.raises(ApiError) as refused:
        Client(scripted.url).job("job_1")
    assert (refused.value.code, refused.value.detail) == ("http.500", "The service answered 500 Internal Server Error.")


def test_nobody_there_is_said_in_a_sentence() -> None:
    with pytest.raises(Unreachable, match=r"No whole answer came from http://127\.0\.0\.1:1: .*refused"):
        Client("http://127.0.0.1:1", KEY, retries=0).limits()


def test_a_silent_service_is_given_up(scripted: Scripted) -> None:
    scripted.script = [lambda _: time.sleep(1)]
    began = time.monotonic()
    with pytest.raises(Unreachable, match="timed out"):
        Client(scripted.url, timeout=0.1, retries=0).limits()
    assert time.monotonic() - began < 0.8


def test_a_stream_that_breaks_off_goes_on_where_it_was(scripted: Scripted) -> None:
    running = 'id: 2\nevent: running\ndata: {"state": "running", "attempts": 1}\n'
    scripted.script = [
        streams("retry: 3000\n", f"id: 1\nevent: snapshot\ndata: {json.dumps(told('queued', 0))}\n", running, "id: 3"),
        hangs_up,
        streams(': still there\n\nid: 4\nevent: progress\ndata: {"percent": 40, "phase": "refine"}\n', ""),
        streams("id: 5", "event: succeeded", f"data: {json.dumps(told())}", "", ""),
    ]
    seen: list[Progress] = []
    job = Client(scripted.url).wait("job_1", 30, seen.append)
    assert job.state == "succeeded"
    assert seen == [
        Progress("queued", 0, None),
        Progress("running", 0, None),
        Progress("running", 40, "refine"),
        Progress("succeeded", 100, None),
    ]
    assert [headers.get("last-event-id") for _, _, headers in scripted.asked] == [None, "2", "2", "4"]
    assert {path for _, path, _ in scripted.asked} == {"/api/v1/jobs/job_1/events"}


@pytest.mark.parametrize(
    "stream",
    [
        refusal(503, "capacity.streams"),
        says(204, b""),
        says(200, told(), Content_Type="application/json"),
    ],
)
def test_without_streams_it_asks_now_and_then(scripted: Scripted, stream: Script) -> None:
    scripted.script = [stream, says(200, told("running", 40)), says(200, told())]
    seen: list[Progress] = []
    assert Client(scripted.url).wait("job_1", 30, seen.append).is_done
    assert [each.percent for each in seen] == [40, 100]
    assert [(path, headers.get("prefer")) for _, path, headers in scripted.asked[1:]] == [
        ("/api/v1/jobs/job_1", "wait=20")
    ] * 2
    assert scripted.times[2] - scripted.times[1] > 0.9  # it answered at once: no place for whoever waits


def test_streams_that_tell_nothing_again_and_again_are_given_up(scripted: Scripted) -> None:
    bad = streams("data: this is no JSON", "", "")
    scripted.script = [hangs_up, bad, streams('data: {"id": 3}', "", ""), says(200, told())]
    assert Client(scripted.url).wait("job_1", 30, lambda _: None).is_done
    assert len(scripted.asked) == 4


def test_a_stream_of_a_job_that_is_gone_is_refused(scripted: Scripted) -> None:
    scripted.script = [refusal(404, "job.not_found")]
    with pytest.raises(ApiError, match=r"job\.not_found"):
        Client(scripted.url).wait("job_1", 30, lambda _: None)
    assert len(scripted.asked) == 1


def test_what_the_callback_raises_reaches_its_caller(scripted: Scripted) -> None:
    scripted.script = [streams(f"data: {json.dumps(told())}", "", "")]

    def tell(_: Progress) -> None:
        raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        Client(scripted.url).wait("job_1", 30, tell)
    assert len(scripted.asked) == 1


def test_events_are_read_as_the_standard_says() -> None:
    lines = [b": still there\n", b"id: 7\r\n", b'data: {"a":\r\n', b"data:1}\n", b"\n", b"\n", b"data: {"]
    assert list(read_events(lines)) == [Event("7", {"a": 1})]


def test_ids_cannot_lead_to_other_paths(scripted: Scripted) -> None:
    scripted.script = [says(200, told())]
    Client(scripted.url).job("../admin/accounts?x=1")
    assert scripted.asked[0][1] == "/api/v1/jobs/..%2Fadmin%2Faccounts%3Fx%3D1"


def test_paths_cannot_lead_to_other_hosts(scripted: Scripted) -> None:
    with pytest.raises(ValueError, match="slash"):
        Client(scripted.url, KEY).call("GET", f"@localhost:{scripted.server_port}/")
    assert scripted.asked == []


@pytest.mark.parametrize(("wait", "prefer"), [(True, "wait=20"), (3, "wait=3"), (2.5, "wait=3"), (60.0, "wait=20")])
def test_it_waits_no_longer_than_it_is_told(scripted: Scripted, wait: float, prefer: str) -> None:
    scripted.script = [says(202, told()), says(200, b"<svg/>")]
    assert Client(scripted.url).convert(LOGO, wait=wait).svg == "<svg/>"
    assert scripted.asked[0][2]["prefer"] == prefer
    assert "prefer" not in scripted.asked[1][2]


# --- the key, the URL, the import


def test_the_key_is_not_shown() -> None:
    client = Client("http://127.0.0.1:8000/", KEY)
    assert repr(client) == "Client('http://127.0.0.1:8000', with a key)"
    assert "k" * 10 not in str(vars(client))
    for bad in (KEY + "\n", "two words", "schlüssel", ""):
        with pytest.raises(ValueError, match="characters that no key has") as refused:
            Client(key=bad)
        assert bad == "" or bad.strip() not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["", "example.com", "file:///etc/passwd", "ftp://x", "http://", "http://a:b@c", "http://c/?q"]
)
def test_only_urls_of_a_service_are_taken(url: str) -> None:
    with pytest.raises(ValueError, match="The service's URL"):
        Client(url)


def test_the_import_is_light() -> None:
    heavy = "numpy cv2 numba skia PIL pydantic flask requests click asyncio"
    code = f"import sys, svgai.client; print([name for name in {heavy.split()} if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


# --- webhooks

SECRETS = ["whsec_" + base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2, 3)]
BODY = b'{"type": "job.succeeded", "data": {"id": "job_1"}}'


def signed(secret: str, at: float, body: bytes = BODY) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"msg_1.{at:.0f}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def headers_of(*signatures: str, at: float) -> dict[str, str]:
    return {"Webhook-Id": "msg_1", "WEBHOOK-TIMESTAMP": f"{at:.0f}", "webhook-signature": " ".join(signatures)}


def test_a_signed_message_is_read() -> None:
    now = time.time()
    assert verify_webhook(headers_of(signed(SECRETS[0], now), at=now), BODY, SECRETS[0])["data"] == {"id": "job_1"}


def test_after_a_rotation_both_secrets_are_good() -> None:
    now = time.time()
    headers = headers_of("v1a,other", signed(SECRETS[0], now), signed(SECRETS[1], now), at=now)
    assert verify_webhook(headers, BODY, SECRETS[0]) == verify_webhook(headers, BODY, SECRETS[1])
    with pytest.raises(WebhookInvalid, match="signature"):
        verify_webhook(headers, BODY, SECRETS[2])


def test_a_message_that_was_changed_is_refused() -> None:
    now = time.time()
    headers = headers_of(signed(SECRETS[0], now), at=now)
    for changed in ({**headers, "Webhook-Id": "msg_2"}, {**headers, "WEBHOOK-TIMESTAMP": f"{now - 1:.0f}"}):
        with pytest.raises(WebhookInvalid):
            verify_webhook(changed, BODY, SECRETS[0])
    with pytest.raises(WebhookInvalid):
        verify_webhook(headers, BODY + b" ", SECRETS[0])
    with pytest.raises(WebhookInvalid):
        verify_webhook({**headers, "webhook-signature": "v1,ünsigned"}, BODY, SECRETS[0])


@pytest.mark.parametrize(("seconds", "is_good"), [(-310, False), (-290, True), (290, True), (310, False)])
def test_messages_are_good_for_five_minutes(seconds: float, is_good: bool) -> None:
    at = time.time() + seconds
    headers = headers_of(signed(SECRETS[0], at), at=at)
    if is_good:
        verify_webhook(headers, BODY, SECRETS[0])
    else:
        with pytest.raises(WebhookInvalid, match="300 seconds"):
            verify_webhook(headers, BODY, SECRETS[0])


@pytest.mark.parametrize("missing", ["Webhook-Id", "WEBHOOK-TIMESTAMP", "webhook-signature"])
def test_a_message_without_its_headers_is_refused(missing: str) -> None:
    headers = headers_of(signed(SECRETS[0], 0), at=0)
    del headers[missing]
    with pytest.raises(WebhookInvalid, match=missing.lower()):
        verify_webhook(headers, BODY, SECRETS[0])


def test_a_secret_that_is_none_is_not_shown() -> None:
    with pytest.raises(ValueError, match="whsec_") as refused:
        verify_webhook(headers_of("v1,x", at=time.time()), BODY, "whsec_not base64")
    assert "not base64" not in str(refused.value)
