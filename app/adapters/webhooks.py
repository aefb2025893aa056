"""Endpoints and deliveries in PostgreSQL or SQLite. One method is one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from app.adapters.clock import clock
from app.adapters.database import Database, upserting
from app.adapters.tables import batches, deliveries, endpoints, jobs
from app.errors import TooManyWebhooks
from app.jobs import UNFINISHED, Job, new_id
from app.webhooks import LEASE_SECONDS, PATIENCE, TEST_EVENT, Claim, Delivery, Endpoint, Fate, Outcome

ENDPOINT = [endpoints.c[name] for name in Endpoint.__dataclass_fields__]
DELIVERY = [deliveries.c[name] for name in Delivery.__dataclass_fields__]

ENABLED: dict[str, Any] = {"failing_since": None, "disabled_at": None, "disabled_reason": None}
AT_ONCE_PER_ENDPOINT = 50
"""Of the deliveries that are announced in one go; one long queue must not hide the others."""
LOG_LINES = 50

BY_ITS_OWNER = "Its owner disabled it."
GONE = "It answered with status 410: it wants nothing more."
FAILED_TOO_LONG = f"For {PATIENCE.days} days nothing that was sent to it arrived."


class DatabaseWebhooks:
    """The promises are those of `app.webhooks.Webhooks`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- endpoints

    def add(self, endpoint: Endpoint, at_most: int) -> Endpoint:
        given = {name: getattr(endpoint, name) for name in ("id", "tenant", "url", "events", "description")}
        statement = insert(endpoints).values(**given, generation=1, created_at=clock()).returning(*ENDPOINT)
        with self._database.writing(lock=f"webhooks of {endpoint.tenant}") as connection:
            _refuse_beyond(connection, endpoint.tenant, at_most)
            return Endpoint(**connection.execute(statement).one()._mapping)

    def get(self, endpoint_id: str) -> Endpoint | None:
        with self._database.reading() as connection:
            return _endpoint(connection.execute(select(*ENDPOINT).where(endpoints.c.id == endpoint_id)).first())

    def of_tenant(self, tenant: str) -> list[Endpoint]:
        query = select(*ENDPOINT).where(endpoints.c.tenant == tenant).order_by(endpoints.c.id)
        with self._database.reading() as connection:
            return [Endpoint(**row._mapping) for row in connection.execute(query)]

    def change(self, endpoint_id: str, values: Mapping[str, Any], *, enabled: bool | None = None) -> Endpoint | None:
        anew = {"failing_since": None} if "url" in values else {}
        anew |= ENABLED if enabled else {}
        with self._database.writing() as connection:
            _lock(connection, endpoint_id)
            if values or anew:
                _update(connection, endpoint_id, {**values, **anew})
            if enabled is False:
                _disable(connection, endpoint_id, BY_ITS_OWNER)
            return _endpoint(connection.execute(select(*ENDPOINT).where(endpoints.c.id == endpoint_id)).first())

    def rotate(self, endpoint_id: str) -> Endpoint | None:
        values = {"generation": endpoints.c.generation + 1, "rotated_at": clock()}
        with self._database.writing() as connection:
            return _endpoint(_update(connection, endpoint_id, values))

    def remove(self, endpoint_id: str) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(endpoints).where(endpoints.c.id == endpoint_id))

    # --- deliveries, as their owner sees them

    def send(self, endpoint_id: str, event: str, subject: str, data: Mapping[str, Any]) -> Delivery:
        statement = insert(deliveries).values(_new(endpoint_id, event, subject, data)).returning(*DELIVERY)
        with self._database.writing() as connection:
            return _known(connection.execute(statement).one())

    def delivery(self, delivery_id: str) -> Delivery | None:
        with self._database.reading() as connection:
            return _delivery(connection.execute(select(*DELIVERY).where(deliveries.c.id == delivery_id)).first())

    def deliveries(self, endpoint_id: str, limit: int, before: str | None = None) -> list[Delivery]:
        wanted = [deliveries.c.endpoint_id == endpoint_id]
        if before:
            wanted.append(deliveries.c.id < before)
        query = select(*DELIVERY).where(*wanted).order_by(deliveries.c.id.desc()).limit(limit)
        with self._database.reading() as connection:
            return [_known(row) for row in connection.execute(query)]

    def replay(self, delivery_id: str) -> Delivery | None:
        pending = deliveries.c.state == Fate.PENDING
        # One that is due within a lease's time may be under way just now.
        may = and_(deliveries.c.id == delivery_id, or_(~pending, deliveries.c.due_at > clock(LEASE_SECONDS)))
        attempts = case((pending, deliveries.c.attempts), else_=0)
        anew = {"state": Fate.PENDING, "attempts": attempts, "due_at": clock(), "finished_at": None}
        with self._database.writing() as connection:
            connection.execute(update(deliveries).where(may, _is_wanted()).values(**anew))
            return _delivery(connection.execute(select(*DELIVERY).where(deliveries.c.id == delivery_id)).first())

    # --- deliveries, as they are made

    def due(self, at_most: int) -> list[tuple[str, datetime]]:
        place = func.row_number().over(partition_by=deliveries.c.endpoint_id, order_by=deliveries.c.due_at)
        found = select(deliveries.c.id, deliveries.c.due_at, place.label("place")).where(_is_due(), _is_wanted())
        ranked = found.subquery()
        query = select(ranked.c.id, ranked.c.due_at).where(ranked.c.place <= AT_ONCE_PER_ENDPOINT)
        with self._database.reading() as connection:
            return [(row.id, row.due_at) for row in connection.execute(query.order_by(ranked.c.due_at).limit(at_most))]

    def claim(self, delivery_id: str, lease_seconds: float) -> Claim | None:
        return self._claim(deliveries.c.id == delivery_id, lease_seconds)

    def claim_next(self, endpoint_id: str, lease_seconds: float) -> Claim | None:
        longest = select(deliveries.c.id).where(deliveries.c.endpoint_id == endpoint_id, _is_due(), _is_wanted())
        longest = longest.order_by(deliveries.c.due_at).limit(1).with_for_update(skip_locked=True)
        return self._claim(deliveries.c.id == longest.scalar_subquery(), lease_seconds)

    def _claim(self, which: ColumnElement[bool], lease_seconds: float) -> Claim | None:
        values = {"due_at": clock(lease_seconds), "attempts": deliveries.c.attempts + 1}
        statement = update(deliveries).where(which, _is_due(), _is_wanted()).values(**values)
        with self._database.writing() as connection:
            row = connection.execute(statement.returning(*DELIVERY)).first()
            if row is None:
                return None
            query = select(*ENDPOINT, clock().label("now")).where(endpoints.c.id == row.endpoint_id)
            found = dict(connection.execute(query).one()._mapping)
        return Claim(_known(row), at=found.pop("now"), endpoint=Endpoint(**found))

    def put_off(self, delivery_id: str, seconds: float) -> None:
        with self._database.writing() as connection:
            mine = and_(deliveries.c.id == delivery_id, _is_due())
            connection.execute(update(deliveries).where(mine).values(due_at=clock(seconds)))

    def settle(self, claim: Claim, outcome: Outcome) -> bool:
        delivery, has_ended = claim.delivery, outcome.fate is not Fate.PENDING
        values = {
            "state": outcome.fate,
            "log": [*delivery.log, outcome.entry][-LOG_LINES:],
            "due_at": None if outcome.wait_seconds is None else clock(outcome.wait_seconds),
            "finished_at": clock() if has_ended else None,
        }
        mine = and_(deliveries.c.id == delivery.id, deliveries.c.attempts == delivery.attempts)
        with self._database.writing() as connection:
            _lock(connection, delivery.endpoint_id)
            statement = update(deliveries).where(mine, deliveries.c.state == Fate.PENDING).values(**values)
            if not connection.execute(statement).rowcount:
                return False
            _judge(connection, claim, outcome)
        return True

    def purge(self, kept_seconds: float, at_most: int) -> int:
        old = select(deliveries.c.id).where(deliveries.c.created_at < clock(-kept_seconds)).limit(at_most)
        with self._database.writing() as connection:
            return connection.execute(delete(deliveries).where(deliveries.c.id.in_(old))).rowcount


