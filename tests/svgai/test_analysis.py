"""Analyze shows what the engine sees."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from svgai import Limits, Options
from svgai.analysis import Analysis, analyze
from svgai.cli import main
from svgai.drawing import Circle, Drawing, Ink, Path, Rectangle, Shape
from svgai.engine.raster import draw
from svgai.phases import TRACING
from svgai.tracing import trace_flat
from tests.samples import flat_png, logo_png, noise_png

DISC_AND_SQUARE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="64" height="64" fill="#fff"/>'
    '<rect x="8" y="8" width="20" height="24" fill="#124"/><circle cx="46" cy="46" r="14.3" fill="#e53"/></svg>'
)


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return analyze(draw(DISC_AND_SQUARE, 64, 64), Limits())


def test_the_facts_name_the_inks_and_their_shares() -> None:
    facts = analyze(logo_png(128), Limits()).facts()
    assert (facts["width"], facts["height"]) == (128, 128)
    assert sum(ink["share"] for ink in facts["inks"]) == pytest.approx(1, abs=0.001)
    shares = [ink["share"] for ink in facts["inks"][:3]]
    assert shares == sorted(shares, reverse=True)
    assert facts["unexplained"] < 0.02


def test_the_facts_count_what_was_found(analysis: Analysis) -> None:
    facts = analysis.facts()
    assert {ink["colour"] for ink in facts["inks"]} == {"#ffffff", "#112244", "#ee5533"}
    assert (facts["regions"], facts["boundaries"]) == (3, 3)
    assert (facts["strands"], facts["joints"], facts["joints_run_through"]) == (2, 0, 0)
    assert (facts["circles"], facts["rectangles"], facts["ellipses"]) == (1, 1, 0)
    assert facts["lines"] >= 4
    assert facts["corners"] >= 4
    assert facts["cubics"] >= 2
    assert facts["shapes"] == 3
    assert facts["given_up_after"] is None


def test_what_is_kept_is_what_the_tracer_found_in_the_end(analysis: Analysis) -> None:
    ran: dict[str, Any] = {}

    def run(stage: Callable[..., Any], /, *inputs: Any) -> Any:
        found = stage(*inputs)
        ran.pop(stage.__name__, None)  # what ran last comes last
        ran[stage.__name__] = found
        return found

    *_, drawing = trace_flat(analysis.picture, Options(), "optimised", run)
    assert list(analysis.found) == list(ran)
    assert set(ran) <= set(TRACING)
    assert analysis.drawing
    assert analysis.drawing.segments == drawing.segments
    assert analysis.found["stack"] is analysis.drawing


def test_the_fitted_drawing_is_the_one_that_nothing_has_moved() -> None:
    wave = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="64" height="64" fill="#fff"/>'
        '<path d="M8 30C20 4 40 60 57 20V58H8z" fill="#124"/></svg>'
    )
    analysis = analyze(draw(wave, 64, 64), Limits(), Options(method="fast"))  # which adds no node and takes none
    fitted = analysis.found["fit_curves"].curves[0].nodes
    refined = analysis.found["refine"].curves[0].nodes
    assert analysis.fitted
    assert analysis.drawing
    assert abs(fitted - refined).max() > 0.01
    assert _reaches(analysis.fitted, fitted)
    assert _reaches(analysis.drawing, refined)


def _reaches(drawing: Drawing, nodes: Any) -> bool:
    points = np.vstack([form.points for shape in drawing.shapes for form in shape.forms if isinstance(form, Path)])
    return all(np.hypot(*(points - node).T).min() < 1e-6 for node in nodes)


def test_numbers_are_what_it_takes_to_say_a_drawing(analysis: Analysis) -> None:
    forms = (
        Circle(8, 8, 3),  # 3
        Rectangle(8, 8, 4, 4),  # 4
        Rectangle(8, 8, 4, 4, radius=1, turn=8, is_hole=True),  # 6
        Path("MLCZ", np.zeros((5, 2))),  # 10
    )
    drawing = Drawing(16, 16, (Shape(forms, Ink(1, 2, 3)),))
    assert replace(analysis, drawing=drawing).facts()["numbers"] == 23


def test_a_picture_that_is_no_drawing_is_told_as_far_as_it_was_seen() -> None:
    analysis = analyze(noise_png(200), Limits())
    facts = analysis.facts()
    assert analysis.drawing is None
    assert facts["given_up_after"] == "find_regions"
    assert facts["regions"] > 4_000
    assert {facts[name] for name in ("strands", "corners", "circles", "shapes", "numbers")} == {None}


@pytest.mark.parametrize(
    "picture",
    [flat_png(1, 1), flat_png(300, 2), flat_png(9, 5, (0, 0, 0, 0)), noise_png(40)],
    ids=["dot", "line", "nothing", "noise"],
)
def test_odd_pictures_have_facts_that_can_be_written(picture: bytes) -> None:
    facts = analyze(picture, Limits()).facts()
    assert json.loads(json.dumps(facts)) == facts


def test_the_command_tells_and_draws(tmp_path: FilePath) -> None:
    (tmp_path / "logo.png").write_bytes(logo_png(96))
    told = CliRunner().invoke(main, ["analyze", str(tmp_path / "logo.png"), "--explain", str(tmp_path / "out")])
    assert told.exit_code == 0
    assert "96 x 96 pixels" in told.stdout
    assert len(list((tmp_path / "out").iterdir())) >= 13
    for words in ("regions, ", "boundaries", "strands, ", "cubics, ", "rectangles", "shapes, ", "numbers"):
        assert words in told.stdout
    as_json = CliRunner().invoke(main, ["analyze", str(tmp_path / "logo.png"), "--json"])
    assert json.loads(as_json.stdout)["width"] == 96


def test_the_command_says_where_the_tracer_gave_up(tmp_path: FilePath) -> None:
    (tmp_path / "noise.png").write_bytes(noise_png(200))
    told = CliRunner().invoke(main, ["analyze", str(tmp_path / "noise.png"), "--explain", str(tmp_path / "out")])
    assert told.exit_code == 0
    assert "given up after find_regions" in told.stdout
    assert len(list((tmp_path / "out").iterdir())) == 4


def test_what_is_no_picture_is_told_in_a_line(tmp_path: FilePath) -> None:
    (tmp_path / "x.png").write_bytes(b"no picture")
    told = CliRunner().invoke(main, ["analyze", str(tmp_path / "x.png")])
    assert (told.exit_code, len(told.stderr.splitlines())) == (1, 1)
