"""The models in use: verified, loaded, tried on golden inputs, and the last good ones kept when newer ones are no good.

Nothing is trusted: a file must have the sha256 that its metadata says, be a model that ONNX Runtime loads, fit the
features and methods of this program, and give the golden outputs again. `svgai.ml.metadata` says what the folder holds.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from svgai.ml.correction import Correction
from svgai.ml.errors import ModelFailed, ModelsRefused
from svgai.ml.features import NAMES, VERSION
from svgai.ml.metadata import FILE, Entry, Metadata, Role, columns_of, describe, read_metadata, sha256_of
from svgai.ml.runtime import onnx_runtime

__all__ = ["PRODUCTION", "Model", "Models", "Store", "describe", "load", "open_model"]

Table: TypeAlias = NDArray[np.float32]

PRODUCTION: Final = Path(__file__).parents[2] / "models" / "production"
"""Where the models of a checkout are. A library that was installed without them answers by rules."""

ROLES: Final[Mapping[Role, str]] = MappingProxyType({role: str(role) for role in Role})
"""The name of each role's model, unless the operator names them otherwise."""

_MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, eq=False)
class Model:
    """A model that may be asked."""

    entry: Entry
    run: Callable[[Table], Table]

    def answer(self, features: Table) -> Table:
        """The outputs for n pictures, n x columns; all finite."""
        try:
            outputs = self.run(np.ascontiguousarray(features, dtype=np.float32))
        except Exception as error:
            raise ModelFailed(f"{self.entry.name} failed: {type(error).__name__}: {error!s:.200}") from error
        if outputs.shape != (len(features), len(self.entry.columns)):
            raise ModelFailed(f"{self.entry.name} gave {outputs.shape} numbers")
        if not np.isfinite(outputs).all():
            raise ModelFailed(f"{self.entry.name} gave numbers that are none")
        return outputs


@dataclass(frozen=True, eq=False)
class Models:
    """Models that were made together, each by its role."""

    metadata: Metadata
    by_role: Mapping[Role, Model]

    @property
    def versions(self) -> dict[str, str]:
        return {str(role): model.entry.version for role, model in self.by_role.items()}

    def verify(self) -> None:
        """See whether all give their golden outputs."""
        for model in self.by_role.values():
            check_golden(model)


def load(folder: Path, names: Mapping[Role, str] = ROLES) -> Models | None:
    """The models of a folder, all of them good; None where there are none. Else says why they are refused."""
    data = _read(folder, FILE, missing_is_fine=True)
    if data is None:
        return None
    metadata = read_metadata(data)
    check_features(metadata)
    entries = {role: metadata.entry(name) for role, name in names.items()}
    models = Models(metadata, {role: open_model(folder, role, entry) for role, entry in entries.items() if entry})
    try:
        models.verify()
    except ModelFailed as error:
        raise ModelsRefused(error.detail) from error
    return models


def check_features(metadata: Metadata) -> None:
    """Refuse models that were made for other features."""
    if metadata.feature_version != VERSION or tuple(metadata.feature_names) != NAMES:
        raise ModelsRefused(
            f"the models were made for version {metadata.feature_version} of the features; this program measures "
            f"version {VERSION}: train them again"
        )


def open_model(folder: Path, role: Role, entry: Entry) -> Model:
    """One model, verified but for its golden outputs."""
    if tuple(entry.columns) != columns_of(role):
        raise ModelsRefused(f"{entry.name} gives other columns than this program asks for: train it again")
    data = _read(folder, entry.file)
    assert data is not None  # noqa: S101 - it would have been refused
    if sha256_of(data) != entry.sha256:
        raise ModelsRefused(f"{entry.file} has not the sha256 that {FILE} says: {sha256_of(data)[:12]}...")
    return Model(entry, _corrected(entry, role, _session(entry, data)))


