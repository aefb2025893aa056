"""The scripts for operators keep their manners, and the documents name what there is; no engine is needed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documents import FOR_OPERATORS, ROOT, all_commands

LIBRARY = sorted((ROOT / "scripts" / "lib").glob("*.sh"))
SCRIPTS = sorted(
    path
    for path in [*(ROOT / "scripts").glob("*.sh"), *(ROOT / "scripts" / "deploy_ai").glob("*.sh")]
    if path.name not in {"setup.sh", "compile_requirements.sh"}
)
DOCUMENTS = {name: (ROOT / "docs" / f"{name}.md").read_text() for name in FOR_OPERATORS}
STORY = "".join(path.read_text() for path in (ROOT / "tests" / "production").glob("*.py"))
ELSEWHERE = {
    "certbot certonly": "takes a name that the world can resolve",
    "git pull": "takes a repository with a newer release",
    "scripts/models.sh download https://": "takes a server with models; the same from a file is run",
    "docker compose -f docker-compose.prod.yml up": "is what deploy_production.sh runs, with the services named",
}
"""What no test runs, and why."""

every_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT / "scripts")))


def call(script: Path, *arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    given = {"PATH": os.environ["PATH"], "SVGAI_HOME": str(home / "production"), "DOCKER_HOST": "unix:///nowhere"}
    return subprocess.run(
        [str(script), *arguments], env=given, cwd=home, capture_output=True, text=True, timeout=60, check=False
    )


def test_shellcheck_has_nothing_against_them() -> None:
    program = Path(sys.executable).with_name("shellcheck")
    every = [*SCRIPTS, *LIBRARY, *(ROOT / "scripts").glob("*.sh")]
    found = subprocess.run(
        [program, "--external-sources", "--source-path=SCRIPTDIR", *every], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout


@every_script
def test_it_tells_how_to_use_it_from_anywhere(script: Path, tmp_path: Path) -> None:
    said = call(script, "--help", home=tmp_path)
    assert (said.returncode, said.stderr) == (0, "")
    assert str(script.relative_to(ROOT)) in said.stdout
    assert not list(tmp_path.iterdir())


@every_script
def test_it_refuses_what_it_does_not_know(script: Path, tmp_path: Path) -> None:
    if script.name in {"compose.sh", "deploy_canary.sh"}:
        pytest.skip("hands its arguments on")
    said = call(script, "--nonsense", home=tmp_path)
    assert said.returncode == 2
    assert "--nonsense" in said.stderr
    assert "--help" in said.stderr
    assert not list(tmp_path.iterdir())


@every_script
def test_its_options_are_those_that_it_explains(script: Path, tmp_path: Path) -> None:
    explained = set(re.findall(r"--[a-z][a-z-]+", call(script, "--help", home=tmp_path).stdout))
    taken = set(re.findall(r"^\s*((?:--[a-z-]+)(?: \| --[a-z-]+)*)\)", script.read_text(), re.MULTILINE))
    assert {option for options in taken for option in options.split(" | ")} <= explained | {"--locked"}


def test_secrets_are_made_once_and_are_closed_to_others(tmp_path: Path) -> None:
    script, home = ROOT / "scripts" / "make_secrets.sh", tmp_path / "production"
    assert call(script, "--dry-run", home=tmp_path).returncode == 0
    assert not home.exists()
    assert call(script, home=tmp_path).returncode == 0
    made = {path.name: path.read_text() for path in (home / "secrets").iterdir()}
    assert set(made) == {"secret_key", "database_password", "redis_password"}
    assert len(set(made.values())) == 3
    assert all(re.fullmatch(r"[0-9a-f]{48}\n", secret) for secret in made.values())
    assert home.stat().st_mode & 0o777 == 0o700
    assert call(script, home=tmp_path).returncode == 0
    assert made == {path.name: path.read_text() for path in (home / "secrets").iterdir()}


def test_a_script_says_what_is_missing(tmp_path: Path) -> None:
    said = call(ROOT / "scripts" / "verify_production.sh", home=tmp_path)
    assert said.returncode == 1
    assert "nothing is deployed yet: scripts/deploy_production.sh" in said.stderr
    checked = call(ROOT / "scripts" / "pre_deploy_check.sh", home=tmp_path)
    assert checked.returncode == 1
    for fault in ("docker 25 or newer is needed, not 'none that answers'", "secret_key is missing"):
        assert fault in checked.stderr


@pytest.mark.parametrize("document", DOCUMENTS)
def test_scripts_that_a_document_names_are_there(document: str) -> None:
    for name in re.findall(r"scripts/[\w/]+\.(?:sh|py)", DOCUMENTS[document]):
        assert (ROOT / name).is_file(), name
        assert os.access(ROOT / name, os.X_OK), name
    for target in re.findall(r"\]\(([^)#:]+)", DOCUMENTS[document]):
        assert (ROOT / "docs" / target).exists(), target


def test_every_script_is_told_of() -> None:
    told = "".join(DOCUMENTS.values())
    assert [str(path) for path in SCRIPTS if str(path.relative_to(ROOT)) not in told] == []


@pytest.mark.parametrize("command", all_commands())
def test_a_command_of_the_documents_is_run_by_production_test_or_says_why_not(command: str) -> None:
    if any(command.startswith(each) for each in ELSEWHERE):
        return
    script = re.match(r"scripts/([\w/]+\.sh)", command)
    if script is None or script.group(1) == "compose.sh":
        assert "all_commands()" in STORY  # these are run as they stand
        return
    assert f'"{script.group(1)}"' in STORY
    explained = subprocess.run([ROOT / script.group(0), "--help"], capture_output=True, text=True, check=True).stdout
    for option in re.findall(r" (--[a-z-]+)", command):
        assert option in explained, option
