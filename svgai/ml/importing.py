"""Models that were trained elsewhere: checked from all sides, then taken into use or refused, and that recorded.

Files get their sha256 into their names, and the metadata is put in its place last and at once, so that whoever serves
models from the folder finds the old ones or the new ones whole. The ones before stay until the next import.
"""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np

from svgai.ml.errors import ModelFailed, ModelsRefused
from svgai.ml.metadata import FILE, Entry, Metadata, read_metadata, sha256_of, write_metadata
from svgai.ml.store import ROLES, Model, Models, load

RECORD: Final = "imports.jsonl"
"""One line for each import that was tried."""
AGREEMENT: Final = 1e-4
"""How far the outputs of two formats may be apart."""
RETAINED: Final = 0.9
"""The share of its score that a model must keep when it is exported."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    is_good: bool
    detail: str


@dataclass(frozen=True)
class Imported:
    """What came of an import."""

    source: str
    versions: Mapping[str, str]
    checks: tuple[Check, ...]

    @property
    def is_accepted(self) -> bool:
        return all(check.is_good for check in self.checks)

    def facts(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "accepted": self.is_accepted,
            "versions": dict(self.versions),
            "checks": [asdict(check) for check in self.checks],
        }


def import_models(source: Path, target: Path, *, has_torch: bool | None = None) -> Imported:
    """Check the models of a folder, and put them in the place of those of another if all is well."""
    imported = examine(source, find_spec("torch") is not None if has_torch is None else has_torch)
    target.mkdir(parents=True, exist_ok=True)
    if imported.is_accepted:
        install(source, target)
    record(imported, target)
    return imported


def examine(source: Path, has_torch: bool) -> Imported:
    """Everything that can be known of models without pictures."""
    try:
        models = load(source)
    except ModelsRefused as refused:
        return Imported(source.name, {}, (Check("files", False, refused.detail),))
    if models is None or not models.by_role:
        names = ", ".join(ROLES.values())
        return Imported(source.name, {}, (Check("files", False, f"{source.name} holds no {FILE} with any of {names}"),))
    checks = [Check("files", True, "sha256, columns and golden outputs are as the metadata says")]
    for model in models.by_role.values():
        checks += [_retained(model.entry), _same_in_torchscript(source, model, has_torch)]
    return Imported(source.name, models.versions, tuple(checks))


def _retained(entry: Entry) -> Check:
    score = entry.score
    detail = f"{score.name} {score.trained:.4g} as trained, {score.exported:.4g} as exported"
    is_good = bool(np.isfinite([score.trained, score.exported]).all()) and (
        score.exported >= score.trained - (1 - RETAINED) * abs(score.trained)
    )
    return Check(f"{entry.name}: {score.name}", is_good, detail)


def _same_in_torchscript(source: Path, model: Model, has_torch: bool) -> Check:
    """Whether both formats give the same for the golden inputs."""
    entry = model.entry
    name = f"{entry.name}: formats agree"
    if entry.torchscript is None:
        return Check(name, True, "there is no TorchScript to compare with")
    try:
        data = (source / entry.torchscript.file).read_bytes()
    except OSError as error:
        return Check(name, False, f"{entry.torchscript.file}: {error.strerror}")
    if sha256_of(data) != entry.torchscript.sha256:
        return Check(name, False, f"{entry.torchscript.file} has not the sha256 that {FILE} says")
    if not has_torch:
        return Check(name, True, "not compared, since torch is not installed; the file is whole")
    inputs = np.array(entry.golden.inputs, dtype=np.float32)
    try:
        apart = float(np.abs(model.answer(inputs) - run_torchscript(source / entry.torchscript.file, inputs)).max())
    except (RuntimeError, ValueError, ModelFailed) as error:
        return Check(name, False, f"{entry.torchscript.file} cannot be run: {error!s:.200}")
    return Check(name, apart <= AGREEMENT, f"at most {apart:.2g} apart; {AGREEMENT:g} is allowed")


def run_torchscript(file: Path, inputs: np.ndarray[Any, np.dtype[np.float32]]) -> Any:
    """The outputs of a TorchScript file."""
    import torch

    with torch.no_grad(), warnings.catch_warnings():
        # TorchScript is asked for beside ONNX, though torch would rather see it go.
        warnings.simplefilter("ignore", DeprecationWarning)
        return torch.jit.load(str(file), map_location="cpu")(torch.from_numpy(inputs)).numpy()


def install(source: Path, target: Path) -> Models | None:
    """Copy models into a folder, and make them those that it serves."""
    before = _metadata(target)
    metadata = read_metadata((source / FILE).read_bytes())
    metadata = replace(metadata, models=tuple(_copied(entry, source, target) for entry in metadata.models))
    write_metadata(target, metadata)
    keep = {name for each in (metadata, before) if each for entry in each.models for name in entry.files}
    for file in target.iterdir():
        if file.suffix in (".onnx", ".pt") and file.name not in keep:
            file.unlink()
    return load(target)


def _copied(entry: Entry, source: Path, target: Path) -> Entry:
    """The entry as it stands in the target, where its files have names of their own."""
    torchscript = entry.torchscript
    moved = replace(
        entry,
        file=_named(entry.file, entry.sha256),
        torchscript=torchscript and replace(torchscript, file=_named(torchscript.file, torchscript.sha256)),
    )
    for old, new in zip(entry.files, moved.files, strict=True):
        if (source / old).resolve() != (target / new).resolve():
            shutil.copyfile(source / old, target / new)
    return moved


def _named(file: str, sha256: str) -> str:
    stem, suffix = Path(file).stem, Path(file).suffix
    mark = sha256[:8]
    return file if stem.endswith(mark) else f"{stem}-{mark}{suffix}"


def _metadata(folder: Path) -> Metadata | None:
    try:
        return read_metadata((folder / FILE).read_bytes())
    except (OSError, ModelsRefused):
        return None


def record(imported: Imported, target: Path) -> None:
    """Add a line that tells what came of it."""
    line = {"at": datetime.now(UTC).isoformat(timespec="seconds"), **imported.facts()}
    with (target / RECORD).open("a") as file:
        file.write(json.dumps(line) + "\n")
