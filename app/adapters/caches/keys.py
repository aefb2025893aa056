"""What caches take for a key."""

from __future__ import annotations

import re

KEY = re.compile(r"[0-9a-f]{64}")


def checked(key: str) -> str:
    """The same key, which is a hash and nothing else: not a path, not another's key."""
    if not KEY.fullmatch(key):
        raise ValueError(f"not a key of the cache: {key!r}")
    return key
