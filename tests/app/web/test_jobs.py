"""Following, listing, cancelling and deleting jobs; other formats; asking twice; what there is."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import work
from app.accounts import Actor, KeyOrder, Scope, issue_key
from app.adapters.outward.client import Fetched
from app.adapters.outward.places import read_place
from app.errors import UrlBlocked
from app.services import Services
from svgai import FORMATS
from svgai.errors import ExportTooLarge
from svgai.options import METHODS
from tests.app.web.test_api import perform_all, working
from tests.fakes import SVG, FakeConverter
from tests.samples import logo_png
from tests.world import with_settings

JOBS = "/api/v1/jobs"
COMMAND_LINE = Actor("command line")


def key_of(services: Services, account: str, *scopes: Scope) -> str:
    made = services.accounts.add(account, {"unfinished_jobs": 100, "jobs_per_minute": 1000}, COMMAND_LINE)
    order = KeyOrder(made.id, "test", frozenset(scopes or Scope))
    return issue_key(services.accounts, services.secrecy, order, COMMAND_LINE).text


class Account:
    """A client that shows a key."""

    def __init__(self, client: FlaskClient, key: str) -> None:
        self._client, self._headers = client, {"Authorization": f"Bearer {key}"}

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> TestResponse:
        return self._client.open(path, method=method, headers=self._headers | (headers or {}), **more)

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.ask("GET", path, **more)

    def post(self, path: str, **more: Any) -> TestResponse:
        return self.ask("POST", path, **more)

    def submit(self, size: int = 32, **more: Any) -> dict[str, Any]:
        answer = self.post(JOBS, data=logo_png(size), **more)
        assert answer.status_code in {201, 202}, answer.text
        return answer.get_json()


@pytest.fixture
def one(services: Services, client: FlaskClient) -> Account:
    return Account(client, key_of(services, "one"))


@pytest.fixture
def other(services: Services, client: FlaskClient) -> Account:
    return Account(client, key_of(services, "other"))


# --- handing in


def test_an_order_in_json_carries_picture_options_and_notes(client: FlaskClient, services: Services) -> None:
    source = {"data": base64.b64encode(logo_png(32)).decode()}
    answer = client.post(JOBS, json={"source": source, "options": {"precision": 3}, "metadata": {"order": "42"}})
    job = answer.get_json()
    assert (answer.status_code, job["options"]["precision"], job["metadata"]) == (202, 3, {"order": "42"})
    assert services.blobs.get(f"{job['id']}/picture") == logo_png(32)


def test_a_form_carries_notes_as_json(client: FlaskClient) -> None:
    image = (io.BytesIO(logo_png(32)), "a.png")
    job = client.post(JOBS, data={"image": image, "metadata": '{"order": "42"}'}).get_json()
    assert job["metadata"] == {"order": "42"}
    again = client.post(JOBS, data={"image": (io.BytesIO(logo_png(32)), "a.png"), "metadata": "{"})
    assert (again.status_code, again.get_json()["code"]) == (400, "request.malformed")


class OneFile:
    """The world outside, where there is one file."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def check(self, url: str, seconds: float = 5) -> None:
        if "inside" in url:
            raise UrlBlocked("This address is not public.")

    def fetch(self, url: str, at_most_bytes: int, seconds: float = 10) -> Fetched:
        read_place(url)
        self.check(url)
        return Fetched(self.data, "image/png")


def test_a_picture_can_be_fetched_from_a_url(services: Services) -> None:
    from app.factory import create_app

    client = create_app(replace(services, outside=OneFile(logo_png(32)))).test_client()
    job = client.post(JOBS, json={"source": {"url": "https://example.com/a.png"}}).get_json()
    assert job["input"]["width"] == 32
    refused = client.post(JOBS, json={"source": {"url": "http://inside/"}})
    assert (refused.status_code, refused.get_json()["code"]) == (422, "url.blocked_address")


