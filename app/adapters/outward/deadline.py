"""A deadline over everything that one call to the outside does."""

from __future__ import annotations

import time

from app.errors import UrlTimedOut


class Deadline:
    """Counts from when it was made."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._at = time.monotonic() + seconds

    def left(self) -> float:
        """The seconds that are left; when there are none, that is an error."""
        left = self._at - time.monotonic()
        if left <= 0:
            raise self.missed()
        return left

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._at

    def missed(self) -> UrlTimedOut:
        detail = f"The URL's host was too slow: it has {self._seconds:g} s in all, half of it to connect."
        return UrlTimedOut(detail, limit=self._seconds)
