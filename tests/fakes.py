"""What stands in where the real thing needs other processes: a queue without workers, a converter without pixels."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import orjson

from app.circumstances import AT_EASE, Circumstances
from app.jobs import Drawn, Heartbeat, Job

FACTS = {
    "width": 8,
    "height": 8,
    "method": "baseline",
    "quality": {"ssim": 0.9, "delta_e": 1.0},
    "baseline_quality": {"ssim": 0.8, "delta_e": 2.0},
    "seconds": {"trace_baseline": 0.01},
    "paths": 1,
    "segments": 4,
    "warnings": [],
}
ADVICE = {
    "image_type": "simple",
    "confidence": 0.9,
    "predictions": {
        "fast": {"quality": 0.98, "low": 0.96, "high": 0.99, "seconds": 0.05},
        "optimised": {"quality": 0.99, "low": 0.97, "high": 0.995, "seconds": 0.2},
        "refined": {"quality": 0.991, "low": 0.97, "high": 0.996, "seconds": 2.0},
        "baseline": {"quality": 0.93, "low": 0.9, "high": 0.95, "seconds": 0.02},
    },
    "ranking": ["optimised", "fast", "refined", "baseline"],
    "quality_target": 0.95,
    "advised_by": "rules",
    "reasons": ["there are no models"],
    "models": {},
    "features": {"pixels": 10.0},
}
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8" viewBox="0 0 8 8"></svg>'


class FakeQueue:
    """Remembers what was announced; `is_away` is a broker that cannot be reached."""

    def __init__(self) -> None:
        self.announced: list[str] = []
        self.exports: list[tuple[str, str]] = []
        self.deliveries: list[str] = []
        self.is_away = False

    def announce(self, job: Job) -> None:
        self._demand_broker()
        self.announced.append(job.id)

    def announce_export(self, job: Job, form: str) -> None:
        self._demand_broker()
        self.exports.append((job.id, form))

    def announce_delivery(self, delivery_id: str) -> None:
        self._demand_broker()
        self.deliveries.append(delivery_id)

    def _demand_broker(self) -> None:
        if self.is_away:
            raise ConnectionError("the broker is away")


class FakeConverter:
    """Draws nothing; `then` is what happens while it would: an error to raise, or a call."""

    def __init__(self, then: BaseException | Any = None) -> None:
        self.then = then
        self.seen: list[tuple[bytes, Mapping[str, Any]]] = []
        self.seconds: list[float] = []
        self.circumstances: list[Circumstances] = []

    def convert(
        self,
        picture: bytes,
        options: Mapping[str, Any],
        heartbeat: Heartbeat,
        seconds: float,
        circumstances: Circumstances = AT_EASE,
    ) -> Drawn:
        self.circumstances.append(circumstances)
        self.seen.append((picture, options))
        self.seconds.append(seconds)
        heartbeat("fit_curves", 50)
        self._happen()
        return Drawn(SVG, FACTS)

    def analyze(self, picture: bytes, heartbeat: Heartbeat, seconds: float) -> Drawn:
        self.seen.append((picture, {}))
        self._happen()
        return Drawn(b'{"inks":[]}', {"analysis": {"inks": []}, "seconds": {"analyze": 0.01}})

    def advise(
        self,
        picture: bytes,
        options: Mapping[str, Any],
        heartbeat: Heartbeat,
        seconds: float,
        circumstances: Circumstances = AT_EASE,
    ) -> Drawn:
        self.circumstances.append(circumstances)
        self.seen.append((picture, options))
        self._happen()
        return Drawn(orjson.dumps(ADVICE), {"advice": ADVICE, "seconds": {"advise": 0.01}})

    def export(self, drawing: bytes, form: str, seconds: float) -> bytes:
        self._happen()
        return f"{form} of {len(drawing)} bytes".encode()

    def _happen(self) -> None:
        if isinstance(self.then, BaseException):
            raise self.then
        if self.then:
            self.then()


class BeatingConverter(FakeConverter):
    """One that takes its time, and says so."""

    def __init__(self, lasting: float) -> None:
        super().__init__()
        self.lasting = lasting

    def convert(
        self,
        picture: bytes,
        options: Mapping[str, Any],
        heartbeat: Heartbeat,
        seconds: float,
        circumstances: Circumstances = AT_EASE,
    ) -> Drawn:
        end = time.monotonic() + self.lasting
        while time.monotonic() < end:
            heartbeat("fit_curves", 50)
            time.sleep(0.01)
        return super().convert(picture, options, heartbeat, seconds, circumstances)
