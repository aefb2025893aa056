"""A client for the service's API, which needs nothing but Python itself.

    from svgai.client import Client
    client = Client("https://svg.example.com", key="svgai_...")
    client.convert("logo.png", max_colors=8).save("logo.svg")

Importing it loads nothing heavy. What goes wrong is a `ClientError`.
"""

from svgai.client.answers import Batch, Job, JobUnsuccessful, Progress
from svgai.client.client import Client, Conversion
from svgai.client.errors import (
    AnswerUnreadable,
    ApiError,
    ClientError,
    StillUnfinished,
    Unreachable,
    WebhookInvalid,
)
from svgai.client.webhooks import verify_webhook

__all__ = [
    "AnswerUnreadable",
    "ApiError",
    "Batch",
    "Client",
    "ClientError",
    "Conversion",
    "Job",
    "JobUnsuccessful",
    "Progress",
    "StillUnfinished",
    "Unreachable",
    "WebhookInvalid",
    "verify_webhook",
]
