"""Reading orders out of requests: a picture as a form's file, as the body itself, in JSON, or at a URL."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import partial
from typing import Annotated, Any, Literal, Self, TypeAlias, TypeVar

import orjson
from flask import Request
from flask_openapi import RequestBody
from pydantic import BaseModel, ConfigDict, Field, create_model, model_validator
from pydantic.config import JsonDict
from werkzeug.datastructures import FileStorage

from app.conversions import Order
from app.errors import BatchTooLarge, RequestMalformed
from app.jobs import Kind
from app.predictions import LEAST_FOR_QUALITY, LEAST_FOR_ROUTING
from app.services import Services
from app.web.examples import (
    ADVICE_ORDER,
    ANALYSIS_ORDER,
    BATCH_ORDER,
    JOB_ORDER,
    QUALITY_QUESTION,
    ROUTING_QUESTION,
)
from app.web.fields import NO_TEXT, Boolean, Number, Query
from svgai import Options
from svgai.errors import PictureMissing
from svgai.files.pillow import TYPES
from svgai.ml.usual import USUAL
from svgai.options import METHODS

OVERHEAD_BYTES = 64 * 1024
"""What a request may have around the pictures themselves."""

JSON_TYPE = "application/json"
FORM_TYPE = "multipart/form-data"
STRICT = ConfigDict(extra="forbid")

M = TypeVar("M", bound=BaseModel)


def _option_fields(*names: str) -> dict[str, Any]:
    """These options as fields of a model; all, where none is named."""
    chosen = [option for option in fields(Options) if not names or option.name in names]
    return {option.name: _option_field(option.default, **option.metadata) for option in chosen}


def _option_field(default: Any, description: str, choices: Any = None, least: Any = None, most: Any = None) -> Any:
    if choices:
        return Literal[choices], Field(default, description=description)
    if isinstance(default, bool):
        return Boolean, Field(default, description=description)
    return Number, Field(default, description=description, ge=least, le=most)


ConvertOptions: type[BaseModel] = create_model("ConvertOptions", __base__=Query, **_option_fields())
"""`svgai.Options` as the API takes them: the same names, defaults and bounds."""


AdviceOptions: type[BaseModel] = create_model(
    "AdviceOptions", __base__=Query, **_option_fields("quality_target", "time_budget")
)
"""Those that advice depends on."""

QualityOptions: type[BaseModel] = create_model(
    "QualityOptions",
    __base__=Query,
    method=_option_field("auto", "Which to foretell; auto is the one that is advised.", choices=tuple(METHODS)),
)
"""What is asked of a prediction of quality."""


class NoOptions(Query):
    """Where there is nothing to choose."""


NAME = r"^[A-Za-z0-9_.-]{1,40}$"
Name = Annotated[str, Field(pattern=NAME)]
Note = Annotated[str, Field(max_length=500)]
NOTES: JsonDict = {
    "additionalProperties": False,
    "patternProperties": {NAME: {"type": "string", "maxLength": 500}},
}
Metadata = Annotated[
    dict[Name, Note],
    Field(
        max_length=16,
        description="Notes of yours; they come back with the job.",
        json_schema_extra=NOTES,
    ),
]


class _FormMetadata(BaseModel):
    metadata: Metadata


_URL: JsonDict = {"format": "uri"}
_BASE64: JsonDict = {"format": "byte", "contentEncoding": "base64"}


class PictureSource(BaseModel):
    """Where the picture is: at a URL, or here in base64."""

    model_config = STRICT | ConfigDict(json_schema_extra={"oneOf": [{"required": ["url"]}, {"required": ["data"]}]})

    url: str = Field("", max_length=2048, description="http or https; fetched once, now.", json_schema_extra=_URL)
    data: str = Field("", description="The picture file in base64.", json_schema_extra=_BASE64)

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("give either url or data")
        return self


class JobOrder(BaseModel):
    """An order in JSON."""

    model_config = STRICT | ConfigDict(json_schema_extra={"examples": [JOB_ORDER]})

    source: PictureSource
    options: ConvertOptions = Field(default_factory=ConvertOptions)
    metadata: Metadata = Field(default_factory=dict)


class AnalysisOrder(BaseModel):
    """An order to look at a picture, in JSON."""

    model_config = STRICT | ConfigDict(json_schema_extra={"examples": [ANALYSIS_ORDER]})

    source: PictureSource
    metadata: Metadata = Field(default_factory=dict)


class AdviceOrder(BaseModel):
    """An order to say what a picture is, in JSON."""

    model_config = STRICT | ConfigDict(json_schema_extra={"examples": [ADVICE_ORDER]})

    source: PictureSource
    options: AdviceOptions = Field(default_factory=AdviceOptions)
    metadata: Metadata = Field(default_factory=dict)


class QualityOrder(BaseModel):
    """An order to foretell what a method makes of a picture, in JSON."""

    model_config = STRICT

    source: PictureSource
    options: QualityOptions = Field(default_factory=QualityOptions)
    metadata: Metadata = Field(default_factory=dict)


class FeaturesBase(BaseModel):
    """What is known of a picture that is not handed in."""

    model_config = STRICT

    features: dict[str, Annotated[float, NO_TEXT]]


def _features_field(at_least: int) -> Any:
    """A field for features, of which so many must be given."""
    each: JsonDict = {name: {"type": "number", "minimum": 0, "maximum": usual.most} for name, usual in USUAL.items()}
    schema: JsonDict = {"properties": each, "additionalProperties": False, "minProperties": at_least}
    return Field(description="As `GET /api/v1/predict/features` tells.", json_schema_extra=schema)


class _RoutingFeatures(FeaturesBase):
    model_config = ConfigDict(json_schema_extra={"examples": [ROUTING_QUESTION]})

    features: dict[str, Annotated[float, NO_TEXT]] = _features_field(LEAST_FOR_ROUTING)


class _QualityFeatures(FeaturesBase):
    model_config = ConfigDict(json_schema_extra={"examples": [QUALITY_QUESTION]})

    features: dict[str, Annotated[float, NO_TEXT]] = _features_field(LEAST_FOR_QUALITY)
    method: Literal[tuple(METHODS)] = "auto"  # type: ignore[valid-type]


RoutingFeatures: type[FeaturesBase] = create_model(
    "RoutingFeatures", __base__=_RoutingFeatures, **_option_fields("quality_target", "time_budget")
)
QualityFeatures: type[FeaturesBase] = _QualityFeatures
AnyOrder: TypeAlias = JobOrder | AnalysisOrder | AdviceOrder | QualityOrder

ORDERS: dict[type[BaseModel], type[AnyOrder]] = {
    ConvertOptions: JobOrder,
    NoOptions: AnalysisOrder,
    AdviceOptions: AdviceOrder,
    QualityOptions: QualityOrder,
}
"""How an order with these options looks in JSON."""


class BatchOrder(BaseModel):
    """Orders in JSON that belong together."""

    model_config = STRICT | ConfigDict(json_schema_extra={"examples": [BATCH_ORDER]})

    items: list[JobOrder] = Field(min_length=1)
    metadata: Metadata = Field(default_factory=dict)


def described(order: type[BaseModel], options: type[BaseModel], files: str = "image") -> RequestBody:
    """How the API's description tells of a body."""
    picture: dict[str, Any] = {"type": "string", "format": "binary", "description": "The picture file."}
    form = {
        "type": "object",
        "required": ["image"],
        "additionalProperties": False,
        "properties": {
            "image": picture if files == "image" else {"type": "array", "items": picture, "minItems": 1},
            "metadata": _FormMetadata.model_json_schema()["properties"]["metadata"],
            **options.model_json_schema().get("properties", {}),
        },
    }
    content = {
        FORM_TYPE: {
            "schema": form,
            "encoding": {"image": {"contentType": ", ".join(TYPES)}, "metadata": {"contentType": JSON_TYPE}},
        },
        JSON_TYPE: {"schema": _whole(order.model_json_schema())},
    }
    if files == "image":
        content["application/octet-stream"] = {"schema": {"type": "string", "format": "binary"}}
    return RequestBody.model_validate(
        {"required": True, "description": "The picture: in a form, as the body itself, or in JSON.", "content": content}
    )


