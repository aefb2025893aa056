"""A picture goes in, an SVG comes out; whatever the picture."""

import re
import xml.etree.ElementTree as ET
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

import svgai
from svgai import conversion
from svgai.contest import is_worse
from svgai.conversion import convert
from svgai.engine.guard import verify
from svgai.errors import (
    DrawingTooLarge,
    OptionsInvalid,
    PictureCorrupt,
    PictureMissing,
    PictureTooManyBytes,
    PictureTooManyPixels,
    PictureUnsupported,
)
from svgai.methods import TRACERS
from svgai.ml.advice import Adviser, usual_adviser
from svgai.ml.features import NAMES
from svgai.ml.store import Store
from svgai.ml.types import ImageType
from svgai.options import Limits, Options
from svgai.phases import FINISHING, FITTING, PHASES, SEARCHING, percent_at
from svgai.tracing import WORK
from tests import samples
from tests.svgai.ml.models import furnish, predictions

ODD_PICTURES = {
    "blank": samples.flat_png(64, 48, (255, 255, 255, 255)),
    "one pixel": samples.flat_png(1, 1),
    "a line across": samples.flat_png(300, 1),
    "a line down": samples.flat_png(1, 300),
    "two pixels": samples.encoded(samples.logo(128).crop((40, 40, 42, 41))),
    "transparent": samples.flat_png(40, 40, (0, 0, 0, 0)),
    "nearly transparent": samples.flat_png(40, 40, (9, 9, 9, 1)),
    "noise": samples.noise_png(64),
    "huge and flat": samples.flat_png(2_000, 2_000),
    "long and thin": samples.encoded(samples.logo(64).resize((4_000, 2))),
    "grey": samples.encoded(samples.logo(64).convert("L")),
    "black and white": samples.encoded(samples.logo(64).convert("1")),
    "logo": samples.logo_png(96),
    "logo on nothing": samples.logo_png(96, transparent=True),
    "photo-like": samples.logo_jpeg(96),
}


def size_of(svg: str) -> tuple[int, int]:
    root = ET.fromstring(svg)  # noqa: S314 - our own drawing
    assert root.get("viewBox") == f"0 0 {root.get('width')} {root.get('height')}"
    return int(root.get("width", 0)), int(root.get("height", 0))


@pytest.mark.parametrize("name", ODD_PICTURES)
@pytest.mark.parametrize("method", TRACERS)
def test_every_method_makes_something_of_every_odd_picture(method, name):
    result = svgai.convert(ODD_PICTURES[name], method=method)
    assert size_of(result.svg) == (result.width, result.height)
    assert len(re.findall(r"<(?:path|circle|ellipse|rect)\b", result.svg)) == result.paths
    assert -1 <= result.quality.ssim <= 1
    assert result.quality.delta_e >= 0
    assert result.method == method or (result.method == "baseline" and method in result.warnings[-1])
    baseline = svgai.convert(ODD_PICTURES[name], method="baseline")
    assert result.baseline_quality == (None if method == "baseline" else baseline.quality)
    assert result.quality.ssim >= baseline.quality.ssim
    assert result.quality.delta_e <= baseline.quality.delta_e


@pytest.mark.parametrize("name", ["logo", "photo-like", "blank", "one pixel", "grey"])
def test_ordinary_pictures_come_back_like_themselves(name):
    assert svgai.convert(ODD_PICTURES[name]).quality.ssim > 0.9


@settings(max_examples=60, deadline=None)
@given(
    arrays(
        np.uint8,
        st.tuples(st.integers(1, 24), st.integers(1, 24), st.just(4)),
        elements=st.sampled_from([0, 1, 127, 254, 255]),
    ),
    st.integers(0, 4),
)
def test_any_pixels_become_a_safe_svg_of_their_size_and_stay_as_they_were(pixels, precision):
    before = pixels.copy()
    first = svgai.convert(pixels, precision=precision)
    assert (pixels == before).all()
    assert size_of(verify(first.svg, Limits())) == (pixels.shape[1], pixels.shape[0])
    assert svgai.convert(pixels, precision=precision).svg == first.svg


def test_the_same_picture_gives_the_same_bytes_and_figures_twice():
    first, second = (svgai.convert(samples.logo_png(96)) for _ in range(2))
    assert (first.svg, first.quality) == (second.svg, second.quality)


@pytest.mark.parametrize("name", ["logo", "photo-like", "noise", "one pixel", "transparent"])
@pytest.mark.parametrize("asked", [{}, {"quality_target": 99}, {"quality_target": 99, "time_budget": 60}])
def test_what_is_picked_is_never_worse_than_the_baseline_and_the_same_twice(name, asked):
    first, second = (svgai.convert(ODD_PICTURES[name], **asked) for _ in range(2))
    assert (first.svg, first.method, first.quality) == (second.svg, second.method, second.quality)
    assert first.advice == second.advice
    assert not is_worse(first.quality, svgai.convert(ODD_PICTURES[name], method="baseline").quality)
    assert first.method in {each["method"] for each in first.advice["tried"]}


