"""What a drill is, and how one is run and judged."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.stage import Report, Stage

Deed = Callable[[Stage], None]


@dataclass(frozen=True)
class Drill:
    """A fault of the catalogue, made to happen."""

    name: str
    do: Deed
    is_short: bool
    """Whether it is part of the short version."""

    @property
    def says(self) -> str:
        return (inspect.getdoc(self.do) or "").split("\n\n")[0].replace("\n", " ")


DRILLS: dict[str, Drill] = {}


def drill(name: str, *, short: bool = False) -> Callable[[Deed], Deed]:
    """Enter a drill under its number in the catalogue."""

    def enter(deed: Deed) -> Deed:
        DRILLS[name] = Drill(name, deed, short)
        return deed

    return enter


class Skipped(Exception):
    """The drill cannot take place here; says why."""


def run(each: Drill, stage: Stage) -> Report:
    """Do a drill, mend what it broke, wait until all is calm, and judge."""
    stage.begin(each.name)
    try:
        each.do(stage)
    except Skipped as skipped:
        stage.report.skipped = str(skipped)
        return stage.report
    except Exception as fault:  # noqa: BLE001 - one drill that breaks off must not keep the others from their turn
        stage.report.faults.append(f"broke off: {''.join(traceback.format_exception(fault)[-3:])}")
    stage.mend()
    stage.settle()
    stage.judge()
    return stage.report
