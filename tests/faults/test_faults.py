"""The quick ones of the fault drills, with short leases; `make faults` runs all of them in full."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.catalogue import DRILLS
from tests.faults.drills import Drill, run
from tests.faults.stage import Stage, stage

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("faults"), is_full=False) as made:
        yield made


@pytest.mark.parametrize("each", [pytest.param(each, id=name) for name, each in DRILLS.items() if each.is_short])
def test_every_promise_holds_after(each: Drill, theatre: Stage) -> None:
    report = run(each, theatre)
    assert report.passed, "\n".join([each.says, *report.faults, theatre.crew.last_words()])
