"""The one secret of the service, and all others, which are derived from it."""

from __future__ import annotations

import fcntl
import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from app.settings import Settings


@dataclass(frozen=True)
class Secrecy:
    """Whoever needs a secret takes one under a label of its own; none tells anything of another."""

    master: bytes = field(repr=False)

    def derive(self, label: str) -> bytes:
        """32 bytes that only this service knows."""
        return hmac.digest(self.master, label.encode(), "sha256")

    def stamp(self, label: str, text: str) -> str:
        """64 hexadecimal digits that stand for a text, and that only this service can make."""
        return hmac.new(self.derive(label), text.encode(), "sha256").hexdigest()


def read_secrecy(settings: Settings) -> Secrecy:
    """The secret that the settings name, or else the one that this machine has made for itself."""
    given = settings.secret_key.get_secret_value()
    return Secrecy((given or _kept_or_say_why(settings.data_dir / "secret")).encode())


def _kept_or_say_why(file: Path) -> str:
    try:
        return _kept(file)
    except OSError as error:
        raise SystemExit(f"The secret in {file} cannot be had ({error.strerror}); or set SECRET_KEY.") from None


def _kept(file: Path) -> str:
    """Made by whoever comes first; all others wait, and read it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="ascii") as kept:
        fcntl.flock(kept, fcntl.LOCK_EX)
        secret = kept.read()
        if not secret:  # also where somebody died between making the file and writing it
            secret = secrets.token_urlsafe(32)
            kept.write(secret)
            kept.flush()
            os.fsync(kept.fileno())
    return secret
