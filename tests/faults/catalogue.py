"""All drills, by their numbers."""

from __future__ import annotations

from tests.faults import (  # noqa: F401 - each enters its drills when it is imported
    broker_drills,
    client_drills,
    database_drills,
    drills,
    process_drills,
    storage_drills,
    webhook_drills,
)

DRILLS = dict(sorted(drills.DRILLS.items()))