PICTURE = base64.b64encode(logo_png(8)).decode()


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ("{", 400, None),
        ("[" * 100_000, 400, None),
        ("NaN", 400, None),
        ("[]", 422, "#/"),
        ('{"source": {}}', 422, "#/source"),
        ({"source": {"data": PICTURE, "url": "http://x/"}}, 422, "#/source"),
        ({"source": {"data": "%%%"}}, 400, None),
        ({"source": {"data": PICTURE}, "options": {"precision": 9}}, 422, "#/options/precision"),
        ({"source": {"data": PICTURE}, "options": {"precision": True}}, 422, "#/options/precision"),
        ({"source": {"data": PICTURE}, "options": {"__proto__": {}}}, 422, "#/options/__proto__"),
        ({"source": {"data": PICTURE}, "account_id": "acc_other"}, 422, "#/account_id"),
        ({"source": {"data": PICTURE}, "state": "succeeded", "attempts": 9}, 422, "#/state"),
        ({"source": {"data": PICTURE}, "metadata": {"a": "x" * 501}}, 422, "#/metadata/a"),
        ({"source": {"data": PICTURE}, "metadata": {"a b": "x"}}, 422, "#/metadata/a b/[key]"),
        ({"source": {"data": PICTURE}, "metadata": {str(n): "x" for n in range(17)}}, 422, "#/metadata"),
        ({"source": {"data": PICTURE}, "metadata": {"a": 1}}, 422, "#/metadata/a"),
    ],
)
def test_an_order_in_json_that_cannot_be_read_is_pointed_at(
    client: FlaskClient, body: Any, status: int, pointer: str | None
) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    answer = client.post(JOBS, data=text, content_type="application/json")
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), answer.text
    if pointer:
        assert answer.get_json()["errors"][0]["pointer"] == pointer


def test_a_picture_in_base64_may_be_as_large_as_one_without(services: Services) -> None:
    from app.factory import create_app

    size = len(logo_png(64))
    client = create_app(with_settings(services, max_request_size=size)).test_client()
    fits = {"source": {"data": base64.b64encode(logo_png(64)).decode()}}
    assert client.post(JOBS, json=fits).status_code == 202
    too_large = {"source": {"data": base64.b64encode(logo_png(64) + bytes(200_000)).decode()}}
    assert client.post(JOBS, json=too_large).get_json()["code"] == "request.too_large"


def test_a_job_can_be_waited_for(client: FlaskClient, services: Services) -> None:
    with working(services, FakeConverter()):
        done = client.post(JOBS, data=logo_png(32), headers={"Prefer": "wait=10"}).get_json()
        assert done["state"] == "succeeded"
        other = client.post(JOBS, data=logo_png(48)).get_json()
        assert client.get(other["links"]["self"], headers={"Prefer": "wait=10"}).get_json()["state"] == "succeeded"


def test_what_was_done_before_is_there_at_once(client: FlaskClient, services: Services) -> None:
    first = client.post(JOBS, data=logo_png(32))
    perform_all(services)
    again = client.post(JOBS, data=logo_png(32))
    assert (first.status_code, again.status_code) == (202, 201)
    assert (again.get_json()["cached"], again.get_json()["state"]) == (True, "succeeded")
    assert client.post("/api/convert", data=logo_png(32)).data == SVG


# --- asking twice


def test_the_same_key_gives_the_same_job(one: Account, other: Account) -> None:
    key = {"Idempotency-Key": "order-7"}
    first = one.post(JOBS, data=logo_png(32), headers=key)
    again = one.post(JOBS, data=logo_png(32), headers={"Idempotency-Key": '"order-7"'})
    assert (first.get_json()["id"], again.headers["Idempotency-Replayed"]) == (again.get_json()["id"], "true")
    assert "Idempotency-Replayed" not in first.headers
    clash = one.post(JOBS, data=logo_png(48), headers=key)
    assert (clash.status_code, clash.get_json()["code"]) == (422, "idempotency.mismatch")
    assert other.post(JOBS, data=logo_png(32), headers=key).get_json()["id"] != first.get_json()["id"]


@pytest.mark.parametrize("key", ["", "a b", "x" * 129, "ümlaut", '"open'])
def test_a_key_that_is_none_is_refused(client: FlaskClient, key: str) -> None:
    answer = client.post(JOBS, data=logo_png(8), headers={"Idempotency-Key": key.encode().decode("latin-1")})
    assert (answer.status_code, answer.get_json()["code"]) == (400, "idempotency.malformed")


