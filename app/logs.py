"""Logs: one event a line, for people or for machines, with request and job ids and without secrets."""

from __future__ import annotations

import logging
import logging.config
import re
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from app.settings import Settings

SECRET_NAMES = re.compile(r"authorization|api[_-]?key|cookie|passw|secret|token", re.IGNORECASE)
SECRET_IN_URL = re.compile(r"(?<=://)([^/\s:@]*):([^/\s@]+)@")
SECRET_IN_LINE = re.compile(r"(svgai_|whsec_)[A-Za-z0-9_+/=-]{32,}")


def hide_secrets(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Blank whatever is named like a secret, and passwords inside URLs."""
    for name, value in event.items():
        if SECRET_NAMES.search(name):
            event[name] = "***"
        elif isinstance(value, str) and "://" in value:
            event[name] = SECRET_IN_URL.sub(r"\1:***@", value)
    return event


def hide_keys(_: WrappedLogger, __: str, line: str) -> str:
    """Blank our own keys wherever they stand: in a path, in a message, in a traceback."""
    return SECRET_IN_LINE.sub(r"\1***", line)


def escape_controls(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Write what would steer a terminal, or begin a line of its own, as text."""
    for name, value in event.items():
        if isinstance(value, str) and name != "exception" and not value.isprintable():
            event[name] = value.encode("unicode_escape").decode()
    return event


def set_up_logs(settings: Settings, process: str) -> None:
    """Send the events of this process, and of the libraries in it, to stderr and to the file if there is one."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _name_process(process),
        hide_secrets,
        escape_controls,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(settings), hide_keys],
        "foreign_pre_chain": [*shared],
    }
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"event": formatter},
            "handlers": _handlers(settings),
            "root": {"level": settings.log_level, "handlers": list(_handlers(settings))},
            # What they say at INFO is said once more by our own events, or of no use to anybody.
            "loggers": {name: {"level": "WARNING"} for name in ("celery", "kombu", "PIL", "alembic", "urllib3")},
        }
    )


def _name_process(process: str) -> Processor:
    def add(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event.setdefault("process", process)
        return event

    return add


def _renderer(settings: Settings) -> Processor:
    if settings.log_format == "json":
        return structlog.processors.JSONRenderer(sort_keys=True)
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)


def _handlers(settings: Settings) -> dict[str, dict[str, Any]]:
    handlers: dict[str, dict[str, Any]] = {
        "stderr": {"class": "logging.StreamHandler", "formatter": "event", "stream": "ext://sys.stderr"}
    }
    if settings.log_file:
        settings.log_file.parent.mkdir(parents=True, exist_ok=True)
        # Several processes write and rotate the same file; the standard library's handler loses lines then.
        handlers["file"] = {
            "class": "concurrent_log_handler.ConcurrentRotatingFileHandler",
            "formatter": "event",
            "filename": str(settings.log_file),
            "maxBytes": settings.log_max_bytes,
            "backupCount": settings.log_backups,
        }
    return handlers
