"""docs/API_REFERENCE.md: every example works as it stands there, and it tells of all there is."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.factory import create_app
from app.services import Services
from app.web.limits import POLICIES
from app.web.schemas import JobView
from app.webhooks import EVENTS, TEST_EVENT, WAITS_SECONDS
from tests.page.conftest import ARGUMENTS, NAMES
from tests.reference import (
    DOCUMENT,
    HEADING,
    Block,
    Reader,
    blocks,
    described,
    elsewhere,
    error_table,
    is_as_said,
    words_of,
)
from tests.service import Service

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(400)]

TEXT = DOCUMENT.read_text()
BLOCKS = blocks(TEXT)
SECTIONS = {(found["method"], found["path"]): found["body"] for found in HEADING.finditer(TEXT)}
ANEW = "`python -m tests.reference` writes it anew"


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Block, str]]:
    """What each example printed, all of them run in turn by somebody with a service of their own."""
    folder = tmp_path_factory.mktemp("reader")
    service = Service(folder / "service", allow_private_urls=True)
    service.start()
    try:
        with elsewhere() as rest:
            reader = Reader(folder, service, rest)
            yield reader.run_all(
                TEXT, None if shutil.which("node") else lambda script: in_chromium(service.url, script)
            )
    finally:
        service.stop()


def in_chromium(url: str, script: str) -> str:
    """What a script printed in a page of the service."""
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("neither Node nor Chromium on this machine")
    lines: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        page = browser.new_page()
        page.on("console", lambda message: lines.append(message.text + "\n"))
        page.goto(url)
        page.evaluate(f"async () => {{\n{script}\n}}")
        browser.close()
    return "".join(lines)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.name)
def test_the_example_prints_what_is_shown(block: Block, printed: dict[Block, str]) -> None:
    if block not in printed:
        pytest.skip("port 80 cannot be had on this machine, and the service calls no others")
    if block.said is not None:
        assert is_as_said(block.said, printed[block]), f"{printed[block]}\n{ANEW}"


def test_there_are_examples_in_each_language() -> None:
    assert {block.language for block in BLOCKS} == {"sh", "python", "js"}
    assert len(BLOCKS) > 50


@pytest.fixture
def operations(services: Services) -> dict[tuple[str, str], tuple[str, dict[str, Any]]]:
    return described(create_app(services))


def test_every_operation_is_told_of_and_no_other(operations: dict[tuple[str, str], Any]) -> None:
    assert set(SECTIONS) == set(operations)


def test_every_operation_is_told_of_as_openapi_has_it(operations: dict[tuple[str, str], Any]) -> None:
    for at, (line, operation) in operations.items():
        body = " ".join(SECTIONS[at].split())
        assert body.startswith(f"{words_of(operation)} {line}"), f"{at}: {ANEW}"


def test_every_operation_has_an_example(operations: dict[tuple[str, str], Any]) -> None:
    for method, path in operations:
        called = re.escape(path.removeprefix("/api")).replace(r"\{", "{").replace(r"\}", "}")
        pattern = re.sub(r"{\w+}", r"\\$\\w+", called) + r"(?![\w/])"
        code = "".join(found[1] for found in re.finditer(r"```sh\n(.*?)```", SECTIONS[method, path], re.DOTALL))
        assert re.search(pattern, code), f"{method} {path} has no example with curl"


def test_every_parameter_is_named(operations: dict[tuple[str, str], Any]) -> None:
    for at, (_, operation) in operations.items():
        for parameter in operation.get("parameters", []):
            if parameter["in"] != "header":
                assert f"`{parameter['name']}`" in SECTIONS[at], f"{at} says nothing of {parameter['name']}"


def test_the_table_of_errors_is_the_services_own() -> None:
    assert error_table() in TEXT, ANEW


def test_every_code_in_the_text_exists() -> None:
    known = set(re.findall(r"^\| `([a-z_.]+)` \|", error_table(), re.MULTILINE))
    kinds = {code.partition(".")[0] for code in known}
    said = {code for code in re.findall(r"`([a-z]+\.[a-z_]+)`", TEXT) if code.partition(".")[0] in kinds}
    assert said - {*EVENTS, TEST_EVENT} <= known


def test_every_field_of_a_job_is_explained() -> None:
    plain = {
        "id",
        "object",
        "kind",
        "created_at",
        "started_at",
        "finished_at",
        "expires_at",
        "input",
        "batch_id",
        "links",
    }
    section = SECTIONS["POST", "/api/v1/jobs"]
    for name in set(JobView.model_fields) - plain - {"metadata"}:
        assert f"`{name}`" in section, name


def test_every_file_it_points_at_is_there() -> None:
    for target in re.findall(r"\]\((?!http|#)([^)]+)\)", TEXT):
        assert (Path(DOCUMENT).parent / target).exists(), target


def test_every_place_in_it_that_it_points_at_is_there() -> None:
    titles = re.findall(r"^#+ (.*)$", re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL), re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= anchors


def test_the_figures_in_the_text_are_those_of_the_settings(services: Services) -> None:
    settings = services.settings
    assert f"the longest is {settings.convert_wait_seconds:g} seconds" in TEXT
    assert f"kept for {settings.retention_hours:g} hours" in TEXT
    assert f"At most {settings.max_batch_size} pictures and {settings.max_batch_bytes // 2**20} MB in all" in TEXT
    assert f"asked for {POLICIES['poll'].limit(None)} times a" in TEXT  # type: ignore[arg-type]
    hours = [seconds / 3600 for seconds in WAITS_SECONDS[3:]]
    assert ", ".join(f"{each:g}" for each in hours[:-1]) + f" and {hours[-1]:g} hours" in TEXT
    assert f"{len(WAITS_SECONDS)} more attempts" in TEXT.replace("nine", "9")
