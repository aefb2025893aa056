"""Kinds of fields that requests have, read as JSON, a form or a query mean them."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Strict


class Query(BaseModel):
    """What a URL may ask behind its question mark."""

    model_config = ConfigDict(extra="forbid")

    @classmethod
    def model_json_schema(cls, *given: Any, **named: Any) -> dict[str, Any]:
        """The schema; made once, for flask-openapi wants it with every request."""
        return super().model_json_schema(*given, **named) if given or named else _schema_of(cls)


@cache
def _schema_of(query: type[BaseModel]) -> dict[str, Any]:
    return BaseModel.model_json_schema.__func__(query)  # type: ignore[attr-defined, no-any-return]


def _true_or_false(value: Any) -> Any:
    """A form and a query hold text. These two words mean what they say; all others are refused."""
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def _no_truth(value: Any) -> Any:
    """True is no number, whatever Python says."""
    if isinstance(value, bool):
        raise ValueError("this is true or false, not a number")
    return value


def _no_text(value: Any) -> Any:
    """JSON has numbers of its own."""
    if isinstance(value, str):
        raise ValueError("this is text, not a number")
    return _no_truth(value)


def _dated(value: Any) -> Any:
    """A number is no time: nobody could say whether it counts seconds or milliseconds."""
    if isinstance(value, str) and not re.match(r"\d{4}-", value):
        raise ValueError("this is no time like 2026-11-20T12:00:00Z")
    return value


Boolean = Annotated[bool, Strict(), BeforeValidator(_true_or_false)]
Number = Annotated[int, BeforeValidator(_no_truth)]
"""A whole number in a form or a query."""
NO_TEXT = BeforeValidator(_no_text)
Time = Annotated[datetime, BeforeValidator(_dated)]
"""A point in time in a query."""
Whole = Annotated[int, NO_TEXT]
"""A whole number in JSON, where 3.0 is one too."""
