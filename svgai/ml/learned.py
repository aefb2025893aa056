"""Models that were learned from others at work, kept apart from them: in use as long as the others are those.

A folder has two places: `serving`, what has proved better than the models it was learned from, and `candidate`, what
has still to prove it. Models that are delivered anew are in use at once, and what was learned from the former is not.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from svgai.ml.errors import ModelsRefused
from svgai.ml.metadata import FILE, Metadata, Role, sha256_of
from svgai.ml.store import ROLES, Models, Store, load

SERVING: Final = "serving"
CANDIDATE: Final = "candidate"
LEARNED_FROM: Final = "learned_from"
"""What `made` of the metadata calls the digest of the metadata of the models that something was learned from."""


def digest_of(folder: Path) -> str:
    """Stands for the models of a folder; empty where there are none."""
    try:
        return sha256_of((folder / FILE).read_bytes())
    except OSError:
        return ""


class LearnedStore(Store):
    """The models of a folder, or those that were learned from them; the former where the latter are no good."""

    def __init__(self, folder: Path, learned: Path | None, names: Mapping[Role, str] = ROLES) -> None:
        super().__init__(folder, names)
        self._learned = Store(learned / SERVING, names) if learned else None
        self._place = learned and learned / SERVING
        self._from = ""

    @property
    def models(self) -> Models | None:
        base = super().models
        learned = self._learned.models if self._learned else None
        return learned if base and learned and self._is_of_these(learned.metadata) else base

    def refresh(self) -> bool:
        former = self.models if self._seen is not None else None
        is_new = super().refresh()
        if is_new:
            self._from = digest_of(self._folder)
        if self._learned:
            self._learned.refresh()
        return is_new or (former is not None and self.models is not former)

    @property
    def reason(self) -> str:
        if self._learned and self._place and self._place.exists() and self._learned.models is None:
            return self._reason or f"what was learned is refused: {self._learned.reason}"
        return self._reason

    def _is_of_these(self, metadata: Metadata) -> bool:
        return metadata.made.get(LEARNED_FROM) == self._from


class Fixed(Store):
    """These models and no others, as an `Adviser` wants them."""

    def __init__(self, models: Models) -> None:
        self._known = models

    @property
    def models(self) -> Models | None:
        return self._known


class CandidateStore(Store):
    """Models that have still to prove themselves, of the same origin as those in use."""

    def __init__(self, folder: Path, learned: Path, names: Mapping[Role, str] = ROLES) -> None:
        super().__init__(learned / CANDIDATE, names)
        self._base = folder

    def beside(self) -> Models | None:
        """The candidates, if there are any that were learned from the models that lie in the folder now."""
        self.refresh()
        models = self.models
        if models is None or models.metadata.made.get(LEARNED_FROM) != digest_of(self._base):
            return None
        return models


def promote(learned: Path) -> None:
    """Put the candidates in the place of what was learned before."""
    candidate, serving, former = learned / CANDIDATE, learned / SERVING, learned / "former"
    if load(candidate) is None:
        raise ModelsRefused("there are no candidates")
    shutil.rmtree(former, ignore_errors=True)
    if serving.exists():
        serving.rename(former)
    candidate.rename(serving)


def drop(learned: Path, place: str) -> None:
    """Take what lies in a place away, the metadata first, so that nobody finds half of it."""
    (learned / place / FILE).unlink(missing_ok=True)
    shutil.rmtree(learned / place, ignore_errors=True)


def restore(learned: Path) -> bool:
    """Take what was learned last out of use; what had been in use before it is again, or else what was delivered."""
    drop(learned, SERVING)
    former = learned / "former"
    if former.exists():
        former.rename(learned / SERVING)
    return (learned / SERVING).exists()
