"""The senders' memory in Redis, next to their queue: lost with it, made again with it."""

from collections.abc import Iterable, Mapping, Sequence

import orjson
import redis

from domain.ports.send_memory import Attempts
from infra.redis.connection import unavailable_if_lost


class RedisSendMemory:
    def __init__(self, client: "redis.Redis", prefix: str = "send") -> None:
        self._client = client
        self._positions = f"{prefix}:positions"
        self._attempts = f"{prefix}:attempts"
        self._values = f"{prefix}:value"

    def positions(self) -> Mapping[int, int]:
        with unavailable_if_lost():
            return {int(number): int(offset) for number, offset in self._client.hgetall(self._positions).items()}

    def save_positions(self, positions: Mapping[int, int]) -> None:
        if positions:
            with unavailable_if_lost():
                self._client.hset(self._positions, mapping={str(number): offset for number, offset in positions.items()})

    def attempts(self, messages: Sequence[str]) -> Mapping[str, Attempts]:
        if not messages:
            return {}
        with unavailable_if_lost():
            found = self._client.hmget(self._attempts, list(messages))
        pairs = zip(messages, found, strict=True)
        return {message: _attempts(raw) for message, raw in pairs if raw is not None}

    def save_attempts(self, attempts: Mapping[str, Attempts]) -> None:
        if attempts:
            rows = {message: orjson.dumps([each.count, each.parts_done]) for message, each in attempts.items()}
            with unavailable_if_lost():
                self._client.hset(self._attempts, mapping=rows)

    def forget_attempts(self, messages: Iterable[str]) -> None:
        gone = list(messages)
        if gone:
            with unavailable_if_lost():
                self._client.hdel(self._attempts, *gone)

    def values(self, channel: str) -> Mapping[str, str]:
        with unavailable_if_lost():
            keys = [key.decode() for key in self._client.smembers(self._keys(channel))]
            found = self._client.mget([self._value(channel, key) for key in keys]) if keys else []
        return {key: raw.decode() for key, raw in zip(keys, found, strict=True) if raw is not None}

    def keep_value(self, channel: str, key: str, value: str, seconds: int) -> None:
        with unavailable_if_lost():
            self._client.sadd(self._keys(channel), key)
            self._client.set(self._value(channel, key), value, ex=max(1, seconds))

    def drop_values(self, channel: str, keys: Iterable[str]) -> None:
        with unavailable_if_lost():
            for key in keys:
                self._client.delete(self._value(channel, key))
                self._client.srem(self._keys(channel), key)

    def _keys(self, channel: str) -> str:
        return f"{self._values}s:{channel}"

    def _value(self, channel: str, key: str) -> str:
        return f"{self._values}:{channel}:{key}"


def _attempts(raw: bytes) -> Attempts:
    count, parts = orjson.loads(raw)
    return Attempts(count, tuple(parts))
