from __future__ import annotations

import io
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from app import work
from app.errors import ConversionTimedOut
from app.factory import create_app
from app.jobs import Drawn
from app.services import Services
from svgai import Options
from svgai.errors import PictureCorrupt
from tests.fakes import ADVICE, FACTS, SVG, FakeConverter
from tests.samples import bomb_png, logo_png
from tests.world import with_settings

DEFAULTS = {option.name: option.default for option in fields(Options)}


def form(picture: bytes, name: str = "logo.png", **options: str) -> dict[str, Any]:
    return {"image": (io.BytesIO(picture), name), **options}


def perform_all(services: Services, converter: FakeConverter | None = None) -> None:
    while work.perform(services, converter or FakeConverter()):
        pass
    for job_id, form in list(services.queue.exports):
        work.export(services, converter or FakeConverter(), job_id, form)


@contextmanager
def working(services: Services, converter: FakeConverter) -> Iterator[None]:
    """A worker beside the web, for requests that wait."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.01):
            perform_all(services, converter)

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stop.set()
    thread.join()


@pytest.fixture
def _a_worker(services: Services) -> Iterator[None]:
    with working(services, FakeConverter()):
        yield


def test_a_form_becomes_a_job(client: FlaskClient) -> None:
    answer = client.post("/api/v1/jobs", data=form(logo_png(32), precision="3", cutout="true"))
    job = answer.get_json()
    assert (answer.status_code, job["state"]) == (202, "queued")
    assert answer.headers["Location"] == job["links"]["self"] == f"/api/v1/jobs/{job['id']}"
    assert answer.headers["Retry-After"] == "1"
    assert job["options"] == DEFAULTS | {"precision": 3, "cutout": True}
    assert (job["input"]["format"], job["input"]["width"]) == ("PNG", 32)


@pytest.mark.parametrize("kind", ["image/png", "application/octet-stream", "application/x-www-form-urlencoded", ""])
def test_the_body_itself_may_be_the_picture(client: FlaskClient, kind: str) -> None:
    answer = client.post("/api/v1/jobs?precision=1", data=logo_png(32), content_type=kind)
    assert answer.status_code == 202
    assert answer.get_json()["options"]["precision"] == 1


@pytest.mark.parametrize(("word", "value"), [("true", True), ("false", False)])
def test_a_boolean_is_asked_for_in_words(client: FlaskClient, word: str, value: bool) -> None:
    in_query = client.post(f"/api/v1/jobs?cutout={word}", data=logo_png(32))
    in_form = client.post("/api/v1/jobs", data=form(logo_png(32), cutout=word))
    assert [answer.get_json()["options"]["cutout"] for answer in (in_query, in_form)] == [value, value]


def test_every_option_is_described_with_its_bounds(client: FlaskClient) -> None:
    body = client.get("/api/v1/openapi.json").get_json()["paths"]["/api/v1/convert"]["post"]["requestBody"]
    described = body["content"]["multipart/form-data"]["schema"]["properties"]
    assert set(described) == {"image", "metadata", *(option.name for option in fields(Options))}
    assert described["cutout"] | {"type": "boolean", "default": False} == described["cutout"]
    assert described["max_colors"] | {"type": "integer", "minimum": 2, "maximum": 256} == described["max_colors"]


def test_a_job_is_shown_until_it_is_done_and_then_with_its_result(client: FlaskClient, services: Services) -> None:
    job = client.post("/api/v1/jobs", data=logo_png(32)).get_json()
    assert client.get(job["links"]["result"]).get_json()["code"] == "job.not_ready"
    perform_all(services)
    done = client.get(job["links"]["self"]).get_json()
    assert (done["state"], done["attempts"], done["progress"]["percent"]) == ("succeeded", 1, 100)
    assert (done["result"]["bytes"], done["quality"]["ssim"], done["baseline_quality"]["ssim"]) == (len(SVG), 0.9, 0.8)
    assert client.get(done["result"]["url"]).data == SVG


class Advised(FakeConverter):
    """A converter that was advised, as all real ones are."""

    def convert(self, *asked: Any) -> Drawn:
        facts = {"image_type": "simple", "predicted_quality": 0.99, "advice": ADVICE | {"tried": []}}
        return replace(super().convert(*asked), facts=FACTS | facts)


def test_a_job_tells_what_was_advised(client: FlaskClient, services: Services) -> None:
    job = client.post("/api/v1/jobs", data=logo_png(32)).get_json()
    assert (job["image_type"], job["predicted_quality"], job["advice"]) == (None, None, None)
    perform_all(services, Advised())
    done = client.get(job["links"]["self"]).get_json()
    assert (done["image_type"], done["predicted_quality"]) == ("simple", 0.99)
    assert (done["advice"]["ranking"], done["advice"]["tried"]) == (ADVICE["ranking"], [])
    assert "advice" not in done["result"]


def test_a_result_is_served_so_that_nothing_in_it_can_run(client: FlaskClient, services: Services) -> None:
    job = client.post("/api/v1/jobs", data=logo_png(32)).get_json()
    perform_all(services)
    answer = client.get(job["links"]["result"])
    assert answer.mimetype == "image/svg+xml"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("attachment;")


def test_a_result_that_the_caller_has_is_not_sent_again(client: FlaskClient, services: Services) -> None:
    job = client.post("/api/v1/jobs", data=logo_png(32)).get_json()
    perform_all(services)
    tag = client.get(job["links"]["result"]).headers["ETag"]
    again = client.get(job["links"]["result"], headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.usefixtures("_a_worker")
@pytest.mark.parametrize("path", ["/api/v1/convert", "/api/convert"])
def test_convert_answers_with_the_svg(client: FlaskClient, path: str) -> None:
    answer = client.post(path, data=form(logo_png(32)))
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "image/svg+xml", SVG)
    assert answer.headers["X-Job-Id"].startswith("job_")


def test_convert_hands_over_when_it_takes_too_long(client: FlaskClient) -> None:
    begun = time.monotonic()
    answer = client.post("/api/v1/convert", data=logo_png(32), headers={"Prefer": "respond-async, wait=1"})
    assert 1 <= time.monotonic() - begun < 3
    assert (answer.status_code, answer.get_json()["state"]) == (202, "queued")
    assert answer.headers["Location"].startswith("/api/v1/jobs/job_")


def test_nobody_waits_longer_than_the_settings_allow(services: Services) -> None:
    hasty = with_settings(services, convert_wait_seconds=0.2)
    begun = time.monotonic()
    answer = create_app(hasty).test_client().post("/api/convert", data=logo_png(32), headers={"Prefer": "wait=9999"})
    assert (answer.status_code, time.monotonic() - begun < 2) == (202, True)


def test_those_who_wait_never_take_every_thread(services: Services) -> None:
    few = with_settings(services, threads=4)
    client = create_app(few).test_client
    answered: list[float] = []

    def wait() -> None:
        begun = time.monotonic()
        assert client().post("/api/convert", data=logo_png(8), headers={"Prefer": "wait=2"}).status_code == 202
        answered.append(time.monotonic() - begun)

    threads = [threading.Thread(target=wait) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [seconds > 1.5 for seconds in sorted(answered)] == [False] * 3 + [True] * 2


@pytest.mark.parametrize(
    ("error", "status"), [(PictureCorrupt("cut off"), 422), (ConversionTimedOut("too slow", limit=60), 422)]
)
def test_convert_answers_with_what_went_wrong(
    client: FlaskClient, services: Services, error: Exception, status: int
) -> None:
    with working(services, FakeConverter(error)):
        answer = client.post("/api/convert", data=logo_png(32))
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.get_json()["code"] == error.code


def test_a_failed_job_tells_its_reason(client: FlaskClient, services: Services) -> None:
    job = client.post("/api/v1/jobs", data=logo_png(32)).get_json()
    perform_all(services, FakeConverter(PictureCorrupt("cut off")))
    assert client.get(job["links"]["self"]).get_json()["error"] == {
        "code": "picture.corrupt",
        "detail": "cut off",
        "limit": None,
        "actual": None,
    }
    problem = client.get(job["links"]["result"])
    assert (problem.status_code, problem.get_json()["code"]) == (409, "job.failed")
    assert "cut off" in problem.get_json()["detail"]


def test_a_bomb_is_refused_from_its_header_with_the_limit_quoted(client: FlaskClient) -> None:
    bomb = bomb_png()
    seconds = []
    for _ in range(5):
        begun = time.perf_counter()
        answer = client.post("/api/v1/jobs", data=form(bomb))
        seconds.append(time.perf_counter() - begun)
    assert min(seconds) < 0.1
    problem = answer.get_json()
    assert (answer.status_code, problem["code"]) == (413, "picture.too_many_pixels")
    assert (problem["limit"], problem["actual"]) == (33_554_432, 900_000_000)
    assert "30,000" in problem["detail"]


def test_a_body_beyond_the_limit_is_refused_with_the_limit_quoted(services: Services) -> None:
    small = with_settings(services, max_request_size=2000)
    client = create_app(small).test_client()
    for data in (b"x" * 100_000, form(b"x" * 100_000)):
        answer = client.post("/api/v1/jobs", data=data)
        assert (answer.status_code, answer.get_json()["code"]) == (413, "request.too_large")
    answer = client.post("/api/v1/jobs", data=form(b"x" * 3000))
    assert (answer.status_code, answer.get_json()["limit"]) == (413, 2000)


def test_a_form_beyond_its_limits_is_told_what_they_are(client: FlaskClient) -> None:
    answer = client.post("/api/v1/jobs", data=form(logo_png(8), **{f"field{number}": "x" for number in range(30)}))
    assert (answer.status_code, answer.get_json()["code"]) == (413, "request.too_large")
    assert "20 parts" in answer.get_json()["detail"]


@pytest.mark.parametrize("kilobytes", [60, 70, 300, 1_000, 4_000, 10_000])
def test_files_of_any_size_within_the_limit_come_through_a_form(client: FlaskClient, kilobytes: int) -> None:
    """Random bytes, since a form's reader stumbles over what looks like the beginning of a boundary."""
    picture = logo_png(32) + random.Random(kilobytes).randbytes(kilobytes * 1000)
    head = b'--cut\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
    body = head + picture + b"\r\n--cut--\r\n"
    answer = client.post("/api/v1/jobs", data=body, content_type="multipart/form-data; boundary=cut")
    assert (answer.status_code, answer.get_json()["input"]["bytes"]) == (202, len(picture))


