"""The quality record in PostgreSQL or SQLite, with tallies that are kept up to date as conversions come in.

Reports read the tallies, of which there are a few dozen a day however many conversions there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, delete, select, update

from app.adapters.clock import clock
from app.adapters.database import Database, upserting
from app.adapters.tables import records, tallies
from app.records import UNKNOWN, Record, Tally

RECORD = [records.c[name] for name in Record.__dataclass_fields__]
KEYS = ("day", "image_type", "method", "advised_by")
SUMS = tuple(name for name in Tally.__dataclass_fields__ if name not in KEYS)


class DatabaseRecords:
    """The promises are those of `app.records.Records`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, new: Sequence[Record]) -> int:
        if not new:
            return 0
        rows = [{name: getattr(record, name) for name in Record.__dataclass_fields__} for record in new]
        with self._database.writing() as connection:
            statement = upserting(connection)(records).values(rows).on_conflict_do_nothing()
            added = set(connection.scalars(statement.returning(records.c.job_id)))
            _count(connection, [_tally(record) for record in new if record.job_id in added])
        return len(added)

    def rate(self, job_id: str, rating: int, preferred_method: str | None) -> None:
        with self._database.writing() as connection:
            row = connection.execute(select(*RECORD).where(records.c.job_id == job_id).with_for_update()).first()
            if row is None:
                return
            change = update(records).where(records.c.job_id == job_id)
            connection.execute(change.values(rating=rating, preferred_method=preferred_method))
            former = Record(**row._mapping)
            said = {"ratings": int(former.rating is None), "rating": rating - (former.rating or 0)}
            _count(connection, [_keys(former) | dict.fromkeys(SUMS, 0) | said])

    def discard(self, job_id: str) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(records).where(records.c.job_id == job_id))

    def tallies(self, since: date) -> list[Tally]:
        columns = [tallies.c[name] for name in Tally.__dataclass_fields__]
        query = select(*columns).where(tallies.c.day >= since).order_by(*(tallies.c[key] for key in KEYS))
        with self._database.reading() as connection:
            return [Tally(**row._mapping) for row in connection.execute(query)]

    def page(self, after: str | None, limit: int) -> list[Record]:
        query = select(*RECORD).where(records.c.job_id > (after or "")).order_by(records.c.job_id).limit(limit)
        with self._database.reading() as connection:
            return [Record(**row._mapping) for row in connection.execute(query)]

    def forget(self, older_than_seconds: float, at_most: int) -> int:
        old = select(records.c.job_id).where(records.c.at < clock(-older_than_seconds)).limit(at_most)
        with self._database.writing() as connection:
            return connection.execute(delete(records).where(records.c.job_id.in_(old))).rowcount


def _keys(record: Record) -> dict[str, Any]:
    known = {"image_type": record.image_type, "method": record.method or UNKNOWN, "advised_by": record.advised_by}
    return {"day": record.at.date()} | known


def _tally(record: Record) -> dict[str, Any]:
    ssim = record.ssim or 0.0
    is_compared = record.ssim is not None and record.baseline_ssim is not None
    is_predicted = record.ssim is not None and record.predicted is not None
    return _keys(record) | {
        "conversions": 1,
        "failed": int(record.error is not None),
        "missed": int(record.is_missed),
        "fell_back": int(record.fell_back),
        "ssim": ssim,
        "compared": int(is_compared),
        "ssim_compared": ssim if is_compared else 0.0,
        "baseline_ssim": (record.baseline_ssim or 0.0) if is_compared else 0.0,
        "predicted": int(is_predicted),
        "prediction_error": abs((record.predicted or 0.0) - ssim) if is_predicted else 0.0,
        "seconds": record.seconds,
        "bytes_out": record.bytes_out,
        "ratings": 0,
        "rating": 0,
    }


def _count(connection: Connection, new: Iterable[dict[str, Any]]) -> None:
    """Add to the tallies: to each once, and to all in the same order, so that two who count never wait in a circle."""
    sums: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in new:
        place = sums.setdefault(tuple(row[key] for key in KEYS), row | dict.fromkeys(SUMS, 0))
        for name in SUMS:
            place[name] += row[name]
    if not sums:
        return
    statement = upserting(connection)(tallies).values([sums[key] for key in sorted(sums)])
    more = {name: tallies.c[name] + statement.excluded[name] for name in SUMS}
    connection.execute(statement.on_conflict_do_update(index_elements=list(KEYS), set_=more))
