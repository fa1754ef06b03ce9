"""Connections to Redis, and its errors in our words."""

from collections.abc import Iterator
from contextlib import contextmanager

import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from domain.errors import Unavailable

_PERHAPS_TLS = "if it speaks TLS on that port, EVENKEEL_REDIS has to begin with rediss://"
_OF_TLS = {
    "CERTIFICATE_VERIFY_FAILED": "The certificate of Redis is not one we trust for that host; in EVENKEEL_REDIS"
    " ?ssl_ca_certs=FILE names who signs it",
    "ALERT": "Redis wants another certificate from us; in EVENKEEL_REDIS ?ssl_certfile=FILE&ssl_keyfile=FILE name it",
}


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


class Refused(Unavailable):
    """Redis does not let us in, or is not the one it should be: its address or its users have to change."""


@contextmanager
def unavailable_if_lost() -> Iterator[None]:
    """Raises Unavailable where Redis can't be reached, is loading or out of memory; Refused where trying again won't help."""
    try:
        yield
    except redis.AuthenticationError as error:
        raise Refused(f"Redis refuses the user or the password that EVENKEEL_REDIS names: {error}") from error
    except redis.exceptions.NoPermissionError as error:
        raise Refused(f"Redis does not allow the user that EVENKEEL_REDIS names what is needed: {error}") from error
    except (redis.ConnectionError, redis.TimeoutError) as error:
        for sign, sentence in _OF_TLS.items():
            if sign in str(error):
                raise Refused(f"{sentence}: {error}") from error
        hint = f" ({_PERHAPS_TLS})" if "closed by server" in str(error) else ""
        raise Unavailable(f"Redis can't be reached: {error}{hint}") from error
    except redis.ResponseError as error:
        if str(error).startswith(("OOM", "LOADING", "READONLY", "MISCONF")) or "OOM" in str(error):
            raise Unavailable(f"Redis can't take this now: {error}") from error
        raise
