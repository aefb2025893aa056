"""Celery's filesystem broker, without its race.

Kombu's own writes a message where its reader already looks for it, so that now and then a worker
reads an empty file and ends (celery/kombu#1551). Here a message appears whole, by a rename, and
belongs to whoever removes it.
"""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

import structlog
from kombu.transport import filesystem
from kombu.utils.json import dumps, loads

log = structlog.get_logger()


class Channel(filesystem.Channel):
    """A folder of messages; their names sort by time."""

    def _put(self, queue: str, payload: dict[str, Any], **_: Any) -> None:
        name = f"{time.time_ns():020}_{uuid.uuid4()}.{queue}.msg"
        aside = Path(self.data_folder_out) / f".{name}"
        with aside.open("w") as file:
            file.write(dumps(payload))
            file.flush()
            os.fsync(file.fileno())
        aside.rename(aside.with_name(name))

    def _get(self, queue: str) -> Any:
        for message in sorted(Path(self.data_folder_in).glob(f"[0-9]*.{queue}.msg")):
            payload = _taken(message)
            if payload:
                return payload
        raise Empty


def _taken(message: Path) -> dict[str, Any] | None:
    """A message that is now ours, or nothing: somebody else was quicker, or it cannot be read and is dropped."""
    try:
        data = message.read_bytes()
        message.unlink()
        payload: dict[str, Any] = loads(data.decode())
        payload["properties"]["delivery_info"]
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        log.warning("unreadable message dropped", message=message.name, reason=repr(error))
        return None
    return payload


class Transport(filesystem.Transport):
    """What `broker_transport` names."""

    Channel = Channel
