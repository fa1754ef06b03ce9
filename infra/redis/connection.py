"""Connections to Redis, and its errors in our words."""

from collections.abc import Iterator
from contextlib import contextmanager

import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from domain.errors import Unavailable


def connect(url: str) -> "redis.Redis":
    """A client with a pool of connections, thread-safe. It connects when it is first used.

    A lost connection is tried again three times within half a second: enough for a restart of the server's socket, short enough
    for a sender to notice that Redis is gone.
    """
    return redis.Redis.from_url(
        url,
        socket_timeout=5.0,
        socket_connect_timeout=2.0,
        health_check_interval=30,
        retry=Retry(ExponentialBackoff(cap=0.2, base=0.05), 3),
    )


@contextmanager
def unavailable_if_lost() -> Iterator[None]:
    """Raises Unavailable where Redis can't be reached, is loading or out of memory."""
    try:
        yield
    except (redis.ConnectionError, redis.TimeoutError) as error:
        raise Unavailable(f"Redis can't be reached: {error}") from error
    except redis.ResponseError as error:
        if str(error).startswith(("OOM", "LOADING", "READONLY", "MISCONF")) or "OOM" in str(error):
            raise Unavailable(f"Redis can't take this now: {error}") from error
        raise
