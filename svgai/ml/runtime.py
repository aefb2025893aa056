"""ONNX Runtime, which runs the models and is not to tell anybody of it.

By itself it keeps an identifier of the machine in the home folder, and sends its makers word of what it does.
"""

from __future__ import annotations

import os
from types import ModuleType


def onnx_runtime() -> ModuleType:
    """The module. It looks only once whether it may talk, so whoever needs it gets it here."""
    os.putenv("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    module: ModuleType = onnxruntime
    return module
