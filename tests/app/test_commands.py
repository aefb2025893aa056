"""The commands `svgai accounts` and `svgai keys`, as an operator types them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.accounts import GRACE_SECONDS, LIMITS, Scope, recognise
from app.commands import LIMITS as LIMIT_OPTIONS
from app.commands import SCOPES, accounts, keys
from app.errors import KeyInvalid
from app.services import Services
from app.web.admin import AccountLimits

KEY = r"svgai_[A-Za-z0-9_-]{43}"


@pytest.fixture(autouse=True)
def _here(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands find what the environment names."""
    monkeypatch.chdir(services.settings.data_dir)
    monkeypatch.setenv("DATA_DIR", str(services.settings.data_dir))


def run(*words: str) -> Result:
    group = {"accounts": accounts, "keys": keys}[words[0]]
    return CliRunner().invoke(group, words[1:])


def make_key(*options: str) -> str:
    run("accounts", "create", "acme")
    made = run("keys", "create", "--account", "acme", "--name", "laptop", *options)
    assert made.exit_code == 0, made.output
    return made.stdout.strip()


def only_key() -> dict[str, object]:
    return json.loads(run("keys", "list", "--json").stdout)


def test_the_words_here_are_those_of_the_service() -> None:
    assert set(SCOPES) == set(Scope)
    assert tuple(LIMIT_OPTIONS) == LIMITS == tuple(AccountLimits.model_fields)


def test_a_key_goes_to_standard_output_alone(services: Services) -> None:
    run("accounts", "create", "acme")
    made = run("keys", "create", "--account", "acme", "--name", "laptop", "--scopes", "convert,webhooks")
    assert re.fullmatch(KEY + "\n", made.stdout)
    assert made.stdout.strip() not in made.stderr
    account, key = recognise(services.accounts, services.secrecy, made.stdout.strip())
    assert (account.name, key.name, key.scopes) == ("acme", "laptop", {Scope.CONVERT, Scope.WEBHOOKS})
    assert key.expires_at is None
    assert key.id in made.stderr


def test_no_list_shows_a_key() -> None:
    text = make_key()
    for listed in (run("keys", "list"), run("keys", "list", "--json"), run("accounts", "list", "--json")):
        assert listed.exit_code == 0
        assert "acme" in listed.stdout or "laptop" in listed.stdout
        assert text not in listed.output


def test_a_key_may_expire() -> None:
    make_key("--expires-days", "30")
    assert only_key()["expires_at"]


def test_a_rotated_key_stays_valid_for_a_day(services: Services) -> None:
    former = make_key()
    made = run("keys", "rotate", str(only_key()["id"]))
    new = made.stdout.strip()
    assert re.fullmatch(KEY, new)
    assert recognise(services.accounts, services.secrecy, former)[1].expires_at
    assert recognise(services.accounts, services.secrecy, new)[1].expires_at is None
    assert services.accounts.deeds(1)[0].details["grace_seconds"] == GRACE_SECONDS


def test_a_revoked_key_is_of_no_more_use(services: Services) -> None:
    text = make_key()
    assert run("keys", "revoke", str(only_key()["id"])).exit_code == 0
    with pytest.raises(KeyInvalid):
        recognise(services.accounts, services.secrecy, text)


def test_an_account_is_made_limited_and_freed(services: Services) -> None:
    made = run("accounts", "create", "acme", "--running-jobs", "2")
    assert made.stdout.strip() == services.accounts.find("acme").id
    run("accounts", "limit", "acme", "--jobs-per-minute", "5")
    assert services.accounts.find("acme").limits == {"running_jobs": 2, "jobs_per_minute": 5}
    run("accounts", "limit", "acme", "--reset")
    assert services.accounts.find("acme").limits == {}
    assert "acme" in run("accounts", "list").stdout


def test_whatever_is_done_here_is_in_the_audit_log(services: Services) -> None:
    text = make_key()
    run("accounts", "limit", "acme", "--running-jobs", "3")
    key_id = str(only_key()["id"])
    run("keys", "rotate", key_id)
    run("keys", "revoke", key_id)
    deeds = services.accounts.deeds(10)
    assert [deed.action for deed in reversed(deeds)] == [
        "account.create",
        "key.create",
        "account.limit",
        "key.rotate",
        "key.revoke",
    ]
    assert {deed.actor for deed in deeds} == {"command line"}
    assert text not in str(deeds)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["keys", "create", "--account", "nobody", "--name", "x"], "no account 'nobody'"),
        (["keys", "create", "--account", "nobody", "--name", "x", "--scopes", "all"], "choose from"),
        (["keys", "create", "--account", "nobody", "--name", "x", "--expires-days", "0"], "0 is not in the range"),
        (["keys", "rotate", "key_0"], "no valid key"),
        (["keys", "revoke", "key_0"], "no key"),
        (["accounts", "create", "a\nb"], "can be printed"),
        (["accounts", "create", "x" * 129], "can be printed"),
        (["accounts", "create", "acme", "--running-jobs", "0"], "0 is not in the range"),
        (["accounts", "limit", "nobody"], "no account 'nobody'"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(words: list[str], said: str) -> None:
    refused = run(*words)
    assert refused.exit_code != 0
    assert said in refused.stderr
    assert "Traceback" not in refused.output


def test_an_account_is_not_made_twice() -> None:
    run("accounts", "create", "acme")
    assert "already" in run("accounts", "create", "acme").stderr


UNUSABLE = {
    "an empty file": lambda folder, _: f"sqlite:///{folder}/empty.db",
    "no folder for it": lambda folder, _: f"sqlite:///{folder}/no/such/folder/x.db",
    "nobody there": lambda _, __: "postgresql://svgai:hunter2@127.0.0.1:1/svgai",
    "an empty database": lambda _, fixture: fixture("postgres").create_database("empty"),
}


@pytest.mark.parametrize("url", UNUSABLE.values(), ids=list(UNUSABLE))
def test_a_database_that_cannot_be_used_is_told_with_what_to_do(
    url: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv("DATABASE_URL", url(tmp_path, request.getfixturevalue))
    refused = run("accounts", "list")
    assert refused.exit_code == 1
    assert "make migrate" in refused.stderr
    assert "hunter2" not in refused.output
    assert "Traceback" not in refused.output