def test_without_models_and_with_broken_ones_the_rules_pick_and_it_is_said(tmp_path):
    (tmp_path / "metadata.json").write_text("{")
    results = [
        convert(samples.logo_png(64), Options(), Limits(), adviser=adviser)
        for adviser in (Adviser(None), Adviser(Store(tmp_path / "nowhere")), Adviser(Store(tmp_path)))
    ]
    assert len({result.svg for result in results}) == 1
    reasons = [result.advice["reasons"][0] for result in results]
    assert reasons[:2] == ["models are switched off", "there are no models"]
    assert "metadata.json is broken" in reasons[2]
    assert {result.advice["advised_by"] for result in results} == {"rules"}


def test_models_that_are_there_pick(tmp_path):
    favourite = dict.fromkeys(TRACERS, 0.5) | {"fast": 0.99}
    furnish(tmp_path, shares=(0.1, 0.1, 0.7, 0.1), foretold=predictions(favourite))
    result = convert(samples.logo_png(64), Options(), Limits(), adviser=Adviser(Store(tmp_path)))
    assert (result.method, result.image_type, result.predicted_quality) == ("fast", "gradient", 0.99)
    assert (result.advice["advised_by"], result.advice["reasons"]) == ("model", [])
    assert result.advice["quality_target"] == 0.85


def test_a_path_its_bytes_and_its_pixels_give_the_same(tmp_path):
    file = tmp_path / "logo.png"
    file.write_bytes(samples.logo_png(64))
    answers = {
        svgai.convert(source).svg
        for source in (file, str(file), file.read_bytes(), bytearray(file.read_bytes()), np.array(samples.logo(64)))
    }
    assert len(answers) == 1


def stages_of(method):
    """The stages in the order in which a conversion calls them, and what came of it."""
    called = []

    def watched(stage, /, *inputs):
        called.append(stage.__name__)
        return stage(*inputs)

    return called, convert(samples.logo_png(48), Options(method=method), Limits(), watched, usual_adviser())


@pytest.mark.parametrize("method", TRACERS)
def test_stages_are_called_in_the_order_that_is_promised(method):
    called, result = stages_of(method)
    assert called[:4] == ["read_header", "decode", "measure_features", "advise"]
    assert called[-5:] == ["trace_baseline", *FINISHING]
    before = list(dict.fromkeys(called[:-5]))
    assert before == [name for name in PHASES if name in before]
    assert set(FITTING) <= set(before) or method == "baseline"
    assert (set(SEARCHING) & set(before) == set()) == (method in {"fast", "baseline"})
    ends = [place for place, name in enumerate(called) if name in {"stack", "trace_baseline"}]
    assert all(called[end + 1 : end + 5] == [*FINISHING] for end in ends)
    assert sum(name in FINISHING for name in called) == 4 * len(ends)
    assert len(ends) == 1 + (1 + len(WORK[method]) if method in WORK else 0)
    assert tuple(result.seconds) == tuple(dict.fromkeys(called))
    assert all(seconds >= 0 for seconds in result.seconds.values())


def test_nobody_is_consulted_where_a_method_was_chosen():
    result = svgai.convert(samples.logo_png(48), method="fast")
    assert not {"measure_features", "advise"} & result.seconds.keys()
    assert (result.image_type, result.predicted_quality, result.advice) == (None, None, None)
    routed = svgai.convert(samples.logo_png(48))
    assert {"measure_features", "advise"} <= routed.seconds.keys()
    assert (routed.image_type, routed.advice["image_type"]) == ("simple", "simple")


def test_every_stage_is_a_phase_and_every_phase_a_stage():
    assert {name for method in TRACERS for name in stages_of(method)[0]} == set(PHASES)


def test_progress_goes_forward_from_phase_to_phase():
    percents = [percent_at(phase) for phase in PHASES]
    assert percents[0] == 0
    assert percents == sorted(set(percents))
    assert percents[-1] < 100


@pytest.mark.parametrize(
    "last", ["decode", "measure_features", "advise", "find_inks", "fit_curves", "trace_baseline", "measure"]
)
def test_whoever_runs_the_stages_can_stop_between_them(last):
    def impatient(stage, /, *inputs):
        if stage.__name__ == last:
            raise TimeoutError
        return stage(*inputs)

    with pytest.raises(TimeoutError):
        convert(samples.logo_png(32), Options(), Limits(), impatient)


