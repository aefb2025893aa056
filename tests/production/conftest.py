"""One stack for all tests of this folder, and the figures that they find."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.production.stack import Stack

FIGURES: list[str] = []


@pytest.fixture(scope="session")
def figure() -> Callable[[str, object], None]:
    """Note a figure for the table at the end."""

    def note(what: str, found: object) -> None:
        FIGURES.append(f"{what:<66} {found}")
        print(f"\n=== {FIGURES[-1]}", *getattr(found, "faults", [])[:10], sep="\n    ", flush=True)

    return note


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if FIGURES:
        terminalreporter.section("production")
        terminalreporter.write_line("\n".join(FIGURES))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    try:
        found = subprocess.run(["docker", "compose", "version"], capture_output=True, timeout=30, check=False)
        engine = subprocess.run(["docker", "info"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired) as fault:
        pytest.skip(f"there is no container engine here: {fault}")
    if found.returncode or engine.returncode:
        pytest.skip(f"there is no container engine here: {(found.stderr or engine.stderr).decode().strip()}")
    made = Stack(tmp_path_factory.mktemp("production"))
    yield made
    made.end()
