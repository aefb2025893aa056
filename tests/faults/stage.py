"""Where a drill takes place: the whole service over real servers, with lines to them that can be cut."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import Row, func, select

from app import upkeep
from app.accounts import LIMITS, OPERATOR, KeyOrder, Scope, issue_key
from app.adapters.database import Database
from app.adapters.tables import events, jobs, replays
from app.factory import create_services
from app.jobs import State
from app.services import Services
from app.settings import Settings
from tests.faults import invariants
from tests.faults.crew import Crew, Member
from tests.faults.invariants import Verdict
from tests.faults.load import Answer, Client, Ledger, Load, Order, orders
from tests.faults.proxy import Proxy
from tests.faults.receiver import Receiver
from tests.faults.volume import Volume
from tests.servers import PostgresServer, RedisServer, postgres_server, redis_server
from tests.service import free_port
from workers.serve import migrate

HASTY = {"lease_seconds": 3, "reap_seconds": 1, "republish_seconds": 3}
"""Settings of the short version; the full one has the defaults."""
PLENTY = 100_000
WORKERS = 2


def percentile(values: Sequence[float], percent: float) -> float:
    """The least value that so many per cent do not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * percent / 100))] if values else 0.0


@dataclass
class Report:
    """What came of a drill."""

    name: str
    sent: int = 0
    accepted: int = 0
    kills: int = 0
    recovery_seconds: float = 0.0
    lost: int = 0
    duplicated: int = 0
    faults: list[str] = field(default_factory=list)
    skipped: str = ""

    @property
    def passed(self) -> bool:
        return not (self.skipped or self.lost or self.duplicated or self.faults)


@dataclass(frozen=True)
class Before:
    """How far the ledger was when a drill began."""

    sent: int
    answers: int
    job_ids: frozenset[str]


