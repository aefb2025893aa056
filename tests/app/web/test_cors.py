"""Which pages of other origins may call the API from a browser."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from app.factory import create_app
from app.services import Services
from app.settings import Settings
from tests.world import with_settings

OURS, THEIRS = "https://app.example.org", "https://evil.example.org"
JOBS = "/api/v1/jobs"
ASKING = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization, content-type"}


def client_with(services: Services, origins: str) -> FlaskClient:
    return create_app(with_settings(services, cors_origins=origins)).test_client()


@pytest.fixture
def open_to_ours(services: Services) -> FlaskClient:
    return client_with(services, f"{OURS}, http://localhost:3000")


@pytest.mark.parametrize("path", [JOBS, "/api/v1/convert", "/api/v1/admin/accounts"])
def test_a_browser_s_question_is_answered_without_a_key(open_to_ours: FlaskClient, path: str) -> None:
    answer = open_to_ours.options(path, headers={"Origin": OURS, **ASKING})
    assert (answer.status_code, answer.data) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == OURS
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    for name in ("Authorization", "X-API-Key", "Idempotency-Key", "Content-Type"):
        assert name in answer.headers["Access-Control-Allow-Headers"]
    assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize(("path", "status"), [("/api/v1/limits", 200), (JOBS, 401), ("/api/v1/nowhere", 404)])
def test_a_page_may_read_answers_and_refusals_too(open_to_ours: FlaskClient, path: str, status: int) -> None:
    answer = open_to_ours.get(path, headers={"Origin": "http://localhost:3000"})
    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
    assert "RateLimit" in answer.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("origin", [THEIRS, "https://app.example.org.evil.org", "null", "http://app.example.org", ""])
def test_another_origin_gets_no_permission(open_to_ours: FlaskClient, origin: str) -> None:
    for answer in (
        open_to_ours.options(JOBS, headers={"Origin": origin, **ASKING}),
        open_to_ours.get("/api/v1/limits", headers={"Origin": origin}),
    ):
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "Origin" in answer.headers["Vary"]


def test_unless_somebody_is_named_nobody_is_allowed(client: FlaskClient) -> None:
    answer = client.get("/api/v1/limits", headers={"Origin": OURS})
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


def test_a_star_allows_everybody_but_never_with_cookies(services: Services) -> None:
    answer = client_with(services, "*").get("/api/v1/limits", headers={"Origin": THEIRS})
    assert answer.headers["Access-Control-Allow-Origin"] == THEIRS
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_only_the_api_is_open_to_other_pages(services: Services) -> None:
    answer = client_with(services, "*").get("/", headers={"Origin": THEIRS})
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("nonsense", ["example.org", "https://example.org/path", "*, https://a.org", "ftp://a.org"])
def test_what_is_no_origin_is_refused_at_the_start(nonsense: str) -> None:
    with pytest.raises(ValueError, match="cors_origins"):
        Settings(_env_file=None, cors_origins=nonsense)