# --- following


def test_a_job_that_has_not_changed_is_not_sent_again(client: FlaskClient, services: Services) -> None:
    job = client.post(JOBS, data=logo_png(32)).get_json()
    tag = client.get(job["links"]["self"]).headers["ETag"]
    assert client.get(job["links"]["self"], headers={"If-None-Match": tag}).status_code == 304
    perform_all(services)
    assert client.get(job["links"]["self"], headers={"If-None-Match": tag}).status_code == 200


def told(response: TestResponse) -> Iterator[tuple[int, str, Any]]:
    """The events of a stream."""
    for block in response.text.split("\n\n"):
        lines = dict(line.partition(": ")[::2] for line in block.splitlines() if not line.startswith(":"))
        if "event" in lines:
            yield int(lines["id"]), lines["event"], json.loads(lines["data"])


def test_a_job_is_followed_to_its_end(client: FlaskClient, services: Services) -> None:
    job = client.post(JOBS, data=logo_png(32)).get_json()

    class Slow(FakeConverter):
        def _happen(self) -> None:
            import time

            time.sleep(0.6)

    with working(services, Slow()):
        answer = client.get(job["links"]["events"])
        events = list(told(answer))
    assert answer.mimetype == "text/event-stream"
    assert answer.headers["X-Accel-Buffering"] == "no"
    names = [name for _, name, _ in events]
    assert (names[0], names[-1]) == ("snapshot", "succeeded")
    assert "running" in names
    assert events[-1][2]["result"]["bytes"] == len(SVG)
    numbers = [number for number, _, _ in events]
    assert numbers == sorted(numbers)


def test_a_stream_that_broke_off_goes_on_where_it_was(client: FlaskClient, services: Services) -> None:
    job = client.post(JOBS, data=logo_png(32)).get_json()
    perform_all(services)
    later = list(told(client.get(job["links"]["events"], headers={"Last-Event-ID": "1"})))
    assert [name for _, name, _ in later] == ["running", "succeeded"]
    seen = str(later[-1][0])
    over = client.get(job["links"]["events"], headers={"Last-Event-ID": seen})
    assert (over.status_code, over.data) == (204, b"")
    for strange in ("-1", "x", "9" * 40, "²"):
        strangely = client.get(job["links"]["events"], headers={"Last-Event-ID": strange.encode().decode("latin-1")})
        assert strangely.status_code == 200
        strangely.close()


def test_streams_never_take_every_thread(services: Services) -> None:
    from app.factory import create_app

    client = create_app(with_settings(services, threads=4)).test_client()
    job = client.post(JOBS, data=logo_png(32)).get_json()
    first = client.get(job["links"]["events"])  # not read, so it stays open
    refused = client.get(job["links"]["events"])
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    first.close()
    second = client.get(job["links"]["events"])
    assert second.status_code == 200
    second.close()


# --- listing


def test_a_list_is_paged_through(one: Account, other: Account) -> None:
    ids = [one.submit()["id"] for _ in range(5)]
    other.submit()
    seen: list[str] = []
    path = f"{JOBS}?limit=2"
    while path:
        answer = one.get(path)
        page = answer.get_json()
        seen += [job["id"] for job in page["data"]]
        assert page["has_more"] == ("Link" in answer.headers)
        path = f"{JOBS}?limit=2&cursor={page['next_cursor']}" if page["has_more"] else ""
    assert seen == sorted(ids, reverse=True)


def test_a_cursor_is_good_for_its_owner_only(one: Account, other: Account) -> None:
    for _ in range(3):
        one.submit()
    cursor = one.get(f"{JOBS}?limit=2").get_json()["next_cursor"]
    assert one.get(f"{JOBS}?cursor={cursor}").status_code == 200
    assert other.get(f"{JOBS}?cursor={cursor}").get_json()["code"] == "request.cursor"
    for place in range(len(cursor)):
        spoilt = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        assert one.get(f"{JOBS}?cursor={spoilt}").status_code == 400


