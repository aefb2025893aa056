"""What tracers make of a picture or of cells of it is what they make of all."""

from __future__ import annotations

import numpy as np
import pytest

from bench.drawings import DRAWINGS
from svgai.conversion import convert
from svgai.errors import TracingFailed
from svgai.ml import trial
from svgai.ml.features import measure_features
from svgai.ml.trial import let_try
from svgai.ml.views import WHITE, look_near
from svgai.options import Limits, Options
from svgai.picture import Picture, Pixels
from tests.svgai.ml.pictures import flat, jpeg, lettering, noise, noisy, ramp


def tried(picture: Picture) -> dict[str, float]:
    return dict(let_try(picture, look_near(picture), WHITE))


def lost(picture: Picture, method: str = "baseline") -> float:
    """In units of the feature."""
    quality = convert(picture.rgba, Options(method=method, quality_target=1), Limits()).quality
    return float(np.log2(1 + 1000 * (1 - quality.ssim)))


def on_white(picture: Picture) -> Picture:
    alpha = picture.rgba[..., 3:] / 255
    colours = picture.rgba[..., :3] * alpha + 255 * (1 - alpha)
    return Picture(np.dstack([colours.round().astype(np.uint8), np.full_like(picture.rgba[..., 3], 255)]))


def pictures() -> list[Picture]:
    made = [flat(size, name) for name in DRAWINGS for size in (96, 320)]
    made += [picture for size in (96, 320) for picture in (lettering(size), ramp(size), noise(size), noise(size, 6))]
    return [*made, jpeg(flat(160, "badge"), 40), noisy(flat(160, "waves"), 8)]


def test_it_goes_with_what_the_baseline_loses_of_the_whole() -> None:
    pairs = np.array([(tried(picture)["tried_lost"], lost(picture)) for picture in pictures()])
    assert np.corrcoef(pairs.T)[0, 1] > 0.9
    assert np.median(np.abs(pairs[:, 0] - pairs[:, 1])) < 0.2


def test_what_the_map_loses_goes_with_what_our_tracer_loses_of_the_whole() -> None:
    pairs = np.array([(tried(picture)["mapped_lost"], lost(picture, "fast")) for picture in pictures()])
    assert np.corrcoef(pairs.T)[0, 1] > 0.9


def test_squares_lose_nothing_in_the_map() -> None:
    pixels = np.zeros((48, 64, 4), np.uint8)
    pixels[..., 3] = 255
    pixels[8:24, 16:40, :3] = (200, 30, 60)
    found = tried(Picture(pixels))
    assert found["mapped_lost"] == 0
    assert found["mapped_regions"] == pytest.approx(np.log2(3))
    assert found["mapped_inks"] == pytest.approx(np.log2(3))


@pytest.mark.parametrize("name", sorted(DRAWINGS))
def test_a_small_picture_is_tried_as_a_whole(name: str) -> None:
    picture = on_white(flat(64, name))
    found = tried(picture)
    assert found["tried_share"] == 1
    assert found["tried_lost"] == pytest.approx(lost(picture), abs=0.05)


def test_of_a_large_picture_only_cells_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = watched(monkeypatch)
    found = tried(noise(1024))
    (cells,) = tries
    assert cells.shape[0] == 32
    assert cells.shape[1] % 32 == 0
    assert 0 < found["tried_share"] < 0.05


def test_cells_are_of_all_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = watched(monkeypatch)
    pixels = noisy(flat(512, "badge"), 1).rgba.copy()
    pixels[:, 256:, :3] = np.random.default_rng(1).integers(0, 2, (512, 256, 1)) * 255
    tried(Picture(pixels))
    (cells,) = tries
    black_and_white = ((cells == 0) | (cells == 255)).all(axis=(0, 2)).reshape(-1, 32).all(axis=1)
    assert 0 < black_and_white.mean() < 1


def watched(monkeypatch: pytest.MonkeyPatch) -> list[Pixels]:
    """What the baseline is shown from now on."""
    tries: list[Pixels] = []

    def show(pixels: Pixels) -> str:
        tries.append(pixels)
        return f'<svg xmlns="http://www.w3.org/2000/svg" width="{pixels.shape[1]}" height="{pixels.shape[0]}"/>'

    monkeypatch.setattr(trial, "svg_of", show)
    return tries


def test_where_nothing_changes_nothing_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "svg_of", lambda _: pytest.fail("it was tried"))
    plain = Picture(np.full((90, 300, 4), 200, np.uint8))
    assert tried(plain) == {
        **{"tried_lost": 0.0, "tried_paths": 0.0, "tried_share": 1.0},
        **{"mapped_lost": 0.0, "mapped_regions": 0.0, "mapped_inks": 0.0},
    }


def test_where_it_fails_all_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> str:
        raise TracingFailed("It fails.")

    monkeypatch.setattr(trial, "svg_of", fail)
    features = measure_features(flat(96))
    assert features["tried_lost"] == pytest.approx(np.log2(1001), abs=1e-4)


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (7, 9), (47, 49), (48, 48), (600, 30), (3, 9_000)])
def test_any_size_can_be_tried(size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(2).integers(0, 256, (*size, 4), dtype=np.uint8)
    found = tried(Picture(pixels))
    assert all(np.isfinite(value) and value >= 0 for value in found.values())
