"""The web: pages, the API, health and metrics, each in a module; this one puts them on one application."""

from __future__ import annotations

import threading

from flask import Flask
from flask_openapi import Info, OpenAPI
from werkzeug.middleware.proxy_fix import ProxyFix

from app.conversions import Services
from app.web import access, api, health, pages, problems, requests
from svgai import __version__

FORM_OVERHEAD_BYTES = 64 * 1024
"""What a form may add around the picture itself."""


def build(services: Services) -> Flask:
    """The application over these services."""
    settings = services.settings
    app = OpenAPI(
        __name__,
        info=Info(title="SVG-AI", version=__version__, description="Hand in a picture, get the SVG."),
        doc_ui=False,
        validation_error_status=422,
        validation_error_model=problems.Problem,
        validation_error_callback=problems.from_validation,
    )
    app.config.update(
        MAX_CONTENT_LENGTH=settings.max_request_size + FORM_OVERHEAD_BYTES,
        # Werkzeug holds this against what it has buffered of a file too, so less would refuse files.
        MAX_FORM_MEMORY_SIZE=settings.max_request_size + FORM_OVERHEAD_BYTES,
        MAX_FORM_PARTS=20,
        PROPAGATE_EXCEPTIONS=False,
        DEBUG=settings.debug,
    )
    app.extensions["services"] = services
    # Requests that wait must never take every thread: health and status would wait behind them.
    app.extensions["waiting_rooms"] = threading.BoundedSemaphore(settings.threads // 2)
    requests.install(app, services)
    access.install(app)
    problems.install(app)
    app.register_api(api.blueprint)
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(health.blueprint)
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies, x_host=settings.proxies)  # type: ignore[method-assign]
    return app
