"""One conversion as a worker would do it, without database and queue: `python -m workers.trial < logo.png > logo.svg`.

A release that cannot do this must not be given any work.
"""

from __future__ import annotations

import sys

from app.settings import read_settings
from workers.celery_app import bounds_of
from workers.sandbox import SandboxPool

SECONDS = 60.0


def main() -> None:
    """Convert what comes in; a fault ends this with its reason."""
    settings = read_settings()
    picture = sys.stdin.buffer.read(settings.max_request_size + 1)
    pool = SandboxPool(1, bounds_of(settings))
    try:
        drawn = pool.convert(picture, {"method": "auto"}, lambda *_: None, SECONDS)
    except Exception as fault:  # noqa: BLE001 - whatever it is, it is the answer
        raise SystemExit(f"The picture was not converted: {type(fault).__name__}: {fault}") from None
    finally:
        pool.close()
    sys.stdout.buffer.write(drawn.data)


if __name__ == "__main__":
    main()