def write_news(connection: Connection, job: Job) -> None:
    """Note for the tenant's endpoints what came of a job, within the transaction that settles it.

    A job of a batch is no news; the end of the batch's last job is.
    """
    if job.batch_id is None:
        _write(connection, job.tenant, f"job.{job.state}", job.id, job.summary())
        return
    # Whoever ends the last two at the same time must not each believe that the other is not done.
    batch = connection.execute(select(batches).where(batches.c.id == job.batch_id).with_for_update()).first()
    query = select(jobs.c.state, func.count()).where(jobs.c.batch_id == job.batch_id).group_by(jobs.c.state)
    counts = {row.state: row[1] for row in connection.execute(query)}
    if batch and not any(counts.get(state) for state in UNFINISHED):
        data = {"id": batch.id, "metadata": batch.metadata, "jobs": counts, "url": f"/api/v1/batches/{batch.id}"}
        _write(connection, job.tenant, "batch.completed", batch.id, data)


def listening(tenant: ColumnElement[str]) -> Select[Any]:
    """The endpoints of a tenant that want news."""
    return select(endpoints.c.id, endpoints.c.events).where(
        endpoints.c.tenant == tenant, endpoints.c.disabled_at.is_(None)
    )


_LISTENING = listening(bindparam("of"))


def _write(connection: Connection, tenant: str, event: str, subject: str, data: dict[str, Any]) -> None:
    for endpoint in connection.execute(_LISTENING, {"of": tenant}).all():
        if event in endpoint.events:
            # Where one transaction ends several jobs of a batch, each of them finds that the batch is done.
            statement = upserting(connection)(deliveries).values(_new(endpoint.id, event, subject, data))
            connection.execute(statement.on_conflict_do_nothing())