def test_a_body_that_breaks_off_is_refused(client: FlaskClient) -> None:
    short = {"CONTENT_LENGTH": "5000", "wsgi.input_terminated": True}
    answer = client.post("/api/v1/jobs", data=logo_png(32), environ_overrides=short)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "request.malformed")
    assert "of 5000" in answer.get_json()["detail"]


def test_a_body_that_cannot_be_read_is_refused(client: FlaskClient) -> None:
    class Broken(io.RawIOBase):
        def readinto(self, _: Any) -> int:
            raise OSError("invalid chunk size")

        def readable(self) -> bool:
            return True

    broken = {"wsgi.input": io.BufferedReader(Broken()), "CONTENT_LENGTH": "100"}
    answer = client.post("/api/v1/jobs", environ_overrides=broken)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "request.malformed")


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("?precision=9", "#/precision"),
        ("?precision=two", "#/precision"),
        ("?method=magic", "#/method"),
        ("?colour=red", "#/colour"),
        ("?precision=", "#/precision"),
        ("?max_colors=1", "#/max_colors"),
        ("?cutout=yes", "#/cutout"),
        ("?cutout=1", "#/cutout"),
        ("?cutout=", "#/cutout"),
    ],
)
def test_an_option_that_cannot_be_used_is_pointed_at(client: FlaskClient, query: str, pointer: str) -> None:
    in_query = client.post(f"/api/v1/jobs{query}", data=logo_png(32))
    name, _, value = query[1:].partition("=")
    in_form = client.post("/api/v1/jobs", data=form(logo_png(32), **{name: value}))
    for answer in (in_query, in_form):
        assert (answer.status_code, answer.get_json()["code"]) == (422, "options.invalid")
        assert [fault["pointer"] for fault in answer.get_json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        ({}, 400, "picture.missing"),
        ({"image": "just text"}, 400, "picture.missing"),
        ({"image": (io.BytesIO(b""), "empty.png")}, 422, "picture.empty"),
        ({"picture": (io.BytesIO(logo_png(8)), "a.png")}, 400, "picture.missing"),
        ({"image": (io.BytesIO(logo_png(8)), "a.png"), "other": (io.BytesIO(b"x"), "b.png")}, 400, "request.malformed"),
        ({"image": [(io.BytesIO(logo_png(8)), "a.png"), (io.BytesIO(b"x"), "b.png")]}, 400, "request.malformed"),
    ],
)
def test_a_form_without_exactly_one_picture_is_refused(
    client: FlaskClient, data: dict[str, Any], status: int, code: str
) -> None:
    answer = client.post("/api/v1/jobs", data=data, content_type="multipart/form-data")
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)


