"""The web: pages, the API, health and metrics, each in a module; this one puts them on one application."""

from __future__ import annotations

from flask import Flask
from flask_openapi import Info, OpenAPI
from werkzeug.middleware.proxy_fix import ProxyFix

from app.services import Services
from app.web import (
    access,
    admin,
    advice,
    api,
    cors,
    health,
    limits,
    pages,
    problems,
    quality,
    requests,
    waiting,
    webhooks,
)
from app.web.submissions import OVERHEAD_BYTES
from svgai import __version__


def build(services: Services) -> Flask:
    """The application over these services."""
    settings = services.settings
    app = OpenAPI(
        __name__,
        info=Info(title="SVG-AI", version=__version__, description="Hand in a picture, get the SVG."),
        doc_ui=False,
        security_schemes={"key": {"type": "http", "scheme": "bearer", "description": "An API key."}},
        validation_error_status=422,
        validation_error_model=problems.Problem,
        validation_error_callback=problems.from_validation,
    )
    app.config.update(
        MAX_CONTENT_LENGTH=settings.max_request_size + OVERHEAD_BYTES,
        # Werkzeug holds this against what it has buffered of a file too, so less would refuse files.
        MAX_FORM_MEMORY_SIZE=settings.max_request_size + OVERHEAD_BYTES,
        MAX_FORM_PARTS=20,
        PROPAGATE_EXCEPTIONS=False,
        DEBUG=settings.debug,
    )
    app.extensions["services"] = services
    app.extensions["waiting"] = waiting.install(settings.threads // 2, settings.threads // 4)
    requests.install(app, services)
    cors.install(app)  # before access: a browser's question comes without a key
    access.install(app)
    limits.install(app)
    problems.install(app)
    for blueprint in (api.blueprint, advice.blueprint, webhooks.blueprint, admin.blueprint, quality.blueprint):
        app.register_api(blueprint)
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(health.blueprint)
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies, x_host=settings.proxies)  # type: ignore[method-assign]
    return app
