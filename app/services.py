"""What the use cases work with: the settings, and the world behind ports."""

from __future__ import annotations

from dataclasses import dataclass

from app.accounts import Accounts
from app.caching import Cache
from app.circumstances import Weather
from app.inference import Inference
from app.jobs import Bell, Blobs, Jobs, Queue, Roster
from app.learning import Versions
from app.limiting import Limiter
from app.metrics import Metrics
from app.outside import Outside
from app.records import Records
from app.secrecy import Secrecy
from app.settings import Settings
from app.webhooks import Webhooks


@dataclass(frozen=True)
class Services:
    """Built once for each process, by `app.factory.create_services`."""

    settings: Settings
    jobs: Jobs
    records: Records
    versions: Versions
    bell: Bell
    blobs: Blobs
    queue: Queue
    roster: Roster
    cache: Cache
    inference: Inference
    weather: Weather
    accounts: Accounts
    webhooks: Webhooks
    limiter: Limiter
    outside: Outside
    secrecy: Secrecy
    metrics: Metrics
