"""Opens what answers predictions when somebody first asks: until then a web process has neither models nor numpy."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.circumstances import AT_EASE, Circumstances
from app.inference import Inference
from app.metrics import Metrics
from svgai import Options


class LateInference:
    """An `Inference`. Being opened late, it is also opened after the web process was forked."""

    def __init__(self, models: Path | None, metrics: Metrics, learned: Path | None = None) -> None:
        self._models, self._metrics, self._learned = models, metrics, learned
        self._opened: Inference | None = None
        self._lock = threading.Lock()

    def advise(
        self, features: Mapping[str, float], options: Options, circumstances: Circumstances = AT_EASE
    ) -> Mapping[str, Any]:
        return self._open().advise(features, options, circumstances)

    def meanings(self) -> Mapping[str, str]:
        return self._open().meanings()

    def status(self) -> Mapping[str, Any]:
        return self._open().status()

    def measure(self, seconds: float) -> Mapping[str, Any]:
        return self._open().measure(seconds)

    def _open(self) -> Inference:
        if self._opened is None:
            with self._lock:
                if self._opened is None:
                    from app.adapters.inference import LocalInference

                    self._opened = LocalInference(self._models, self._metrics, self._learned)
        return self._opened
