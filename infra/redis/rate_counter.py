"""How often something happened lately, counted in Redis for all processes together."""

import logging

import redis

log = logging.getLogger(__name__)

_COUNT = """
local now = redis.call('TIME')
local micros = now[1] * 1000000 + now[2]
local window = ARGV[2] * 1000000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', micros - window)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then
    local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
    return tostring((oldest[2] + window - micros) / 1000000)
end
redis.call('ZADD', KEYS[1], micros, micros .. ':' .. redis.call('INCR', KEYS[1] .. ':n'))
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('EXPIRE', KEYS[1] .. ':n', ARGV[2])
return '0'
"""


class RedisRateCounter:
    """A sliding window; while Redis is away nothing is counted and everybody is let through."""

    def __init__(self, client: "redis.Redis") -> None:
        self._script = client.register_script(_COUNT)

    def count(self, key: str, limit: int, seconds: int) -> float:
        """Count one more unless `limit` were counted in the last `seconds`; the seconds to wait, 0 if it was counted."""
        try:
            return float(self._script(keys=[key], args=[limit, seconds]))
        except redis.RedisError as error:
            log.warning("Calls are not counted: %s", error, extra={"action": "throttle_away"})
            return 0.0
