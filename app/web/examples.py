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
    "options": {"method": "auto", "max_colors": 64, "precision": 2, "cutout": False},
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
