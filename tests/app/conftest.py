"""What the tests of the service share."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _keys_are_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process knows a key for some seconds without asking; most tests want to see what the database says now."""
    monkeypatch.setattr("app.adapters.accounts.RECENT_SECONDS", 0.0)
