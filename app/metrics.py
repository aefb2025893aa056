"""What is counted. Processes of one machine share their counts through PROMETHEUS_MULTIPROC_DIR."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180)
QUALITY = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.97, 0.98, 0.99, 0.995, 0.999, 1.0)


class Metrics:
    """Counters of the service, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = self._counter("http_requests_total", "Requests answered.", "method", "route", "status")
        self._request_seconds = Histogram(
            "http_request_duration_seconds", "Time to answer.", ["route"], buckets=SECONDS, registry=self.registry
        )
        self._conversions = self._counter("conversions_total", "Conversions that succeeded.", "method")
        self._errors = self._counter(
            "errors_total",
            "What went wrong, by code: failed conversions, and a queue that could not be reached.",
            "code",
        )
        self._quality = Histogram(
            "conversion_quality_score", "Measured SSIM of results.", ["method"], buckets=QUALITY, registry=self.registry
        )
        self._seconds = Histogram(
            "conversion_duration_seconds", "Time of a conversion.", ["method"], buckets=SECONDS, registry=self.registry
        )

        self._lookups = self._counter("cache_lookups_total", "Look-ups in caches.", "cache", "outcome")

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self.registry)

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests.labels(method, route, status).inc()
        self._request_seconds.labels(route).observe(seconds)

    def count_conversion(self, result: Mapping[str, Any]) -> None:
        method = str(result["method"])
        self._conversions.labels(method).inc()
        self._quality.labels(method).observe(result["quality"]["ssim"])
        self._seconds.labels(method).observe(sum(result["seconds"].values()))

    def count_lookup(self, cache: str, is_hit: bool) -> None:
        self._lookups.labels(cache, "hit" if is_hit else "miss").inc()

    def count_error(self, code: str) -> None:
        self._errors.labels(code).inc()
