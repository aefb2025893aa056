"""Proving that a webhook's message is the service's own (Standard Webhooks 1.0)."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

from svgai.client.errors import WebhookInvalid

TOLERANCE_SECONDS = 300
"""How far the sender's clock may be from ours; what is older may be a message that was caught and is sent again."""


def verify_webhook(headers: Mapping[str, str], body: bytes, secret: str) -> dict[str, Any]:
    """The message that came with these headers, once it is proved; `body` is as it came, before anything is decoded.

    Remember each `webhook-id`: the same message can come more than once.
    """
    given = {name.lower(): value for name, value in headers.items()}
    message_id, timestamp = _of(given, "webhook-id"), _of(given, "webhook-timestamp")
    signature = _signature(_key(secret), f"{message_id}.{timestamp}.".encode() + body)
    # Two secrets sign for a day after a rotation. All are compared, so that time tells nothing.
    matches = [hmac.compare_digest(signature, each.encode()) for each in _of(given, "webhook-signature").split()]
    if not any(matches):
        raise WebhookInvalid("No signature of this message was made with this secret.")
    _refuse_old(timestamp)
    message: dict[str, Any] = json.loads(body)
    return message


def _of(headers: Mapping[str, str], name: str) -> str:
    if not headers.get(name):
        raise WebhookInvalid(f"The message has no {name}.")
    return headers[name]


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise ValueError("The secret is not what the service handed out: whsec_ and base64.") from None


def _signature(key: bytes, signed: bytes) -> bytes:
    return b"v1," + base64.b64encode(hmac.digest(key, signed, "sha256"))


def _refuse_old(timestamp: str) -> None:
    age = abs(time.time() - int(timestamp)) if timestamp.isdecimal() else None
    if age is None or age > TOLERANCE_SECONDS:
        raise WebhookInvalid(
            f"The message is not of the last {TOLERANCE_SECONDS} seconds; its time is {timestamp:.20}."
        )
