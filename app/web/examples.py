"""What requests and answers look like, for the API's description; docs/API_REFERENCE.md has more, all of them run."""

from __future__ import annotations

from typing import Any

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

JOB_ORDER: dict[str, Any] = {
    "source": {"data": PIXEL},
    "options": {"method": "fast", "max_colors": 8},
    "metadata": {"order": "4711"},
}
ANALYSIS_ORDER: dict[str, Any] = {"source": {"data": PIXEL}}
ADVICE_ORDER: dict[str, Any] = {"source": {"data": PIXEL}, "options": {"quality_target": 98, "time_budget": 5}}
_FEATURES: dict[str, float] = {
    "pixels": 16.0,
    "least_side": 8.0,
    "elongation": 0.0,
    "equal_steps": 0.976,
    "small_steps": 0.007,
    "strong_steps": 0.008,
    "colours": 8.4,
    "first_colour": 0.61,
    "four_colours": 0.97,
    "inks": 2.32,
    "plain_border": 1.0,
    "narrow": 0.99,
    "edge_density": 0.04,
    "flat_blocks": 0.85,
    "components": 2.32,
}
ROUTING_QUESTION: dict[str, Any] = {"features": _FEATURES, "quality_target": 95}
QUALITY_QUESTION: dict[str, Any] = {"features": _FEATURES, "method": "refined"}
_PREDICTIONS: dict[str, dict[str, float]] = {
    "fast": {"quality": 0.985, "low": 0.95, "high": 0.996, "seconds": 0.04},
    "optimised": {"quality": 0.991, "low": 0.964, "high": 0.998, "seconds": 0.15},
    "refined": {"quality": 0.992, "low": 0.967, "high": 0.998, "seconds": 1.4},
    "baseline": {"quality": 0.968, "low": 0.87, "high": 0.992, "seconds": 0.02},
}
ADVICE: dict[str, Any] = {
    "image_type": "simple",
    "confidence": 0.97,
    "predictions": _PREDICTIONS,
    "ranking": ["optimised", "refined", "fast", "baseline"],
    "quality_target": 0.95,
    "advised_by": "model",
    "reasons": [],
    "models": {"classifier": "2026-11-20", "predictor": "2026-11-20"},
    "features": _FEATURES,
}
ROUTE: dict[str, Any] = {
    **{name: value for name, value in ADVICE.items() if name != "features"},
    "method": "optimised",
    "assumed": {"clear": 0.0, "translucent": 0.0},
}
BATCH_ORDER: dict[str, Any] = {"items": [JOB_ORDER, {"source": {"data": PIXEL}}], "metadata": {"season": "spring"}}
FEEDBACK: dict[str, Any] = {"rating": 4, "preferred_method": "refined", "comment": "The corners are round."}

_HERE = "/api/v1/jobs/job_01a1f9a443e4753cb6f998cf73381ca49af9"
JOB: dict[str, Any] = {
    "id": "job_01a1f9a443e4753cb6f998cf73381ca49af9",
    "object": "job",
    "kind": "convert",
    "state": "succeeded",
    "version": 3,
    "created_at": "2026-11-20T15:47:34.504000Z",
    "started_at": "2026-11-20T15:47:34.511000Z",
    "finished_at": "2026-11-20T15:47:34.570000Z",
    "expires_at": "2026-11-21T15:47:34.504000Z",
    "progress": {"percent": 100, "phase": None},
    "input": {
        "sha256": "616705dee5d578e3a6dc1458d6bdff7e0689b3c63554638911a1ead9611fa9f4",
        "bytes": 7823,
        "format": "PNG",
        "width": 256,
        "height": 256,
    },
    "options": {
        "method": "auto",
        "max_colors": 64,
        "precision": 2,
        "quality_target": 0,
        "time_budget": 0,
        "cutout": False,
    },
    "metadata": {"order": "4711"},
    "batch_id": None,
    "cached": False,
    "result": {
        "url": f"{_HERE}/result",
        "sha256": "22d1db7a139520b65d9eecf6d6d2f580070a52e4725655b813b53686bc1a14db",
        "bytes": 482,
        "width": 256,
        "height": 256,
        "paths": 4,
        "segments": 10,
        "method": "optimised",
        "seconds": {"decode": 0.001, "find_inks": 0.006, "refine": 0.017},
    },
    "analysis": None,
    "quality": {"ssim": 0.9988, "delta_e": 0.11},
    "baseline_quality": {"ssim": 0.9821, "delta_e": 0.48},
    "image_type": "simple",
    "predicted_quality": 0.991,
    "advice": {**ADVICE, "tried": [{"method": "optimised", "ssim": 0.9988}, {"method": "baseline", "ssim": 0.9821}]},
    "warnings": [],
    "error": None,
    "attempts": 1,
    "links": {"self": _HERE, "result": f"{_HERE}/result", "events": f"{_HERE}/events", "cancel": f"{_HERE}/cancel"},
}

PROBLEM: dict[str, Any] = {
    "type": "urn:svgai:problem:picture.too_many_pixels",
    "title": "The picture has too many pixels",
    "status": 413,
    "detail": "The picture has 20000 x 20000 = 400000000 pixels; the limit is 33554432.",
    "code": "picture.too_many_pixels",
    "retryable": False,
    "request_id": "req_3ed3ddf5f6e78fd22e2380ce",
    "limit": 33554432,
    "actual": 400000000,
}
