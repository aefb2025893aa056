"""Where everything is put together: the only place that names concrete classes."""

from __future__ import annotations

from flask import Flask

from app import web
from app.adapters.celery_queue import CeleryQueue, make_celery
from app.adapters.database import Database, DatabaseJobs, DatabaseRoster
from app.adapters.disk import DiskBlobs
from app.conversions import Services
from app.logs import set_up_logs
from app.metrics import Metrics
from app.settings import Settings, read_settings


def create_services(settings: Settings) -> Services:
    """The use cases' world, as the settings describe it."""
    database = Database(settings.database)
    return Services(
        settings=settings,
        jobs=DatabaseJobs(database),
        blobs=DiskBlobs(settings.data_dir.resolve() / "blobs"),
        queue=CeleryQueue(make_celery(settings)),
        roster=DatabaseRoster(database),
        metrics=Metrics(),
    )


def create_app(services: Services | None = None) -> Flask:
    """The web application; gunicorn calls this without arguments, tests pass services of their own."""
    if services is None:
        settings = read_settings()
        set_up_logs(settings, "web")
        services = create_services(settings)
    return web.build(services)
