"""Predictions by the whole service: models are swapped, spoiled and taken away while it answers."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from svgai.ml.usual import USUAL
from tests.samples import logo_png
from tests.service import Service
from tests.svgai.ml.models import furnish

pytestmark = pytest.mark.end_to_end

QUESTION = json.dumps({"features": {name: usual.value for name, usual in list(USUAL.items())[:20]}}).encode()
CALLERS = 6


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    furnish(tmp_path / "models", version="0")
    return tmp_path / "models"


@pytest.fixture
def stack(start_service: Callable[..., Service], folder: Path) -> Service:
    return start_service(models_dir=folder)


class Callers:
    """Ask again and again, each on a line of its own, and remember what they were told."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.faults: list[Any] = []
        self.seen: Counter[str] = Counter()
        self.stopped = threading.Event()

    def run(self) -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as line:
            while not self.stopped.is_set():
                self._ask(line)

    def _ask(self, line: http.client.HTTPConnection) -> None:
        line.request("POST", "/api/v1/predict/routing", QUESTION, {"Content-Type": "application/json"})
        answer = line.getresponse()
        told = json.loads(answer.read())
        versions = set(told.get("models", {}).values())
        if answer.status != 200 or told["advised_by"] != "model" or len(versions) != 1:
            self.faults.append((answer.status, told))
        self.seen.update(versions)


@contextmanager
def calling(port: int) -> Iterator[Callers]:
    callers = Callers(port)
    threads = [threading.Thread(target=callers.run) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    yield callers
    callers.stopped.set()
    for thread in threads:
        thread.join()


def test_swaps_and_broken_models_under_load_fail_nobody(stack: Service, folder: Path) -> None:
    with calling(stack.port) as callers:
        for version in ("1", "2", "3"):
            furnish(folder, version=version)
            stack.until(lambda: all(seen_now(callers, version) for _ in range(3)), 20, f"version {version}")  # noqa: B023
        (folder / "predictor.onnx").write_bytes(b"\x00" * 100)
        stack.until(lambda: status(stack)["last_refusal"] is not None, 20, "refusal")
        time.sleep(1.5)  # each process has looked by now
        before = callers.seen["3"]
        stack.until(lambda: callers.seen["3"] > before + 20, 20, "more answers by the last good ones")
    assert callers.faults == []
    assert {"1", "2", "3"} <= set(callers.seen)
    assert {model["version"] for model in status(stack)["models"]} == {"3"}


def seen_now(callers: Callers, version: str) -> bool:
    """Whether nobody is told of other versions any more."""
    before = callers.seen.copy()
    time.sleep(0.15)
    return set(callers.seen - before) == {version}


def status(stack: Service) -> dict[str, Any]:
    return stack.get("/api/ai-status").json


def test_a_picture_is_classified_by_the_same_models(stack: Service, folder: Path) -> None:
    told = stack.post("/api/classify?quality_target=97", logo_png(64)).json
    assert (told["advised_by"], told["models"], told["quality_target"]) == (
        "model",
        {"classifier": "0", "predictor": "0"},
        0.97,
    )
    assert stack.post("/api/v1/convert", logo_png(64)).status == 200
    furnish(folder, shares=(0.0, 0.9, 0.1, 0.0), version="1")
    told = stack.post("/api/classify?quality_target=97", logo_png(64)).json
    assert (told["image_type"], told["models"]["classifier"]) == ("text", "1")  # what others said is not told again
    routed = stack.post("/api/v1/predict/routing", logo_png(64)).json
    assert (routed["image_type"], routed["assumed"]) == ("text", {})
    metrics = stack.get("/metrics").body.decode()
    for name in (
        'ai_classifications_total{image_type="text",source="model"}',
        'tier1_routing_decisions_total{method="refined",source="model"}',
        "ai_features_enabled 1.0",
    ):
        assert name in metrics


def test_everything_works_without_models(start_service: Callable[..., Service], tmp_path: Path) -> None:
    stack = start_service(models_dir=tmp_path / "none", ai_enabled=False)
    told = stack.post("/api/v1/predict/quality", QUESTION, content_type="application/json").json
    assert (told["advised_by"], told["reasons"]) == ("rules", ["models are switched off"])
    told = stack.post("/api/v1/classify", logo_png(64)).json
    assert (told["image_type"], told["reasons"]) == ("simple", ["models are switched off"])
    assert status(stack)["enabled"] is False
    assert "ai_features_enabled 0.0" in stack.get("/metrics").body.decode()
