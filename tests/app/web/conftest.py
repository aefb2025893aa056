"""The web application over fakes, and a client for it."""

from __future__ import annotations

import time

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


SECONDS_OF_A_TEST = 5.0


@pytest.fixture
def within_one_window() -> None:
    """Limits are counted by windows that begin with the minute; as one begins, a part of them is given out anew."""
    left = 60 - time.time() % 60
    if left < SECONDS_OF_A_TEST:
        time.sleep(left)