def test_a_list_is_narrowed(one: Account, services: Services) -> None:
    image = {"image": (io.BytesIO(logo_png(32)), "a.png"), "metadata": '{"order": "42"}'}
    noted = one.post(JOBS, data=image).get_json()["id"]
    perform_all(services)
    one.submit(48)
    ids = lambda query: [job["id"] for job in one.get(f"{JOBS}?{query}").get_json()["data"]]  # noqa: E731
    assert ids("metadata[order]=42") == [noted]
    assert ids("metadata[order]=43") == []
    assert ids("state=succeeded") == [noted]
    assert len(ids("state=succeeded&state=queued")) == 2
    assert ids("created_after=2999-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "state=lost", "colour=red", "metadata[a b]=1", "cursor=x", "created_after=108"]
)
def test_a_list_that_cannot_be_had_is_refused(one: Account, query: str) -> None:
    assert one.get(f"{JOBS}?{query}").status_code in {400, 422}


def test_a_list_is_nobodys_without_a_key(client: FlaskClient) -> None:
    answer = client.get(JOBS)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


# --- whose is whose


@pytest.mark.parametrize(
    ("method", "ending"),
    [
        ("GET", ""),
        ("GET", "/result"),
        ("GET", "/events"),
        ("POST", "/cancel"),
        ("DELETE", ""),
        ("POST", "/feedback"),
    ],
)
def test_foreign_jobs_are_unknown_jobs(one: Account, other: Account, method: str, ending: str) -> None:
    job_id = one.submit()["id"]
    unknown = "job_" + "0" * 36
    body = {"json": {"rating": 5}} if ending == "/feedback" else {}
    foreign, never = (other.ask(method, f"{JOBS}/{each}{ending}", **body) for each in (job_id, unknown))
    assert foreign.status_code == never.status_code == 404
    same = ("code", "title", "status", "type")
    assert [foreign.get_json()[name] for name in same] == [never.get_json()[name] for name in same]
    assert foreign.get_json()["detail"].replace(job_id, "") == never.get_json()["detail"].replace(unknown, "")


