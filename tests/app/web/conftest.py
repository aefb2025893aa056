"""The web application over fakes, and a client for it."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.factory import create_app
from app.services import Services


@pytest.fixture
def app(services: Services) -> Flask:
    return create_app(services)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
