"""The pictures of docs/pipeline.md are those that its command draws."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from bench.pipeline import PICTURES, TARGET, main
from svgai.phases import TRACING

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "pipeline.md").read_text()
SHOWN = re.findall(r"!\[[^\]]+\]\(pictures/pipeline/([a-z]+)\.png\)", TEXT)


def test_the_document_shows_what_the_command_makes() -> None:
    assert sorted(SHOWN) == sorted(PICTURES)
    assert len(re.findall(r"!\[", TEXT)) == len(SHOWN)


def test_the_command_makes_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(tmp_path)
    assert {path.stem for path in tmp_path.iterdir()} == set(PICTURES)
    assert len(capsys.readouterr().out.splitlines()) == len(PICTURES)
    for path in tmp_path.iterdir():
        with Image.open(path) as picture:
            assert picture.width >= 480


def test_they_are_kept_and_small() -> None:
    kept = sorted(TARGET.iterdir())
    assert [path.stem for path in kept] == sorted(PICTURES)
    assert max(path.stat().st_size for path in kept) < 40_000
    assert sum(path.stat().st_size for path in kept) < 400_000


def test_the_document_names_its_command() -> None:
    assert "`make pictures`" in TEXT
    assert "-m bench.pipeline" in (ROOT / "Makefile").read_text()


@pytest.mark.parametrize("stage", TRACING)
def test_every_stage_is_explained(stage: str) -> None:
    assert f"`{stage}`" in TEXT


def test_every_file_it_points_at_is_there() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", TEXT):
        assert (ROOT / "docs" / target).exists(), target