# --- results


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "svg"])
def test_a_result_comes_in_other_formats(client: FlaskClient, services: Services, form: str) -> None:
    job = client.post(JOBS, data=logo_png(32)).get_json()
    perform_all(services)
    with working(services, FakeConverter()):
        answer = client.get(f"{job['links']['result']}?format={form}")
    assert (answer.status_code, answer.mimetype) == (200, FORMATS[form].media_type)
    assert answer.headers["Content-Disposition"].endswith(f'{FORMATS[form].suffix}"')
    again = client.get(f"{job['links']['result']}?format={form}", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_a_format_that_takes_longer_is_asked_for_again(services: Services) -> None:
    from app.factory import create_app

    client = create_app(with_settings(services, convert_wait_seconds=0.1)).test_client()
    job = client.post(JOBS, data=logo_png(32)).get_json()
    perform_all(services)
    answer = client.get(f"{job['links']['result']}?format=pdf")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    perform_all(services)
    assert client.get(f"{job['links']['result']}?format=pdf").status_code == 200


def test_a_format_that_cannot_be_had_says_why(client: FlaskClient, services: Services) -> None:
    job = client.post(JOBS, data=logo_png(32)).get_json()
    perform_all(services)
    work.export(services, FakeConverter(ExportTooLarge("too wide", limit=5)), job["id"], "pdf")
    answer = client.get(f"{job['links']['result']}?format=pdf")
    assert (answer.status_code, answer.get_json()["code"]) == (422, "export.too_large")
    assert client.get(f"{job['links']['result']}?format=gif").status_code == 422


def test_a_part_of_a_result_can_be_had(client: FlaskClient, services: Services) -> None:
    job = client.post(JOBS, data=logo_png(32)).get_json()
    perform_all(services)
    part = client.get(job["links"]["result"], headers={"Range": "bytes=1-3"})
    assert (part.status_code, part.data, part.headers["Content-Range"]) == (206, SVG[1:4], f"bytes 1-3/{len(SVG)}")
    assert client.get(job["links"]["result"], headers={"Range": "bytes=99999-"}).status_code == 416


def test_a_result_says_how_it_was_made(client: FlaskClient, services: Services) -> None:
    job = client.post(JOBS, data=logo_png(32)).get_json()
    perform_all(services)
    headers = client.get(job["links"]["result"]).headers
    assert (headers["X-Method"], headers["X-Quality-Ssim"], headers["X-Job-Id"]) == ("baseline", "0.9", job["id"])


def test_an_analysis_tells_what_is_in_a_picture(client: FlaskClient, services: Services) -> None:
    with working(services, FakeConverter()):
        answer = client.post("/api/v1/analyze", data=logo_png(32))
    assert (answer.status_code, answer.get_json()["analysis"], answer.get_json()["kind"]) == (
        200,
        {"inks": []},
        "analyze",
    )
    assert answer.get_json()["result"] is None


# --- changing one's mind


def test_a_job_is_cancelled_and_then_deleted(client: FlaskClient, services: Services) -> None:
    job = client.post(JOBS, data=logo_png(32)).get_json()
    cancelled = client.post(job["links"]["cancel"])
    assert (cancelled.status_code, cancelled.get_json()["state"]) == (200, "cancelled")
    assert client.get(job["links"]["result"]).get_json()["code"] == "job.cancelled"
    assert client.delete(job["links"]["self"]).status_code == 204
    assert client.get(job["links"]["self"]).status_code == 404
    assert services.blobs.get(f"{job['id']}/picture") is None


def test_a_running_job_is_asked_to_stop(client: FlaskClient, services: Services) -> None:
    job = client.post(JOBS, data=logo_png(32)).get_json()
    answers: list[TestResponse] = []

    def meanwhile() -> None:
        answers.append(client.delete(job["links"]["self"]))
        answers.append(client.post(job["links"]["cancel"]))

    work.perform(services, FakeConverter(meanwhile))
    assert [(answer.status_code, answer.get_json().get("code")) for answer in answers] == [
        (409, "job.running"),
        (202, None),
    ]


def test_an_expired_job_is_gone(client: FlaskClient, services: Services) -> None:
    from app import upkeep
    from tests.world import database_of, pass_time

    job = client.post(JOBS, data=logo_png(32)).get_json()
    perform_all(services)
    pass_time(database_of(services), 25 * 3600)
    upkeep.forget(services)
    answer = client.get(job["links"]["result"])
    assert (answer.status_code, answer.get_json()["code"]) == (410, "job.expired")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"rating": 5, "preferred_method": "fast", "comment": "fine"}, 204),
        ({"rating": 1}, 204),
        ({"rating": 6}, 422),
        ({"rating": True}, 422),
        ({"rating": 3, "preferred_method": "magic"}, 422),
        ({"rating": 3, "comment": "x" * 2001}, 422),
        ({"rating": 3, "account": "x"}, 422),
        ({}, 422),
    ],
)
def test_feedback_is_taken(client: FlaskClient, services: Services, body: Any, status: int) -> None:
    job = client.post(JOBS, data=logo_png(32)).get_json()
    perform_all(services)
    assert client.post(f"{job['links']['self']}/feedback", json=body).status_code == status


# --- batches


def batch_form(*sizes: int, **fields: str) -> dict[str, Any]:
    return {"image": [(io.BytesIO(logo_png(size)), f"{size}.png") for size in sizes], **fields}


def test_a_batch_is_handed_in_followed_and_fetched(one: Account, services: Services) -> None:
    answer = one.post("/api/v1/batches", data=batch_form(16, 24, 32, precision="1", metadata='{"order": "7"}'))
    batch = answer.get_json()
    assert (answer.status_code, batch["counts"], batch["is_done"]) == (202, {"queued": 3}, False)
    assert [job["options"]["precision"] for job in batch["jobs"]] == [1, 1, 1]
    perform_all(services)
    done = one.get(answer.headers["Location"]).get_json()
    assert (done["counts"], done["is_done"], done["metadata"]) == ({"succeeded": 3}, True, {"order": "7"})
    archive = zipfile.ZipFile(io.BytesIO(one.get(done["results_url"]).data))
    assert archive.testzip() is None
    assert [archive.read(name) for name in archive.namelist()[:-1]] == [SVG] * 3
    assert [job["id"] for job in json.loads(archive.read("jobs.json"))] == [job["id"] for job in done["jobs"]]


