"""What is known of a folder of models: its `metadata.json`, read and written by these classes alone.

    {
      "format": 1,
      "features": {"version": 1, "names": ["pixels", ...]},
      "made": {...},                      whatever tells how to make them again: command, seed, data, seconds
      "models": [
        {
          "name": "classifier",           the role, unless the operator names roles otherwise
          "version": "2026-11-20",
          "file": "classifier.onnx", "sha256": "...",
          "torchscript": {"file": "classifier.pt", "sha256": "..."},   or null
          "card": "classifier.md",                                     or null
          "columns": ["simple", "text", "gradient", "complex"],        of the output, in order
          "score": {"name": "accuracy", "trained": 0.97, "exported": 0.97},
          "metrics": {...},               further figures, for people
          "correction": {"fast": {...}},  what puts a predictor's outputs right, or null (`svgai.ml.correction`)
          "golden": {"inputs": [[...]], "outputs": [[...]], "tolerance": 0.0001}
        }
      ]
    }

Every model takes one input, float32, n x features, in the order of the names above and as measured (what scaling it
needs is inside), and gives one output, float32, n x columns. `columns_of` says which columns a role has.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from svgai.ml.errors import ModelsRefused
from svgai.ml.features import NAMES, VERSION
from svgai.ml.types import TYPES
from svgai.options import METHODS

FORMAT: Final = 1
FILE: Final = "metadata.json"
FORETOLD: Final = ("quality", "low", "high", "log_seconds")
"""What the predictor says of each method; seconds as their natural logarithm."""
TRACING: Final = tuple(name for name in METHODS if name != "auto")
"""The methods that are foretold."""


class Role(StrEnum):
    """What a model is for."""

    CLASSIFIER = "classifier"
    """Features to the probability of each type."""
    PREDICTOR = "predictor"
    """Features to what each method will reach and cost."""
    ROUTER = "router"
    """Features to a score for each method, the highest first. Without one, the objective decides by the predictions."""


def columns_of(role: Role) -> tuple[str, ...]:
    """The names of a role's outputs."""
    if role is Role.CLASSIFIER:
        return tuple(str(each) for each in TYPES)
    if role is Role.PREDICTOR:
        return tuple(f"{method}.{what}" for method in TRACING for what in FORETOLD)
    return TRACING


@dataclass(frozen=True)
class File:
    """A file beside the metadata."""

    file: str
    sha256: str


@dataclass(frozen=True)
class Score:
    """The figure by which a model is judged; more is better."""

    name: str
    trained: float
    """In the framework that trained it."""
    exported: float
    """Of the ONNX file."""


@dataclass(frozen=True)
class Golden:
    """Inputs with the outputs that they must give."""

    inputs: Sequence[Sequence[float]]
    outputs: Sequence[Sequence[float]]
    tolerance: float = 1e-4


@dataclass(frozen=True)
class Entry:
    """One model."""

    name: str
    version: str
    file: str
    sha256: str
    columns: Sequence[str]
    score: Score
    golden: Golden
    torchscript: File | None = None
    card: str | None = None
    metrics: Mapping[str, Any] = field(default_factory=dict)
    correction: Mapping[str, Mapping[str, float]] | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """All files that belong to it."""
        return (self.file, *([self.torchscript.file] if self.torchscript else []), *([self.card] if self.card else []))


@dataclass(frozen=True)
class Metadata:
    """All models of a folder."""

    models: Sequence[Entry]
    made: Mapping[str, Any] = field(default_factory=dict)
    feature_version: int = VERSION
    feature_names: Sequence[str] = NAMES

    def entry(self, name: str) -> Entry | None:
        return next((each for each in self.models if each.name == name), None)


def describe(  # noqa: PLR0913 - each is a line of the metadata
    folder: Path,
    name: str,
    file: str,
    *,
    version: str,
    columns: Sequence[str],
    score: Score,
    golden: Golden,
    torchscript: str | None = None,
    card: str | None = None,
    metrics: Mapping[str, Any] | None = None,
) -> Entry:
    """The entry of a model whose files lie in the folder; this is what an exporter calls."""
    return Entry(
        name=name,
        version=version,
        file=file,
        sha256=sha256_of((folder / file).read_bytes()),
        columns=tuple(columns),
        score=score,
        golden=golden,
        torchscript=File(torchscript, sha256_of((folder / torchscript).read_bytes())) if torchscript else None,
        card=card,
        metrics=metrics or {},
    )


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def write_metadata(folder: Path, metadata: Metadata) -> None:
    """Put the metadata in its place at once, after all files it names."""
    facts = {
        "format": FORMAT,
        "features": {"version": metadata.feature_version, "names": list(metadata.feature_names)},
        "made": dict(metadata.made),
        "models": [asdict(entry) for entry in metadata.models],
    }
    aside = folder / f".{FILE}.{os.getpid()}"
    aside.write_text(json.dumps(facts, indent=1) + "\n")
    aside.replace(folder / FILE)


def read_metadata(data: bytes) -> Metadata:
    """The metadata in a file's bytes, or why they are none."""
    try:
        facts = json.loads(data)
        if facts["format"] != FORMAT:
            raise ModelsRefused(f"{FILE} has format {facts['format']!r:.40}; this program reads {FORMAT}")
        models = tuple(_entry(each) for each in facts["models"])
        features = facts["features"]
        return Metadata(models, facts.get("made", {}), int(features["version"]), tuple(features["names"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelsRefused(f"{FILE} is broken: {type(error).__name__}: {error!s:.200}") from error


def _entry(facts: Mapping[str, Any]) -> Entry:
    rest = dict(facts)
    torchscript = rest.pop("torchscript", None)
    entry = Entry(
        columns=tuple(rest.pop("columns")),
        score=Score(**rest.pop("score")),
        golden=Golden(**rest.pop("golden")),
        torchscript=File(**torchscript) if torchscript else None,
        **rest,
    )
    for name in entry.files:
        if Path(name).name != name or name in ("", ".", ".."):
            raise ValueError(f"{name!r:.80} is no file's name")
    return entry
