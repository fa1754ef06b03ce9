"""The feed cursor in Redis: beside the queue it belongs to, so that both are lost together or not at all."""

from collections.abc import Mapping
from typing import Any

import redis

from infra.redis.connection import unavailable_if_lost

_CLAIM = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end return 0"
_SAVE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if #ARGV > 1 then redis.call('HSET', KEYS[2], unpack(ARGV, 2)) end
return 1
"""


class RedisFeedCursor:
    """`prefix` is the queue's: what clears the queue clears the cursor too."""

    def __init__(self, client: "redis.Redis", prefix: str = "send") -> None:
        self._redis = client
        self._claim_key = f"{prefix}:feeder"
        self._positions_key = f"{prefix}:positions"
        self._claim = client.register_script(_CLAIM)
        self._release = client.register_script(_RELEASE)
        self._save = client.register_script(_SAVE)

    def claim(self, worker: str, seconds: float) -> bool:
        with unavailable_if_lost():
            return bool(self._claim(keys=[self._claim_key], args=[worker, int(seconds * 1_000)]))

    def release(self, worker: str) -> None:
        with unavailable_if_lost():
            self._release(keys=[self._claim_key], args=[worker])

    def read(self) -> dict[int, int]:
        with unavailable_if_lost():
            found: Any = self._redis.hgetall(self._positions_key)
        return {int(partition): int(offset) for partition, offset in found.items()}

    def save(self, worker: str, positions: Mapping[int, int]) -> bool:
        flat = [number for pair in positions.items() for number in pair]
        with unavailable_if_lost():
            return bool(self._save(keys=[self._claim_key, self._positions_key], args=[worker, *flat]))
