"""The quality record in PostgreSQL or SQLite, with tallies that are kept up to date as conversions come in.

Reports read the tallies, of which there are a few dozen a day however many conversions there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table, delete, func, select, update

from app.adapters.clock import clock
from app.adapters.database import Database, upserting
from app.adapters.tables import method_tallies, model_tallies, records, tallies
from app.records import UNKNOWN, ModelTally, Record, Tally
from svgai.ml.objective import worth

RECORD = [records.c[name] for name in Record.__dataclass_fields__]
KEYS = ("day", "image_type", "method", "advised_by")
SUMS = tuple(name for name in Tally.__dataclass_fields__ if name not in KEYS)
MODEL_KEYS = ("day", "version", "part")
METHOD_KEYS = ("day", "method")


class DatabaseRecords:
    """The promises are those of `app.records.Records`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, new: Sequence[Record]) -> int:
        if not new:
            return 0
        # In the same order for all, so that two who add the same never wait in a circle.
        in_order = sorted(new, key=lambda record: record.job_id)
        rows = [{name: getattr(record, name) for name in Record.__dataclass_fields__} for record in in_order]
        with self._database.writing() as connection:
            adding = upserting(connection)(records).on_conflict_do_nothing().returning(records.c.job_id)
            added = set(connection.scalars(adding, rows))
            known = [record for record in new if record.job_id in added]
            _count(connection, tallies, KEYS, [_tally(record) for record in known])
            _count(connection, model_tallies, MODEL_KEYS, [row for record in known for row in _model_tallies(record)])
            _count(connection, method_tallies, METHOD_KEYS, [row for record in known for row in _tries(record)])
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
            _count(connection, tallies, KEYS, [_keys(former) | dict.fromkeys(SUMS, 0) | said])

    def discard(self, job_id: str) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(records).where(records.c.job_id == job_id))

    def tallies(self, since: date) -> list[Tally]:
        columns = [tallies.c[name] for name in Tally.__dataclass_fields__]
        query = select(*columns).where(tallies.c.day >= since).order_by(*(tallies.c[key] for key in KEYS))
        with self._database.reading() as connection:
            return [Tally(**row._mapping) for row in connection.execute(query)]

    def model_tallies(self, since: date) -> list[ModelTally]:
        columns = [model_tallies.c[name] for name in ModelTally.__dataclass_fields__]
        query = select(*columns).where(model_tallies.c.day >= since).order_by(*(model_tallies.c[k] for k in MODEL_KEYS))
        with self._database.reading() as connection:
            return [ModelTally(**row._mapping) for row in connection.execute(query)]

    def tries(self, since: date) -> Mapping[str, tuple[int, int]]:
        sums = func.sum(method_tallies.c.tried), func.sum(method_tallies.c.failed)
        query = select(method_tallies.c.method, *sums).where(method_tallies.c.day >= since)
        with self._database.reading() as connection:
            found = connection.execute(query.group_by(method_tallies.c.method))
            return {method: (int(tried), int(failed)) for method, tried, failed in found}

    def latest(self, limit: int) -> list[Record]:
        query = select(*RECORD).where(records.c.error.is_(None)).order_by(records.c.at.desc()).limit(limit)
        with self._database.reading() as connection:
            return [Record(**row._mapping) for row in connection.execute(query)]

    def count_since(self, moment: datetime | None, at_most: int) -> int:
        some = select(records.c.job_id).limit(at_most)
        if moment is not None:
            some = some.where(records.c.at > moment)
        with self._database.reading() as connection:
            return int(connection.scalar(select(func.count()).select_from(some.subquery())) or 0)

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


def _model_tallies(record: Record) -> Iterable[dict[str, Any]]:
    """What a conversion tells of the predictor that advised, and of one that foretold beside it."""
    error = record.error_of_prediction
    version, shadow = record.models.get("predictor"), record.shadow
    if error is None or record.ssim is None or version is None:
        return
    day, value = record.at.date(), worth(record.ssim, record.seconds)
    none = dict.fromkeys(("worth", "worth_squared", "gain", "gain_squared"), 0.0)
    served = {"day": day, "version": version, "part": "served", "conversions": 1} | none
    yield served | _squared("worth", value) | _squared("error", error)
    if shadow:
        beside = abs(shadow["predicted"] - record.ssim)
        told = {"day": day, "version": shadow["version"], "part": "shadow", "conversions": 1} | none
        yield told | _squared("error", beside) | _squared("gain", error - beside)


def _squared(name: str, value: float) -> dict[str, float]:
    return {name: value, f"{name}_squared": value * value}


def _tries(record: Record) -> Iterable[dict[str, Any]]:
    return [
        {"day": record.at.date(), "method": method, "tried": 1, "failed": int(failed)}
        for method, failed in record.trials()
    ]


def _count(connection: Connection, table: Table, keys: tuple[str, ...], new: Iterable[dict[str, Any]]) -> None:
    """Add to the tallies: to each once, and to all in the same order, so that two who count never wait in a circle."""
    sums: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in new:
        added = [name for name in row if name not in keys]
        place = sums.setdefault(tuple(row[key] for key in keys), row | dict.fromkeys(added, 0))
        for name in added:
            place[name] += row[name]
    if not sums:
        return
    connection.execute(_adding(upserting(connection), table, keys), [sums[key] for key in sorted(sums)])


@cache
def _adding(upsert: Any, table: Table, keys: tuple[str, ...]) -> Any:
    statement = upsert(table)
    more = {column.name: column + statement.excluded[column.name] for column in table.c if column.name not in keys}
    return statement.on_conflict_do_update(index_elements=list(keys), set_=more)
