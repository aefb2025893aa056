"""docs/TROUBLESHOOTING.md names messages that the program has, errors that there are, and commands that work."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from app.settings import Settings
from app.web.problems import ANSWERS
from svgai.cli import main as svgai_command
from tests.deploy.kubernetes import FOLDER as KUBERNETES
from tests.deploy.kubernetes import Thing, named, pods_of, render
from tests.samples import logo_png
from tests.service import Service

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "TROUBLESHOOTING.md").read_text()
PACKAGES = ("svgai", "app", "workers", "migrations", "scripts")
LINES = [
    line.partition("  #")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    for line in block.splitlines()
]
INLINE = re.findall(r"`((?:svgai|make|docker compose|python -m|kubectl) [^`]*)`", TEXT) + re.findall(
    r"`\w+=\S+ (make \w+)`", TEXT
)
HEADINGS = re.findall(r"^### (.*)$", TEXT, re.MULTILINE)
RUN_HERE = ("svgai ", "curl ", "python -m app.settings")
README = (ROOT / "README.md").read_text()
"""Its commands are run by a test of their own."""
OF_OTHERS = {"database or disk is full", "database is locked", "Init"}
"""What SQLite and Kubernetes say."""


@pytest.fixture(scope="module")
def things(tmp_path_factory: pytest.TempPathFactory) -> list[Thing]:
    return render("prod", tmp_path_factory.mktemp("kubernetes"))


def test_the_document_has_what_the_tests_look_at() -> None:
    assert len(LINES) > 30
    assert len(HEADINGS) > 30


@pytest.mark.timeout(300)  # the first on a machine has the whole engine compiled
@pytest.mark.parametrize("line", sorted({line for line in LINES if line.startswith(RUN_HERE) and line not in README}))
def test_a_command_works(line: str, service: Service, tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(logo_png(64))
    tools = Path(sys.executable).parent
    environment = {"PATH": f"{tools}:/usr/bin:/bin", "DATA_DIR": str(service.folder / "var"), "PYTHONPATH": str(ROOT)}
    here = line.replace("http://127.0.0.1:8000", service.url).replace("curl ", "curl --fail ")
    done = subprocess.run(here, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)  # noqa: S602
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("line", sorted({*LINES, *INLINE}))
def test_a_command_exists(line: str, things: list[Thing]) -> None:
    words = shlex.split(line)
    if words[0] == "svgai" and len(words) > 1:
        assert words[1] in svgai_command.list_commands(None), line
    elif words[0] == "make":
        assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE), line
    elif words[:2] == ["python", "-m"]:
        assert (ROOT / (words[2].replace(".", "/") + ".py")).is_file(), line
    elif words[0] == "docker":
        services = yaml.safe_load((ROOT / words[words.index("-f") + 1]).read_text())["services"]
        told = {word for word in words[words.index("-f") + 3 :] if not word.startswith("-") and not word.isdigit()}
        assert told <= set(services), line
    elif words[0] == "kubectl":
        names = {f"{thing['kind'].lower()}/{thing['metadata']['name']}" for thing in things}
        assert set(re.findall(r"\bdeployment/[\w-]+", line)) <= names, line
        labels = {f"{key}={value}" for pod in pods_of(things) for key, value in pod.labels.items()}
        assert set(re.findall(r"-l (\S+)", line)) <= labels, line
        containers = {each["name"] for pod in pods_of(things) for each in pod.containers}
        assert set(re.findall(r"-c (\S+)", line)) <= containers, line
    else:
        assert words[0] in {"curl", "ss"}, line


@pytest.mark.parametrize("heading", HEADINGS)
def test_a_message_is_the_programs_own(heading: str) -> None:
    code = sources()
    for message in re.findall(r"`([^`]+)`", heading):
        if message in OF_OTHERS or re.fullmatch(r"[a-z_]+(\.[a-z_]+)?|/\w+", message):
            continue
        for part in message.split("…"):
            words = part.strip(" .;()")
            assert words in code, f"nothing says {words!r}"


def test_every_code_in_it_is_one_of_ours() -> None:
    codes = {error.code for error in ANSWERS}
    families = {code.partition(".")[0] for code in codes}
    named_here = {
        name for name in re.findall(r"`([a-z]+\.[a-z_]+)`", TEXT) if name.partition(".")[0] in families - {"route"}
    }
    assert named_here <= codes, named_here - codes
    troubles = {error.code for error, answer in ANSWERS.items() if answer.status == 503}
    limits = {error.code for error, answer in ANSWERS.items() if answer.status == 429}
    assert troubles | limits <= named_here


def test_every_setting_in_it_exists() -> None:
    known = {name.upper() for name in Settings.model_fields}
    elsewhere = {"X", "URL", "PYTHON", "PROCESSOR", "NAME"}
    for name in re.findall(r"`([A-Z][A-Z_]+)(?:=[^`]*)?`", TEXT):
        assert name in known | elsewhere, name


def test_it_tells_of_policies_and_objects_that_there_are(things: list[Thing]) -> None:
    assert {"abroad", "web"} <= set(named(things, "NetworkPolicy"))
    assert "models" in named(things, "PersistentVolumeClaim")
    assert "worker-fast" in named(things, "ScaledObject")
    assert (KUBERNETES / "base" / "guarded-deployment.yaml").is_file()


def sources() -> str:
    """The program's text, its strings joined and what is put into them left out."""
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*") if file.suffix in {".py", ".sh"}]
    files += [*(KUBERNETES / "components").rglob("*.yaml")]
    return "\n".join(re.sub(r'"\s+f?"', "", file.read_text()) for file in files)
