"""The page where a person drops a picture."""

from __future__ import annotations

from dataclasses import fields

from flask import Blueprint, render_template

from app.web.requests import current_services
from svgai import FORMATS, Options, __version__
from svgai.files.pillow import ACCEPTED, TYPES
from svgai.options import METHODS

blueprint = Blueprint("pages", __name__)

ACCEPT = ",".join((*TYPES, ".tif", ".tiff", ".avif"))
"""What the file chooser offers first; the bytes decide in the end."""


@blueprint.get("/")
def index() -> str:
    """The page."""
    settings = current_services().settings
    return render_template(
        "index.html",
        max_bytes=settings.max_request_size,
        max_pixels=settings.max_pixels,
        formats=ACCEPTED,
        accept=ACCEPT,
        methods=[{"name": name, "summary": summary} for name, summary in METHODS.items()],
        options=[option for option in fields(Options) if "choices" not in option.metadata],
        result_formats=FORMATS,
        version=__version__,
    )
