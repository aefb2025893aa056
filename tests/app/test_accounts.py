from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.accounts import (
    LIMITS,
    OPERATOR,
    Account,
    KeyOrder,
    Scope,
    allowance_of,
    anonymous_allowance,
    issue_key,
    recognise,
    rotate_key,
)
from app.errors import KeyInvalid
from app.secrecy import Secrecy
from app.services import Services
from app.settings import Settings
from tests.world import database_of, pass_time

READ = frozenset({Scope.READ})


@pytest.fixture
def account(services: Services) -> Account:
    return services.accounts.add("acme", {}, OPERATOR)


def issue(services: Services, account: Account, lifetime: float | None = None) -> str:
    order = KeyOrder(account.id, "laptop", READ, lifetime)
    return issue_key(services.accounts, services.secrecy, order, OPERATOR).text


def test_a_key_is_256_random_bits_that_say_where_they_belong(services: Services, account: Account) -> None:
    texts = {issue(services, account) for _ in range(20)}
    assert len(texts) == 20
    assert all(re.fullmatch(r"svgai_[A-Za-z0-9_-]{43}", text) for text in texts)


def test_whoever_has_a_key_is_known(services: Services, account: Account) -> None:
    found, key = recognise(services.accounts, services.secrecy, issue(services, account))
    assert (found, key.scopes) == (account, READ)


def test_whatever_is_wrong_with_a_key_the_answer_is_the_same(services: Services, account: Account) -> None:
    good, revoked = issue(services, account), issue(services, account)
    services.accounts.revoke_key(recognise(services.accounts, services.secrecy, revoked)[1].id, OPERATOR)
    expired = issue(services, account, lifetime=60)
    pass_time(database_of(services), 61)
    altered = good[:-1] + ("A" if good[-1] != "A" else "B")
    said = set()
    for text in ("", "hunter2", "svgai_" + "A" * 43, altered, good + "\n", revoked, expired, "svgai_" + "é" * 43):
        with pytest.raises(KeyInvalid) as refused:
            recognise(services.accounts, services.secrecy, text)
        said.add(refused.value.detail)
    assert len(said) == 1
    recognise(services.accounts, services.secrecy, good)


def test_the_database_alone_gives_no_key_away(services: Services, account: Account) -> None:
    text = issue(services, account)
    rotated = rotate_key(services.accounts, services.secrecy, services.accounts.keys_of()[0].id, OPERATOR)
    files = b"".join(file.read_bytes() for file in Path(services.settings.data_dir).glob("svgai.db*"))
    assert account.id.encode() in files
    for secret in (text, rotated.text):
        assert secret.encode() not in files
        assert secret.removeprefix("svgai_").encode() not in files


def test_a_digest_is_of_no_use_without_the_pepper(services: Services, account: Account) -> None:
    text = issue(services, account)
    with pytest.raises(KeyInvalid):
        recognise(services.accounts, Secrecy(b"another"), text)


def test_an_issued_key_hides_its_text_from_whoever_prints_it(services: Services, account: Account) -> None:
    issued = issue_key(services.accounts, services.secrecy, KeyOrder(account.id, "laptop", READ), OPERATOR)
    assert issued.text not in f"{issued!r} {issued}"


def test_both_keys_work_while_their_users_change_over_and_then_only_the_new_one(
    services: Services, account: Account
) -> None:
    former = issue(services, account)
    former_id = services.accounts.keys_of()[0].id
    made = rotate_key(services.accounts, services.secrecy, former_id, OPERATOR, grace_seconds=3600)
    for text in (former, made.text):
        assert recognise(services.accounts, services.secrecy, text)[1].scopes == READ
    pass_time(database_of(services), 3601)
    assert recognise(services.accounts, services.secrecy, made.text)
    with pytest.raises(KeyInvalid):
        recognise(services.accounts, services.secrecy, former)


def test_an_account_gets_what_the_settings_give_but_for_its_own_limits(settings: Settings) -> None:
    account = Account("acct_1", "acme", {"running_jobs": 99, "of_former_times": 1})
    allowance = allowance_of(account, settings)
    assert allowance.running_jobs == 99
    assert allowance.jobs_per_minute == settings.account_jobs_per_minute
    assert allowance.unfinished_jobs == settings.account_unfinished_jobs


def test_strangers_get_less_in_production_than_on_ones_own_machine() -> None:
    safe = {
        "environment": "production",
        "database_url": "postgresql://svgai:correct-horse@db/svgai",
        "broker_url": "redis://:battery-staple@redis:6379/0",
        "secret_key": "wpGN0cV7xK2mTz5YqB8rJ4sLdHf6uE1a",
    }
    here, there = (anonymous_allowance(Settings(_env_file=None, **given)) for given in ({}, safe))
    assert [getattr(there, name) for name in LIMITS] == [10, 10, 2]
    assert all(getattr(here, name) > getattr(there, name) for name in LIMITS)
