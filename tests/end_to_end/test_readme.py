"""What the README tells people to type works as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from svgai import Options
from tests.samples import logo_png
from tests.service import Service

pytestmark = pytest.mark.end_to_end

README = (Path(__file__).parents[2] / "README.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
LINES = [line.partition("  #")[0] for kind, code in BLOCKS if kind == "sh" for line in code.splitlines()]
BY_HAND = {"make run", "make test"}
"""The first is what the other tests run, the second runs this."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "logo.png").write_bytes(logo_png(64))
    return tmp_path


@pytest.mark.parametrize("line", [line for line in LINES if line.strip() not in BY_HAND])
def test_the_command_works(line: str, folder: Path, service: Service) -> None:
    line = line.replace("http://127.0.0.1:8000", service.url)
    tools = Path(sys.executable).parent
    subprocess.run(line, shell=True, cwd=folder, env={"PATH": f"{tools}:/usr/bin:/bin"}, check=True)  # noqa: S602
    if "analyze" in line:
        assert {"01-picture.png", "02-inks.png"} < {sheet.name for sheet in folder.glob("seen/*.png")}
        assert list(folder.glob("seen/*-result.png"))
    elif "doctor" not in line and "-o -" not in line:
        form = "pdf" if "logo.pdf" in line else "svg"
        (drawing,) = folder.rglob(f"logo.{form}")
        assert drawing.read_bytes().startswith({"svg": b"<svg", "pdf": b"%PDF"}[form])


@pytest.mark.parametrize("code", [code for kind, code in BLOCKS if kind == "python"])
def test_the_python_works(code: str, folder: Path, service: Service) -> None:
    code = code.replace("http://127.0.0.1:8000", service.url)
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("<svg")


def test_every_option_is_told_with_its_default() -> None:
    told = dict(re.findall(r"^\| `(\w+)` \|.*\| `?(\w+)`? \|$", README, re.MULTILINE))
    words = {True: "on", False: "off"}
    assert told == {option.name: words.get(option.default, str(option.default)) for option in fields(Options)}


def test_every_file_it_points_at_is_there() -> None:
    root = Path(__file__).parents[2]
    for target in re.findall(r"\]\((?!http)([^)]+)\)", README):
        assert (root / target).exists(), target
