"""Drawings are what their family says, and the same seed always makes the same."""

import hashlib

import numpy as np
import pytest

from svgai.ml.types import ImageType
from svgai.training.drawings import FAMILIES, Dice, Subject, make_drawing
from svgai.training.drawings.fonts import FACES, PILLOW, line
from svgai.training.drawings.subjects import NotDrawable

pytest.importorskip("resvg_py")
pytest.importorskip("font_caladea", reason="the fonts of the extra ai")


def bytes_of(subject):
    return subject.content.encode() if isinstance(subject.content, str) else subject.content.tobytes()


def drawn(name, *seed):
    family = FAMILIES[name]
    return Subject(name, name, family.image_type, family.is_flat, family.draw(Dice(*seed)), family.is_grid)


def test_there_are_many_families_of_every_type():
    types = [family.image_type for family in FAMILIES.values()]

    assert len(FAMILIES) >= 10
    assert all(types.count(each) >= 4 for each in ImageType)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_same_seed_makes_the_same_drawing_and_another_another(name):
    first, again, other = (bytes_of(drawn(name, *seed)) for seed in ((1, 2), (1, 2), (1, 3)))

    assert first == again
    assert first != other


def test_a_drawing_depends_on_nothing_but_seed_and_number():
    """A change here makes other data of the same seed: then the models have to be made again."""
    names = [make_drawing(5, index).name for index in (0, 1, 2)]
    digest = hashlib.sha256(bytes_of(drawn("icon", 1, 2))).hexdigest()

    assert names == ["ribbons-5-0", "spheres-5-1", "pattern-5-2"]
    assert digest[:16] == "12b1f695b9e101dd"


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_shows_something(name):
    for number in range(5):
        seen = drawn(name, 9, number).seen(96)
        on_grey = seen[..., :3] * (seen[..., 3:] / 255) + 119 * (1 - seen[..., 3:] / 255)

        assert seen.dtype == np.uint8
        assert seen.shape[2] == 4
        assert on_grey.std(axis=(0, 1)).max() > 2, f"{name} {number} is blank"


@pytest.mark.parametrize("name", [name for name, each in FAMILIES.items() if not each.is_grid])
@pytest.mark.parametrize("longest", [48, 200])
def test_a_picture_has_the_size_that_was_asked_for(name, longest):
    assert max(drawn(name, 4).seen(longest).shape[:2]) == longest


@pytest.mark.parametrize("name", [name for name, each in FAMILIES.items() if each.is_grid])
def test_pixel_art_has_cells_of_whole_pixels(name):
    subject = drawn(name, 4)
    cells = subject.content
    seen = subject.seen(5 * max(cells.shape[:2]))

    assert np.array_equal(seen[::5, ::5], cells)
    assert np.array_equal(seen[4::5, 4::5], cells)


@pytest.mark.parametrize("name", [name for name, each in FAMILIES.items() if each.is_flat])
def test_flat_drawings_hold_no_gradient(name):
    content = drawn(name, 3).content

    assert not isinstance(content, str) or "Gradient" not in content


@pytest.mark.parametrize("face", FACES, ids=lambda face: face[1])
def test_every_font_has_the_letters(face):
    set_line = line("Hamburg 42&", face, 100)

    assert len(set_line.letters) == len("Hamburg42&")  # a space has no outline
    assert 150 < set_line.width < 900


def test_letters_stand_side_by_side_on_the_baseline():
    set_line = line("II", (PILLOW, "Aileron"), 100)
    first, second = ([float(pair.split()[0].strip("MLQCz")) for pair in each.split("L")] for each in set_line.letters)

    assert max(first) < min(second)


def test_text_that_is_no_svg_is_refused():
    with pytest.raises(NotDrawable):
        Subject("", "added", None, is_flat=True, content="<html/>").seen(64)
