"""A cache in Redis, which any number of machines share. Only what it wrote itself is counted and deleted.

A sorted set says when each entry was used, a hash how large it is and how large all are. Scripts keep them true:
Redis runs each as one step. All keys have one hash tag, so that a cluster keeps them together.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import structlog
from redis import Redis
from redis.backoff import NoBackoff
from redis.commands.core import Script
from redis.exceptions import ConnectionError, RedisError, TimeoutError
from redis.retry import Retry

from app.adapters.caches.keys import checked
from app.caching import CacheBounds

log = structlog.get_logger()

PREFIX = "{svgai:cache}:"
WAIT_SECONDS = 0.5
AWAY_SECONDS = 5.0
"""A Redis that did not answer is left alone for so long, so that it does not delay every request."""

_SHARED = """
local used, sizes, total = KEYS[2], KEYS[3], 'total'

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

local function forget(key, member)
  redis.call('DEL', key)
  redis.call('ZREM', used, member)
  local size = redis.call('HGET', sizes, member)
  if size then
    redis.call('HDEL', sizes, member)
    redis.call('HINCRBY', sizes, total, -size)
  end
end
"""

# KEYS: the entry, when entries were used, how large they are. ARGV: the entry's name in the latter two.
_GET = (
    _SHARED
    + """
local data = redis.call('GET', KEYS[1])
if data then
  redis.call('ZADD', used, 'XX', now(), ARGV[1])
else
  forget(KEYS[1], ARGV[1])
end
return data
"""
)

_DISCARD = (
    _SHARED
    + """
forget(KEYS[1], ARGV[1])
"""
)

# ARGV goes on with: the data, its milliseconds, bytes that all entries may have, and what Redis takes for one beside
# its data. One run deletes no more than 1000 entries, for nobody else is served meanwhile.
_PUT = (
    _SHARED
    + """
local member, data, milliseconds, limit, overhead = unpack(ARGV)
local prefix = string.sub(KEYS[1], 1, -1 - #member)
local size = #data + overhead
forget(KEYS[1], member)
for _ = 1, 1000 do
  if tonumber(redis.call('HGET', sizes, total) or 0) + size <= tonumber(limit) then break end
  local oldest = redis.call('ZRANGE', used, 0, 0)[1]
  if not oldest then redis.call('DEL', sizes) break end
  forget(prefix .. oldest, oldest)
end
redis.call('SET', KEYS[1], data, 'PX', milliseconds)
redis.call('ZADD', used, now(), member)
redis.call('HSET', sizes, member, size)
redis.call('HINCRBY', sizes, total, size)
redis.call('PEXPIRE', used, milliseconds)
redis.call('PEXPIRE', sizes, milliseconds)
"""
)

OVERHEAD_BYTES = 512
"""What Redis takes for an entry beside its data, with its places in the set and the hash."""


class RedisCache:
    """A Redis that is away has nothing and keeps nothing; nobody waits for it more than once in a while."""

    def __init__(
        self, url: str, bounds: CacheBounds, prefix: str = PREFIX, now: Callable[[], float] = time.monotonic
    ) -> None:
        client = connect(url)
        self._bounds = bounds
        self._prefix = prefix
        self._now = now
        self._get, self._put, self._discard = map(client.register_script, (_GET, _PUT, _DISCARD))
        self._away_until = float("-inf")

    def get(self, key: str) -> bytes | None:
        found = self._run(self._get, key)
        return found if isinstance(found, bytes) else None

    def put(self, key: str, data: bytes) -> None:
        if not self._bounds.admit(data):
            return self.discard(key)
        milliseconds = max(1, int(self._bounds.seconds * 1000))
        self._run(self._put, key, data, milliseconds, self._bounds.total_bytes, OVERHEAD_BYTES)

    def discard(self, key: str) -> None:
        self._run(self._discard, key)

    def _run(self, script: Script, key: str, *arguments: bytes | int) -> Any:
        keys = [self._prefix + checked(key), f"{self._prefix}used", f"{self._prefix}sizes"]
        if self._now() < self._away_until:
            return None
        try:
            return script(keys=keys, args=[key, *arguments])
        except (ConnectionError, TimeoutError) as error:
            self._away_until = self._now() + AWAY_SECONDS
            log.warning("cache is away", reason=str(error), seconds=AWAY_SECONDS)
        except RedisError as error:
            log.warning("cache fails", reason=str(error))


def connect(url: str) -> Redis:
    """A client that soon gives up."""
    once = Retry(NoBackoff(), 0)
    return Redis.from_url(url, socket_timeout=WAIT_SECONDS, socket_connect_timeout=WAIT_SECONDS, retry=once)
