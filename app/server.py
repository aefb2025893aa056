"""How gunicorn serves the web: `gunicorn --config python:app.server`. Its names are gunicorn's."""

from __future__ import annotations

from typing import Any

from app.settings import read_settings, tell_libraries

settings = read_settings()
tell_libraries(settings)  # before anything imports them

wsgi_app = "app.factory:create_app()"
bind = f"{settings.host}:{settings.port}"
workers = settings.workers
worker_class = "gthread"
threads = settings.threads
timeout = settings.request_timeout
graceful_timeout = min(10, settings.request_timeout)  # less than the launcher's patience
keepalive = 5
worker_tmp_dir = "/dev/shm"  # noqa: S108 - gunicorn's heartbeat; a disk that stalls must not look like a dead process
control_socket_disable = True
loglevel = "warning"


def child_exit(_: Any, worker: Any) -> None:
    """A web process is gone: what it was doing just now no longer counts."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
