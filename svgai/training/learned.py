"""What every kind of trained model can do: answer, and say what it is made of so that it can be written to a file."""

from __future__ import annotations

from typing import Any, Protocol

from svgai.training.tables import Matrix


class Learned(Protocol):
    """A trained model; raw features in, columns out."""

    @property
    def columns(self) -> int:
        """How many numbers it gives for a picture."""
        ...

    def outputs(self, features: Matrix) -> Matrix:
        """n x columns."""
        ...

    def shifted(self, scale: Matrix, shift: Matrix) -> Learned:
        """The same with each output multiplied and moved: how a model is calibrated after it was fitted."""
        ...

    def nodes(self, taken: str, given: str) -> tuple[list[Any], list[Any]]:
        """ONNX nodes from one value to another, and the tensors they need."""
        ...

    def module(self) -> Any:
        """The same as a torch module."""
        ...
