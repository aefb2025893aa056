"""The scripts that ask a running service, and those that look at its models."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.service import Service

ROOT = Path(__file__).parents[2]


def script(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, str(ROOT / "scripts" / name), *arguments]
    return subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)


@pytest.fixture
def key_file(service: Service, tmp_path: Path) -> Path:
    """A key that may convert and administrate."""

    def svgai(*arguments: str) -> str:
        program = [sys.executable, "-m", "svgai", *arguments]
        return subprocess.check_output(program, env=os.environ | service.environment, cwd=ROOT, text=True)

    name = tmp_path.name[:40]
    svgai("accounts", "create", name, "--jobs-per-minute", "600")
    file = tmp_path / "key"
    file.write_text(svgai("keys", "create", "--account", name, "--name", "scripts", "--scopes", "convert,read,admin"))
    return file


@pytest.mark.end_to_end
def test_a_load_is_told_of(service: Service, key_file: Path) -> None:
    asked = ("--users", "2", "--duration", "2", "--method", "baseline", "--key-file", str(key_file))
    said = script("load_test.py", "--url", service.url, *asked)
    told = re.match(r"(\d+) pictures in [\d.]+ s, (\d+) became SVGs \(100\.0 %", said.stdout)
    assert told, said
    assert told[1] == told[2] != "0"
    assert "p95" in said.stdout
    assert said.returncode == 0


@pytest.mark.end_to_end
def test_a_load_that_fails_is_told_of(service: Service, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sk_wrong")
    asked = ("--users", "1", "--duration", "1", "--key-file", str(tmp_path / "key"))
    said = script("load_test.py", "--url", service.url, *asked)
    assert said.returncode == 1
    assert "401 " in said.stdout


@pytest.mark.end_to_end
def test_what_became_of_a_conversion_is_found_in_the_record(service: Service, key_file: Path) -> None:
    said = script("test_ai_quality_tracking.py", "--url", service.url, "--key-file", str(key_file))
    assert said.returncode == 0, said.stderr
    assert re.match(r"remembered: \w+, \w+, \d+ today, mean SSIM 0\.\d+, predicted within 0\.\d+", said.stdout)


def test_models_are_judged(tmp_path: Path) -> None:
    good, none = script("validate_ai_models.py"), script("validate_ai_models.py", str(tmp_path))
    assert (good.returncode, none.returncode) == (0, 1)
    assert "FAULT" not in good.stdout
    assert "metadata.json" in none.stdout


def test_it_is_told_whether_models_advise_here(tmp_path: Path) -> None:
    good, none = script("verify_ai_setup.py"), script("verify_ai_setup.py", "--models", str(tmp_path))
    assert (good.returncode, none.returncode) == (0, 1), good
    assert "by model" in good.stdout
    assert "FAULT  advice" in none.stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"), [(("--users", "0"), "--users is 0"), (("--duration", "-1"), "--duration is -1")]
)
def test_a_load_within_reason_is_asked_for(arguments: tuple[str, str], complaint: str) -> None:
    said = script("load_test.py", *arguments)
    assert (said.returncode, complaint in said.stderr) == (2, True)
