"""A worker: `python -m workers.celery_app`.

It consumes with threads. Each only watches a child process that does the work, so a pool of
processes would cost memory, and the troubles of forking, for nothing.
"""

from __future__ import annotations

import os
import socket
import threading
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import structlog
from celery.platforms import SecurityWarning

from app.settings import Settings, read_settings, tell_libraries

if TYPE_CHECKING:
    from celery import Celery

    from app.services import Services
    from workers.sandbox import Bounds

SIGN_IN_SECONDS = 5.0

log = structlog.get_logger()


def main() -> None:
    """Run a worker until it is told to stop; what it has begun is finished first."""
    settings = read_settings()
    tell_libraries(settings)  # before anything imports them

    from app.errors import ConverterUnready
    from app.factory import create_services
    from app.logs import set_up_logs

    set_up_logs(settings, "worker")
    _mention_root()
    try:
        celery = create_worker(settings, create_services(settings))
    except ConverterUnready as error:
        raise SystemExit(f"The worker cannot convert anything: {error}. `svgai doctor` may say why.") from None
    options = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    size = ["--pool", "threads", "--concurrency", str(settings.worker_concurrency)]
    # Named, for Celery's own command would take BROKER_URL from the environment, where it may lack the password.
    broker, queues = ["--broker", settings.broker], ["--queues", settings.worker_queues]
    celery.worker_main(["--quiet", *broker, "worker", *size, *queues, "--hostname", _name(), *options])


def _mention_root() -> None:
    """Say in a line what Celery says in ten."""
    if os.geteuid() == 0:
        warnings.filterwarnings("ignore", category=SecurityWarning)
        log.warning("the worker runs as root; a user of its own would be safer")


def create_worker(settings: Settings, services: Services) -> Celery:
    """Celery with the tasks in it, and the sandboxes that its life starts and ends."""
    from app.adapters.celery_queue import make_celery
    from workers import tasks
    from workers.sandbox import SandboxPool

    pool = SandboxPool(settings.worker_concurrency, bounds_of(settings))
    celery = make_celery(settings)
    pool.warm()  # before anything is consumed; a worker that cannot convert must not take jobs
    places = tasks.Places(settings.worker_concurrency, settings.worker_queues.split(","))
    endings = tasks.Endings(tasks.ENDINGS_FOR_A_PLACE * settings.worker_concurrency)
    perform = tasks.register(celery, services, pool, places, endings)

    def close() -> None:
        endings.close()
        pool.close()

    _follow_life(services, close, lambda stopped: tasks.look_out(perform, places, stopped))
    return celery


def bounds_of(settings: Settings) -> Bounds:
    """What one conversion may cost here."""
    from workers.compiled import compiled_dir
    from workers.sandbox import Bounds

    return Bounds(
        settings.conversion_memory_mb,
        settings.conversions_per_process,
        settings.limits,
        compiled_dir(settings),
        settings.models,
        settings.compiled_for,
        settings.learned if settings.learns else None,
        settings.trial_share,
    )


def _follow_life(services: Services, close: Callable[[], None], look_out: Callable[[threading.Event], None]) -> None:
    from celery import signals

    stopped = threading.Event()
    looking = threading.Thread(target=look_out, args=(stopped,), daemon=True)

    def ready(**_: Any) -> None:
        threading.Thread(target=_sign_in, args=(services, stopped), daemon=True).start()
        looking.start()
        log.info("worker ready", name=_name())

    def end(**_: Any) -> None:
        stopped.set()
        if looking.is_alive():
            looking.join()  # what it has found is finished like everything else
        close()
        services.roster.sign_out(_name())

    # A receiver of setup_logging keeps Celery from setting logs up its own way.
    signals.setup_logging.connect(lambda **_: None, weak=False)
    signals.worker_ready.connect(ready, weak=False)
    signals.worker_shutting_down.connect(lambda **_: stopped.set(), weak=False)
    signals.worker_shutdown.connect(end, weak=False)


def _sign_in(services: Services, stopped: threading.Event) -> None:
    while not stopped.is_set():
        try:
            services.roster.sign_in(_name())
        except Exception as error:  # noqa: BLE001 - a database that is away comes back
            log.warning("could not sign in", reason=type(error).__name__)
        stopped.wait(SIGN_IN_SECONDS)


def _name() -> str:
    return f"{os.getpid()}@{socket.gethostname()}"


if __name__ == "__main__":
    main()
