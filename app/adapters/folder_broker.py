"""Celery's filesystem broker, without its race.

Kombu's own writes a message where its reader already looks for it, so that now and then a worker
reads an empty file and ends (celery/kombu#1551). Here a message appears whole, by a rename, and
belongs to whoever removes it.
"""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import filesystem
from kombu.utils.json import dumps, loads


class Channel(filesystem.Channel):
    """A folder of messages; their names sort by time."""

    def _put(self, queue: str, payload: dict[str, Any], **_: Any) -> None:
        name = f"{time.time_ns():020}_{uuid.uuid4()}.{queue}.msg"
        aside = Path(self.data_folder_out) / f".{name}"
        aside.write_text(dumps(payload))
        aside.rename(aside.with_name(name))

    def _get(self, queue: str) -> Any:
        for message in sorted(Path(self.data_folder_in).glob(f"[0-9]*.{queue}.msg")):
            try:
                text = message.read_text()
                message.unlink()
            except FileNotFoundError:
                continue  # somebody else was quicker
            return loads(text)
        raise Empty


class Transport(filesystem.Transport):
    """What `broker_transport` names."""

    Channel = Channel