@pytest.mark.parametrize("method", TRACERS)
def test_a_picture_keeps_its_inks_within_the_number_that_was_asked_for(method):
    few = svgai.convert(samples.logo_png(64), method=method, max_colors=2)
    assert few.method == "baseline" or len(set(re.findall(r'fill="([^"]*)"', few.svg)) | {""}) <= 3


def test_nothing_is_decoded_of_a_bomb():
    called = []

    def watched(stage, /, *inputs):
        called.append(stage.__name__)
        return stage(*inputs)

    with pytest.raises(PictureTooManyPixels):
        convert(samples.bomb_png(), Options(), Limits(), watched)
    assert called == ["read_header"]


def test_precision_shortens_the_drawing():
    lengths = [len(svgai.convert(samples.logo_png(96), precision=precision).svg) for precision in range(5)]
    assert lengths == sorted(lengths)


def test_facts_are_plain_data_without_the_svg():
    import json

    facts = svgai.convert(samples.animated("GIF", 2)).facts()
    assert "svg" not in facts
    assert json.loads(json.dumps(facts)) == facts
    assert facts["image_type"] in list(ImageType)
    assert 0 <= facts["predicted_quality"] <= 1
    assert facts["advice"]["advised_by"] in ("model", "rules")
    assert list(facts["advice"]["features"]) == list(NAMES)
    assert facts["warnings"] == ["Only the first of 2 frames was converted."]


@pytest.mark.parametrize("source", ["nowhere.png", Path("nowhere.png"), ".", "x" * 5_000, "\0"])
def test_a_path_without_a_file_is_missing(source):
    with pytest.raises(PictureMissing):
        svgai.convert(source)


def test_a_file_that_is_too_large_is_not_even_read(tmp_path, monkeypatch):
    file = tmp_path / "large.png"
    file.write_bytes(b"x" * 100)
    monkeypatch.setattr(conversion.Path, "read_bytes", lambda _: pytest.fail("it was read"))
    with pytest.raises(PictureTooManyBytes, match="100 bytes; the limit is 99"):
        svgai.convert(file, limits=Limits(max_bytes=99))


def test_a_name_counts_for_nothing(tmp_path):
    (tmp_path / "a.jpg").write_bytes(samples.logo_png(16))
    (tmp_path / "b.png").write_bytes(b"%PDF-1.7")
    assert svgai.convert(tmp_path / "a.jpg").width == 16
    with pytest.raises(PictureUnsupported):
        svgai.convert(tmp_path / "b.png")


def test_a_broken_file_is_corrupt():
    with pytest.raises(PictureCorrupt):
        svgai.convert(samples.logo_png(64)[:-100])


def test_a_drawing_beyond_the_limit_is_withheld():
    with pytest.raises(DrawingTooLarge):
        svgai.convert(samples.noise_png(64), limits=Limits(max_svg_bytes=1_000))


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"method": "magic"}, "baseline"),
        ({"method": ["auto"]}, "baseline"),
        ({"precision": 5}, "0 to 4"),
        ({"precision": True}, "0 to 4"),
        ({"precision": 1.5}, "0 to 4"),
        ({"max_colors": 1}, "2 to 256"),
        ({"quality_target": 101}, "0 to 100"),
        ({"quality_target": 0.9}, "0 to 100"),
        ({"time_budget": -1}, "0 to 3600"),
        ({"cutout": "true"}, "true or false"),
        ({"cutout": 1}, "true or false"),
        ({"colours": 3}, "there are method, max_colors, precision, quality_target, time_budget, cutout"),
    ],
)
def test_an_option_that_cannot_be_is_refused_by_name(asked, told):
    with pytest.raises(OptionsInvalid, match=told) as caught:
        svgai.convert(samples.logo_png(16), **asked)
    assert caught.value.as_dict()["option"] == next(iter(asked))


def test_what_is_true_or_false_is_false_unless_asked_for():
    defaults = [option.default for option in fields(Options) if isinstance(option.default, bool)]
    assert defaults == [False] * len(defaults) != []


def test_the_table_of_methods_and_the_names_a_user_may_give_agree():

    from svgai.options import METHODS

    assert {*TRACERS, "auto"} == set(METHODS)
    assert all(METHODS.values())


@pytest.mark.parametrize("size", [96, 128, 256])
@pytest.mark.parametrize("filter_", [Image.Resampling.LANCZOS, Image.Resampling.BICUBIC, Image.Resampling.BOX])
def test_a_picture_that_was_made_smaller_is_the_same_drawing(size, filter_):
    """Sharp filters overshoot beside edges; that is no ink, and no shape."""
    large = samples.logo(4 * size).resize((size, size), filter_)
    result = svgai.convert(np.array(large), method="optimised")
    assert result.method == "optimised"
    assert result.paths == 4
    assert result.segments <= 12
    assert len(set(re.findall(r'fill="[^"]*"', result.svg))) == 4
