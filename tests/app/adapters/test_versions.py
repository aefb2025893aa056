"""Versions of the predictor in both databases."""

from __future__ import annotations

import pytest

from app.adapters.database import Database
from app.adapters.versions import DatabaseVersions
from app.learning import Finding, Stage, Version
from tests.world import pass_time


@pytest.fixture
def versions(database: Database) -> DatabaseVersions:
    return DatabaseVersions(database)


def test_a_version_goes_its_way_and_keeps_the_moment_it_was_made(
    versions: DatabaseVersions, database: Database
) -> None:
    versions.note(Version("1+1", Stage.CANDIDATE, "1", 300))
    pass_time(database, 100)
    [made] = versions.all()
    versions.note(Version("1+1", Stage.REFUSED, "1", 300, "no better", {"mean_error": [0.1, 0.2]}))
    [now] = versions.all()
    assert (now.state, now.reason, now.figures) == (Stage.REFUSED, "no better", {"mean_error": [0.1, 0.2]})
    assert now.made_at == made.made_at
    assert (now.changed_at - made.changed_at).total_seconds() > 90


def test_the_newest_version_comes_first(versions: DatabaseVersions, database: Database) -> None:
    for name in ("1", "1+1", "1+2"):
        versions.note(Version(name, Stage.RETIRED))
        pass_time(database, 10)
    assert [version.version for version in versions.all()] == ["1+2", "1+1", "1"]


def test_a_finding_takes_the_place_of_the_one_before(versions: DatabaseVersions) -> None:
    versions.find(Finding("inputs", "ok"))
    versions.find(Finding("learning", "waiting", "3 new conversions"))
    versions.find(Finding("inputs", "drifted", "9 of 55 features", {"shifted": 9}))
    inputs, learning = versions.findings()
    assert (inputs.standing, inputs.figures) == ("drifted", {"shifted": 9})
    assert (learning.reason, learning.at is not None) == ("3 new conversions", True)
