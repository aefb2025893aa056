"""Is it alive, is it ready, how is it: for load balancers, operators and Prometheus."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import Blueprint, Response, current_app
from prometheus_client import generate_latest
from prometheus_client.core import CollectorRegistry, GaugeMetricFamily

from app import upkeep
from app.errors import StoreAway
from app.learning import Stage
from app.services import Services
from app.web.requests import current_services
from svgai import __version__

blueprint = Blueprint("health", __name__)

DRIFT = {"unknown": -1, "ok": 0, "warning": 1, "drifted": 2}
WORKER_SILENCE_SECONDS = 30.0
"""A worker signs in every few seconds; one that has been silent for so long is gone."""


@blueprint.get("/health/live")
def live() -> dict[str, str]:
    """The process answers. Restart it when this fails, and only then."""
    return {"status": "ok"}


@blueprint.get("/health/ready")
def ready() -> tuple[dict[str, Any], int]:
    """Jobs can be taken in. A missing worker or broker does not hinder that."""
    faults = {name: fault for name, fault in upkeep.check(current_services()).items() if fault}
    return {"status": "unready" if faults else "ok", "faults": faults}, 503 if faults else 200


@blueprint.get("/health")
def health() -> tuple[dict[str, Any], int]:
    """How the service is, for people."""
    answer, status = ready()
    if status == 200:
        unfinished = current_services().jobs.count_unfinished()
        answer |= {
            "workers": len(current_services().roster.present(WORKER_SILENCE_SECONDS)),
            "jobs": {str(state): count for state, count in unfinished.items()},
            "oldest_queued_seconds": round(current_services().jobs.oldest_queued_seconds(), 1),
        }
        if not answer["workers"]:
            answer["status"] = "degraded"
    return answer | {"version": __version__}, status


@blueprint.get("/metrics")
def metrics() -> Response:
    """Counts of all processes, and what the database knows right now."""
    if not current_services().settings.metrics_enabled:
        return Response(status=404)
    counted, kind = current_app.extensions["exporter"].generate_metrics()
    live_registry = CollectorRegistry()
    live_registry.register(_LiveJobs(current_services()))
    return Response(counted + generate_latest(live_registry).decode(), content_type=kind)


class _LiveJobs:
    """Gauges that are asked of the database when they are scraped."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def collect(self) -> list[GaugeMetricFamily]:
        try:
            return self._asked()
        except StoreAway:
            return []  # the counts of the processes are worth having all the more

    def _asked(self) -> list[GaugeMetricFamily]:
        jobs = GaugeMetricFamily("active_conversions", "Unfinished jobs, by state.", labels=["state"])
        for state, count in self._services.jobs.count_unfinished().items():
            jobs.add_metric([str(state)], count)
        age = GaugeMetricFamily("oldest_queued_job_age_seconds", "How long the next job has waited.")
        age.add_metric([], self._services.jobs.oldest_queued_seconds())
        present = GaugeMetricFamily("workers_present", "Workers that signed in lately.")
        present.add_metric([], len(self._services.roster.present(WORKER_SILENCE_SECONDS)))
        return [jobs, age, present, *self._watched()]

    def _watched(self) -> list[GaugeMetricFamily]:
        standing = GaugeMetricFamily(
            "model_drift_state", "Whether models still fit: -1 unknown, 0 ok, 1 warning, 2 drifted.", labels=["watch"]
        )
        error = GaugeMetricFamily("model_recent_error", "Mean error of the newest predictions.")
        for finding in self._services.versions.findings():
            if finding.standing in DRIFT:
                standing.add_metric([finding.name], DRIFT[finding.standing])
            if "mean_error" in finding.figures:
                error.add_metric([], finding.figures["mean_error"])
        states = Counter(str(version.state) for version in self._services.versions.all())
        versions = GaugeMetricFamily("model_versions", "Versions of the predictor, by state.", labels=["state"])
        for state in Stage:
            versions.add_metric([str(state)], states[str(state)])
        return [standing, error, versions]

    def describe(self) -> list[GaugeMetricFamily]:
        return []
