"""Every setting of the service, and the only reader of the environment.

`python -m app.settings` checks the settings in force and prints them as JSON, without secrets;
`python -m app.settings --example` prints `.env.example`.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import sys
import tempfile
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import quote, urlsplit

import orjson
from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SecretsSettingsSource, SettingsConfigDict

from svgai import Limits

PROFILES: dict[str, dict[str, Any]] = {
    "development": {},
    "staging": {"log_format": "json"},
    "production": {
        "log_format": "json",
        "workers": 4,
        "anonymous_jobs_per_minute": 10,
        "anonymous_unfinished_jobs": 10,
        "anonymous_running_jobs": 2,
    },
}
"""What an environment changes of the defaults; a variable that is set wins over both."""

MODELS = Path(__file__).parents[1] / "models" / "production"
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - the folder in it is checked to be ours
WEAK_PASSWORDS = {"", "password", "postgres", "svgai", "secret", "changeme", "admin"}
WEAK_SECRETS = re.compile("change.?me|secret|password|example|svgai|01234567|abcdefgh", re.IGNORECASE)
SECRET_LENGTH = 32


class Settings(BaseSettings):
    """The settings, checked once when a process starts."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True)

    environment: Literal["development", "staging", "production"] = Field(
        "development", description="Which profile of defaults holds; production refuses unsafe values."
    )
    debug: bool = Field(False, description="Show faults in full to whoever causes them. Never in production.")

    secrets_dir: Path | None = Field(
        None, description="Folder of files that are named like settings, as secret_key, and hold their values."
    )

    host: str = Field("127.0.0.1", description="Address that the web process listens on.")
    port: int = Field(8000, ge=1, le=65535, description="Port that the web process listens on.")
    workers: int = Field(2, ge=1, le=64, description="Web processes.")
    threads: int = Field(16, ge=2, le=256, description="Requests that one web process serves at once.")
    proxies: int = Field(0, ge=0, le=5, description="How many trusted proxies (nginx) stand in front.")

    data_dir: Path = Field(Path("var"), description="Folder for whatever is kept on disk.")
    database_url: str = Field("", description="SQLAlchemy URL of the database. Empty: SQLite in DATA_DIR.")
    quality_database_url: str = Field(
        "", description="SQLAlchemy URL of a database of its own for the quality record. Empty: DATABASE_URL's."
    )
    quality_retention_days: float = Field(365, gt=0, description="Days that a conversion is kept in that record.")
    database_password: SecretStr = Field(
        SecretStr(""), description="Password for those URLs where they have none, best from a file in SECRETS_DIR."
    )
    broker_url: str = Field("", description="Celery broker, redis://... Empty: files in DATA_DIR.")
    redis_password: SecretStr = Field(
        SecretStr(""), description="Password for URLs of Redis that have none, best from a file in SECRETS_DIR."
    )

    blobs_url: str = Field(
        "",
        pattern=r"^(s3://[a-z0-9][a-z0-9.-]+(/\w[\w.-]*)*/?)?$",
        description="Where pictures and drawings lie, s3://bucket/prefix. Empty: a folder in DATA_DIR.",
    )
    s3_endpoint_url: str = Field(
        "", pattern=r"^(https?://[^@/]+/?)?$", description="Where the bucket is, unless it is Amazon's."
    )
    s3_region: str = Field("us-east-1", description="Region of the bucket.")
    s3_access_key_id: str = Field("", description="Key to the bucket. Empty: what the machine or its role has.")
    s3_secret_access_key: SecretStr = Field(SecretStr(""), description="The secret of that key.")
    s3_allow_http: bool = Field(False, description="Let the endpoint be http://, as in a private network.")
    s3_timeout_seconds: float = Field(5, gt=0, le=20, description="Seconds that reading or writing a blob may take.")

    cache_url: str = Field(
        "",
        pattern=r"^(|off|memory://|rediss?://.+)$",
        description="Where results are kept for reuse: redis://..., memory:// (each process for itself, and briefly),"
        " or off. Empty: a folder in DATA_DIR.",
    )
    cache_megabytes: float = Field(256, gt=0, description="Size of that cache.")
    cache_memory_megabytes: float = Field(32, gt=0, description="Size of what each process has of it in memory.")
    cache_seconds: float = Field(86_400, gt=0, description="How long a result is kept for reuse.")
    cache_entry_megabytes: float = Field(4, gt=0, description="Size up to which a result is kept.")

    secret_key: SecretStr = Field(
        SecretStr(""), description="All other secrets are made from it. Empty: made once, and kept in DATA_DIR."
    )
    anonymous_access: bool = Field(True, description="Let callers without an API key convert.")
    anonymous_jobs_per_minute: int = Field(60, ge=1, description="Pictures a minute from one address without a key.")
    anonymous_unfinished_jobs: int = Field(100, ge=1, description="Jobs that such an address may have unfinished.")
    anonymous_running_jobs: int = Field(100, ge=1, description="Jobs of such an address that run at once.")
    account_jobs_per_minute: int = Field(60, ge=1, description="Pictures a minute from one account.")
    account_unfinished_jobs: int = Field(18, ge=1, description="Jobs that an account may have unfinished.")
    account_running_jobs: int = Field(6, ge=1, description="Jobs of an account that run at once.")
    limiter_url: str = Field(
        "",
        pattern=r"^(|memory://|rediss?://.+)$",
        description="Where requests are counted: redis://..., or memory:// (each process for itself)."
        " Empty: the broker if that is Redis, or else memory.",
    )
    allow_private_urls: bool = Field(
        False, description="Fetch from and call URLs of private networks; never those of the host's own metadata."
    )
    url_ports: str = Field(
        "80,443", pattern=r"^\d{1,5}(,\d{1,5})*$", description="Ports that may be fetched from and called."
    )
    own_hosts: str = Field("", description="Names of this service, comma-separated: URLs that name them are refused.")
    cors_origins: str = Field(
        "",
        pattern=r"^(\*|https?://[^/,\s]+(\s*,\s*https?://[^/,\s]+)*)?$",
        description="Whose pages may call the API: origins with commas between, or * for all.",
    )

    max_request_size: int = Field(10_485_760, ge=1024, description="Bytes that a request may have.")
    max_pixels: int = Field(33_554_432, ge=1, description="Pixels that a picture may have.")
    max_frames: int = Field(1000, ge=1, description="Frames or pages that a picture may have.")
    max_svg_bytes: int = Field(15_000_000, ge=1024, description="Bytes that a drawing may have.")
    max_batch_size: int = Field(50, ge=1, le=200, description="Pictures that may be handed in together.")
    max_batch_bytes: int = Field(31_457_280, ge=1024, description="Bytes that the pictures of a batch may have in all.")
    max_queue_size: int = Field(1000, ge=1, description="Jobs that may wait; more are refused with 503.")
    request_timeout: int = Field(30, ge=1, le=600, description="Seconds after which a silent web process is replaced.")
    convert_wait_seconds: float = Field(20, ge=0, le=25, description="How long /convert waits before it answers 202.")

    worker_queues: str = Field("fast,standard,refined", description="Queues that a worker serves.")
    worker_concurrency: int = Field(2, ge=1, le=256, description="Conversions that one worker runs at once.")
    fast_timeout_seconds: float = Field(30, gt=0, description="Seconds that a conversion may take in queue fast.")
    conversion_timeout_seconds: float = Field(60, gt=0, description="The same in queue standard.")
    refined_timeout_seconds: float = Field(150, gt=0, description="The same in queue refined.")
    conversion_memory_mb: int = Field(4096, ge=1024, description="Memory that one conversion may take, in MB.")
    compiled_dir: Path | None = Field(
        None, description="Folder of machine code made beforehand, as in the image. Empty: made, and kept in DATA_DIR."
    )
    compiled_for: str = Field(
        "", pattern=r"^[\w.+-]*$", description="Processor that it is made for, as LLVM names it. Empty: this machine's."
    )
    conversions_per_process: int = Field(200, ge=1, description="Conversions before a warm process is replaced.")

    ai_enabled: bool = Field(True, description="Let models advise. Off: rules do, here and in the workers.")
    models_dir: Path | None = Field(
        None, description="Folder of the models that advise. Empty: models/production of this checkout."
    )

    learning_enabled: bool = Field(True, description="Let the predictor learn from what its predictions came to.")
    learned_dir: Path | None = Field(
        None,
        description="Folder of what was learned, which all machines of the service share. Empty: one in DATA_DIR.",
    )
    learning_seconds: float = Field(900, ge=1, description="How often it is looked for what can be learned.")
    learning_conversions: int = Field(200, ge=50, description="New conversions that it takes to learn again.")
    learning_shadow: int = Field(
        100, ge=30, description="Conversions that a learned predictor foretells beside the one in use, before it is."
    )
    trial_share: float = Field(
        0, ge=0, le=0.5, description="Share of pictures for which a learned predictor that is on trial advises."
    )

    lease_seconds: float = Field(45, gt=0, description="How long a silent worker keeps a job.")
    reap_seconds: float = Field(15, gt=0, description="How often jobs of lost workers are looked for.")
    republish_seconds: float = Field(60, gt=0, description="When a waiting job is announced to the workers again.")
    max_attempts: int = Field(3, ge=1, le=10, description="How often a job may take its worker down.")
    retention_hours: float = Field(24, gt=0, description="Hours that a job, its picture and its result are kept.")

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least level that is logged.")
    log_format: Literal["text", "json"] = Field("text", description="Lines for people, or JSON for machines.")
    log_file: Path | None = Field(None, description="Also log to this file, which is rotated. Empty: only stderr.")
    log_max_bytes: int = Field(10_485_760, ge=1024, description="Size at which the log file is rotated.")
    log_backups: int = Field(5, ge=0, description="Rotated log files that are kept.")
    metrics_enabled: bool = Field(True, description="Answer /metrics, though never through a proxy.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - it knows only a folder fixed beforehand
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Where settings come from; files are asked last."""
        named = (init_settings, env_settings, dotenv_settings)
        folder = next((given for each in named if (given := each().get("secrets_dir"))), None)
        if folder is None or not Path(folder).is_dir():
            return named
        return (*named, SecretsSettingsSource(settings_cls, secrets_dir=folder, case_sensitive=False))

    @model_validator(mode="before")
    @classmethod
    def _profile(cls, given: dict[str, Any]) -> dict[str, Any]:
        return PROFILES.get(str(given.get("environment", "development")), {}) | given

    @model_validator(mode="after")
    def _models_are_in_a_folder(self) -> Self:
        if self.models_dir and self.models_dir.exists() and not self.models_dir.is_dir():
            raise ValueError(f"MODELS_DIR is no folder: {self.models_dir}")
        return self

    @model_validator(mode="after")
    def _secrets_are_in_a_folder(self) -> Self:
        for name in ("secrets_dir", "compiled_dir"):
            folder = getattr(self, name)
            if folder and not folder.is_dir():
                raise ValueError(f"{name.upper()} is no folder: {folder}")
        return self

    @model_validator(mode="after")
    def _storage_is_complete(self) -> Self:
        if self.s3_endpoint_url.startswith("http://") and not self.s3_allow_http:
            raise ValueError("S3_ENDPOINT_URL is not https://, which takes S3_ALLOW_HTTP")
        if bool(self.s3_access_key_id) != bool(self.s3_secret_access_key.get_secret_value()):
            raise ValueError("S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY go together")
        return self

    @model_validator(mode="after")
    def _safe_in_production(self) -> Self:
        faults = list(self._unsafe()) if self.environment == "production" else []
        if faults:
            raise ValueError("unsafe in production: " + "; ".join(faults))
        return self

    def _unsafe(self) -> list[str]:
        database = urlsplit(self.database)
        checks = {
            "DEBUG is on": self.debug,
            "DATABASE_URL is not PostgreSQL": not database.scheme.startswith("postgresql"),
            "DATABASE_URL has no password, or a well-known one": database.scheme.startswith("postgresql")
            and (database.password or "") in WEAK_PASSWORDS,
            "BROKER_URL is not Redis": not _is_redis(self.broker),
            "BROKER_URL has no password, or a well-known one": _is_redis(self.broker)
            and (urlsplit(self.broker).password or "") in WEAK_PASSWORDS,
            "LOG_LEVEL is DEBUG": self.log_level == "DEBUG",
            "SECRET_KEY is empty, too short or well-known": _is_guessable(self.secret_key.get_secret_value()),
        }
        return [fault for fault, holds in checks.items() if holds]

    @property
    def database(self) -> str:
        """The database's URL as SQLAlchemy takes it."""
        url = _with_driver(self.database_url or f"sqlite:///{self.data_dir.resolve()}/svgai.db")
        return _with_password(url, self.database_password)

    @property
    def quality_database(self) -> str:
        """The same of the database with the quality record."""
        if not self.quality_database_url:
            return self.database
        return _with_password(_with_driver(self.quality_database_url), self.database_password)

    @property
    def broker(self) -> str:
        """The broker's URL as Celery takes it."""
        return _with_password(self.broker_url or "filesystem://localhost//", self.redis_password)

    @property
    def limiter(self) -> str:
        """Where requests are counted: a Redis, or the memory of each process."""
        url = self.limiter_url or (self.broker if _is_redis(self.broker) else "memory://")
        return _with_password(url, self.redis_password)

    @property
    def cache(self) -> str:
        """Where results are kept for reuse; empty: a folder."""
        return _with_password(self.cache_url, self.redis_password)

    @property
    def allowed_origins(self) -> frozenset[str]:
        """Whose pages may call the API, as browsers name them."""
        return frozenset(origin.strip() for origin in self.cors_origins.split(",") if origin)

    @property
    def ports(self) -> frozenset[int]:
        """The ports of URLs that may be called."""
        return frozenset(int(port) for port in self.url_ports.split(","))

    @property
    def own_names(self) -> frozenset[str]:
        """The names of this service."""
        return frozenset(name.strip().lower() for name in self.own_hosts.split(",") if name.strip())

    @property
    def databases(self) -> tuple[str, ...]:
        """Where tables are, each place once."""
        return tuple(dict.fromkeys((self.database, self.quality_database)))

    @property
    def models(self) -> Path | None:
        """Where the models are; None where they are switched off."""
        return (self.models_dir or MODELS).absolute() if self.ai_enabled else None

    @property
    def learned(self) -> Path:
        """Where that lies which was learned at work."""
        return (self.learned_dir or self.data_dir / "learned").absolute()

    @property
    def learns(self) -> bool:
        """Whether anything is learned at work."""
        return self.learning_enabled and self.models is not None

    @property
    def metrics_dir(self) -> Path:
        """Where the processes of one service share their metrics: in memory, for a full disk must not end them."""
        which = hashlib.sha256(f"{self.data_dir.resolve()} {self.port}".encode()).hexdigest()[:12]
        return (
            Path(tempfile.gettempdir() if not SHARED_MEMORY.is_dir() else SHARED_MEMORY)
            / f"svgai-{os.getuid()}-{which}"
        )

    @property
    def limits(self) -> Limits:
        """What a conversion may cost, as the library takes it."""
        return Limits(self.max_request_size, self.max_pixels, self.max_frames, self.max_svg_bytes)

    def seconds_for(self, queue: str) -> float:
        """How long a conversion of this queue may take."""
        longest = {"fast": self.fast_timeout_seconds, "refined": self.refined_timeout_seconds}
        return longest.get(queue, self.conversion_timeout_seconds)

    def export(self) -> dict[str, Any]:
        """All settings as plain data; passwords are left out."""
        exported = self.model_dump(mode="json")
        for name in ("database_url", "quality_database_url", "broker_url", "cache_url", "limiter_url"):
            exported[name] = without_password(exported[name])
        return exported


def _is_guessable(secret: str) -> bool:
    return len(secret) < SECRET_LENGTH or len(set(secret)) < SECRET_LENGTH // 4 or bool(WEAK_SECRETS.search(secret))


def without_password(url: str) -> str:
    """The same URL, fit for a log."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    return url.replace(f":{parts.password}@", ":***@")


def _is_redis(url: str) -> bool:
    return urlsplit(url).scheme in {"redis", "rediss"}


def _with_password(url: str, password: SecretStr) -> str:
    """The same URL with this password, where it is of a server and has none."""
    parts, secret = urlsplit(url), password.get_secret_value()
    is_server = _is_redis(url) or parts.scheme.startswith("postgresql")
    if not secret or not is_server or parts.password is not None:
        return url
    user, _, place = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user}:{quote(secret, safe='')}@{place}").geturl()


def _with_driver(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg2://{rest}" if scheme in {"postgres", "postgresql"} else url


def read_settings(**overrides: Any) -> Settings:
    """Read and check the settings; a fault ends the process with one line for each."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        lines = [
            f"{'.'.join(map(str, fault['loc'])).upper() or 'Settings'}: {fault['msg']}" for fault in error.errors()
        ]
        raise SystemExit("\n".join(["The settings (from the environment or .env) are not usable:", *lines])) from None
    except OSError as error:
        raise SystemExit(f"The secret in {error.filename} cannot be read: {error.strerror}.") from None


def tell_libraries(settings: Settings) -> None:
    """Hand on what libraries read from the environment themselves; call it before they are imported."""
    settings.metrics_dir.mkdir(mode=0o700, exist_ok=True)
    found = settings.metrics_dir.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise SystemExit(f"{settings.metrics_dir} is not a folder of ours; remove it.")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(settings.metrics_dir)


def example() -> str:
    """`.env.example`: every setting with its default."""
    lines = [
        "# Copy this to .env and change what you need. Made by `make settings`; every value here is the default.",
        "",
    ]
    for name, field in Settings.model_fields.items():
        value = "" if field.default is None else str(field.default)
        lines += [f"# {field.description}", f"#{name.upper()}={value}", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    text = (
        example()
        if "--example" in sys.argv
        else orjson.dumps(read_settings().export(), option=orjson.OPT_INDENT_2).decode()
    )
    sys.stdout.write(text.rstrip("\n") + "\n")
