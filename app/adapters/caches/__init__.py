"""Caches in memory, on disk, in Redis, and one before another. Their promises are those of `app.caching.Cache`."""
