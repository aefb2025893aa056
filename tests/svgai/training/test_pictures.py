"""Which pictures are made of a drawing, and to which part of the data they belong."""

from collections import Counter

import numpy as np
import pytest

from svgai.training.drawings import Subject
from svgai.training.pictures import ALL, LEAST_SIDE, MOST, QUICK, SIZES, Care, Shot, shots, split_of, take

pytest.importorskip("resvg_py")

LONG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 20"><rect width="300" height="12" fill="red"/></svg>'


def test_a_drawing_that_is_measured_as_a_whole_has_whole_and_damaged_pictures_for_all_methods():
    planned = [shots(1, f"icon-1-{n}", Care.MEASURED) for n in range(60)]

    assert all(any(shot.methods == ALL and shot.damage == "none" for shot in each) for each in planned)
    assert all(any(shot.methods == ALL and shot.damage != "none" for shot in each) for each in planned)
    assert all(min(SIZES) <= shot.size <= MOST for each in planned for shot in each)
    assert all(len({shot.name for shot in each}) == len(each) for each in planned)


@pytest.mark.parametrize(("care", "methods"), [(Care.TRIED, {QUICK, ("baseline",)}), (Care.SEEN, {("baseline",)})])
def test_other_drawings_cost_little(care, methods):
    planned = [shots(1, f"icon-1-{n}", care) for n in range(40)]

    assert {shot.methods for each in planned for shot in each} == methods
    assert all({shot.damage == "none" for shot in each} == {True, False} for each in planned)
    assert "refined" not in QUICK
    assert set(QUICK) < set(ALL)


def test_plans_depend_on_seed_and_name_alone():
    assert shots(1, "icon-1-4", Care.MEASURED) == shots(1, "icon-1-4", Care.MEASURED)
    assert shots(1, "icon-1-4", Care.MEASURED) != shots(2, "icon-1-4", Care.MEASURED)


def test_all_pictures_of_a_drawing_are_in_one_part():
    names = [f"icon-5-{n}" for n in range(2000)]
    parts = Counter(split_of(name) for name in names)

    assert [split_of(name) for name in names] == [split_of(name) for name in names]
    assert parts["train"] / 2000 == pytest.approx(0.66, abs=0.04)
    assert parts["calibrate"] / 2000 == pytest.approx(0.16, abs=0.03)
    assert parts["test"] / 2000 == pytest.approx(0.18, abs=0.03)


def test_the_split_of_a_drawing_never_changes():
    """Figures of different days are compared, so what was tested on yesterday must not be trained on today."""
    assert [split_of(f"emblem-5-{n}") for n in range(6)] == ["train", "calibrate", "train", "test", "test", "test"]


def test_a_picture_is_the_same_each_time():
    subject = Subject("long", "added", None, is_flat=True, content=LONG)
    shot = Shot(96, "noise-8", ALL)

    assert np.array_equal(take(subject, shot, 1), take(subject, shot, 1))
    assert not np.array_equal(take(subject, shot, 1), take(subject, shot, 2))


def test_a_long_narrow_drawing_is_shown_larger():
    subject = Subject("long", "added", None, is_flat=True, content=LONG)

    assert take(subject, Shot(48, "none", ALL), 1).shape[0] == LEAST_SIDE
