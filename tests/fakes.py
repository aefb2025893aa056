"""The ports kept in memory: quick and honest, held to the same promises as the real adapters."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from app.jobs import Drawn, Heartbeat, Job, State

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
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8" viewBox="0 0 8 8"></svg>'


class FakeJobs:
    def __init__(self) -> None:
        self.rows: dict[str, Job] = {}
        self.lease_until: dict[str, datetime] = {}
        self.announced: dict[str, tuple[int, datetime]] = {}
        self.now_offset = timedelta()

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + self.now_offset

    def pass_time(self, seconds: float) -> None:
        self.now_offset += timedelta(seconds=seconds)

    def add(self, job: Job, retention_seconds: float) -> Job:
        expires_at = self.now + timedelta(seconds=retention_seconds)
        return self._set(replace(job, created_at=self.now, expires_at=expires_at))

    def get(self, job_id: str) -> Job | None:
        return self.rows.get(job_id)

    def count_unfinished(self) -> Mapping[State, int]:
        states = [job.state for job in self.rows.values()]
        return {state: states.count(state) for state in (State.QUEUED, State.RUNNING)}

    def oldest_queued_seconds(self) -> float:
        created = [job.created_at for job in self._in(State.QUEUED) if job.created_at]
        return (self.now - min(created)).total_seconds() if created else 0.0

    def unannounced(self, after_seconds: float, at_most: int) -> Iterable[Job]:
        return [job for job in self._in(State.QUEUED) if self._is_due(job, after_seconds)][:at_most]

    def _is_due(self, job: Job, after_seconds: float) -> bool:
        if job.id not in self.announced:
            return True
        times, last = self.announced[job.id]
        return self.now - last > timedelta(seconds=after_seconds * 2 ** (min(times, 8) - 1))

    def mark_announced(self, job_id: str) -> None:
        if job_id in self.rows and self.rows[job_id].state is State.QUEUED:
            self.announced[job_id] = (self.announced.get(job_id, (0, self.now))[0] + 1, self.now)

    def claim(self, job_id: str, token: str, lease_seconds: float, max_attempts: int) -> Job | None:
        job = self.rows.get(job_id)
        if job is None or job.state is not State.QUEUED or job.attempts >= max_attempts:
            return None
        self.lease_until[job_id] = self.now + timedelta(seconds=lease_seconds)
        started_at = job.started_at or self.now
        attempts = job.attempts + 1
        return self._set(replace(job, state=State.RUNNING, attempts=attempts, lease_token=token, started_at=started_at))

    def extend(self, job: Job, lease_seconds: float, phase: str | None, percent: int) -> bool:
        if not self._held(job):
            return False
        self.lease_until[job.id] = self.now + timedelta(seconds=lease_seconds)
        return self._change(job, phase=phase, percent=percent)

    def succeed(self, job: Job, result: Mapping[str, Any], result_key: str) -> bool:
        return self._change(
            job,
            state=State.SUCCEEDED,
            result=result,
            result_key=result_key,
            percent=100,
            phase=None,
            lease_token=None,
            finished_at=self.now,
        )

    def fail(self, job: Job, error: Mapping[str, Any]) -> bool:
        return self._change(job, state=State.FAILED, error=error, phase=None, lease_token=None, finished_at=self.now)

    def give_back(self, job: Job, *, uncounted: bool = False) -> bool:
        attempts = self.rows[job.id].attempts - uncounted if job.id in self.rows else 0
        if not self._change(job, state=State.QUEUED, lease_token=None, phase=None, percent=0, attempts=attempts):
            return False
        self.announced.pop(job.id, None)
        if uncounted:
            self.mark_announced(job.id)
        return True

    def reap(self, max_attempts: int, error: Mapping[str, Any]) -> tuple[list[str], list[str]]:
        lost = [job for job in self._in(State.RUNNING) if self.lease_until[job.id] < self.now]
        again = [job.id for job in lost if job.attempts < max_attempts and self.give_back(job)]
        ended = [job.id for job in lost if job.attempts >= max_attempts and self.fail(job, error)]
        for job in self._in(State.QUEUED):
            if job.attempts >= max_attempts:
                self._set(replace(job, state=State.FAILED, error=error, finished_at=self.now))
                ended.append(job.id)
        return again, ended

    def check(self) -> None:
        pass

    def remove_expired(self, at_most: int) -> list[str]:
        old = [j.id for j in self.rows.values() if j.expires_at and j.expires_at < self.now]
        old = [job_id for job_id in old if self.rows[job_id].state is not State.RUNNING][:at_most]
        for job_id in old:
            del self.rows[job_id]
        return old

    def known(self, job_ids: Iterable[str]) -> set[str]:
        return set(job_ids) & set(self.rows)

    def _in(self, state: State) -> list[Job]:
        return [job for job in self.rows.values() if job.state is state]

    def _held(self, job: Job) -> bool:
        row = self.rows.get(job.id)
        return row is not None and row.state is State.RUNNING and row.lease_token == job.lease_token

    def _change(self, job: Job, **changes: Any) -> bool:
        if not self._held(job):
            return False
        self._set(replace(self.rows[job.id], **changes))
        return True

    def _set(self, job: Job) -> Job:
        self.rows[job.id] = job
        return job


class FakeBlobs:
    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.old: list[str] = []

    def put(self, key: str, data: bytes) -> None:
        self.kept[key] = data

    def get(self, key: str) -> bytes | None:
        return self.kept.get(key)

    def remove(self, job_id: str) -> None:
        self.kept = {key: data for key, data in self.kept.items() if not key.startswith(f"{job_id}/")}

    def older_than(self, seconds: float) -> Iterable[str]:
        return list(self.old)

    def check(self) -> None:
        pass


class FakeQueue:
    """Remembers what was announced; `is_away` is a broker that cannot be reached."""

    def __init__(self) -> None:
        self.announced: list[str] = []
        self.is_away = False

    def announce(self, job: Job) -> None:
        if self.is_away:
            raise ConnectionError("the broker is away")
        self.announced.append(job.id)


class FakeRoster:
    def __init__(self) -> None:
        self.names: set[str] = set()

    def sign_in(self, name: str) -> None:
        self.names.add(name)

    def sign_out(self, name: str) -> None:
        self.names.discard(name)

    def present(self, within_seconds: float) -> list[str]:
        return sorted(self.names)


class FakeConverter:
    """Draws nothing; `then` is what happens while it would: an error to raise, or a call."""

    def __init__(self, then: BaseException | Any = None) -> None:
        self.then = then
        self.seen: list[tuple[bytes, Mapping[str, Any]]] = []

    def convert(self, picture: bytes, options: Mapping[str, Any], heartbeat: Heartbeat) -> Drawn:
        self.seen.append((picture, options))
        heartbeat("fit_curves", 50)
        if isinstance(self.then, BaseException):
            raise self.then
        if self.then:
            self.then()
        return Drawn(SVG, FACTS)


class BeatingConverter(FakeConverter):
    """One that takes its time, and says so."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    def convert(self, picture: bytes, options: Mapping[str, Any], heartbeat: Heartbeat) -> Drawn:
        end = time.monotonic() + self.seconds
        while time.monotonic() < end:
            heartbeat("fit_curves", 50)
            time.sleep(0.01)
        return super().convert(picture, options, heartbeat)
