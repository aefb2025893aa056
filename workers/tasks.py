"""The tasks: doorways from the queue to the use cases. An id in, nothing out, safe to run twice."""

from __future__ import annotations

from celery import Celery

from app import conversions
from app.adapters.celery_queue import CONVERT
from app.conversions import Services
from app.jobs import Converter


def register(celery: Celery, services: Services, converter: Converter) -> None:
    """Put every task on this Celery."""

    def convert(job_id: str) -> None:
        conversions.perform(services, job_id, converter)

    celery.task(convert, name=CONVERT)
