"""Analyze shows what the engine sees."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from svgai import Limits
from svgai.analysis import analyze, explain
from svgai.cli import main
from tests.samples import flat_png, logo_png, noise_png


def test_the_facts_name_the_inks_and_their_shares() -> None:
    facts = analyze(logo_png(128), Limits()).facts()
    assert (facts["width"], facts["height"]) == (128, 128)
    assert sum(ink["share"] for ink in facts["inks"]) == pytest.approx(1, abs=0.001)
    shares = [ink["share"] for ink in facts["inks"][:3]]
    assert shares == sorted(shares, reverse=True)
    assert facts["unexplained"] < 0.02


@pytest.mark.parametrize("picture", [flat_png(1, 1), flat_png(300, 2), noise_png(40)], ids=["dot", "line", "noise"])
def test_odd_pictures_are_looked_at_as_well(picture: bytes, tmp_path: Path) -> None:
    assert len(explain(analyze(picture, Limits()), tmp_path)) == 6


def test_every_stage_is_drawn(tmp_path: Path) -> None:
    made = explain(analyze(logo_png(96, transparent=True), Limits()), tmp_path / "new")
    assert [path.name for path in made] == [
        "1-picture.png",
        "2-inks.png",
        "3-coverage.png",
        "4-misfit.png",
        "5-boundaries.png",
        "6-outlines.png",
    ]
    for path in made:
        with Image.open(path) as sheet:
            assert len(sheet.convert("RGB").getcolors(1 << 20)) > 1 or path.name == "4-misfit.png"


def test_the_command_tells_and_draws(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(logo_png(96))
    told = CliRunner().invoke(main, ["analyze", str(tmp_path / "logo.png"), "--explain", str(tmp_path / "out")])
    assert told.exit_code == 0
    assert "96 x 96 pixels" in told.stdout
    assert len(list((tmp_path / "out").iterdir())) == 6
    assert "regions, " in told.stdout
    as_json = CliRunner().invoke(main, ["analyze", str(tmp_path / "logo.png"), "--json"])
    assert json.loads(as_json.stdout)["width"] == 96


def test_what_is_no_picture_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(b"no picture")
    told = CliRunner().invoke(main, ["analyze", str(tmp_path / "x.png")])
    assert (told.exit_code, len(told.stderr.splitlines())) == (1, 1)
