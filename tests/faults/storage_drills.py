"""Drills that fill the disk of the blobs, use up its inodes and make it read-only."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from app.jobs import State
from tests.faults.drills import Skipped, drill
from tests.faults.load import picture
from tests.faults.sandboxed import dose
from tests.faults.stage import Stage
from tests.faults.volume import Volume


@drill("R17")
def the_disk_is_full(stage: Stage) -> None:
    """The disk is full, then nearly so: 503 before anything is written, and what runs is done when there is room."""
    _suffer(stage, Volume.filled)


@drill("R18")
def there_are_no_inodes(stage: Stage) -> None:
    """The disk has room, but takes no more files: as when it is full."""
    _suffer(stage, Volume.crowded)


@drill("R19")
def the_disk_is_read_only(stage: Stage) -> None:
    """The disk cannot be written: the web says that it is not ready, and what runs is done once it can."""
    _suffer(stage, Volume.read_only)


def _suffer(stage: Stage, ill: Callable[[Volume], AbstractContextManager[None]]) -> None:
    if stage.volume is None:
        raise Skipped("it takes a disk of its own, which only root can mount")
    stage.outage = True
    stage.finish(stage.load(full=30))
    jobs = [stage.submit(picture(note=f"{dose('sleep', 3)} {n} {time.time_ns()}")) for n in range(4)]
    stage.until(lambda: len(stage.in_state(State.RUNNING)) == 4, 30)
    with ill(stage.volume):
        _expect_refusal(stage)
        given_back = stage.until(lambda: all(State.QUEUED in stage.history(job)[1:] for job in jobs), 30)
        stage.expect(given_back, "jobs that could not write their results were not given back")
        _expect_refusal(stage)
    if ill is not Volume.read_only:
        _expect_refusal(stage)  # where only a twentieth is free, it is kept for results
    stage.volume.clear()
    began = time.monotonic()
    stage.until(stage.is_ready, 30)
    jobs.append(stage.submit(picture(note=f"after {time.time_ns()}")))
    stage.settle()
    stage.recovered(time.monotonic() - began)
    stage.expect_success(*jobs)
    stage.expect(all(stage.job(job).attempts == 1 for job in jobs), "the disk's fault cost an attempt")


def _expect_refusal(stage: Stage) -> None:
    before = {path.name for path in stage.blobs.iterdir()}
    told = stage.hand_in(picture(note=f"too much {time.time_ns()}"))
    stage.expect((told.status, told.retry_after) == (503, "5"), f"a POST was answered with {told.status}")
    stage.expect({path.name for path in stage.blobs.iterdir()} == before, "something was written for a refused POST")
    stage.expect(not stage.is_ready(), "the web said that it was ready")