def test_a_batch_comes_in_other_formats(one: Account, services: Services) -> None:
    batch = one.post("/api/v1/batches", data=batch_form(16, 24)).get_json()
    perform_all(services)
    failed = batch["jobs"][1]["id"]
    work.export(services, FakeConverter(ExportTooLarge("too wide", limit=5)), failed, "pdf")
    with working(services, FakeConverter()):
        answer = one.get(f"{batch['results_url']}?format=pdf")
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    names = [f"001-{batch['jobs'][0]['id']}.pdf", f"002-{failed}.error.json", "jobs.json"]
    assert archive.namelist() == names
    single = one.get(f"{batch['jobs'][0]['links']['result']}?format=pdf")
    assert archive.read(names[0]) == single.data != b""
    assert json.loads(archive.read(names[1]))["limit"] == 5
    assert one.get(f"{batch['results_url']}?format=bmp").status_code == 422


def test_a_batch_whose_formats_take_longer_is_asked_for_again(services: Services) -> None:
    from app.factory import create_app

    app = create_app(with_settings(services, convert_wait_seconds=0.1))
    client = Account(app.test_client(), key_of(services, "one"))
    batch = client.post("/api/v1/batches", data=batch_form(16, 24)).get_json()
    perform_all(services)
    answer = client.get(f"{batch['results_url']}?format=png")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.get_json()["code"] == "result.being_made"
    perform_all(services)
    assert client.get(f"{batch['results_url']}?format=png").status_code == 200


def test_a_batch_in_json_has_options_for_each(one: Account) -> None:
    item = {"source": {"data": PICTURE}}
    items = [item, item | {"options": {"method": "fast"}, "metadata": {"n": "2"}}]
    batch = one.post("/api/v1/batches", json={"items": items, "metadata": {"all": "x"}}).get_json()
    assert [job["options"]["method"] for job in batch["jobs"]] == ["auto", "fast"]
    assert (batch["jobs"][1]["metadata"], batch["metadata"]) == ({"n": "2"}, {"all": "x"})


def test_a_batch_beyond_its_limits_is_refused_whole(one: Account, services: Services) -> None:
    many = one.post("/api/v1/batches", data=batch_form(*[8] * 51))
    assert (many.status_code, many.get_json()["code"], many.get_json()["limit"]) == (413, "batch.too_large", 50)
    assert one.post("/api/v1/batches", json={"items": []}).status_code == 422
    assert one.post("/api/v1/batches", data=logo_png(8)).status_code == 400
    bad = {"image": [(io.BytesIO(logo_png(8)), "a"), (io.BytesIO(b"nonsense"), "b")]}
    refused = one.post("/api/v1/batches", data=bad)
    assert (refused.status_code, refused.get_json()["errors"][0]["pointer"]) == (415, "#/items/1")
    assert one.get(JOBS).get_json()["data"] == []


def test_a_batch_is_its_owners(one: Account, other: Account, client: FlaskClient) -> None:
    batch = one.post("/api/v1/batches", data=batch_form(16)).get_json()
    for path in (f"/api/v1/batches/{batch['id']}", batch["results_url"]):
        assert other.get(path).get_json()["code"] == "batch.not_found"
        assert client.get(path).status_code == 401


# --- what there is


def test_methods_and_limits_are_told(client: FlaskClient, one: Account, services: Services) -> None:
    told = client.get("/api/v1/methods").get_json()
    assert {method["name"] for method in told["methods"]} == set(METHODS)
    assert told["options"]["precision"]["maximum"] == 4
    limits = client.get("/api/v1/limits").get_json()
    assert limits["max_pixels"] == services.settings.max_pixels
    assert limits["result_formats"] == list(FORMATS)
    assert one.get("/api/v1/limits").get_json()["jobs_per_minute"] == 1000


def test_usage_is_told_to_whom_it_belongs(one: Account, other: Account, services: Services) -> None:
    one.submit()
    perform_all(services)
    one.submit()
    [day] = one.get("/api/v1/usage").get_json()["days"]
    assert (day["accepted"], day["succeeded"], day["cached"]) == (2, 2, 1)
    assert other.get("/api/v1/usage").get_json() == {"days": []}
