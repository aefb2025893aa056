"""What the service is told of the training."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from svgai.ml.drift import Reference, Standing, watch_inputs
from svgai.ml.features import NAMES
from svgai.ml.relearning import lab_lesson, lessons_of
from svgai.training.reference import reference_of
from svgai.training.rows import write_rows
from svgai.training.tables import table_of
from tests.svgai.training.invented import learnable_rows

ROWS = learnable_rows(400)


def test_pictures_to_train_on_are_told_by_their_spread_and_those_to_test_on_one_by_one() -> None:
    made = reference_of(ROWS)
    test = [row for row in ROWS if row.split == "test" and row.methods]
    assert len(made.held_out) == len(test) > 0
    assert set(made.edges) == set(NAMES)
    lessons = lessons_of([lab_lesson(row) for row in made.held_out])
    assert lessons.quality.shape == (len(test), 4)
    train = table_of([row for row in ROWS if row.split == "train"])
    assert watch_inputs(made, train.features).standing is Standing.OK


def test_it_is_written_by_one_command(tmp_path: Path) -> None:
    write_rows(tmp_path, ROWS[:200])
    (tmp_path / "models").mkdir()
    command = [sys.executable, "-m", "svgai.training.reference", "--data", tmp_path, "--models", tmp_path / "models"]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    found = Reference.read(tmp_path / "models")
    assert found
    assert told.stdout == f"{len(NAMES)} features, {len(found.held_out)} pictures held out\n"


def test_without_pictures_there_is_nothing_to_tell() -> None:
    with pytest.raises(SystemExit, match="no pictures to train on"):
        reference_of([])
