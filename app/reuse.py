"""Results that need not be made twice: the same picture, options and engine, for the same tenant."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

import svgai
from app.caching import Cache

MODELS_FILE = "metadata.json"
"""It names every model with its sha256 (`svgai.ml.metadata`, which is not loaded here: it brings numpy along)."""


@dataclass(frozen=True)
class Known:
    """A result as it is kept for reuse."""

    data: bytes
    facts: Mapping[str, Any]


def reuse_key(tenant: str, kind: str, picture_sha256: str, options: Mapping[str, Any], models: str = "") -> str:
    """Stands for a result. Tenants share nothing: not even time tells whether another had the same picture."""
    asked = [tenant, kind, picture_sha256, dict(options), engine_digest(), models]
    return hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).hexdigest()


@functools.cache
def engine_digest() -> str:
    """Changes with every line of the library, so that a new engine is never answered with an old result."""
    folder = Path(svgai.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def models_digest(*folders: Path | None) -> str:
    """Changes with the models that advise, so that they are never answered with what others advised. Empty: none."""
    return "".join(_one_digest(folder) for folder in folders)


def _one_digest(folder: Path | None) -> str:
    try:
        seen = (folder / MODELS_FILE).stat() if folder else None
    except OSError:
        seen = None
    return _digest_of(folder / MODELS_FILE, seen.st_mtime_ns, seen.st_size, seen.st_ino) if folder and seen else ""


@functools.lru_cache(maxsize=8)
def _digest_of(file: Path, *_: int) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""


def known_drawing(cache: Cache, key: str | None) -> Known | None:
    """The result that is kept under a key."""
    kept = cache.get(key) if key else None
    if kept is None:
        return None
    facts, _, data = kept.partition(b"\n")
    return Known(data, orjson.loads(facts))


def keep_drawing(cache: Cache, key: str | None, data: bytes, facts: Mapping[str, Any]) -> None:
    """Keep a result for whoever asks the same again."""
    if key:
        cache.put(key, orjson.dumps(facts) + b"\n" + data)


def quarantine(cache: Cache, picture_sha256: str) -> None:
    """Remember a picture that took worker after worker down."""
    cache.put(_quarantine_key(picture_sha256), b"1")


def is_quarantined(cache: Cache, picture_sha256: str) -> bool:
    """Whether a picture took worker after worker down lately."""
    return cache.get(_quarantine_key(picture_sha256)) is not None


def _quarantine_key(picture_sha256: str) -> str:
    return hashlib.sha256(f"quarantine {picture_sha256} {engine_digest()}".encode()).hexdigest()
