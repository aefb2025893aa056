"""How often somebody may do something: quotas, and the port to whoever counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Quota:
    """So much of something in so many seconds."""

    name: str
    limit: int
    window_seconds: int = 60
    is_shared: bool = True
    """Counted for all processes together; otherwise each process counts for itself, which is quicker."""


@dataclass(frozen=True)
class Standing:
    """How somebody stands with a quota, after having asked for some of it."""

    allowed: bool
    remaining: int
    reset_seconds: int
    """When there will be more: enough, if it was refused, for what was asked."""


class Limiter(Protocol):
    """Who has taken how much of which quota, over all processes of the service."""

    def take(self, quota: Quota, who: str, cost: int = 1) -> Standing:
        """Take some, or nothing where that would be too much. What costs more than the limit takes all of it."""
        ...
