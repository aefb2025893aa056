"""Where the next page of a list begins, in a form that nobody can make up."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hmac import compare_digest

from app.errors import CursorInvalid
from app.web.callers import current_caller
from app.web.requests import current_services


def write_cursor(last: str) -> str:
    """A cursor for whatever comes after the thing with this id; it is good for the caller alone."""
    seal = current_services().secrecy.stamp("cursors", f"{current_caller().tenant} {last}")
    return urlsafe_b64encode(f"{last}.{seal[:32]}".encode()).decode().rstrip("=")


def read_cursor(cursor: str, form: re.Pattern[str]) -> str:
    """The id that the caller was given this cursor for; ids of this list have this form."""
    try:
        text = urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)).decode("ascii")
    except ValueError:
        text = ""
    last = text.rpartition(".")[0]
    # Base64 can be written in several ways: only the one that we write will do.
    if not form.fullmatch(last) or not compare_digest(cursor.encode(), write_cursor(last).encode()):
        raise CursorInvalid("The cursor is not one of yours. Begin with the first page.")
    return last
