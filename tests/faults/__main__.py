"""The fault drills: `python -m tests.faults`, or `make faults FAULTS="R10 R14"` for some of them."""

from __future__ import annotations

import logging
import shutil
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import click
import structlog

from tests.faults.catalogue import DRILLS
from tests.faults.drills import Drill, run
from tests.faults.stage import Report, stage
from tests.faults.volume import leave_the_others_mounts

HEAD = ("drill", "sent", "accepted", "kills", "lost", "duplicated", "recovery", "outcome")
WIDTHS = (5, 6, 9, 6, 5, 11, 9, 8)


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(sorted(DRILLS)))
@click.option("--short", is_flag=True, help="As `make test` has it: short leases, fewer jobs, and only what is quick.")
@click.option("--keep", is_flag=True, help="Leave the folder with the logs of all processes.")
def main(names: Sequence[str], short: bool, keep: bool) -> None:
    """Break the service in every way of the catalogue, and see whether its promises hold."""
    chosen = [DRILLS[name] for name in sorted(names or DRILLS) if names or not short or DRILLS[name].is_short]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    leave_the_others_mounts()
    folder = Path(tempfile.mkdtemp(prefix="svgai-faults-"))
    reports = list(_take_place(chosen, folder, is_full=not short))
    has_failed = any(not (report.passed or report.skipped) for report in reports)
    print("\n" + "\n".join(_table(reports)))
    if has_failed or keep:
        print(f"\nThe logs are in {folder}")
    else:
        shutil.rmtree(folder)
    sys.exit(has_failed)


def _take_place(chosen: Iterable[Drill], folder: Path, *, is_full: bool) -> Iterator[Report]:
    """One drill after another on the same stage; what has failed may have left it in disorder, so then on a new one."""
    waiting, stages = deque(chosen), 0
    while waiting:
        stages += 1
        with stage(folder / f"stage-{stages}", is_full=is_full) as made:
            is_sound = True
            while waiting and is_sound:
                each = waiting.popleft()
                began = time.monotonic()
                report = run(each, made)
                _tell(each, report, time.monotonic() - began)
                is_sound = report.passed or bool(report.skipped)
                yield report


def _tell(each: Drill, report: Report, seconds: float) -> None:
    print(f"{each.name} {_outcome(report):8} {seconds:4.0f} s  {each.says}", flush=True)
    for fault in report.faults[:12]:
        print(f"       {fault}", flush=True)
    if report.skipped:
        print(f"       {report.skipped}", flush=True)


def _table(reports: Sequence[Report]) -> Iterator[str]:
    yield _row(HEAD)
    for each in reports:
        counts = (each.sent, each.accepted, each.kills, each.lost, each.duplicated)
        yield _row((each.name, *counts, f"{each.recovery_seconds:.1f} s", _outcome(each)))
    totals = [
        sum(getattr(each, name) for each in reports) for name in ("sent", "accepted", "kills", "lost", "duplicated")
    ]
    longest = max((each.recovery_seconds for each in reports), default=0.0)
    yield _row(("all", *totals, f"{longest:.1f} s", f"{sum(each.passed for each in reports)} of {len(reports)}"))


def _row(cells: Sequence[object]) -> str:
    return " ".join(str(cell).rjust(width) for cell, width in zip(cells, WIDTHS, strict=True))


def _outcome(report: Report) -> str:
    return "skipped" if report.skipped else "passed" if report.passed else "FAILED"


if __name__ == "__main__":
    main()
