"""Webhooks from the registration to the last attempt, against a real server and through the real way out."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from typing import Any

import pytest

from app import deliveries, endpoints
from app.adapters.outward import Outward, Rules
from app.deliveries import Lanes, Relay, deliver
from app.errors import DeliveryNotFound, TooManyWebhooks, UrlBlocked, WebhookDisabled, WebhookNotFound
from app.jobs import new_id, new_job_id
from app.outside import Delivered
from app.services import Services
from app.webhooks import ATTEMPT_SECONDS, EVENTS, WAITS_SECONDS, Delivery, Endpoint, Fate
from tests.fakes import FakeQueue
from tests.world import database_of, pass_time

OUT_THERE = "127.0.0.2"
"""Counts as public here; this machine's other addresses stay forbidden."""
TENANT = "acc_one"

Answer = Callable[[BaseHTTPRequestHandler], None]


def saying(status: int, body: bytes = b"", **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def dribbling(handler: BaseHTTPRequestHandler) -> None:
    """An answer that comes a byte at a time, and never ends."""
    for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"s" * 10_000:
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        time.sleep(0.05)


def flooding(handler: BaseHTTPRequestHandler) -> None:
    """An answer of a gigabyte."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(2**30))
    handler.end_headers()
    for _ in range(1024):
        handler.wfile.write(b"x" * 2**20)


class Receiver:
    """Somebody's server, which answers as it is told and remembers what it got."""

    def __init__(self) -> None:
        self.answer: Answer = saying(204)
        self.got: list[tuple[Mapping[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                with contextlib.suppress(OSError):
                    receiver.answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer((OUT_THERE, 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self.url = f"http://{OUT_THERE}:{self.port}/hook"
        threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Hasty:
    """The way out, with less patience than it is asked for; `then` happens when something has been sent."""

    def __init__(self, outward: Outward) -> None:
        self._outward = outward
        self.asked_seconds: list[float] = []
        self.then: BaseException | None = None

    def check(self, url: str, seconds: float = 5.0) -> None:
        self._outward.check(url, seconds)

    def fetch(self, url: str, at_most_bytes: int, seconds: float = 10.0) -> Any:
        raise NotImplementedError

    def post(self, url: str, body: bytes, headers: Mapping[str, str], seconds: float = 15.0) -> Delivered:
        self.asked_seconds.append(seconds)
        answer = self._outward.post(url, body, headers, min(seconds, 1.0))
        if self.then:
            raise self.then
        return answer


class World:
    """The services with a way out to the receiver, and what the tests do with them again and again."""

    def __init__(self, services: Services, outside: Hasty) -> None:
        self.services = replace(services, outside=outside)
        self.outside = outside
        self.webhooks = services.webhooks

    def pass_time(self, seconds: float) -> None:
        pass_time(database_of(self.services), seconds)

    def register(self, url: str, tenant: str = TENANT, **more: Any) -> Endpoint:
        return endpoints.register(self.services, tenant, url, more.get("events", EVENTS), more.get("description", ""))

    def reveal(self, endpoint: Endpoint) -> str:
        return endpoints.reveal(self.services, endpoint)

    def send(self, endpoint: Endpoint, event: str = "job.succeeded", **data: Any) -> Delivery:
        job_id = new_job_id()
        return self.webhooks.send(endpoint.id, event, job_id, {"id": job_id, **data})

    def deliver(self, delivery: Delivery, lanes: Lanes | None = None) -> Delivery:
        deliver(self.services, delivery.id, lanes or Lanes())
        return self.again(delivery)

    def again(self, delivery: Delivery) -> Delivery:
        found = self.webhooks.delivery(delivery.id)
        assert found
        return found

    def find(self, endpoint: Endpoint) -> Endpoint:
        return endpoints.find(self.services, TENANT, endpoint.id)

    @property
    def queue(self) -> FakeQueue:
        assert isinstance(self.services.queue, FakeQueue)
        return self.services.queue


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def world(services: Services, receiver: Receiver) -> World:
    rules = Rules(ports=frozenset({receiver.port}), also_public=(ip_network(f"{OUT_THERE}/32"),))
    return World(services, Hasty(Outward(rules)))


@pytest.fixture
def endpoint(world: World, receiver: Receiver) -> Endpoint:
    return world.register(receiver.url)


def verified_by(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Standard Webhooks 1.0, as a receiver would read it: no line of this is the service's."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    signatures = [one.split(",", 1) for one in headers["webhook-signature"].split(" ")]
    is_fresh = abs(int(headers["webhook-timestamp"]) - time.time()) < 300
    return is_fresh and any(
        version == "v1" and hmac.compare_digest(signature, expected) for version, signature in signatures
    )


def seconds_until(moment: datetime | None) -> float:
    assert moment
    return (moment - datetime.now(UTC)).total_seconds()


# --- what is sent


def test_a_message_arrives_signed(world: World, receiver: Receiver, endpoint: Endpoint) -> None:
    delivery = world.deliver(world.send(endpoint, state="succeeded"))
    [(headers, body)] = receiver.got
    assert headers["content-type"] == "application/json"
    assert headers["webhook-id"] == delivery.id
    assert verified_by(world.reveal(endpoint), headers, body)
    assert not verified_by(world.reveal(endpoint), headers, body + b" ")
    told = json.loads(body)
    assert told["type"] == "job.succeeded"
    assert told["data"] == {"id": delivery.subject, "state": "succeeded"}
    assert datetime.fromisoformat(told["timestamp"]) == delivery.created_at
    assert delivery.state is Fate.DELIVERED
    [entry] = delivery.log
    assert (entry["attempt"], entry["status"], entry["error"]) == (1, 204, None)
    assert world.outside.asked_seconds == [ATTEMPT_SECONDS]


def test_a_secret_is_of_one_endpoint_and_generation(world: World, receiver: Receiver, endpoint: Endpoint) -> None:
    other = world.register(receiver.url)
    rotated = endpoints.rotate(world.services, TENANT, other.id)
    secrets = {world.reveal(one) for one in (endpoint, other, rotated)}
    assert len(secrets) == 3
    for secret in secrets:
        assert secret.startswith("whsec_")
        assert 24 <= len(base64.b64decode(secret.removeprefix("whsec_"))) <= 64


def test_after_a_rotation_both_secrets_sign_for_a_day(world: World, receiver: Receiver, endpoint: Endpoint) -> None:
    former = world.reveal(endpoint)
    new = world.reveal(endpoints.rotate(world.services, TENANT, endpoint.id))
    world.deliver(world.send(endpoint))
    headers, body = receiver.got[-1]
    assert len(headers["webhook-signature"].split(" ")) == 2
    assert verified_by(new, headers, body)
    assert verified_by(former, headers, body)
    world.pass_time(24 * 3600 + 1)
    world.deliver(world.send(endpoint))
    headers, body = receiver.got[-1]
    assert verified_by(new, headers, body)
    assert not verified_by(former, headers, body)


def test_a_message_has_less_than_20_kb(world: World, receiver: Receiver, endpoint: Endpoint) -> None:
    world.deliver(world.send(endpoint, state="failed", url="/api/v1/jobs/x", error={"detail": "x" * 30_000}))
    [(_, body)] = receiver.got
    assert len(body) < 20_000
    assert set(json.loads(body)["data"]) == {"id", "state", "url"}


def test_every_attempt_has_the_same_id_and_body_and_its_own_time(
    world: World, receiver: Receiver, endpoint: Endpoint
) -> None:
    receiver.answer = saying(500)
    delivery = world.send(endpoint)
    world.deliver(delivery)
    time.sleep(1)  # timestamps count seconds
    world.pass_time(6)
    world.deliver(delivery)
    (first, one_body), (second, other_body) = receiver.got
    assert first["webhook-id"] == second["webhook-id"]
    assert int(first["webhook-timestamp"]) < int(second["webhook-timestamp"])
    # Time passes here by making the past longer ago, and with it the moment that the message tells of.
    assert json.loads(one_body)["data"] == json.loads(other_body)["data"]


# --- what comes of it


def test_ten_attempts_are_made_in_three_days(world: World, receiver: Receiver, endpoint: Endpoint) -> None:
    receiver.answer = saying(500)
    delivery = world.send(endpoint)
    assert abs(seconds_until(delivery.due_at)) < 5
    for number, wait in enumerate(WAITS_SECONDS, 1):
        delivery = world.deliver(delivery)
        assert (delivery.state, delivery.attempts) == (Fate.PENDING, number)
        assert 0.9 * wait - 2 <= seconds_until(delivery.due_at) <= 1.1 * wait + 1
        assert world.deliver(delivery).attempts == number  # not before its time
        world.pass_time(1.1 * wait + 1)
    delivery = world.deliver(delivery)
    assert (delivery.state, delivery.attempts, delivery.due_at) == (Fate.FAILED, 10, None)
    assert [entry["status"] for entry in delivery.log] == [500] * 10
    assert len(receiver.got) == 10
    assert 3 * 86400 < sum(WAITS_SECONDS) < 3.5 * 86400


def test_the_jitter_is_small_and_always_the_same_for_an_attempt(world: World, endpoint: Endpoint) -> None:
    many = [world.send(endpoint) for _ in range(20)]
    first = [replace(one, attempts=2).seconds_to_next() for one in many]
    assert first == [replace(one, attempts=2).seconds_to_next() for one in many]
    assert len(set(first)) == 20
    assert all(270 <= (wait or 0) <= 330 for wait in first)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_2xx_is_a_success(world: World, receiver: Receiver, endpoint: Endpoint, status: int) -> None:
    receiver.answer = saying(status)
    assert world.deliver(world.send(endpoint)).state is Fate.DELIVERED


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 404, 500])
def test_everything_else_is_tried_again(world: World, receiver: Receiver, endpoint: Endpoint, status: int) -> None:
    receiver.answer = saying(status, Location=f"http://{OUT_THERE}:{receiver.port}/elsewhere")
    delivery = world.deliver(world.send(endpoint))
    assert delivery.state is Fate.PENDING
    assert delivery.log[0]["status"] == status
    assert len(receiver.got) == 1  # a redirect leads nowhere


def test_410_disables_the_endpoint(world: World, receiver: Receiver, endpoint: Endpoint) -> None:
    receiver.answer = saying(410)
    waiting = world.send(endpoint)
    assert world.deliver(world.send(endpoint)).state is Fate.FAILED
    assert world.find(endpoint).disabled_at
    assert world.deliver(waiting).state is Fate.FAILED
    assert len(receiver.got) == 1
    with pytest.raises(WebhookDisabled, match="410"):
        endpoints.send_test(world.services, TENANT, endpoint.id)
    endpoints.change(world.services, TENANT, endpoint.id, {"enabled": True})
    receiver.answer = saying(200)
    assert world.deliver(world.send(endpoint)).state is Fate.DELIVERED


@pytest.mark.parametrize(
    ("status", "retry_after", "least", "most"),
    [
        (429, "120", 115, 120),
        (503, "600", 595, 600),
        (503, "86400", 3595, 3600),  # an hour at most
        (502, "1", 2.5, 5.5),  # never before the schedule's own time
        (500, "600", 2.5, 5.5),  # says nothing where the server is merely broken
    ],
)
def test_whoever_is_busy_may_say_until_when(  # noqa: PLR0917
    world: World, receiver: Receiver, endpoint: Endpoint, status: int, retry_after: str, least: float, most: float
) -> None:
    receiver.answer = saying(status, Retry_After=retry_after)
    delivery = world.deliver(world.send(endpoint))
    assert least <= seconds_until(delivery.due_at) <= most


def test_an_answer_of_a_gigabyte_is_not_read(world: World, receiver: Receiver, endpoint: Endpoint) -> None:
    receiver.answer = flooding
    begun = time.monotonic()
    assert world.deliver(world.send(endpoint)).state is Fate.DELIVERED
    assert time.monotonic() - begun < 2


def test_a_server_that_dribbles_has_its_time_and_no_more(world: World, receiver: Receiver, endpoint: Endpoint) -> None:
    receiver.answer = dribbling
    begun = time.monotonic()
    delivery = world.deliver(world.send(endpoint))
    assert time.monotonic() - begun < 2
    assert delivery.state is Fate.PENDING
    assert (delivery.log[0]["status"], delivery.log[0]["error"]) == (None, "url.timeout")


def test_an_address_that_became_forbidden_is_not_called(world: World, endpoint: Endpoint) -> None:
    world.webhooks.change(endpoint.id, {"url": "http://127.0.0.1:80/"})
    delivery = world.deliver(world.send(endpoint))
    assert delivery.log[0]["error"] == "url.blocked_address"


def test_an_unforeseen_fault_is_an_attempt_that_failed(world: World, endpoint: Endpoint) -> None:
    world.outside.then = RuntimeError("what nobody thought of")
    delivery = world.deliver(world.send(endpoint))
    assert (delivery.state, delivery.log[0]["error"]) == (Fate.PENDING, "internal")


# --- who sends it


def test_a_worker_that_dies_between_sending_and_noting_costs_one_attempt_more(
    world: World, receiver: Receiver, endpoint: Endpoint
) -> None:
    delivery = world.send(endpoint)
    world.outside.then = SystemExit()  # goes through all that catches faults, as a kill would
    with pytest.raises(SystemExit):
        world.deliver(delivery)
    world.outside.then = None
    assert world.deliver(delivery).attempts == 1  # its lease holds
    world.pass_time(61)
    delivery = world.deliver(delivery)
    assert (delivery.state, delivery.attempts) == (Fate.DELIVERED, 2)
    assert [headers["webhook-id"] for headers, _ in receiver.got] == [delivery.id] * 2


def test_a_message_that_takes_every_worker_down_ends(world: World, receiver: Receiver, endpoint: Endpoint) -> None:
    delivery = world.send(endpoint)
    for _ in range(10):
        assert world.webhooks.claim(delivery.id, 60)
        world.pass_time(61)
    delivery = world.deliver(delivery)
    assert (delivery.state, delivery.log[0]["error"]) == (Fate.FAILED, "delivery.lost")
    assert receiver.got == []


def test_two_workers_at_once_send_once(world: World, receiver: Receiver, endpoint: Endpoint) -> None:
    for _ in range(5):
        delivery, start = world.send(endpoint), threading.Barrier(4)

        def work(delivery: Delivery = delivery, start: threading.Barrier = start) -> None:
            start.wait()
            deliver(world.services, delivery.id, Lanes())

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(receiver.got) == 5


def test_a_slow_endpoint_takes_two_threads_and_no_more(world: World, receiver: Receiver, endpoint: Endpoint) -> None:
    lanes, quick = Lanes(), world.register(receiver.url)
    with lanes.lane(endpoint.id), lanes.lane(endpoint.id):
        delivery = world.deliver(world.send(endpoint), lanes)
        assert (delivery.attempts, delivery.state) == (0, Fate.PENDING)
        assert 1 < seconds_until(delivery.due_at) < 2.5
        assert world.deliver(world.send(quick), lanes).state is Fate.DELIVERED
    world.pass_time(3)
    assert world.deliver(delivery, lanes).state is Fate.DELIVERED


def test_what_waits_behind_a_message_that_arrives_goes_with_it(
    world: World, receiver: Receiver, endpoint: Endpoint
) -> None:
    sent, other = [world.send(endpoint) for _ in range(20)], world.send(world.register(receiver.url))
    world.deliver(sent[5])
    assert {headers["webhook-id"] for headers, _ in receiver.got} == {delivery.id for delivery in sent}
    assert world.services.webhooks.delivery(other.id).state is Fate.PENDING


def test_nothing_goes_on_behind_a_message_that_fails(world: World, receiver: Receiver, endpoint: Endpoint) -> None:
    first, second = world.send(endpoint), world.send(endpoint)
    world.outside.then = RuntimeError("no")
    world.deliver(first)
    assert world.services.webhooks.delivery(second.id).attempts == 0


def test_a_lane_does_not_go_on_for_ever(
    world: World, receiver: Receiver, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "DRIVE_SECONDS", -1.0)
    sent = [world.send(endpoint) for _ in range(3)]
    world.deliver(sent[0])
    assert len(receiver.got) == 1


def test_a_lane_is_free_again_whatever_happens_in_it() -> None:
    lanes = Lanes(width=1)
    with pytest.raises(ValueError, match="inside"), lanes.lane("one"):
        raise ValueError("inside")
    with lanes.lane("one") as is_free, lanes.lane("one") as is_free_too, lanes.lane("other") as is_other_free:
        assert (is_free, is_free_too, is_other_free) == (True, False, True)


def test_an_unknown_delivery_is_nothing_to_do(world: World) -> None:
    deliver(world.services, "msg_unknown", Lanes())


# --- announcing


def test_what_is_due_is_announced_and_not_again_each_second(world: World, endpoint: Endpoint) -> None:
    relay, delivery = Relay(world.services), world.send(endpoint)
    assert relay.announce() == 1
    assert relay.announce() == 0
    later = world.send(endpoint)
    assert relay.announce() == 1
    assert world.queue.deliveries == [delivery.id, later.id]


def test_what_is_due_anew_is_announced_anew(world: World, endpoint: Endpoint) -> None:
    relay, delivery = Relay(world.services), world.send(endpoint)
    relay.announce()
    world.webhooks.put_off(delivery.id, 2)
    assert relay.announce() == 0
    world.pass_time(3)
    assert relay.announce() == 1


def test_a_hint_that_may_be_lost_is_repeated(world: World, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    relay = Relay(world.services)
    world.send(endpoint)
    relay.announce()
    monkeypatch.setattr(deliveries, "REPEAT_SECONDS", 0.0)
    assert relay.announce() == 1


def test_a_broker_that_is_away_loses_nothing(world: World, endpoint: Endpoint) -> None:
    relay = Relay(world.services)
    world.send(endpoint)
    world.queue.is_away = True
    assert relay.announce() == 0
    world.queue.is_away = False
    assert relay.announce() == 1


def test_deliveries_are_forgotten_after_thirty_days(world: World, endpoint: Endpoint) -> None:
    for _ in range(3):
        world.send(endpoint)
    world.pass_time(29.9 * 86400)
    assert deliveries.forget(world.services) == 0
    world.pass_time(0.2 * 86400)
    assert deliveries.forget(world.services) == 3


# --- what owners do


def test_only_public_addresses_are_registered(world: World, endpoint: Endpoint, receiver: Receiver) -> None:
    for url in ("http://127.0.0.1/", f"http://{OUT_THERE}:22/", "http://169.254.169.254/"):
        with pytest.raises(UrlBlocked):
            world.register(url)
        with pytest.raises(UrlBlocked):
            endpoints.change(world.services, TENANT, endpoint.id, {"url": url})
    assert world.find(endpoint).url == receiver.url
    assert len(world.webhooks.of_tenant(TENANT)) == 1


def test_ten_endpoints_are_enough(world: World, receiver: Receiver) -> None:
    for _ in range(10):
        world.register(receiver.url)
    with pytest.raises(TooManyWebhooks, match="limit is 10"):
        world.register(receiver.url)


def test_events_are_kept_once_and_in_order(world: World, receiver: Receiver) -> None:
    endpoint = world.register(receiver.url, events=["job.failed", "job.succeeded", "job.failed"])
    assert endpoint.events == ["job.succeeded", "job.failed"]
    changed = endpoints.change(world.services, TENANT, endpoint.id, {"events": ["batch.completed"]})
    assert changed.events == ["batch.completed"]


def test_a_test_is_sent_once(world: World, receiver: Receiver, endpoint: Endpoint) -> None:
    receiver.answer = saying(500)
    delivery = world.deliver(endpoints.send_test(world.services, TENANT, endpoint.id))
    assert (delivery.state, delivery.attempts) == (Fate.FAILED, 1)
    [(headers, body)] = receiver.got
    assert json.loads(body)["type"] == "webhook.test"
    assert verified_by(world.reveal(endpoint), headers, body)
    assert world.find(endpoint).failing_since is None


def test_a_replay_has_the_same_id(world: World, receiver: Receiver, endpoint: Endpoint) -> None:
    delivery = world.deliver(world.send(endpoint))
    endpoints.replay(world.services, TENANT, endpoint.id, delivery.id)
    delivery = world.deliver(delivery)
    assert [headers["webhook-id"] for headers, _ in receiver.got] == [delivery.id] * 2
    assert (delivery.state, len(delivery.log)) == (Fate.DELIVERED, 2)


def test_another_tenants_endpoint_is_as_good_as_none(world: World, endpoint: Endpoint) -> None:
    delivery = world.send(endpoint)
    calls: list[Callable[[str, str], object]] = [
        lambda tenant, hook: endpoints.find(world.services, tenant, hook),
        lambda tenant, hook: endpoints.change(world.services, tenant, hook, {"description": "x"}),
        lambda tenant, hook: endpoints.rotate(world.services, tenant, hook),
        lambda tenant, hook: endpoints.remove(world.services, tenant, hook),
        lambda tenant, hook: endpoints.send_test(world.services, tenant, hook),
        lambda tenant, hook: endpoints.page_of_deliveries(world.services, tenant, hook, 20),
        lambda tenant, hook: endpoints.replay(world.services, tenant, hook, delivery.id),
    ]
    for call in calls:
        for hook in (endpoint.id, new_id("hook"), "nonsense", "\0"):
            with pytest.raises(WebhookNotFound):
                call("acc_two", hook)
    assert world.find(endpoint) == endpoint
    assert endpoints.page_of_endpoints(world.services, "acc_two") == []


def test_a_delivery_is_replayed_only_by_the_endpoint_it_went_to(
    world: World, receiver: Receiver, endpoint: Endpoint
) -> None:
    delivery, other = world.send(endpoint), world.register(receiver.url)
    for hook, message in ((other.id, delivery.id), (endpoint.id, new_id("msg")), (endpoint.id, "nonsense\0")):
        with pytest.raises(DeliveryNotFound):
            endpoints.replay(world.services, TENANT, hook, message)


def test_deliveries_are_paged(world: World, endpoint: Endpoint) -> None:
    sent = [world.send(endpoint) for _ in range(5)]
    shown, before = endpoints.page_of_deliveries(world.services, TENANT, endpoint.id, 3)
    rest, end = endpoints.page_of_deliveries(world.services, TENANT, endpoint.id, 3, before)
    assert sorted(one.id for one in shown + rest) == sorted(one.id for one in sent)
    assert (len(shown), end) == (3, None)


def test_an_endpoint_can_be_removed(world: World, endpoint: Endpoint) -> None:
    endpoints.remove(world.services, TENANT, endpoint.id)
    with pytest.raises(WebhookNotFound):
        world.find(endpoint)


def test_overlap_ends_to_the_second(endpoint: Endpoint, world: World) -> None:
    claim = world.webhooks.claim(world.send(endpoint).id, 60)
    assert claim
    for age, signatures in ((timedelta(hours=23), 2), (timedelta(hours=25), 1)):
        rotated = replace(endpoint, generation=2, rotated_at=claim.at - age)
        headers = replace(claim, endpoint=rotated).headers(world.services.secrecy.derive)
        assert len(headers["webhook-signature"].split(" ")) == signatures
