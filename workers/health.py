"""Whether this container's process does its work: `python -m workers.health worker | callbacks | schedule`.

It asks those that the process works with, for a process that hangs would still answer a ping.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable

from app.settings import Settings, read_settings

SILENCE_SECONDS = 30
SIGNED_IN = (
    "SELECT count(*) FROM workers WHERE seen_at > now() - make_interval(secs => %s) AND split_part(name, '@', 2) = %s"
)
ASKS = (
    "SELECT count(*) FROM pg_stat_activity WHERE state_change > now() - make_interval(secs => %s)"
    " AND client_addr = inet_client_addr() AND pid <> pg_backend_pid()"
)


def worker_is_well(settings: Settings) -> bool:
    """It signs in to the database when it is ready, and every few seconds from then on."""
    return _count(settings, SIGNED_IN, socket.gethostname()) > 0


def schedule_is_well(settings: Settings) -> bool:
    """It looks for lost jobs in the database every second."""
    return _count(settings, ASKS) > 0


def callbacks_are_well(settings: Settings) -> bool:
    """They ask Redis for deliveries every second, unless all threads wait for somebody's server: 15 s at most."""
    import redis

    def host(client: dict[str, str]) -> str:
        return client["addr"].rpartition(":")[0]

    with redis.Redis.from_url(settings.broker, socket_timeout=3) as broker:
        here = host(broker.client_info())
        asking = [each for each in broker.client_list() if host(each) == here and each["cmd"] == "brpop"]
    return any(int(each["idle"]) <= SILENCE_SECONDS for each in asking)


def _count(settings: Settings, question: str, *given: str) -> int:
    import psycopg2

    url = settings.database.replace("postgresql+psycopg2://", "postgresql://", 1)
    line = psycopg2.connect(url, connect_timeout=3)
    try:
        cursor = line.cursor()
        cursor.execute(question, (SILENCE_SECONDS, *given))
        return int(cursor.fetchone()[0])
    finally:
        line.close()


CHECKS: dict[str, Callable[[Settings], bool]] = {
    "worker": worker_is_well,
    "callbacks": callbacks_are_well,
    "schedule": schedule_is_well,
}


def main() -> None:
    """Exit with 1 where it is not well, and say why."""
    name = sys.argv[1] if len(sys.argv) == 2 else ""
    if name not in CHECKS:
        raise SystemExit(f"Usage: python -m workers.health {' | '.join(CHECKS)}")
    settings = read_settings()
    try:
        is_well = CHECKS[name](settings)
    except Exception as fault:  # noqa: BLE001 - what it cannot reach is the reason
        raise SystemExit(f"{name}: {type(fault).__name__}: {str(fault).strip()}") from None
    if not is_well:
        raise SystemExit(f"{name}: nothing was heard of it for {SILENCE_SECONDS} s")


if __name__ == "__main__":
    main()
