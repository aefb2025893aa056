"""Fixtures that every folder of tests may use: settings, services over fakes, real servers, a real service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.services import Services
from app.settings import Settings
from tests.servers import PostgresServer, RedisServer, postgres_server, redis_server
from tests.service import Service
from tests.world import database_of, make_world

TOGETHER = {"app", "bench", "svgai", "workers"}
"""Folders whose tests may run beside each other..."""
NEVER_TOGETHER = ("alone", "end_to_end")
"""...but for those that are marked so."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        if folder in TOGETHER and not any(map(item.get_closest_marker, NEVER_TOGETHER)):
            item.add_marker("together")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a developer has set for a service of theirs must not reach the tests."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, data_dir=tmp_path)


@pytest.fixture
def services(settings: Settings) -> Iterator[Services]:
    """The use cases over a database and files of the test's own, and a queue without workers."""
    made = make_world(settings)
    yield made
    database_of(made).engine.dispose()


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    with postgres_server(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture
def start_service(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Start real services; whatever happens, none is left behind."""
    started: list[Service] = []

    def start(**settings: object) -> Service:
        started.append(Service(tmp_path / "service", **settings))
        started[-1].start()
        return started[-1]

    yield start
    for service in started:
        service.stop()


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One real service, embedded, for all tests that only use it."""
    running = Service(tmp_path_factory.mktemp("service"))
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def service_url(service: Service) -> str:
    return service.url
