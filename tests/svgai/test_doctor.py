"""The doctor finds what is missing, and what to type."""

import json

import pytest
from click.testing import CliRunner

from svgai import doctor
from svgai.cli import main


def test_a_healthy_machine_passes():
    answer = CliRunner().invoke(main, ["doctor"])
    assert answer.exit_code == 0, answer.output
    assert all(line.startswith("ok") for line in answer.output.splitlines())
    assert "conversion" in answer.output


def test_json_tells_the_same():
    findings = json.loads(CliRunner().invoke(main, ["doctor", "--json"]).stdout)
    assert {finding["name"] for finding in findings} >= {"Python", "numpy", "pillow", "vtracer", "conversion"}
    assert all(finding["is_ok"] for finding in findings)


def test_one_fault_fails_the_whole(monkeypatch):
    monkeypatch.setitem(doctor._LIBRARIES, "no_such_module", "no-such-package")
    answer = CliRunner().invoke(main, ["doctor"])
    assert answer.exit_code == 1
    assert "FAIL  no-such-package" in answer.output
    assert "pip install no-such-package" in answer.output


@pytest.mark.parametrize(
    ("complaint", "remedy"),
    [
        ("libGL.so.1: cannot open shared object file: No such file or directory", "apt install libgl1"),
        ("libEGL.so.1: cannot open shared object file", "apt install libegl1"),
        ("libgthread-2.0.so.0: cannot open shared object file", "apt install libglib2.0-0"),
        ("No module named 'cv2'", "pip install opencv-python"),
    ],
)
def test_a_missing_library_comes_with_its_remedy(complaint, remedy):
    assert remedy in doctor.remedy(complaint, "opencv-python")


def test_a_conversion_that_fails_is_a_finding(monkeypatch):
    import svgai

    def fail(*_, **__):
        raise RuntimeError("no luck")

    monkeypatch.setattr(svgai, "convert", fail)
    assert doctor.examine()[-1] == doctor.Finding("conversion", False, "RuntimeError: no luck")
