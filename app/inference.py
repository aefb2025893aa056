"""The port to whoever advises from features alone, without a picture and at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from app.circumstances import AT_EASE, Circumstances
from svgai import Options


class Inference(Protocol):
    """The models in use, or the rules. May be asked from several threads."""

    def advise(
        self, features: Mapping[str, float], options: Options, circumstances: Circumstances = AT_EASE
    ) -> Mapping[str, Any]:
        """What `svgai.ml` advises for a picture with these features, all of which are there, as plain data."""
        ...

    def meanings(self) -> Mapping[str, str]:
        """What each feature tells."""
        ...

    def status(self) -> Mapping[str, Any]:
        """Which models are in use, and how they do."""
        ...

    def measure(self, seconds: float) -> Mapping[str, Any]:
        """How quick the models are, asked for so long; one such measurement at a time."""
        ...
