#!/usr/bin/env python3
"""Whether what becomes of conversions is remembered: converts a picture, and finds it in the quality record.

    .venv/bin/python scripts/test_ai_quality_tracking.py --key-file FILE [--url http://127.0.0.1:8000]

The key is one with the scopes `convert` and `admin`; of the production stack ask http://127.0.0.1:9090.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from load_test import picture

from svgai.client import Client, ClientError

PATIENCE_SECONDS = 30.0
"""The schedule copies what has ended every few seconds."""


NOTHING = {"conversions": 0}


def remembered(client: Client) -> dict[tuple[str, str], dict[str, Any]]:
    """What the record says of today's conversions, by type of picture and method."""
    rows = client.call("GET", "/api/v1/admin/quality?days=1")["data"]
    return {(row["image_type"], row["method"]): row for row in rows}


def check(client: Client) -> str:
    """What was found; ends with an error where the conversion is not remembered."""
    before = remembered(client)
    job = client.convert(picture()).job.facts
    kind = job["advice"]["image_type"], job["result"]["method"]
    known, ends = before.get(kind, NOTHING)["conversions"], time.monotonic() + PATIENCE_SECONDS
    while (row := remembered(client).get(kind, NOTHING))["conversions"] <= known:
        if time.monotonic() > ends:
            raise SystemExit(
                f"The conversion is not in the record after {PATIENCE_SECONDS:g} s: does the schedule run?"
            )
        time.sleep(0.5)
    if row["ssim"] is None or row["prediction_error"] is None:
        raise SystemExit(f"The record lacks what was measured or predicted: {row}")
    return (
        f"remembered: {kind[0]}, {kind[1]}, {row['conversions']} today, mean SSIM {row['ssim']:.4f}, "
        f"predicted within {row['prediction_error']:.4f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--key-file", type=Path, required=True, help="file with a key of the scopes convert and admin")
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="of the service (%(default)s)")
    given = parser.parse_args()
    try:
        print(check(Client(given.url, given.key_file.read_text().strip())))
    except (ClientError, OSError) as error:
        sys.exit(f"The quality record cannot be looked at: {error}")


if __name__ == "__main__":
    main()