def test_an_empty_body_is_an_empty_picture(client: FlaskClient) -> None:
    assert client.post("/api/v1/jobs").get_json()["code"] == "picture.empty"


def test_the_name_and_type_that_a_client_claims_do_not_count(client: FlaskClient) -> None:
    disguised = client.post("/api/v1/jobs", data=form(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.png"))
    assert (disguised.status_code, disguised.get_json()["code"]) == (415, "picture.unsupported_type")
    assert client.post("/api/v1/jobs", data=form(logo_png(8), "evil.exe")).status_code == 202


@pytest.mark.parametrize("job_id", ["job_0", "../etc", "x" * 64, "%00", "job_1%2f..%2fx"])
def test_an_unknown_job_is_a_404(client: FlaskClient, job_id: str) -> None:
    answer = client.get(f"/api/v1/jobs/{job_id}")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


def test_a_full_queue_is_a_503_that_says_when_to_come_back(services: Services) -> None:
    full = with_settings(services, max_queue_size=1)
    client = create_app(full).test_client()
    client.post("/api/v1/jobs", data=logo_png(8))
    answer = client.post("/api/v1/jobs", data=logo_png(8))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.get_json()["code"] == "queue.full"
    assert answer.get_json()["retryable"]


def test_ids_of_jobs_cannot_be_guessed(client: FlaskClient) -> None:
    ids = {client.post("/api/v1/jobs", data=logo_png(8)).get_json()["id"] for _ in range(20)}
    assert len({job_id[-24:] for job_id in ids}) == 20
