"""One set of promises for every record of accounts: in SQLite and in PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from sqlalchemy import select, update

from app.accounts import OPERATOR, Account, Accounts, Actor, Key, KeyOrder, Scope
from app.adapters.accounts import DatabaseAccounts
from app.adapters.clock import clock
from app.adapters.database import Database
from app.adapters.tables import accounts as account_table
from app.adapters.tables import audit, keys, metadata
from app.errors import AccountExists, AccountNotFound, KeyNotFound
from tests.servers import PostgresServer

DAY = 24 * 3600.0
DIGEST, OTHER = "d" * 64, "e" * 64


def made(url: str) -> Iterator[Database]:
    database = Database(url)
    metadata.create_all(database.engine)
    yield database
    database.engine.dispose()


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    yield from made(f"sqlite:///{tmp_path_factory.mktemp('accounts')}/accounts.db")


@pytest.fixture(scope="module")
def postgresql(postgres: PostgresServer) -> Iterator[Database]:
    yield from made(postgres.create_database("accounts").replace("postgresql://", "postgresql+psycopg2://"))


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    made_once: Database = request.getfixturevalue(request.param)
    with made_once.writing() as connection:
        for table in (keys, account_table, audit):
            connection.execute(table.delete())
    return made_once


@pytest.fixture
def record(database: Database) -> Accounts:
    return DatabaseAccounts(database)


@pytest.fixture
def account(record: Accounts) -> Account:
    return record.add("acme", {}, OPERATOR)


def add_key(record: Accounts, account: Account, lifetime: float | None = None, digest: str = DIGEST) -> Key:
    order = KeyOrder(account.id, "laptop", frozenset({Scope.CONVERT, Scope.READ}), lifetime)
    return record.add_key(order, digest, OPERATOR)


def actions(record: Accounts) -> list[str]:
    return [deed.action for deed in reversed(record.deeds(100))]


def test_an_account_comes_back_as_it_was_added(record: Accounts) -> None:
    made = record.add("acme", {"running_jobs": 2}, OPERATOR)
    assert record.find(made.id) == record.find("acme") == made
    assert record.all() == [made]
    assert (made.limits, made.created_at.utcoffset().total_seconds()) == ({"running_jobs": 2}, 0)


def test_two_accounts_cannot_have_the_same_name(record: Accounts, account: Account) -> None:
    with pytest.raises(AccountExists):
        record.add(account.name, {}, OPERATOR)
    assert actions(record) == ["account.create"]


def test_an_unknown_account_is_not_found(record: Accounts) -> None:
    for attempt in (
        lambda: record.find("nobody"),
        lambda: record.limit("acct_0", {}, OPERATOR),
        lambda: record.add_key(KeyOrder("acct_0", "x", frozenset()), DIGEST, OPERATOR),
    ):
        with pytest.raises(AccountNotFound):
            attempt()
    assert record.deeds(10) == []


def test_limits_are_replaced_as_a_whole(record: Accounts, account: Account) -> None:
    record.limit(account.id, {"running_jobs": 2}, OPERATOR)
    record.limit(account.id, {"jobs_per_minute": 5}, OPERATOR)
    assert record.find(account.id).limits == {"jobs_per_minute": 5}


def test_a_key_is_recognised_by_its_digest_alone(record: Accounts, account: Account) -> None:
    key = add_key(record, account)
    found = record.recognise(DIGEST)
    assert found is not None
    assert (found[0], found[1].id, found[1].scopes) == (account, key.id, {Scope.CONVERT, Scope.READ})
    assert record.recognise(OTHER) is None


def test_a_key_is_good_until_it_expires(record: Accounts, account: Account) -> None:
    assert add_key(record, account, lifetime=60).expires_at
    add_key(record, account, lifetime=-1, digest=OTHER)
    assert record.recognise(DIGEST)
    assert record.recognise(OTHER) is None


def test_a_revoked_key_is_no_longer_recognised(record: Accounts, account: Account) -> None:
    key = add_key(record, account)
    record.revoke_key(key.id, OPERATOR)
    assert record.recognise(DIGEST) is None


def test_revoking_twice_is_harmless_and_noted_once(record: Accounts, account: Account) -> None:
    key = add_key(record, account)
    first = record.revoke_key(key.id, OPERATOR)
    assert record.revoke_key(key.id, OPERATOR).revoked_at == first.revoked_at
    assert actions(record) == ["account.create", "key.create", "key.revoke"]


def test_a_rotated_key_stays_valid_for_its_time_of_grace(record: Accounts, account: Account) -> None:
    former = add_key(record, account)
    made = record.rotate_key(former.id, OTHER, DAY, OPERATOR)
    assert (made.account_id, made.name, made.scopes) == (former.account_id, former.name, former.scopes)
    assert (made.id != former.id, made.expires_at) == (True, None)
    assert record.recognise(DIGEST)[1].id == former.id
    assert record.recognise(OTHER)[1].id == made.id
    ends = record.recognise(DIGEST)[1].expires_at
    assert (ends - made.created_at).total_seconds() == pytest.approx(DAY, abs=5)


def test_without_grace_the_former_key_ends_at_once(record: Accounts, account: Account) -> None:
    former = add_key(record, account)
    record.rotate_key(former.id, OTHER, 0, OPERATOR)
    assert record.recognise(DIGEST) is None
    assert record.recognise(OTHER)


def test_rotation_never_lengthens_a_life_and_gives_the_new_key_as_long_a_one(
    record: Accounts, account: Account
) -> None:
    former = add_key(record, account, lifetime=60)
    made = record.rotate_key(former.id, OTHER, DAY, OPERATOR)
    assert record.recognise(DIGEST)[1].expires_at == former.expires_at
    assert (made.expires_at - made.created_at).total_seconds() == pytest.approx(60, abs=0.1)


@pytest.mark.parametrize("fate", ["unknown", "revoked", "expired"])
def test_only_a_valid_key_can_be_rotated(record: Accounts, account: Account, fate: str) -> None:
    key = add_key(record, account, lifetime=-1 if fate == "expired" else None)
    if fate == "revoked":
        record.revoke_key(key.id, OPERATOR)
    with pytest.raises(KeyNotFound):
        record.rotate_key("key_0" if fate == "unknown" else key.id, OTHER, DAY, OPERATOR)
    assert record.recognise(OTHER) is None


def test_revoking_what_is_not_there_is_an_error(record: Accounts) -> None:
    with pytest.raises(KeyNotFound):
        record.revoke_key("key_0", OPERATOR)


def test_keys_are_listed_for_one_account_or_all(record: Accounts, account: Account) -> None:
    other = record.add("other", {}, OPERATOR)
    mine, theirs = add_key(record, account), add_key(record, other, digest=OTHER)
    assert [key.id for key in record.keys_of(account.id)] == [mine.id]
    assert {key.id for key in record.keys_of()} == {mine.id, theirs.id}


def test_every_change_is_in_the_audit_log_with_who_made_it(record: Accounts) -> None:
    admin = Actor("key_admin", "203.0.113.9")
    account = record.add("acme", {"running_jobs": 2}, admin)
    record.limit(account.id, {"running_jobs": 3}, admin)
    key = record.add_key(KeyOrder(account.id, "laptop", frozenset({Scope.READ})), DIGEST, admin)
    new = record.rotate_key(key.id, OTHER, 60, admin)
    record.revoke_key(new.id, admin)
    deeds = record.deeds(10)
    assert [(deed.action, deed.subject) for deed in reversed(deeds)] == [
        ("account.create", account.id),
        ("account.limit", account.id),
        ("key.create", key.id),
        ("key.rotate", key.id),
        ("key.revoke", new.id),
    ]
    assert {(deed.actor, deed.address) for deed in deeds} == {("key_admin", "203.0.113.9")}
    assert deeds[3].details == {"former": {"running_jobs": 2}, "limits": {"running_jobs": 3}}
    assert DIGEST not in str(deeds)


def test_the_audit_log_is_read_page_by_page(record: Accounts) -> None:
    for number in range(5):
        record.add(f"account {number}", {}, OPERATOR)
    first = record.deeds(2)
    second = record.deeds(2, before=first[-1].id)
    assert [deed.details["name"] for deed in first + second] == ["account 4", "account 3", "account 2", "account 1"]


def test_use_is_noted_at_most_once_a_minute(database: Database, record: Accounts, account: Account) -> None:
    key = add_key(record, account)

    def last_used() -> object:
        with database.reading() as connection:
            return connection.scalar(select(keys.c.last_used_at))

    assert record.recognise(DIGEST)
    first = last_used()
    assert first is not None
    assert record.recognise(DIGEST)[1].last_used_at == first
    assert last_used() == first
    with database.writing() as connection:
        connection.execute(update(keys).where(keys.c.id == key.id).values(last_used_at=clock(-61)))
    assert record.recognise(DIGEST)
    assert last_used() > first


def test_a_key_is_found_through_an_index(database: Database) -> None:
    query = "SELECT id FROM keys WHERE hash = 'x'"
    with database.writing() as connection:
        if connection.dialect.name == "sqlite":
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all()
        else:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            plan = connection.exec_driver_sql(f"EXPLAIN {query}").all()
    assert "index" in str(plan).lower()


def test_a_key_is_known_for_some_seconds_without_asking(
    database: Database, record: Accounts, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.adapters.accounts.RECENT_SECONDS", 0.3)
    key = add_key(record, account)
    assert record.recognise(DIGEST)
    DatabaseAccounts(database).revoke_key(key.id, OPERATOR)  # as another process would
    assert record.recognise(DIGEST)
    time.sleep(0.35)
    assert record.recognise(DIGEST) is None


def test_a_key_revoked_here_is_unknown_at_once(
    record: Accounts, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.adapters.accounts.RECENT_SECONDS", 60.0)
    key = add_key(record, account)
    assert record.recognise(DIGEST)
    record.revoke_key(key.id, OPERATOR)
    assert record.recognise(DIGEST) is None
