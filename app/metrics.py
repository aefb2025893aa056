"""What is counted. Processes of one machine share their counts through PROMETHEUS_MULTIPROC_DIR."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180)
MOMENTS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1)
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

        self._deliveries = self._counter("webhook_deliveries_total", "Attempts to deliver a message.", "fate")
        self._lookups = self._counter("cache_lookups_total", "Look-ups in caches.", "cache", "outcome")
        self._classifications = self._counter(
            "ai_classifications_total",
            "Pictures that were classified, by what they are and who says so.",
            "image_type",
            "source",
        )
        self._decisions = self._counter(
            "tier1_routing_decisions_total", "Methods that were advised, and by whom.", "method", "source"
        )
        self._inference_seconds = Histogram(
            "ai_model_inference_seconds",
            "Time of a model for one batch.",
            ["model"],
            buckets=MOMENTS,
            registry=self.registry,
        )
        self._prediction_seconds = Histogram(
            "local_inference_latency_seconds",
            "Time of a prediction from features, waiting included.",
            buckets=MOMENTS,
            registry=self.registry,
        )
        self._loading_seconds = Histogram(
            "model_loading_time_seconds", "Time to verify and load all models.", buckets=SECONDS, registry=self.registry
        )
        self._model_memory = self._gauge("ai_model_memory_mb", "Memory that models took in a web process.")
        self._ai_enabled = self._gauge(
            "ai_features_enabled", "1 where models may advise, 0 where they are switched off."
        )

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        """The highest value of all processes that live."""
        return Gauge(name, text, registry=self.registry, multiprocess_mode="livemax")

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests.labels(method, route, status).inc()
        self._request_seconds.labels(route).observe(seconds)

    def count_conversion(self, result: Mapping[str, Any]) -> None:
        method = str(result["method"])
        self._conversions.labels(method).inc()
        self._quality.labels(method).observe(result["quality"]["ssim"])
        self._seconds.labels(method).observe(sum(result["seconds"].values()))

    def count_delivery(self, fate: str) -> None:
        self._deliveries.labels(fate).inc()

    def count_lookup(self, cache: str, is_hit: bool) -> None:
        self._lookups.labels(cache, "hit" if is_hit else "miss").inc()

    def count_error(self, code: str) -> None:
        self._errors.labels(code).inc()

    def count_advice(self, advice: Mapping[str, Any]) -> None:
        """Count what was advised: facts as `svgai.ml.advice.Advice` gives them."""
        source = str(advice["advised_by"])
        self._classifications.labels(str(advice["image_type"]), source).inc()
        self._decisions.labels(str(advice["ranking"][0]), source).inc()

    def observe_inference(self, model: str, seconds: float) -> None:
        self._inference_seconds.labels(model).observe(seconds)

    def observe_prediction(self, seconds: float) -> None:
        self._prediction_seconds.observe(seconds)

    def note_models(self, seconds: float, megabytes: float) -> None:
        """Other models were taken into use, which took so long and so much."""
        self._loading_seconds.observe(seconds)
        self._model_memory.inc(megabytes)

    def note_ai(self, *, is_enabled: bool) -> None:
        self._ai_enabled.set(int(is_enabled))