def with_notes(description: Any) -> Any:
    """The API's description with the names that metadata may have, as flask-openapi leaves out `patternProperties`."""
    if isinstance(description, list):
        return [with_notes(part) for part in description]
    if not isinstance(description, dict):
        return description
    if description.get("title") == "Metadata" and description.get("additionalProperties") is False:
        return _FormMetadata.model_json_schema()["properties"]["metadata"]
    return {name: with_notes(part) for name, part in description.items()}


def _whole(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with whatever it refers to put in its place."""
    parts = schema.pop("$defs", {})

    def put_in(value: Any) -> Any:
        if isinstance(value, list):
            return [put_in(each) for each in value]
        if not isinstance(value, dict):
            return value
        if "$ref" in value:
            return put_in(parts[value["$ref"].rpartition("/")[2]])
        return {name: put_in(below) for name, below in value.items()}

    return dict(put_in(schema))


def read_order(services: Services, request: Request, query: BaseModel, kind: Kind = Kind.CONVERT) -> Order:
    """The order that a request makes; what the body says wins over the query."""
    limit = services.settings.max_request_size
    _bound(request, limit)
    try:
        if request.mimetype == JSON_TYPE:
            return _from_json(services, parsed(request, ORDERS[type(query)]), query, kind)
        if request.mimetype == FORM_TYPE:
            [file] = _files(request, at_most=1)
            return _from_form(request, query, kind, file)
        return Order(_body_of(request), options_of(query), kind)
    except OSError as error:  # how gunicorn tells of a body that is not what its headers say
        raise RequestMalformed(f"The body cannot be read: {error!s:.100}.") from None


def read_question(
    services: Services, request: Request, query: BaseModel, model: type[FeaturesBase]
) -> Callable[[], Order] | FeaturesBase:
    """The features that a request has in JSON, or else a way to the order to measure them on its picture."""
    if request.mimetype != JSON_TYPE:
        return partial(read_order, services, request, query, Kind.ADVISE)
    _bound(request, services.settings.max_request_size)
    document = _document(request)
    if isinstance(document, dict) and "features" in document:
        return model.model_validate(document)
    order = ORDERS[type(query)].model_validate(document)
    return partial(_from_json, services, order, query, Kind.ADVISE)


def read_orders(services: Services, request: Request, query: BaseModel) -> tuple[list[Order], Mapping[str, str]]:
    """The orders that a request for a batch makes, and what is noted on the whole."""
    settings = services.settings
    _bound(request, settings.max_batch_bytes, parts=settings.max_batch_size + 20)
    try:
        if request.mimetype == JSON_TYPE:
            batch = parsed(request, BatchOrder)
            _refuse_many(len(batch.items), settings.max_batch_size)
            return [_from_json(services, item, query, Kind.CONVERT) for item in batch.items], batch.metadata
        if request.mimetype != FORM_TYPE:
            raise RequestMalformed(f"A batch comes as {FORM_TYPE} or {JSON_TYPE}, not as {request.mimetype!r:.80}.")
        files = _files(request, at_most=settings.max_batch_size)
        orders = [_from_form(request, query, Kind.CONVERT, file) for file in files]
        return orders, orders[0].metadata
    except OSError as error:
        raise RequestMalformed(f"The body cannot be read: {error!s:.100}.") from None


def _bound(request: Request, picture_bytes: int, parts: int = 20) -> None:
    """Bound the body before a byte of it is read."""
    grown = (picture_bytes + 2) // 3 * 4 if request.mimetype == JSON_TYPE else picture_bytes  # base64
    request.max_content_length = grown + OVERHEAD_BYTES
    # Werkzeug holds this against what it has buffered of a file too, so less would refuse files.
    request.max_form_memory_size = picture_bytes + OVERHEAD_BYTES
    request.max_form_parts = parts


def parsed(request: Request, model: type[M]) -> M:
    """The JSON that a request holds."""
    return model.model_validate(_document(request))


def _document(request: Request) -> Any:
    try:
        return orjson.loads(_body_of(request))
    except orjson.JSONDecodeError as error:
        raise RequestMalformed(f"The body is no JSON: {error!s:.100}.") from None
    except OSError as error:  # how gunicorn tells of a body that is not what its headers say
        raise RequestMalformed(f"The body cannot be read: {error!s:.100}.") from None


def _from_json(services: Services, order: AnyOrder, query: BaseModel, kind: Kind) -> Order:
    options = Options() if isinstance(order, AnalysisOrder) else options_of(query, order.options)
    return Order(_picture(services, order.source), options, kind, order.metadata)


def _picture(services: Services, source: PictureSource) -> bytes:
    if "url" in source.model_fields_set:
        return services.outside.fetch(source.url, services.settings.max_request_size).data
    try:
        return base64.b64decode(source.data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise RequestMalformed(f"source.data is no base64: {error!s:.100}.") from None


def _from_form(request: Request, query: BaseModel, kind: Kind, file: FileStorage) -> Order:
    form = request.form.to_dict()
    metadata = _FormMetadata.model_validate({"metadata": _notes(form.pop("metadata", "{}"))}).metadata
    return Order(file.stream.read(), options_of(query, type(query).model_validate(form)), kind, metadata)


def _notes(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise RequestMalformed(f"The field `metadata` is no JSON: {error!s:.100}.") from None


def options_of(*given: BaseModel) -> Options:
    """The options of query and body together; what comes later wins."""
    asked: dict[str, Any] = {}
    for model in given:
        asked |= model.model_dump(include=set(Options.__dataclass_fields__), exclude_unset=True)
    return Options(**asked)


def _body_of(request: Request) -> bytes:
    body = request.get_data(cache=False, parse_form_data=False)
    if request.content_length and len(body) < request.content_length:
        raise RequestMalformed(f"The body broke off after {len(body)} of {request.content_length} bytes.")
    return body


def _files(request: Request, at_most: int) -> list[FileStorage]:
    files = request.files.getlist("image")
    if not files:
        raise PictureMissing("The form has no file in the field `image`.")
    if set(request.files) != {"image"}:
        raise RequestMalformed("The form has files in other fields than `image`.")
    if len(files) > at_most == 1:
        raise RequestMalformed("The form has more than one file; send one picture in the field `image`.")
    _refuse_many(len(files), at_most)
    return files


def _refuse_many(count: int, limit: int) -> None:
    if count > limit:
        detail = f"The batch has {count} pictures; the limit is {limit}. Send several batches."
        raise BatchTooLarge(detail, limit=limit, actual=count)
