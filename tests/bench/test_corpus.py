"""Drawings are chosen, sized and drawn as promised."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.corpus import Corpus, Original
from bench.drawings import DRAWINGS, own_drawings
from bench.metrics import complexity
from bench.rendering import NotDrawable, draw, natural_size, pinned, pixel_size

DISC = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 10"><circle cx="10" cy="5" r="4"/></svg>'
FADE = DISC.replace("<circle", '<linearGradient id="a"/><circle')


def names(corpus: Corpus, size: int = 48, said: list[str] | None = None) -> set[str]:
    return {original.name for original in corpus.originals(size, (said if said is not None else []).append)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deeper").mkdir()
    drawings = {
        "disc": DISC,
        "deeper/fade": FADE,
        "words": DISC.replace("<circle", "<text/><circle"),
        "flat as a board": DISC.replace("0 0 20 10", "0 0 90 1"),
        "broken": DISC.replace("</svg>", ""),
        "nothing": "",
        "shapeless": DISC.replace(' viewBox="0 0 20 10"', ""),
        "pixels": DISC.replace('viewBox="0 0 20 10"', "width='20px' height='10px'"),
    }
    for name, svg in drawings.items():
        (tmp_path / f"{name}.svg").write_text(svg)
    return tmp_path


def test_a_folder_is_searched_to_its_depths_for_drawings_that_can_be_drawn(folder: Path) -> None:
    said: list[str] = []
    assert names(Corpus(folder, "all", 9), said=said) == {"disc", "deeper/fade", "pixels"}
    assert {text.partition(":")[0] for text in said} == {"skipped broken", "skipped nothing", "skipped shapeless"}


def test_kinds_part_gradients_from_flat_colours(folder: Path) -> None:
    assert names(Corpus(folder, "flat", 9)) == {"disc", "pixels"}
    assert names(Corpus(folder, "gradient", 9)) == {"deeper/fade"}


def test_no_more_than_the_limit_is_taken_and_always_the_same(folder: Path) -> None:
    first = names(Corpus(folder, "all", 1))
    assert len(first) == 1
    assert names(Corpus(folder, "all", 1)) == first


def test_the_longest_side_has_the_size_that_was_asked() -> None:
    assert pixel_size(DISC, 64) == (64, 32)
    assert draw(DISC, 64, 32).shape == (32, 64, 4)


def test_an_original_is_drawn_at_one_two_and_four_times_the_size() -> None:
    original = Original.drawn("disc", DISC, 48)
    assert original.picture.shape == (24, 48, 4)
    assert (original.at_2x.shape, original.at_4x.shape) == ((48, 96, 3), (96, 192, 3))


def test_pinning_keeps_the_drawing_and_stretches_it() -> None:
    bare = DISC.replace('viewBox="0 0 20 10"', 'width="20" height="10" stroke-width="2"')
    for svg in (DISC, bare):
        root = pinned(svg, 40, 40).partition(">")[0]
        assert 'width="40" height="40" preserveAspectRatio="none"' in root
        assert 'viewBox="0 0 20 10"' in root
    assert 'stroke-width="2"' in pinned(bare, 40, 40)


@pytest.mark.parametrize("box", ["0 0 0 0", "0 0 9", "0 0 nan 4", "a b c d", "0 0 inf 4"])
def test_a_drawing_without_a_size_is_refused(box: str) -> None:
    with pytest.raises(NotDrawable):
        natural_size(f'<svg viewBox="{box}"/>')


def test_our_own_drawings_are_many_flat_and_the_same_each_time() -> None:
    drawings = dict(own_drawings())
    assert drawings == dict(own_drawings())
    assert names(Corpus(None, "flat", 99), size=64) == set(DRAWINGS)
    assert len(drawings) >= 12


@pytest.mark.parametrize("name", DRAWINGS)
def test_each_of_our_own_drawings_shows_something_that_can_be_counted(name: str) -> None:
    svg = DRAWINGS[name]()
    assert draw(svg, *pixel_size(svg, 64))[..., 3].any()
    assert complexity(svg).numbers >= 9