@dataclass
class Stage:
    """The service, its servers, and whoever uses it."""

    is_full: bool
    redis: RedisServer
    postgres: PostgresServer
    to_redis: Proxy
    to_postgres: Proxy
    receiver: Receiver
    """Wants to be told of every job of ours."""
    hanging: Receiver
    nasty: Receiver
    """These behave badly, each on an origin of its own: the service lets one alone that fails too often."""
    crew: Crew
    services: Services
    """The service's own use cases, by a line of our own that no drill cuts."""
    database: Database
    client: Client
    port: int
    volume: Volume | None
    """The blobs' disk, where they have one of their own."""
    endpoint_id: str = ""
    ledger: Ledger = field(default_factory=Ledger)
    report: Report = field(default_factory=lambda: Report(""))
    outage: bool = False
    """Said by a drill that takes a part of the service away."""
    is_told: bool = True
    killed_at: list[datetime] = field(default_factory=list)
    before: Before = field(default_factory=lambda: Before(0, 0, frozenset()))

    def choose(self, *, short: int, full: int) -> int:
        """A number of the drill, in each of the two versions."""
        return full if self.is_full else short

    @property
    def settings(self) -> Settings:
        return self.services.settings

    @property
    def blobs(self) -> Path:
        return self.settings.data_dir / "blobs"

    # --- using the service

    def load(self, short: int = 12, full: int = 100, patience: float = 240) -> Load:
        """Clients begin to hand in the usual mixture."""
        count = self.choose(short=short, full=full)
        return Load(self.client, self.ledger, list(orders(count, f"{self.report.name}-{time.time_ns()}")), patience)

    def hand_in(self, picture: bytes, method: str = "fast", **headers: str) -> Answer:
        order = Order(f"{self.report.name}-{time.time_ns()}", picture, method)
        answer = self.client.hand_in(order, **headers)
        self.ledger.note(order, answer)
        return answer

    def submit(self, picture: bytes, method: str = "fast") -> str:
        answer = self.hand_in(picture, method)
        assert answer.status in {201, 202}, answer
        return str(answer.document["id"])

    def new_client(self, name: str, **limits: int) -> Client:
        """An account of its own, with a key."""
        accounts, unlimited = self.services.accounts, dict.fromkeys(LIMITS, PLENTY)
        account = accounts.add(f"{name} {time.time_ns()}", unlimited | limits, OPERATOR)
        order = KeyOrder(account.id, name, frozenset({Scope.CONVERT, Scope.READ, Scope.WEBHOOKS}))
        return Client(self.port, issue_key(accounts, self.services.secrecy, order, OPERATOR).text)

    def endpoint(self, client: Client, path: str) -> str:
        """Have an account's jobs told to a receiver, which answers as the path says."""
        receiver = {"/ok": self.receiver, "/hang": self.hanging}.get(path, self.nasty)
        wanted = b'{"url": "%s%s"}' % (receiver.url.encode(), path.encode())
        made = client.ask("POST", "/api/v1/webhook-endpoints", wanted, Content_Type="application/json")
        assert made.status == 201, made
        return str(made.document["id"])

    # --- looking

    def job(self, job_id: str) -> Row[Any]:
        with self.database.reading() as connection:
            return connection.execute(select(jobs).where(jobs.c.id == job_id)).one()

    def history(self, job_id: str) -> list[State]:
        with self.database.reading() as connection:
            query = select(events.c.state).where(events.c.job_id == job_id).order_by(events.c.version)
            return [State(state) for state in connection.scalars(query)]

    def in_state(self, *states: State) -> list[Row[Any]]:
        with self.database.reading() as connection:
            return list(connection.execute(select(jobs).where(jobs.c.state.in_(states))))

    def all_jobs(self) -> list[Row[Any]]:
        return self.in_state(*State)

    def successes(self) -> int:
        return len(self.in_state(State.SUCCEEDED))

    def redis_client(self) -> redis.Redis:
        return redis.Redis.from_url(self.redis.url, socket_timeout=2, retry=Retry(NoBackoff(), 0))

    def is_ready(self) -> bool:
        return self.client.ask("GET", "/health/ready", timeout=5).status == 200

    def runs(self) -> int:
        """How often a job has been begun, since ever."""
        with self.database.reading() as connection:
            query = select(func.count()).where(events.c.state == State.RUNNING)
            return int(connection.scalar(query) or 0)

    def made_under(self, key: str) -> str | None:
        """The job that the database has under an Idempotency-Key."""
        with self.database.reading() as connection:
            return connection.scalar(select(replays.c.subject).where(replays.c.key == key))

    # --- waiting

    def until(self, holds: Callable[[], bool], seconds: float) -> bool:
        """Whether it came true in time; whoever falls meanwhile is brought back."""
        end = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > end:
                return False
            self.crew.bring_back()
            time.sleep(0.05)
        return True

    def pause(self, seconds: float) -> None:
        self.until(lambda: False, seconds)

    def expect(self, holds: bool, otherwise: str) -> None:
        """Note what is not as the drill demands, and go on."""
        if not holds and otherwise not in self.report.faults:
            self.report.faults.append(otherwise)

    def expect_success(self, *job_ids: str) -> None:
        """All of these jobs, or all that this drill was promised, have their results."""
        for job_id in job_ids or self.ledger.job_ids - self.before.job_ids:
            job = self.job(job_id)
            self.expect(job.state == State.SUCCEEDED, f"{job_id} is {job.state}: {job.error}")

    def expect_p99(self, seconds: float) -> None:
        """Handing in was never slow."""
        slow = percentile([answer.seconds for answer in self.ledger.since(self.before.answers)], 99)
        self.expect(slow <= seconds, f"p99 of handing in was {slow:.2f} s, more than {seconds:g} s")

    def finish(self, load: Load, seconds: float = 300) -> None:
        """Wait until everything is handed in and everything accepted has ended."""
        self.until(lambda: load.is_over, seconds)
        load.wait()
        self.settle(seconds)

    def settle(self, seconds: float = 300) -> None:
        self.until(self._all_have_ended, seconds)
        if self.is_told:
            self.until(lambda: not invariants.undelivered(self.database, self.endpoint_id), 60)

    def _all_have_ended(self) -> bool:
        return not self.in_state(State.QUEUED, State.RUNNING)

    # --- hurting

    def note_kill(self) -> None:
        self.report.kills += 1
        self.killed_at.append(datetime.now(UTC))

    def kill(self, member: Member) -> None:
        member.kill()
        self.note_kill()

    def start(self, *members: Member) -> None:
        for member in members:
            member.start()
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        self.crew.wait_until_ready(lambda: not self.crew.web.is_wanted or self.is_ready())

    def redo(self, program: str, number: int, **changes: object) -> None:
        """Have a process start anew, with other settings or with those that all have."""
        former = self.crew.named(program)[number]
        former.stop()
        former.environment = self.crew.changed(changes)
        self.start(former)

    @contextlib.contextmanager
    def only_worker(self, **changes: object) -> Iterator[Member]:
        """One worker instead of all others, with settings of its own."""
        others = self.crew.workers
        for worker in others:
            worker.stop()
        only = self.crew.launch("worker", **changes)
        self.wait_until_ready()
        try:
            yield only
        finally:
            only.stop()
            self.crew.dismiss(only)
            self.start(*others)

    def recovered(self, seconds: float) -> None:
        """Note how long something took to be well again; the longest counts."""
        self.report.recovery_seconds = max(self.report.recovery_seconds, seconds)

    def note_victims(self) -> None:
        """Note how long after a kill each job that was lost ran again, or was ended."""
        with self.database.reading() as connection:
            rows = connection.execute(select(events).order_by(events.c.job_id, events.c.version)).all()
        for lost, again in pairwise(rows):
            if lost.job_id == again.job_id and lost.state == State.QUEUED and lost.version > 1:
                blows = [blow for blow in self.killed_at if blow <= lost.at]
                if blows:
                    self.recovered((again.at - blows[-1]).total_seconds())

    # --- judging

    def begin(self, name: str) -> None:
        """Turn to another drill."""
        self.report, self.outage, self.is_told, self.killed_at = Report(name), False, True, []
        for member in self.crew.members:
            member.falls = 0
        self.before = Before(len(self.ledger.sent), len(self.ledger.answers), frozenset(self.ledger.job_ids))

    def mend(self) -> None:
        """Make whole what the drill has broken."""
        self.to_redis.heal()
        self.to_postgres.heal()
        for server in (self.redis, self.postgres):
            if not server.is_running:
                server.start()
        for member in self.crew.members:
            member.thaw()
        self.start(*(member for member in self.crew.members if not member.is_running))

    def judge(self) -> None:
        """Hold what is there now against the invariants."""
        upkeep.sweep(self.services, after_seconds=-1)
        fallen = [f"{member.program} {member.falls} times" for member in self.crew.members if member.falls]
        self.expect(not fallen, f"fell by themselves: {', '.join(fallen)}")
        verdict = self._verdict()
        report = self.report
        report.sent = len(self.ledger.sent) - self.before.sent
        report.accepted = len(self.ledger.job_ids - self.before.job_ids)
        report.lost, report.duplicated = len(verdict.lost), len(verdict.duplicated)
        report.faults += verdict.faults

    def _verdict(self) -> Verdict:
        evidence = invariants.gather(
            self.database,
            promised=self.ledger.promised,
            answers=self.ledger.since(self.before.answers),
            blobs=self.blobs,
            told=self.receiver.ids_by_subject(),
            is_told=self.is_told,
            max_attempts=self.settings.max_attempts,
            outage=self.outage,
        )
        return invariants.judge(evidence)


