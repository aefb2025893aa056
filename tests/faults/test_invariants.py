"""The judge of the drills finds what it is there to find."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from app.jobs import State
from tests.faults.invariants import Evidence, Verdict, judge
from tests.faults.load import Answer

JOB = "job_" + "1" * 36
DRAWING = b"<svg/>"


@dataclass(frozen=True)
class Row:
    id: str = JOB
    state: str = State.SUCCEEDED
    attempts: int = 1
    batch_id: None = None
    is_overdue: bool = False
    result_key: str = f"{JOB}/token.svg"
    result: dict[str, str] = field(default_factory=lambda: {"sha256": hashlib.sha256(DRAWING).hexdigest()})


def history(*states: State) -> list[Any]:
    return [replace(Row(), state=state) for state in states]


@pytest.fixture
def sound(tmp_path: Path) -> Evidence:
    """A job that was promised once, done once, and told of once."""
    (tmp_path / JOB).mkdir()
    (tmp_path / JOB / "picture").write_bytes(b"picture")
    (tmp_path / JOB / "token.svg").write_bytes(DRAWING)
    return Evidence(
        jobs={JOB: Row()},  # type: ignore[dict-item]
        events={JOB: history(State.QUEUED, State.RUNNING, State.SUCCEEDED)},
        promised={"key": {JOB}},
        answers=[Answer(202, 0.1)],
        blobs=tmp_path,
        told={JOB: {"msg_1"}},
        is_told=True,
        max_attempts=3,
        outage=False,
    )


def test_nothing_is_found_where_nothing_is_wrong(sound: Evidence) -> None:
    assert judge(sound) == Verdict()


def wrong(sound: Evidence) -> Iterator[tuple[str, Evidence]]:
    running = {JOB: Row(state=State.RUNNING, is_overdue=True)}
    yield "I1", replace(sound, promised={"key": {"job_unknown"}})
    yield "I1", replace(sound, jobs=running, events={JOB: history(State.QUEUED, State.RUNNING)})
    yield "I2", replace(sound, jobs={JOB: Row(result={"sha256": "another"})})
    yield "I2", replace(sound, jobs={JOB: Row(result_key=f"{JOB}/other.svg")})
    yield "I2", replace(sound, jobs={JOB: Row(state=State.CANCELLED)})
    yield "I3", replace(sound, told={})
    yield "I3", replace(sound, told={JOB: {"msg_1", "msg_2"}})
    yield "I4", replace(sound, jobs={JOB: Row(attempts=4)})
    yield "I4", replace(sound, jobs=running)
    yield "I6", replace(sound, events={JOB: history(State.QUEUED, State.SUCCEEDED)})
    yield "I6", replace(sound, events={JOB: history(State.QUEUED, State.RUNNING)})
    yield "I7", replace(sound, answers=[Answer(500, 0.1)])
    yield "I7", replace(sound, answers=[Answer(503, 0.1, "5")])
    yield "I7", replace(sound, answers=[Answer(503, 0.1)], outage=True)


def test_every_broken_promise_is_found(sound: Evidence) -> None:
    for name, evidence in wrong(sound):
        assert any(fault.startswith(name) for fault in judge(evidence).faults), (name, evidence)


def test_a_503_in_an_outage_is_no_fault(sound: Evidence) -> None:
    assert judge(replace(sound, answers=[Answer(503, 0.1, "5")], outage=True)) == Verdict()


def test_lost_and_duplicated_jobs_are_counted(sound: Evidence) -> None:
    assert judge(replace(sound, promised={"key": {JOB, "job_unknown"}})).lost == {"job_unknown"}
    twice = history(State.QUEUED, State.RUNNING, State.SUCCEEDED, State.SUCCEEDED)
    assert judge(replace(sound, events={JOB: twice})).duplicated == {JOB}
    assert judge(replace(sound, promised={"key": {JOB, "job_unknown"}})).duplicated == {"key"}
    (sound.blobs / JOB / "another.svg").write_bytes(DRAWING)
    assert judge(sound).duplicated == {JOB}


def test_what_is_left_behind_is_found(sound: Evidence) -> None:
    (sound.blobs / "job_of_nobody").mkdir()
    (sound.blobs / JOB / "token.svg.0.part").write_bytes(b"")
    assert len([fault for fault in judge(sound).faults if fault.startswith("I5")]) == 2
