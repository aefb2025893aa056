from __future__ import annotations

import json
from pathlib import Path

from app.adapters.celery_queue import CALLBACKS, DELIVER, CeleryQueue, make_celery
from app.deliveries import LANES
from app.endpoints import MAX_ENDPOINTS
from app.jobs import new_id, new_job_id
from app.services import Services
from app.settings import Settings
from app.webhooks import Endpoint, Fate
from workers import callbacks
from workers.serve import PROGRAMS


def test_a_delivery_that_is_announced_has_a_consumer(services: Services, settings: Settings) -> None:
    celery = make_celery(settings)
    callbacks.register(celery, services)
    endpoint = services.webhooks.add(Endpoint(new_id("hook"), "acc_one", "http://127.0.0.1/"), at_most=1)
    delivery = services.webhooks.send(endpoint.id, "job.failed", new_job_id(), {})
    celery.tasks[DELIVER](delivery.id)
    noted = services.webhooks.delivery(delivery.id)
    assert noted
    assert [entry["error"] for entry in noted.log] == ["url.blocked_address"]
    assert noted.state is Fate.PENDING


def test_a_hint_is_an_id_in_a_queue_of_its_own(settings: Settings, tmp_path: Path) -> None:
    CeleryQueue(make_celery(settings)).announce_delivery("msg_1")
    (message,) = (tmp_path / "broker" / "messages").iterdir()
    assert message.name.endswith(f".{CALLBACKS}.msg")
    told = json.loads(message.read_text())
    assert (told["headers"]["task"], told["headers"]["argsrepr"]) == (DELIVER, "['msg_1']")


def test_no_account_can_take_every_thread() -> None:
    assert callbacks.AT_ONCE > MAX_ENDPOINTS * LANES


def test_it_is_one_of_the_crew() -> None:
    assert PROGRAMS["callbacks"] == ["-m", callbacks.__name__]
    assert CALLBACKS not in Settings.model_fields["worker_queues"].default.split(",")
