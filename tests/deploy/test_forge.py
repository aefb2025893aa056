"""The CI of a public forge does what ours does, and may do no more than that."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FILE = ROOT / ".github" / "workflows" / "ci.yml"
FLOW: dict[Any, Any] = yaml.safe_load(FILE.read_text())
JOBS: dict[str, dict[str, Any]] = FLOW["jobs"]
WHEN = FLOW[True]
"""YAML 1.1 takes `on` for a truth."""
TRUSTED = {"actions", "docker", "anchore"}

every_job = pytest.mark.parametrize("name", JOBS)


def scripts(*names: str) -> list[str]:
    return [step["run"] for name in names or JOBS for step in JOBS[name]["steps"] if "run" in step]


def test_the_schema_of_the_forge_accepts_it(tmp_path: Path) -> None:
    assert schema_refuses(FILE) == ""
    broken = tmp_path / "ci.yml"
    broken.write_text(FILE.read_text().replace("runs-on:", "run-on:", 1))
    assert "run-on" in schema_refuses(broken)


def test_it_runs_what_our_own_ci_runs() -> None:
    ours = re.findall(r"^(make .*)$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)
    assert ours == scripts("check", "test")


@every_job
def test_a_job_has_an_end(name: str) -> None:
    assert 0 < JOBS[name]["timeout-minutes"] <= 90


def test_nobody_may_more_than_needed() -> None:
    assert FLOW["permissions"] == {"contents": "read"}
    assert not [name for name, job in JOBS.items() if "permissions" in job]
    for job in JOBS.values():
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


def test_nothing_is_published_but_a_tag_that_has_passed() -> None:
    publish = JOBS["publish"]
    assert publish["if"] == "github.ref_type == 'tag'"
    assert set(publish["needs"]) == set(JOBS) - {"publish"}
    pushing = [name for name in JOBS if any("docker push" in script for script in scripts(name))]
    assert pushing == ["publish"]
    assert "secrets." not in str({name: job for name, job in JOBS.items() if name != "publish"})


def test_strangers_changes_are_tested_without_secrets() -> None:
    assert "pull_request" in WHEN
    assert "pull_request_target" not in WHEN


@every_job
def test_actions_are_pinned_and_of_few_makers(name: str) -> None:
    for step in JOBS[name]["steps"]:
        if "uses" in step:
            assert re.fullmatch(r"[\w-]+/[\w-]+@(v\d+(\.\d+)*|[0-9a-f]{40})", step["uses"])
            assert step["uses"].partition("/")[0] in TRUSTED


def test_what_strangers_write_never_gets_into_a_script() -> None:
    for script in scripts():
        assert "${{" not in script
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_later_pushes_take_the_place_of_former_ones() -> None:
    assert FLOW["concurrency"]["group"]
    assert "refs/tags/" in FLOW["concurrency"]["cancel-in-progress"]


def test_packages_are_kept_between_runs() -> None:
    for name in ("check", "test"):
        (python,) = (step for step in JOBS[name]["steps"] if "setup-python" in step.get("uses", ""))
        assert python["with"]["cache"] == "pip"
        assert (ROOT / python["with"]["cache-dependency-path"]).is_file()


def test_both_images_are_built_from_files_that_are_there_scanned_and_listed() -> None:
    built = "\n".join(scripts("images"))
    assert re.findall(r'--tag "([\w-]+):', built) == ["svgai", "svgai-ai"]
    for file in re.findall(r"--file (\S+)", built):
        assert (ROOT / file).is_file()
    for target in re.findall(r"--target (\S+)", built):
        assert re.search(rf"^FROM \S+ AS {target}$", (ROOT / "Dockerfile").read_text(), re.MULTILINE), target
    for argument in re.findall(r"--build-arg \"(\w+)=", built):
        files = (ROOT / "Dockerfile").read_text() + (ROOT / "Dockerfile.ai").read_text()
        assert re.search(rf"^ARG {argument}\b", files, re.MULTILINE), argument
    steps = JOBS["images"]["steps"]
    listed = [step["with"]["image"] for step in steps if "sbom-action" in step.get("uses", "")]
    assert [name.partition(":")[0] for name in listed] == ["svgai", "svgai-ai"]
    (scanned,) = (step["with"] for step in steps if "scan-action" in step.get("uses", ""))
    assert scanned["fail-build"] is True
    assert scanned["sbom"] in {step["with"].get("output-file") for step in steps if "with" in step}


def schema_refuses(file: Path) -> str:
    """What the schema of GitHub's workflows has against a file; nothing, where it is right."""
    program = Path(sys.executable).with_name("check-jsonschema")
    line = [program, "--builtin-schema", "vendor.github-workflows", "--output-format", "TEXT", file]
    told = subprocess.run(line, capture_output=True, text=True, check=False)
    return "" if told.returncode == 0 else told.stdout + told.stderr
