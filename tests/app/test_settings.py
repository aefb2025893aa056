from __future__ import annotations

from pathlib import Path

import pytest

from app.settings import PROFILES, Settings, example, read_settings, without_password

SAFE = {
    "environment": "production",
    "database_url": "postgresql://svgai:correct-horse@db/svgai",
    "broker_url": "redis://:battery-staple@redis:6379/0",
    "secret_key": "wpGN0cV7xK2mTz5YqB8rJ4sLdHf6uE1a",
}


@pytest.fixture(autouse=True)
def _empty_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_defaults_start_on_a_fresh_machine() -> None:
    settings = read_settings()
    assert settings.database.startswith("sqlite:///")
    assert settings.broker.startswith("filesystem://")


def test_a_variable_of_the_environment_wins_over_the_file_and_the_file_over_the_profile(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("ENVIRONMENT=staging\nPORT=9001\nLOG_LEVEL=WARNING\n")
    monkeypatch.setenv("PORT", "9002")
    settings = read_settings()
    assert (settings.port, settings.log_level, settings.log_format) == (9002, "WARNING", "json")


def test_a_variable_wins_over_its_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "staging")
    monkeypatch.setenv("LOG_FORMAT", "text")
    assert read_settings().log_format == "text"


def test_every_profile_changes_settings_that_exist() -> None:
    assert {name for profile in PROFILES.values() for name in profile} <= set(Settings.model_fields)


@pytest.mark.parametrize(("name", "value"), [("PORT", "0"), ("PORT", "http"), ("WORKERS", "-1"), ("LOG_LEVEL", "loud")])
def test_nonsense_ends_the_process_with_a_line_that_names_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match=f"(?m)^{name}: "):
        read_settings()


def test_models_are_those_of_the_checkout_unless_it_says_otherwise(tmp_path: Path) -> None:
    from svgai.ml.store import PRODUCTION

    assert Settings(_env_file=None).models == PRODUCTION
    assert Settings(_env_file=None, models_dir="elsewhere").models == tmp_path / "elsewhere"
    assert Settings(_env_file=None, ai_enabled=False, models_dir="elsewhere").models is None


def test_models_must_be_in_a_folder_once_there_is_something(tmp_path: Path) -> None:
    (tmp_path / "models.zip").write_bytes(b"")
    with pytest.raises(ValueError, match=r"MODELS_DIR is no folder: .*models\.zip"):
        Settings(_env_file=None, models_dir=tmp_path / "models.zip")


def test_production_starts_when_it_is_safe() -> None:
    assert Settings(_env_file=None, **SAFE).log_format == "json"


