from __future__ import annotations

import multiprocessing
import os
import secrets
import socket
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from redis import Redis

from app.adapters.caches import disk, memory
from app.adapters.caches.disk import DiskCache
from app.adapters.caches.layered import Counted, Layered, NoCache
from app.adapters.caches.memory import MemoryCache
from app.adapters.caches.redis import AWAY_SECONDS, RedisCache
from app.caching import Cache, CacheBounds
from app.factory import create_cache
from app.settings import Settings
from tests.app.adapters.hammer import hammer, hammer_folder, key_of
from tests.servers import RedisServer, redis_server

BOUNDS = CacheBounds(total_bytes=4_000_000, entry_bytes=500_000, seconds=3600)
Make = Callable[[CacheBounds], Cache]


ONE, TWO, THREE = map(key_of, (1, 2, 3))


class Clock:
    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self) -> float:
        return self.seconds


def redis_cache(server: RedisServer, bounds: CacheBounds, **others: object) -> RedisCache:
    return RedisCache(server.url, bounds, prefix=f"{{{secrets.token_hex(8)}}}:", **others)


@pytest.fixture(params=["memory", "disk", "redis", "layered"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    if request.param == "memory":
        return MemoryCache
    if request.param == "disk":
        return lambda bounds: DiskCache(tmp_path / "cache", bounds)
    server = request.getfixturevalue("redis")
    if request.param == "redis":
        return lambda bounds: redis_cache(server, bounds)
    return lambda bounds: Layered(MemoryCache(bounds), DiskCache(tmp_path / "cache", bounds))


@pytest.fixture
def cache(make: Make) -> Cache:
    return make(BOUNDS)


@pytest.mark.parametrize("data", [b"", b"\0\xff", bytes(range(256)) * 1000], ids=["empty", "small", "large"])
def test_what_was_put_comes_back(cache: Cache, data: bytes) -> None:
    cache.put(ONE, data)
    assert cache.get(ONE) == data
    assert cache.get(TWO) is None


def test_the_last_of_two_stays(cache: Cache) -> None:
    cache.put(ONE, b"first")
    cache.put(ONE, b"last")
    assert cache.get(ONE) == b"last"


def test_what_was_discarded_is_gone(cache: Cache) -> None:
    cache.put(ONE, b"one")
    cache.put(TWO, b"two")
    cache.discard(ONE)
    cache.discard(ONE)
    cache.discard(THREE)
    assert cache.get(ONE) is None
    assert cache.get(TWO) == b"two"


def test_an_entry_that_is_too_large_is_not_kept_and_hides_no_former_one(cache: Cache) -> None:
    cache.put(ONE, bytes(BOUNDS.entry_bytes))
    assert cache.get(ONE) == bytes(BOUNDS.entry_bytes)
    cache.put(ONE, bytes(BOUNDS.entry_bytes + 1))
    assert cache.get(ONE) is None


def test_an_entry_larger_than_the_cache_leaves_the_others(make: Make) -> None:
    cache = make(replace(BOUNDS, total_bytes=100_000))
    cache.put(ONE, b"one")
    cache.put(TWO, bytes(100_001))
    assert cache.get(ONE) == b"one"
    assert cache.get(TWO) is None


def test_an_entry_ends(make: Make) -> None:
    cache = make(replace(BOUNDS, seconds=0.6))
    cache.put(ONE, b"one")
    assert cache.get(ONE) == b"one"
    time.sleep(0.35)
    cache.get(ONE)
    time.sleep(0.35)
    assert cache.get(ONE) is None, "use does not make it last longer"


def test_what_was_used_longest_ago_goes_first(make: Make) -> None:
    bounds = replace(BOUNDS, total_bytes=100_000)
    cache = make(bounds)
    for number in range(200):
        cache.put(key_of(number), bytes(4000))
        time.sleep(0.002)  # so that the times of use differ
        assert cache.get(key_of(0)) is not None
    kept = [number for number in range(200) if cache.get(key_of(number)) is not None]
    assert len(kept) * 4000 <= bounds.total_bytes
    assert kept == [0, *range(200 - len(kept) + 1, 200)]
    assert len(kept) > 10


@pytest.mark.parametrize("key", ["", "x", "../" + "0" * 61, ONE.upper(), f"{ONE}\n", f"{ONE}0", "*" * 64])
def test_only_a_hash_is_a_key(cache: Cache, key: str) -> None:
    for use in (cache.get, cache.discard, lambda name: cache.put(name, b"")):
        with pytest.raises(ValueError, match="not a key of the cache"):
            use(key)


def test_many_threads_never_see_anothers_data(make: Make) -> None:
    cache = make(replace(BOUNDS, total_bytes=200_000))
    with ThreadPoolExecutor(8) as at_once:
        faults = list(at_once.map(lambda seed: hammer(cache, seed, rounds=100), range(8)))
    assert faults == [0] * 8


def test_many_processes_share_a_folder(tmp_path: Path) -> None:
    bounds = replace(BOUNDS, total_bytes=200_000)
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(3) as pool:
        faults = pool.starmap(hammer_folder, [(tmp_path, bounds, seed) for seed in range(3)])
    assert faults == [0] * 3
    assert size_of(tmp_path) <= bounds.total_bytes * 1.1
    assert not list(tmp_path.rglob("*.part"))


def size_of(folder: Path) -> int:
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


# Against a model


class AgainstADictionary(RuleBasedStateMachine):
    """A cache that is large enough does what a dictionary with ends does."""

    entry_bytes = 5000
    numbers = st.integers(0, 5)

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock(time.time())
        self.model: dict[str, tuple[bytes, float]] = {}
        self.cache = self.make(CacheBounds(total_bytes=10_000_000, entry_bytes=self.entry_bytes, seconds=100))

    def make(self, bounds: CacheBounds) -> Cache:
        return MemoryCache(bounds, self.clock)

    @rule(number=numbers, size=st.integers(0, entry_bytes + 50), byte=st.binary(min_size=1, max_size=1))
    def put(self, number: int, size: int, byte: bytes) -> None:
        self.cache.put(key_of(number), byte * size)
        self.model.pop(key_of(number), None)
        if size <= self.entry_bytes:
            self.model[key_of(number)] = (byte * size, self.clock.seconds + 100)

    @rule(number=numbers)
    def discard(self, number: int) -> None:
        self.cache.discard(key_of(number))
        self.model.pop(key_of(number), None)

    @rule(seconds=st.sampled_from([1, 30, 99, 101]))
    def pass_time(self, seconds: int) -> None:
        self.clock.seconds += seconds

    @rule(number=numbers)
    def get(self, number: int) -> None:
        data, ends_at = self.model.get(key_of(number), (None, 0.0))
        assert self.cache.get(key_of(number)) == (data if self.clock.seconds < ends_at else None)


class DiskAgainstADictionary(AgainstADictionary):
    def make(self, bounds: CacheBounds) -> Cache:
        self.folder = TemporaryDirectory()
        return DiskCache(Path(self.folder.name), bounds, self.clock)

    def teardown(self) -> None:
        self.folder.cleanup()


class AgainstAnOrderedDictionary(RuleBasedStateMachine):
    """The memory is exact: it keeps what was used last, as much as there is room for."""

    total_bytes = 4 * (memory.OVERHEAD_BYTES + 100)

    def __init__(self) -> None:
        super().__init__()
        self.cache = MemoryCache(CacheBounds(self.total_bytes, 1000, 100), Clock(0))
        self.model: OrderedDict[str, bytes] = OrderedDict()

    @rule(number=st.integers(0, 8), size=st.integers(0, 400))
    def put(self, number: int, size: int) -> None:
        self.cache.put(key_of(number), bytes(size))
        self.model.pop(key_of(number), None)
        self.model[key_of(number)] = bytes(size)
        while sum(len(data) + memory.OVERHEAD_BYTES for data in self.model.values()) > self.total_bytes:
            self.model.popitem(last=False)

    @rule(number=st.integers(0, 8))
    def get(self, number: int) -> None:
        assert self.cache.get(key_of(number)) == self.model.get(key_of(number))
        if key_of(number) in self.model:
            self.model.move_to_end(key_of(number))

    @invariant()
    def both_keep_the_same(self) -> None:
        assert list(self.cache._entries) == list(self.model)


for machine in (AgainstADictionary, DiskAgainstADictionary, AgainstAnOrderedDictionary):
    machine.TestCase.settings = hypothesis_settings(max_examples=40, stateful_step_count=25, deadline=None)

TestMemory = AgainstADictionary.TestCase
TestDisk = DiskAgainstADictionary.TestCase
TestMemoryIsExact = AgainstAnOrderedDictionary.TestCase


# The disk


def files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def flip_a_byte(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "emptied": lambda file: file.write_bytes(b""),
    "cut off": lambda file: os.truncate(file, 10),
    "full of zeros": lambda file: file.write_bytes(bytes(file.stat().st_size)),
    "a bit changed": flip_a_byte,
    "lengthened": lambda file: file.write_bytes(file.read_bytes() + b"x"),
    "deleted": Path.unlink,
    "not readable": lambda file: (file.unlink(), file.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_a_miss(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    cache = DiskCache(tmp_path, BOUNDS)
    cache.put(ONE, b"some data")
    damage(files_in(tmp_path)[0])
    assert cache.get(ONE) is None
    cache.discard(ONE)
    assert cache.get(ONE) is None


def test_a_folder_that_cannot_be_had_is_an_empty_cache(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    cache = DiskCache(tmp_path / "cache", BOUNDS)
    cache.put(ONE, b"one")
    cache.discard(ONE)
    assert cache.get(ONE) is None


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    cache = DiskCache(tmp_path, BOUNDS)
    monkeypatch.setattr(os, "utime", full)
    cache.put(ONE, b"one")
    assert files_in(tmp_path) == []


def test_a_folder_that_is_removed_meanwhile_is_made_again(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path / "cache", BOUNDS)
    cache.put(ONE, b"one")
    (tmp_path / "cache").rename(tmp_path / "away")
    assert cache.get(ONE) is None
    cache.put(ONE, b"again")
    assert cache.get(ONE) == b"again"


def test_an_entry_outlives_the_process_that_made_it(tmp_path: Path) -> None:
    DiskCache(tmp_path, BOUNDS).put(ONE, b"one")
    assert DiskCache(tmp_path, BOUNDS).get(ONE) == b"one"


def test_a_new_process_clears_what_is_over_broken_off_or_too_much(tmp_path: Path) -> None:
    clock = Clock(time.time() - 5000)
    DiskCache(tmp_path, BOUNDS, clock).put(ONE, b"over by now")
    left = tmp_path / ONE[:2] / f"{ONE}.0123.part"
    left.write_bytes(b"broken off")
    os.utime(left, (clock.seconds, clock.seconds))
    (tmp_path / "a file").write_bytes(b"of somebody else")
    DiskCache(tmp_path, BOUNDS).put(TWO, b"two")
    assert [file.name for file in files_in(tmp_path)] == sorted(["a file", TWO])


def test_what_is_being_written_just_now_is_let_alone(tmp_path: Path) -> None:
    (tmp_path / ONE[:2]).mkdir()
    part = tmp_path / ONE[:2] / f"{ONE}.0123.part"
    part.write_bytes(b"half")
    DiskCache(tmp_path, BOUNDS).put(TWO, b"two")
    assert part.exists()


def test_a_put_seldom_looks_the_folder_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = DiskCache(tmp_path, BOUNDS)
    looks = []
    scan = os.scandir
    monkeypatch.setattr(disk.os, "scandir", lambda folder: (looks.append(folder), scan(folder))[1])
    puts = 300
    for number in range(puts):
        cache.put(key_of(number), bytes(3000))
    sweeps = looks.count(tmp_path)
    assert 2 <= sweeps <= 1 + puts * disk.BLOCK_BYTES / (BOUNDS.total_bytes * disk.WRITTEN_SHARE)


def test_the_folder_never_outgrows_its_bound(tmp_path: Path) -> None:
    bounds = replace(BOUNDS, total_bytes=400_000)
    caches = [DiskCache(tmp_path, bounds) for _ in range(3)]
    for number in range(400):
        caches[number % 3].put(key_of(number), bytes(number * 20))
        assert number % 20 or size_of(tmp_path) <= bounds.total_bytes


def test_nobody_waits_for_another_who_makes_room(tmp_path: Path) -> None:
    bounds = replace(BOUNDS, total_bytes=100_000)
    cache = DiskCache(tmp_path, bounds)
    with disk._alone_in(tmp_path) as alone:
        assert alone
        for number in range(50):
            cache.put(key_of(number), bytes(4000))
        assert len(files_in(tmp_path)) == 50
    cache.put(key_of(50), bytes(4000))
    assert size_of(tmp_path) <= bounds.total_bytes


# Redis


@pytest.fixture
def client(redis: RedisServer) -> Iterator[Redis]:
    with closing(Redis.from_url(redis.url)) as client:
        yield client


def test_redis_holds_no_more_than_the_bound(redis: RedisServer, client: Redis) -> None:
    client.flushdb()
    empty = client.info("memory")["used_memory"]
    cache = redis_cache(redis, replace(BOUNDS, total_bytes=500_000))
    for number in range(3000):
        cache.put(key_of(number), bytes(number % 700))
    assert client.info("memory")["used_memory"] - empty < 700_000
    assert client.dbsize() > 200


def test_redis_accounts_for_what_it_holds(redis: RedisServer, client: Redis) -> None:
    cache = redis_cache(redis, BOUNDS)
    for number in (1, 2, 1, 3):
        cache.put(key_of(number), bytes(100))
    cache.discard(TWO)
    client.delete(cache._prefix + THREE)  # as if it had ended
    assert cache.get(THREE) is None
    assert (
        client.hkeys(f"{cache._prefix}sizes") == [b"total", ONE.encode()] or client.hlen(f"{cache._prefix}sizes") == 2
    )
    assert client.hget(f"{cache._prefix}sizes", "total") == client.hget(f"{cache._prefix}sizes", ONE)
    assert client.zrange(f"{cache._prefix}used", 0, -1) == [ONE.encode()]
    assert all(client.pttl(name) > 0 for name in client.scan_iter(f"{cache._prefix}*"))


@pytest.mark.parametrize("lost", ["used", "sizes"])
def test_redis_recovers_when_its_account_is_lost(redis: RedisServer, client: Redis, lost: str) -> None:
    cache = redis_cache(redis, replace(BOUNDS, total_bytes=10_000))
    for number in range(30):
        cache.put(key_of(number), bytes(1000))
    client.delete(cache._prefix + lost)
    for number in range(30, 60):
        cache.put(key_of(number), bytes(1000))
    assert int(client.hget(f"{cache._prefix}sizes", "total")) <= 10_000
    assert all(cache.get(key_of(number)) for number in range(55, 60))


def test_redis_keys_of_others_are_let_alone(redis: RedisServer, client: Redis) -> None:
    client.set("another's", b"data")
    cache = redis_cache(redis, replace(BOUNDS, total_bytes=5000))
    for number in range(50):
        cache.put(key_of(number), bytes(1000))
    assert client.get("another's") == b"data"


def test_something_else_under_the_key_is_a_miss(redis: RedisServer, client: Redis) -> None:
    cache = redis_cache(redis, BOUNDS)
    client.lpush(cache._prefix + ONE, "a list")
    assert cache.get(ONE) is None
    cache.put(ONE, b"one")
    assert cache.get(ONE) == b"one"


def test_redis_that_is_away_is_a_miss_and_soon_none_waits_for_it(tmp_path: Path) -> None:
    clock = Clock(0)
    with redis_server(tmp_path) as server:
        cache = redis_cache(server, BOUNDS, now=clock)
        cache.put(ONE, b"one")
        server.kill()
        assert cache.get(ONE) is None
        cache.put(TWO, b"two")
        cache.discard(ONE)
        server.start()
        assert cache.get(ONE) is None, "it is left alone for a while"
        clock.seconds += AWAY_SECONDS
        assert cache.get(ONE) == b"one"
        assert cache.get(TWO) is None


def test_a_restart_of_redis_costs_no_look_up(tmp_path: Path) -> None:
    with redis_server(tmp_path) as server:
        cache = redis_cache(server, BOUNDS)
        cache.put(ONE, b"one")
        server.stop()
        server.start()
        assert cache.get(ONE) == b"one"


def test_a_silent_redis_delays_one_call_and_no_more() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(50)
        cache = RedisCache(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", BOUNDS)
        began = time.monotonic()
        for _ in range(1000):
            assert cache.get(ONE) is None
        cache.put(ONE, b"one")
        cache.discard(ONE)
        assert time.monotonic() - began < 3


# One in front of another


def test_what_is_far_is_fetched_once(tmp_path: Path) -> None:
    seen: list[tuple[str, bool]] = []
    far = DiskCache(tmp_path, BOUNDS)
    far.put(ONE, b"one")

    def count(name: str, hit: bool) -> None:
        seen.append((name, hit))

    cache = Layered(Counted(MemoryCache(BOUNDS), "near", count), Counted(far, "far", count))
    assert [cache.get(ONE), cache.get(ONE), cache.get(TWO)] == [b"one", b"one", None]
    assert seen == [("near", False), ("far", True), ("near", True), ("near", False), ("far", False)]


def test_what_another_process_discards_is_gone_within_the_nears_time(tmp_path: Path) -> None:
    clock = Clock(0)
    shared = DiskCache(tmp_path, BOUNDS)
    ours = Layered(MemoryCache(replace(BOUNDS, seconds=30), clock), shared)
    theirs = Layered(MemoryCache(BOUNDS), shared)
    ours.put(ONE, b"one")
    theirs.discard(ONE)
    assert ours.get(ONE) == b"one"
    clock.seconds += 30
    assert ours.get(ONE) is None


def test_no_cache_keeps_nothing() -> None:
    cache = NoCache()
    cache.put(ONE, b"one")
    cache.discard(ONE)
    assert cache.get(ONE) is None


# Chosen by the settings


def test_results_are_kept_where_the_settings_say(tmp_path: Path, redis: RedisServer) -> None:
    counted: list[tuple[str, bool]] = []

    def caches_asked(url: str) -> list[str]:
        counted.clear()
        settings = Settings(_env_file=None, data_dir=tmp_path, cache_url=url)
        cache = create_cache(settings, lambda name, hit: counted.append((name, hit)))
        assert cache.get(ONE) is None
        cache.put(ONE, b"one")
        assert (cache.get(ONE) == b"one") == (url != "off")
        cache.discard(ONE)
        return [name for name, hit in counted if not hit]

    assert caches_asked("") == ["memory", "disk"]
    assert caches_asked(redis.url) == ["memory", "redis"]
    assert caches_asked("memory://") == ["memory"]
    assert caches_asked("off") == []


def test_two_processes_share_what_is_on_the_disk(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path)
    create_cache(settings).put(ONE, b"one")
    assert create_cache(settings).get(ONE) == b"one"


@pytest.mark.parametrize("wrong", ["on", "disk", "http://cache", "memory", "redis://"])
def test_nonsense_is_refused_when_the_process_starts(wrong: str) -> None:
    with pytest.raises(ValueError, match="cache_url"):
        Settings(_env_file=None, cache_url=wrong)


def test_the_password_of_the_cache_is_not_exported() -> None:
    assert "hunter2" not in str(Settings(_env_file=None, cache_url="redis://:hunter2@cache/1").export())
