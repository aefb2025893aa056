"""Everything that can go wrong in a conversion, by name; a code is a promise, a text may change."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any, ClassVar


class SvgaiError(Exception):
    """A conversion that cannot be done, for a reason that its caller can understand."""

    code: ClassVar[str] = "error"

    def __init__(
        self, detail: str, *, limit: float | None = None, actual: float | None = None, option: str | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.limit = limit
        self.actual = actual
        self.option = option

    def as_dict(self) -> dict[str, Any]:
        """The error as plain data, to be stored or sent to another process."""
        facts = {"code": self.code} | vars(self)
        return {name: fact for name, fact in facts.items() if fact is not None}

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> SvgaiError:
        """The error that these facts were made from; it must be of this kind or one below."""
        rest = dict(facts)
        return cls._kind(rest.pop("code"))(rest.pop("detail"), **rest)

    @classmethod
    def _kind(cls, code: str) -> type[SvgaiError]:
        if cls.code == code:
            return cls
        for below in cls.__subclasses__():
            with contextlib.suppress(KeyError):
                return below._kind(code)
        raise KeyError(code)


class PictureError(SvgaiError):
    """The picture cannot be used."""


class PictureMissing(PictureError):
    """There is no file at the path that was given."""

    code = "picture.missing"


class PictureEmpty(PictureError):
    """The file has no bytes, or the picture no pixels."""

    code = "picture.empty"


class PictureUnsupported(PictureError):
    """The bytes are of no kind that is read here."""

    code = "picture.unsupported_type"


class PictureCorrupt(PictureError):
    """The bytes claim to be a picture, and are not or not wholly."""

    code = "picture.corrupt"


class PictureTooManyBytes(PictureError):
    """The file is larger than the limit."""

    code = "picture.too_many_bytes"


class PictureTooManyPixels(PictureError):
    """The picture is larger than the limit; known from its header, before anything is decoded."""

    code = "picture.too_many_pixels"


class PictureTooManyFrames(PictureError):
    """The animation or document has more frames or pages than the limit."""

    code = "picture.too_many_frames"


class OptionsInvalid(SvgaiError):
    """An option has a value that it cannot have, or no option has that name."""

    code = "options.invalid"


class DrawingTooLarge(SvgaiError):
    """The drawing has more bytes of SVG than the limit: the picture is too busy to trace."""

    code = "drawing.too_large"


class DrawingUnsafe(SvgaiError):
    """The drawing holds something outside the allow-list and is withheld."""

    code = "drawing.unsafe"


class TracingFailed(SvgaiError):
    """The tracer gave up on this picture."""

    code = "tracing.failed"


class FormatUnknown(SvgaiError):
    """A drawing is wanted in a format that is not written here."""

    code = "format.unknown"


class ExportTooLarge(SvgaiError):
    """The drawing would be larger than its format, or the limit, allows."""

    code = "export.too_large"


class ExportUnsupported(SvgaiError):
    """The drawing holds something that the format has no place for."""

    code = "export.unsupported"
