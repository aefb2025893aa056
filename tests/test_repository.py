"""Promises of the repository about itself."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.adapters.celery_queue import CONVERT, DELIVER, EXPORT, make_celery
from app.conversions import QUEUES
from app.services import Services
from app.settings import Settings
from svgai.phases import PHASES
from tests.fakes import FakeConverter
from workers import callbacks, tasks

ROOT = Path(__file__).parents[1]
PACKAGES = ("svgai", "app", "workers")
HEAVY = ("numba", "cv2", "torch", "skia", "vtracer", "skimage", "scipy", "numpy")

FAULTS = {
    "flask in the library": ("svgai/options.py", "import flask\n", "lint-imports"),
    "the web in a stage of the engine": ("svgai/engine/score.py", "from app import web\n", "lint-imports"),
    "a stage that imports another": ("svgai/engine/score.py", "from svgai.engine import raster\n", "lint-imports"),
    "a new module without a layer": ("svgai/surprise.py", '"""A module."""\n', "lint-imports"),
    "a new adapter without a layer": ("app/adapters/surprise.py", '"""A module."""\n', "lint-imports"),
    "a new module of the service without a layer": ("app/surprise.py", '"""A module."""\n', "lint-imports"),
    "the environment read outside the settings": (
        "app/jobs.py",
        'import os\n\nHOME = os.environ["HOME"]\n',
        "ruff check",
    ),
    "the environment read by another name": (
        "workers/tasks.py",
        'from os import getenv\n\nHOME = getenv("HOME")\n',
        "ruff check",
    ),
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the sources that may be broken."""
    for name in PACKAGES:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def check(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    program, *arguments = command.split()
    cached = ["--no-cache"] if program == "lint-imports" else ["--no-cache", *PACKAGES]
    line = [str(Path(sys.executable).with_name(program)), *arguments, *cached]
    return subprocess.run(
        line, cwd=folder, env={"PYTHONPATH": str(folder)}, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("command", sorted({command for _, _, command in FAULTS.values()}))
def test_the_layers_hold(checkout: Path, command: str) -> None:
    found = check(checkout, command)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize(("file", "code", "command"), FAULTS.values(), ids=list(FAULTS))
def test_the_checks_find(checkout: Path, file: str, code: str, command: str) -> None:
    target = checkout / file
    former = target.read_text() if target.exists() else ""
    future = "from __future__ import annotations\n"
    target.write_text(former.replace(future, future + "\n" + code, 1) if future in former else former + code)
    found = check(checkout, command)
    assert found.returncode == 1, found.stdout + found.stderr


def test_make_check_runs_these_checks() -> None:
    rule = re.search(r"^check:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert rule
    for command in ("ruff format --check", "ruff check", "lint-imports", "mypy"):
        assert command in rule.group(1)


def test_every_module_opens_with_a_sentence() -> None:
    for package in (*PACKAGES, "bench"):
        for file in (ROOT / package).rglob("*.py"):
            opening = (ast.get_docstring(ast.parse(file.read_text())) or "").split("\n\n")[0]
            assert re.match(r"[A-Z\"`].*[.:;]", opening, re.DOTALL), f"{file} opens with {opening!r}"


def test_the_web_starts_without_anything_heavy(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from app.factory import create_app, create_services\n"
        "from app.settings import Settings\n"
        f"app = create_app(create_services(Settings(_env_file=None, data_dir={str(tmp_path)!r})))\n"
        "app.test_client().get('/')\n"
        "app.test_client().get('/metrics')\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip().splitlines()[-1] == "[]"


def test_whoever_predicts_loads_numpy_and_nothing_that_traces(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from app.factory import create_app, create_services\n"
        "from app.settings import Settings\n"
        "from svgai.ml.usual import USUAL\n"
        f"app = create_app(create_services(Settings(_env_file=None, data_dir={str(tmp_path)!r})))\n"
        "features = {name: usual.value for name, usual in USUAL.items()}\n"
        "answer = app.test_client().post('/api/v1/predict/routing', json={'features': features})\n"
        f"print(answer.status_code, [name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip().splitlines()[-1] == "200 ['numpy']"


def test_every_task_that_is_announced_has_a_consumer(services: Services, settings: Settings) -> None:
    celery = make_celery(settings)
    tasks.register(celery, services, FakeConverter(), tasks.Places(1, QUEUES))
    callbacks.register(celery, services)
    assert {CONVERT, EXPORT, DELIVER} <= set(celery.tasks)


def test_every_queue_has_a_consumer(settings: Settings) -> None:
    assert tuple(settings.worker_queues.split(",")) == QUEUES


def test_every_setting_is_obeyed_somewhere() -> None:
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    elsewhere = "".join(file.read_text() for file in files if file.name != "settings.py")
    own = (ROOT / "app" / "settings.py").read_text()
    own = re.sub(r"    def _unsafe.*?(?=\n    @property)", "", own, flags=re.DOTALL)  # refusing is not obeying
    for name in Settings.model_fields:
        # Some are read by the properties of `Settings` that others ask for.
        is_read = re.search(rf"settings\.{name}\b", elsewhere) or re.search(rf"self\.{name}\b|get\(\"{name}\"\)", own)
        assert is_read, f"nothing reads {name}"


def test_the_words_that_matter_most_are_explained() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text()
    for word in ("picture", "drawing", "path", "job", "method", "model", "record", "lease", "phase"):
        assert f"**{word}**" in glossary


def test_every_command_of_make_is_in_its_help() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    helped = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    assert targets == helped
    assert {"setup", "run", "test", "check", "bench", "migrate", "clean"} <= targets


def test_requirements_are_pinned_with_hashes() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        pins = re.findall(r"^[a-zA-Z0-9_.-]+(?:\[.*?\])?==", text, re.MULTILINE)
        assert len(pins) > 40
        assert text.count("--hash=sha256:") > len(pins)


def test_no_line_of_the_project_names_a_host_to_install_from() -> None:
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-ai.txt", "pyproject.toml"):
        assert "index-url" not in (ROOT / name).read_text().replace("--no-emit-index-url", "")


def test_the_page_has_a_word_for_every_phase() -> None:
    words = (ROOT / "app" / "web" / "static" / "words.js").read_text()
    listed = re.search(r"const PHASES = \{(.*?)\};", words, re.DOTALL)
    assert listed
    assert tuple(re.findall(r"^\s*(\w+):", listed.group(1), re.MULTILINE)) == PHASES
