"""Reading a picture and its options out of a request."""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated, Any, Literal

from flask import Request
from flask_openapi import RequestBody
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, create_model

from app.errors import RequestMalformed
from svgai import Options
from svgai.errors import PictureMissing
from svgai.files.pillow import TYPES


def _option_fields() -> dict[str, Any]:
    return {option.name: _option_field(option.default, **option.metadata) for option in fields(Options)}


def _option_field(default: Any, description: str, choices: Any = None, least: Any = None, most: Any = None) -> Any:
    if choices:
        return Literal[choices], Field(default, description=description)
    if isinstance(default, bool):
        return _Boolean, Field(default, description=description)
    return int, Field(default, description=description, ge=least, le=most)


def _true_or_false(value: Any) -> Any:
    """A form and a query hold text. These two words mean what they say; all others are refused."""
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


_Boolean = Annotated[bool, Strict(), BeforeValidator(_true_or_false)]


ConvertOptions: type[BaseModel] = create_model(
    "ConvertOptions", __config__=ConfigDict(extra="forbid"), **_option_fields()
)
"""`svgai.Options` as the API takes them: the same names, defaults and bounds."""


def _described() -> RequestBody:
    options = ConvertOptions.model_json_schema()["properties"]
    picture = {"type": "string", "format": "binary", "description": "The picture file."}
    form = {
        "type": "object",
        "required": ["image"],
        "additionalProperties": False,
        "properties": {"image": picture, **options},
    }
    return RequestBody.model_validate(
        {
            "required": True,
            "description": "The picture: as the field `image` of a form, or as the body itself.",
            "content": {
                "multipart/form-data": {"schema": form, "encoding": {"image": {"contentType": ", ".join(TYPES)}}},
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            },
        }
    )


BODY = _described()


def read_submission(request: Request, query: BaseModel) -> tuple[bytes, Options]:
    """The picture's bytes, and the options of query and form together; the form's win."""
    given = query.model_dump(exclude_unset=True)
    try:
        if request.mimetype == "multipart/form-data":
            picture = _file(request)
            given |= ConvertOptions.model_validate(request.form.to_dict()).model_dump(exclude_unset=True)
        else:
            picture = _body_of(request)
    except OSError as error:  # how gunicorn tells of a body that is not what its headers say
        raise RequestMalformed(f"The body cannot be read: {error!s:.100}.") from None
    return picture, Options(**given)


def _body_of(request: Request) -> bytes:
    body = request.get_data(cache=False, parse_form_data=False)
    if request.content_length and len(body) < request.content_length:
        raise RequestMalformed(f"The body broke off after {len(body)} of {request.content_length} bytes.")
    return body


def _file(request: Request) -> bytes:
    files = request.files.getlist("image")
    if not files:
        raise PictureMissing("The form has no file in the field `image`.")
    if len(files) > 1 or set(request.files) != {"image"}:
        raise RequestMalformed("The form has more than one file; send one picture in the field `image`.")
    return files[0].stream.read()
