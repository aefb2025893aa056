from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from app.logs import set_up_logs
from app.settings import Settings


@pytest.fixture
def log_file(tmp_path: Path) -> Iterator[Path]:
    former = logging.getLogger().handlers[:]
    set_up_logs(Settings(_env_file=None, log_format="json", log_file=tmp_path / "log" / "svgai.log"), "test")
    yield tmp_path / "log" / "svgai.log"
    for handler in logging.getLogger().handlers:
        if handler not in former:
            handler.close()
    logging.getLogger().handlers = former
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def lines(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_an_event_is_one_line_of_json_with_the_ids_in_force(log_file: Path) -> None:
    with structlog.contextvars.bound_contextvars(request_id="req_1", job_id="job_1"):
        structlog.get_logger("x").info("job started", phase="trace\nbreak")
    (line,) = lines(log_file)
    assert (line["event"], line["request_id"], line["job_id"], line["process"]) == (
        "job started",
        "req_1",
        "job_1",
        "test",
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("authorization", "Bearer hunter2"),
        ("api_key", "hunter2"),
        ("password", "hunter2"),
        ("lease_token", "hunter2"),
        ("url", "postgresql://me:hunter2@db/x"),
        ("Cookie", "hunter2"),
    ],
)
def test_no_secret_reaches_the_log(log_file: Path, name: str, value: str) -> None:
    structlog.get_logger("x").info("connected", **{name: value})
    assert "hunter2" not in log_file.read_text()
    assert "***" in log_file.read_text()


def test_nobody_can_steer_a_terminal_or_forge_a_line(log_file: Path) -> None:
    structlog.get_logger("x").info("request", path="/\x1b[31m\n2026 forged")
    (line,) = lines(log_file)
    assert line["path"] == "/\\x1b[31m\\n2026 forged"


def test_what_libraries_log_takes_the_same_shape(log_file: Path) -> None:
    logging.getLogger("some.library").warning("cannot reach redis://:%s@host/0", "hunter2")
    (line,) = lines(log_file)
    assert line["level"] == "warning"
    assert "hunter2" not in str(line)


def test_a_fault_is_logged_with_where_it_happened(log_file: Path) -> None:
    try:
        raise ValueError("oops")
    except ValueError:
        structlog.get_logger("x").exception("fault")
    assert "test_logs.py" in str(lines(log_file)[0]["exception"])


def test_the_file_is_rotated_and_old_ones_go(tmp_path: Path) -> None:
    former = logging.getLogger().handlers[:]
    file = tmp_path / "svgai.log"
    set_up_logs(Settings(_env_file=None, log_format="json", log_file=file, log_max_bytes=2000, log_backups=2), "test")
    for number in range(200):
        structlog.get_logger("x").info("event", number=number)
    for handler in logging.getLogger().handlers:
        handler.close()
    logging.getLogger().handlers = former
    structlog.reset_defaults()
    kept = sorted(path.name for path in tmp_path.glob("svgai.log*"))
    assert kept == ["svgai.log", "svgai.log.1", "svgai.log.2"]
    assert all(path.stat().st_size < 4000 for path in tmp_path.glob("svgai.log*"))
