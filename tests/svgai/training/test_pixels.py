"""The network on pixels sees pictures made small, learns from them, and is compared but never served."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from svgai.training.fitting import SUBJECTS, choose, try_out
from svgai.training.lessons import CLASSIFIERS, FOREST, PIXELS
from svgai.training.pixels import SIDE, read_thumbnails
from svgai.training.rows import PICTURES
from svgai.training.tables import table_of
from tests.svgai.training.invented import learnable_rows, row
from tests.svgai.training.test_fitting import CLASSIFIER, trial


def test_a_thumbnail_is_the_whole_picture_on_white(tmp_path):
    (tmp_path / PICTURES).mkdir()
    wide = np.zeros((40, 2 * SIDE, 4), np.uint8)
    wide[:, SIDE:] = (200, 0, 0, 255)
    tiny = np.full((6, 4, 4), (0, 90, 0, 255), np.uint8)
    rows = [row("wide-1-1"), row("tiny-1-1")]
    for each, pixels in zip(rows, (wide, tiny), strict=True):
        Image.fromarray(pixels).save(tmp_path / PICTURES / each.picture)
    first, second = read_thumbnails(tmp_path, rows)

    assert first.shape == (SIDE, SIDE, 3)
    middle = first[SIDE // 2]
    assert middle[: SIDE // 2].tolist() == [[255, 255, 255]] * (SIDE // 2)
    assert middle[SIDE // 2 :].tolist() == [[200, 0, 0]] * (SIDE // 2)
    assert (first[:10] == 255).all()
    assert ((second == (0, 90, 0)).all(axis=-1)).sum() == 24


def test_it_learns_what_can_be_seen():
    pytest.importorskip("torch", reason="the extra ai")
    rows = [row(f"a-1-{n}", image_type="simple" if n % 2 else "complex") for n in range(120)]
    numbers = np.random.default_rng(1)
    dark = np.array([n % 2 == 0 for n in range(120)])
    thumbnails = numbers.integers(0, 60, (120, SIDE, SIDE, 3)) + np.where(dark, 0, 190)[:, None, None, None]
    found = try_out(PIXELS, CLASSIFIERS[PIXELS], CLASSIFIER, table_of(rows, thumbnails.astype(np.uint8)), 1)

    assert found.crossed["accuracy"] > 0.95


def test_it_needs_pictures():
    with pytest.raises(ValueError, match="no pictures"):
        CLASSIFIERS[PIXELS](table_of(learnable_rows(8)), 1)


def test_it_never_becomes_a_model():
    assert choose(CLASSIFIER, [trial(PIXELS, 0.99), trial(FOREST, 0.9)]).name == FOREST
    assert [PIXELS in subject.candidates for subject in SUBJECTS] == [True, False, False]


def test_pictures_stay_with_their_rows():
    rows = [dataclasses.replace(each) for each in learnable_rows(6)]
    thumbnails = np.arange(6, dtype=np.uint8)[:, None, None, None] * np.ones((1, SIDE, SIDE, 3), np.uint8)
    table = table_of(rows, thumbnails).only(np.array([5, 2]))

    assert table.thumbnails[:, 0, 0, 0].tolist() == [5, 2]
    assert [each.drawing for each in table.rows] == [rows[5].drawing, rows[2].drawing]