def _corrected(entry: Entry, role: Role, run: Callable[[Table], Table]) -> Callable[[Table], Table]:
    """The same, put right by what the service has learned since."""
    correction = Correction.read(entry.correction) if role is Role.PREDICTOR else None
    if correction is None:
        return run
    put_right = correction.apply
    return lambda features: put_right(run(features))


def check_golden(model: Model) -> None:
    """Raise `ModelFailed` unless the model gives its golden outputs again."""
    golden = model.entry.golden
    try:
        inputs, expected = (np.array(each, dtype=np.float32) for each in (golden.inputs, golden.outputs))
    except ValueError as error:
        raise ModelFailed(f"the golden numbers of {model.entry.name} are no table") from error
    if inputs.ndim != 2 or inputs.shape[1] != len(NAMES) or not len(inputs):
        raise ModelFailed(f"{model.entry.name} has no golden inputs")
    outputs = model.answer(inputs)
    if outputs.shape != expected.shape:
        raise ModelFailed(f"{model.entry.name} has no golden outputs for its golden inputs")
    apart = float(np.abs(outputs - expected).max())
    if not apart <= golden.tolerance:
        raise ModelFailed(f"{model.entry.name} misses its golden outputs by {apart:.2g}")


def _read(folder: Path, name: str, *, missing_is_fine: bool = False) -> bytes | None:
    file = folder / name
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise ModelsRefused(f"{name} has more than {_MOST_BYTES:,} bytes")
        return file.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        if missing_is_fine:
            return None
        raise ModelsRefused(f"{name} is missing") from error
    except OSError as error:
        raise ModelsRefused(f"{name} cannot be read: {error.strerror}") from error


def _session(entry: Entry, data: bytes) -> Callable[[Table], Table]:
    """Open a model from its bytes; one thread, which does not spin while it waits."""
    try:
        runtime = onnx_runtime()
    except ImportError as error:
        raise ModelsRefused("onnxruntime is not installed") from error
    settings = runtime.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    settings.log_severity_level = 4
    try:
        session = runtime.InferenceSession(data, settings, providers=["CPUExecutionProvider"])
        (taken,), (given,) = session.get_inputs(), session.get_outputs()
    except Exception as error:
        raise ModelsRefused(f"{entry.file} is no model that can be used: {error!s:.200}") from error

    def run(features: Table) -> Table:
        outputs: Any = session.run([given.name], {taken.name: features})[0]
        return np.asarray(outputs, dtype=np.float32)

    return run


class Store:
    """The models in use, of one folder. May be asked from several threads."""

    def __init__(self, folder: Path, names: Mapping[Role, str] = ROLES) -> None:
        self._folder, self._names = folder, names
        self._lock = threading.Lock()
        self._seen: Stamp | None = None
        self._models: Models | None = None
        self._reason = ""

    @property
    def models(self) -> Models | None:
        """The last good ones, or None; loaded when first asked for."""
        if self._seen is None:
            self.refresh()
        return self._models

    @property
    def reason(self) -> str:
        """Why there are none, or why those that lie there are not the ones in use; empty where all is well."""
        return self._reason

    def refresh(self) -> bool:
        """Where the folder changed, take what lies there into use if it is good; whether that was done."""
        with self._lock:
            seen = stamp_of(self._folder)
            if seen == self._seen:
                return False
            self._seen = seen
            try:
                self._models = load(self._folder, self._names)
            except ModelsRefused as refused:
                self._reason = refused.detail
                return False
            self._reason = "" if self._models else "there are no models"
            return True


Stamp: TypeAlias = tuple[tuple[str, int, int, int], ...]
"""Name, time, size and number of each file of a folder: another where anything changed."""


def stamp_of(folder: Path) -> Stamp:
    """What would be different had anything in the folder changed."""
    try:
        files = sorted(folder.iterdir())
        found = [(file.name, file.stat()) for file in files]
    except OSError:
        return ()
    return tuple((name, stat.st_mtime_ns, stat.st_size, stat.st_ino) for name, stat in found)
