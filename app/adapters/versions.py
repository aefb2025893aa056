"""Versions of the predictor and what was found of them, in PostgreSQL or SQLite beside the quality record."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.adapters.clock import clock
from app.adapters.database import Database, upserting
from app.adapters.tables import model_versions, watches
from app.learning import Finding, Stage, Version

MOST = 200
"""Versions that are told of, the newest first."""


class DatabaseVersions:
    """The promises are those of `app.learning.Versions`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[Version]:
        columns = [model_versions.c[name] for name in Version.__dataclass_fields__]
        query = select(*columns).order_by(model_versions.c.made_at.desc(), model_versions.c.version.desc()).limit(MOST)
        with self._database.reading() as connection:
            return [_version(dict(row._mapping)) for row in connection.execute(query)]

    def note(self, version: Version) -> None:
        facts = {name: getattr(version, name) for name in Version.__dataclass_fields__}
        facts |= {"state": str(version.state), "figures": dict(version.figures), "changed_at": clock()}
        with self._database.writing() as connection:
            statement = upserting(connection)(model_versions).values(**facts | {"made_at": clock()})
            changed = {name: value for name, value in facts.items() if name not in {"version", "made_at"}}
            connection.execute(statement.on_conflict_do_update(index_elements=["version"], set_=changed))

    def findings(self) -> list[Finding]:
        columns = [watches.c[name] for name in Finding.__dataclass_fields__]
        with self._database.reading() as connection:
            return [Finding(**row._mapping) for row in connection.execute(select(*columns).order_by(watches.c.name))]

    def find(self, finding: Finding) -> None:
        facts: dict[str, Any] = {name: getattr(finding, name) for name in Finding.__dataclass_fields__}
        facts |= {"figures": dict(finding.figures), "standing": str(finding.standing), "at": clock()}
        with self._database.writing() as connection:
            statement = upserting(connection)(watches).values(**facts)
            connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=facts))


def _version(facts: dict[str, Any]) -> Version:
    return Version(**facts | {"state": Stage(facts["state"])})