@pytest.mark.parametrize(
    ("unsafe", "said"),
    [
        ({"debug": True}, "DEBUG is on"),
        ({"database_url": ""}, "not PostgreSQL"),
        ({"database_url": "postgresql://svgai:password@db/svgai"}, "well-known"),
        ({"database_url": "postgresql://svgai@db/svgai"}, "no password"),
        ({"broker_url": "redis://redis:6379/0"}, "BROKER_URL has no password"),
        ({"broker_url": "redis://redis:6379/0", "redis_password": "changeme"}, "BROKER_URL has no password"),
        ({"broker_url": ""}, "not Redis"),
        ({"log_level": "DEBUG"}, "LOG_LEVEL"),
        ({"secret_key": ""}, "SECRET_KEY is empty"),
        ({"secret_key": "wpGN0cV7xK2mTz5YqB8rJ4sLdHf6uE1"}, "too short"),
        ({"secret_key": "a" * 64}, "well-known"),
        ({"secret_key": "please-change-me-wpGN0cV7xK2mTz5YqB8rJ4sL"}, "well-known"),
    ],
)
def test_production_refuses_what_is_unsafe(unsafe: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Settings(_env_file=None, **{**SAFE, **unsafe})


def test_development_allows_the_same() -> None:
    assert Settings(_env_file=None, debug=True, log_level="DEBUG").debug


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_any_postgres_url_reaches_the_driver_that_is_installed(scheme: str) -> None:
    assert Settings(_env_file=None, database_url=f"{scheme}://a:b@c/d").database == "postgresql+psycopg2://a:b@c/d"


@pytest.mark.parametrize(
    ("given", "counted"),
    [
        ({}, "memory://"),
        ({"broker_url": "redis://r/0"}, "redis://r/0"),
        ({"broker_url": "redis://r/0", "limiter_url": "memory://"}, "memory://"),
        ({"limiter_url": "rediss://other/1"}, "rediss://other/1"),
    ],
)
def test_requests_are_counted_where_all_processes_see_it_if_there_is_such_a_place(
    given: dict[str, str], counted: str
) -> None:
    assert Settings(_env_file=None, **given).limiter == counted


def test_origins_are_named_with_commas() -> None:
    settings = Settings(_env_file=None, cors_origins="https://a.example , http://localhost:3000")
    assert settings.allowed_origins == {"https://a.example", "http://localhost:3000"}


def test_the_export_has_every_setting_and_no_password() -> None:
    settings = Settings(_env_file=None, database_url="postgresql://me:hunter2@db/x", broker_url="redis://:hunter2@r/0")
    exported = settings.export()
    assert set(exported) == set(Settings.model_fields)
    assert "hunter2" not in str(exported)


def test_a_url_without_a_password_stays_as_it_is() -> None:
    assert without_password("redis://localhost:6379/0") == "redis://localhost:6379/0"


def test_the_example_file_names_every_setting_and_is_up_to_date() -> None:
    committed = Path(__file__).parents[2].joinpath(".env.example").read_text()
    assert committed.strip() == example().strip(), "run: make settings"
    assert all(f"#{name.upper()}=" in committed for name in Settings.model_fields)


def test_secrets_are_read_from_files_and_put_into_the_urls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secrets = {
        "secret_key": SAFE["secret_key"],
        "database_password": "cor/rect@horse",
        "redis_password": "sta:ple",
    }
    for name, secret in secrets.items():
        (tmp_path / name).write_text(secret + "\n")
    urls = {"database_url": "postgresql://svgai@db/svgai", "broker_url": "redis://redis:6379/0"}
    for name, value in {"secrets_dir": str(tmp_path), "environment": "production", **urls}.items():
        monkeypatch.setenv(name.upper(), value)
    settings = read_settings()
    assert settings.secret_key.get_secret_value() == SAFE["secret_key"]
    assert settings.database == settings.quality_database == "postgresql+psycopg2://svgai:cor%2Frect%40horse@db/svgai"
    assert settings.broker == settings.limiter == "redis://:sta%3Aple@redis:6379/0"
    assert not any(secret in str(settings.export()) for secret in secrets.values())


def test_a_variable_wins_over_a_file_of_a_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "redis_password").write_text("from the file")
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    assert read_settings().redis_password.get_secret_value() == "from the file"
    monkeypatch.setenv("REDIS_PASSWORD", "from the environment")
    assert read_settings().redis_password.get_secret_value() == "from the environment"


def test_a_password_is_put_only_where_there_is_none_and_only_for_servers() -> None:
    given = {"database_password": "one", "redis_password": "two"}
    own = Settings(_env_file=None, database_url="postgresql://a:b@db/c", cache_url="memory://", **given)
    assert own.database == "postgresql+psycopg2://a:b@db/c"
    assert (own.broker, own.cache) == ("filesystem://localhost//", "memory://")
    assert Settings(_env_file=None, **given).database.startswith("sqlite:///")
    assert Settings(_env_file=None, cache_url="redis://r/1", **given).cache == "redis://:two@r/1"


@pytest.mark.parametrize("name", ["SECRETS_DIR", "COMPILED_DIR"])
def test_a_folder_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    monkeypatch.setenv(name, str(tmp_path / "away"))
    with pytest.raises(SystemExit, match=f"{name} is no folder: .*away"):
        read_settings()


@pytest.mark.parametrize("missing", ["secret_key", "database_password", "redis_password"])
def test_production_does_not_start_without_every_secret(tmp_path: Path, missing: str) -> None:
    secrets = {
        "secret_key": SAFE["secret_key"],
        "database_password": "correct-horse",
        "redis_password": "battery-staple",
    }
    for name, secret in secrets.items():
        if name != missing:
            (tmp_path / name).write_text(secret)
    urls = {"database_url": "postgresql://svgai@db/svgai", "broker_url": "redis://redis:6379/0"}
    with pytest.raises(ValueError, match="unsafe in production"):
        Settings(_env_file=None, environment="production", secrets_dir=tmp_path, **urls)
