"""Predictions that were made before: the same features, wishes and models give the same, so they are told again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from typing import Any

MOST = 4096
"""Answers that are kept; some 3 kB each."""


class Answered:
    """The answers asked for last, of one process. Used by any number of threads."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.hits = self.misses = 0
        self._answers: OrderedDict[Hashable, Mapping[str, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Mapping[str, Any] | None:
        with self._lock:
            answer = self._answers.get(key)
            if answer is None:
                self.misses += 1
                return None
            self.hits += 1
            self._answers.move_to_end(key)
            return answer

    def put(self, key: Hashable, answer: Mapping[str, Any]) -> None:
        with self._lock:
            self._answers[key] = answer
            self._answers.move_to_end(key)
            while len(self._answers) > self.most:
                self._answers.popitem(last=False)

    def clear(self) -> None:
        """Forget all of them; what was counted stays."""
        with self._lock:
            self._answers.clear()

    def facts(self) -> dict[str, float | int | None]:
        with self._lock:
            entries, hits, misses = len(self._answers), self.hits, self.misses
        asked = hits + misses
        return {
            "entries": entries,
            "most": self.most,
            "hits": hits,
            "misses": misses,
            "hit_rate": round(hits / asked, 4) if asked else None,
        }