def _volume(folder: Path) -> Volume | None:
    try:
        return Volume(folder)
    except OSError:
        return None


@contextlib.contextmanager
def stage(folder: Path, *, is_full: bool, **settings: object) -> Iterator[Stage]:
    """The whole service, ready, until the drill is over."""
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as undo:
        redis_ = undo.enter_context(redis_server(folder / "redis"))
        postgres = undo.enter_context(postgres_server(folder / "postgres"))
        url = postgres.create_database("faults")
        to_redis, to_postgres = Proxy(redis_.url), Proxy(url)
        receivers = [Receiver() for _ in range(3)]
        for each in (to_redis, to_postgres, *receivers):
            undo.callback(each.close)
        volume = _volume(folder / "var" / "blobs") if is_full else None
        if volume:
            undo.callback(volume.close)
        given = {
            "port": free_port(),
            "data_dir": folder / "var",
            "secret_key": "of the drill",
            "workers": 2,
            "worker_concurrency": 2,
            "max_queue_size": PLENTY,
            "allow_private_urls": True,
            "url_ports": ",".join(str(receiver.port) for receiver in receivers),
            "broker_url": to_redis.through(redis_.url),
            **({} if is_full else HASTY),
            **settings,
        }
        inside = Settings(_env_file=None, **{**given, "database_url": url, "broker_url": redis_.url})
        migrate(inside)
        services = create_services(inside)
        database = Database(inside.database)
        undo.callback(database.engine.dispose)
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        environment = inherited | {name.upper(): str(value) for name, value in given.items()}
        crew = Crew(folder, environment | {"DATABASE_URL": to_postgres.through(url)})
        undo.callback(shutil.rmtree, inside.metrics_dir, ignore_errors=True)
        undo.callback(crew.end)
        made = Stage(
            is_full,
            redis_,
            postgres,
            to_redis,
            to_postgres,
            *receivers,
            crew,
            services,
            database,
            Client(inside.port, ""),
            inside.port,
            volume,
        )
        for program in ("web", "schedule", "callbacks", *["worker"] * WORKERS):
            crew.launch(program)
        made.wait_until_ready()
        made.client = made.new_client("drill")
        made.endpoint_id = made.endpoint(made.client, "/ok")
        yield made