def _new(endpoint_id: str, event: str, subject: str, data: Mapping[str, Any]) -> dict[str, Any]:
    row = {"id": new_id("msg"), "endpoint_id": endpoint_id, "event": event, "subject": subject, "data": data}
    return row | {"state": Fate.PENDING, "attempts": 0, "log": [], "due_at": clock(), "created_at": clock()}


def _judge(connection: Connection, claim: Claim, outcome: Outcome) -> None:
    """What an attempt says of the endpoint. A test that fails says nothing."""
    endpoint_id = claim.endpoint.id
    if outcome.fate is Fate.DELIVERED:
        _update(connection, endpoint_id, {"failing_since": None})
    elif outcome.is_gone:
        _disable(connection, endpoint_id, GONE)
    elif claim.delivery.event != TEST_EVENT:
        _update(connection, endpoint_id, {"failing_since": func.coalesce(endpoints.c.failing_since, clock())})
        if outcome.fate is Fate.FAILED:
            long_ago = endpoints.c.failing_since < clock(-PATIENCE.total_seconds())
            _disable(connection, endpoint_id, FAILED_TOO_LONG, long_ago)


def _disable(connection: Connection, endpoint_id: str, reason: str, *only_if: ColumnElement[bool]) -> None:
    """Nothing more is sent to the endpoint; what waits for it fails, and may be replayed one day."""
    mine = and_(endpoints.c.id == endpoint_id, endpoints.c.disabled_at.is_(None), *only_if)
    values = {"disabled_at": clock(), "disabled_reason": reason}
    if connection.execute(update(endpoints).where(mine).values(**values)).rowcount:
        waiting = and_(deliveries.c.endpoint_id == endpoint_id, deliveries.c.state == Fate.PENDING)
        end = {"state": Fate.FAILED, "due_at": None, "finished_at": clock()}
        connection.execute(update(deliveries).where(waiting).values(**end))


def _update(connection: Connection, endpoint_id: str, values: Mapping[str, Any]) -> Row[Any] | None:
    statement = update(endpoints).where(endpoints.c.id == endpoint_id).values(**values)
    return connection.execute(statement.returning(*ENDPOINT)).first()


def _lock(connection: Connection, endpoint_id: str) -> None:
    """Whoever changes an endpoint and its deliveries takes the endpoint first, so that no two wait for each other."""
    connection.execute(select(endpoints.c.id).where(endpoints.c.id == endpoint_id).with_for_update(key_share=True))


def _refuse_beyond(connection: Connection, tenant: str, at_most: int) -> None:
    count = connection.scalar(select(func.count()).where(endpoints.c.tenant == tenant)) or 0
    if count >= at_most:
        detail = f"You have {count} webhook endpoints; the limit is {at_most}. Remove one first."
        raise TooManyWebhooks(detail, limit=at_most, actual=count + 1)


def _is_due() -> ColumnElement[bool]:
    return and_(deliveries.c.state == Fate.PENDING, deliveries.c.due_at <= clock())


def _is_wanted() -> ColumnElement[bool]:
    return deliveries.c.endpoint_id.in_(select(endpoints.c.id).where(endpoints.c.disabled_at.is_(None)))


def _endpoint(row: Row[Any] | None) -> Endpoint | None:
    return Endpoint(**row._mapping) if row else None


def _delivery(row: Row[Any] | None) -> Delivery | None:
    return _known(row) if row else None


def _known(row: Row[Any]) -> Delivery:
    return Delivery(**{**row._mapping, "state": Fate(row.state)})
