"""Where everything is put together: the only place that names concrete classes."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Flask

from app import web
from app.adapters.accounts import DatabaseAccounts
from app.adapters.bell import DatabaseBell
from app.adapters.caches.disk import DiskCache
from app.adapters.caches.layered import Counted, Layered, NoCache
from app.adapters.caches.memory import MemoryCache
from app.adapters.celery_queue import CeleryQueue, make_celery
from app.adapters.database import Database
from app.adapters.disk import DiskBlobs
from app.adapters.jobs import DatabaseJobs
from app.adapters.late_inference import LateInference
from app.adapters.limiter import MemoryLimiter, RedisLimiter
from app.adapters.outward import Outward, Rules
from app.adapters.records import DatabaseRecords
from app.adapters.roster import DatabaseRoster
from app.adapters.versions import DatabaseVersions
from app.adapters.webhooks import DatabaseWebhooks
from app.caching import Cache, CacheBounds, Count
from app.circumstances import Weather
from app.jobs import Blobs
from app.limiting import Limiter
from app.logs import set_up_logs
from app.metrics import Metrics
from app.secrecy import read_secrecy
from app.services import Services
from app.settings import Settings, read_settings

MEGABYTE = 1024 * 1024

NEAR_SECONDS = 30.0
"""How long a process may still have in memory what another has discarded: DELETE holds everywhere within a minute."""


def create_services(settings: Settings) -> Services:
    """The use cases' world, as the settings describe it."""
    database, metrics = Database(settings.database), Metrics()
    apart = settings.quality_database != settings.database
    metrics.note_ai(is_enabled=settings.ai_enabled)
    quality = Database(settings.quality_database) if apart else database
    jobs, records = DatabaseJobs(database), DatabaseRecords(quality)
    return Services(
        settings=settings,
        jobs=jobs,
        records=records,
        versions=DatabaseVersions(quality),
        bell=DatabaseBell(database),
        blobs=_blobs(settings),
        queue=CeleryQueue(make_celery(settings)),
        roster=DatabaseRoster(database),
        cache=create_cache(settings, metrics.count_lookup),
        weather=Weather(jobs.oldest_queued_seconds, records.tries, lambda: datetime.now(UTC).date()),
        inference=LateInference(settings.models, metrics, settings.learned if settings.learns else None),
        accounts=DatabaseAccounts(database),
        webhooks=DatabaseWebhooks(database),
        limiter=_limiter(settings),
        outside=Outward(Rules(settings.ports, settings.allow_private_urls, own_hosts=settings.own_names)),
        secrecy=read_secrecy(settings),
        metrics=metrics,
    )


def _limiter(settings: Settings) -> Limiter:
    if settings.limiter == "memory://":
        return MemoryLimiter(settings.workers)
    # Twice as many processes as there are: while Redis is away, everybody gets about half.
    return RedisLimiter(settings.limiter, stand_in=MemoryLimiter(2 * settings.workers))


def _blobs(settings: Settings) -> Blobs:
    if not settings.blobs_url:
        return DiskBlobs(settings.data_dir.resolve() / "blobs")
    from app.adapters.object_store import ObjectBlobs, open_store

    return ObjectBlobs(open_store(settings))


def create_cache(settings: Settings, count: Count = lambda _cache, _hit: None) -> Cache:
    """Results for reuse: some in this process's memory, before all that the processes share."""
    if settings.cache == "off":
        return NoCache()
    near = MemoryCache(_cache_bounds(settings, settings.cache_memory_megabytes, NEAR_SECONDS))
    if settings.cache == "memory://":
        return Counted(near, "memory", count)
    return Layered(Counted(near, "memory", count), _shared_cache(settings, count))


def _shared_cache(settings: Settings, count: Count) -> Cache:
    bounds = _cache_bounds(settings, settings.cache_megabytes, settings.cache_seconds)
    if not settings.cache:
        return Counted(DiskCache(settings.data_dir.resolve() / "cache", bounds), "disk", count)
    from app.adapters.caches.redis import RedisCache

    return Counted(RedisCache(settings.cache, bounds), "redis", count)


def _cache_bounds(settings: Settings, megabytes: float, seconds: float) -> CacheBounds:
    return CacheBounds(
        total_bytes=int(megabytes * MEGABYTE),
        entry_bytes=int(settings.cache_entry_megabytes * MEGABYTE),
        seconds=min(seconds, settings.cache_seconds),
    )


def create_app(services: Services | None = None) -> Flask:
    """The web application; gunicorn calls this without arguments, tests pass services of their own."""
    if services is None:
        settings = read_settings()
        set_up_logs(settings, "web")
        services = create_services(settings)
    return web.build(services)
