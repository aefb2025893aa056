"""What the baseline makes of a part stands for what it makes of all."""

from __future__ import annotations

import numpy as np
import pytest

from bench.drawings import DRAWINGS
from svgai.conversion import convert
from svgai.errors import TracingFailed
from svgai.ml import trial
from svgai.ml.features import measure_features
from svgai.ml.trial import try_baseline
from svgai.ml.views import WHITE, look_near
from svgai.options import Limits, Options
from svgai.picture import Picture
from tests.svgai.ml.pictures import flat, jpeg, lettering, noise, noisy, ramp


def tried(picture: Picture) -> dict[str, float]:
    return dict(try_baseline(picture, look_near(picture), WHITE))


def lost(picture: Picture) -> float:
    """In units of the feature."""
    quality = convert(picture.rgba, Options(method="baseline"), Limits()).quality
    return float(np.log2(1 + 1000 * (1 - quality.ssim)))


def test_it_goes_with_what_the_baseline_loses_of_the_whole() -> None:
    pictures = [flat(size, name) for name in DRAWINGS for size in (96, 320)]
    pictures += [
        picture for size in (96, 320) for picture in (lettering(size), ramp(size), noise(size), noise(size, 6))
    ]
    pictures += [jpeg(flat(160, "badge"), 40), noisy(flat(160, "waves"), 8)]
    pairs = np.array([(tried(picture)["tried_lost"], lost(picture)) for picture in pictures])
    assert np.corrcoef(pairs.T)[0, 1] > 0.9
    assert np.median(np.abs(pairs[:, 0] - pairs[:, 1])) < 0.6


def test_where_nothing_changes_nothing_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "svg_of", lambda _: pytest.fail("it was tried"))
    plain = Picture(np.full((90, 300, 4), 200, np.uint8))
    assert tried(plain) == {"tried_lost": 0.0, "tried_paths": 0.0}


def test_where_it_fails_all_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> str:
        raise TracingFailed("It fails.")

    monkeypatch.setattr(trial, "svg_of", fail)
    features = measure_features(flat(96))
    assert features["tried_lost"] == pytest.approx(np.log2(1001), abs=1e-4)


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (7, 9), (47, 49), (48, 48), (600, 30)])
def test_any_size_can_be_tried(size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(2).integers(0, 256, (*size, 4), dtype=np.uint8)
    found = tried(Picture(pixels))
    assert all(np.isfinite(value) and value >= 0 for value in found.values())


def test_the_busiest_part_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = []
    monkeypatch.setattr(trial, "svg_of", lambda part: parts.append(part) or trial_svg(part))
    pixels = np.full((400, 500, 4), 255, np.uint8)
    pixels[300:330, 410:450, :3] = np.random.default_rng(1).integers(0, 2, (30, 40, 1)) * 255
    tried(Picture(pixels))
    (part,) = parts
    assert (part[..., 0] == 0).sum() > 0.6 * (pixels[..., 0] == 0).sum()


def trial_svg(part: np.ndarray) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{part.shape[1]}" height="{part.shape[0]}"/>'
