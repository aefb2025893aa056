"""What can be wrong with models; none of it ever reaches who wants a picture converted, but as a reason."""

from __future__ import annotations

from svgai.errors import SvgaiError


class ModelsRefused(SvgaiError):
    """Models are not taken into use: they are broken, or do not fit this program."""

    code = "models.refused"


class ModelFailed(SvgaiError):
    """A model that was in use gave no usable answer."""

    code = "models.failed"
