"""What links leave for their successors, and what they show of themselves. Kept in Redis; losing it loses no message.

A note is a small value of a channel under a name, with an end. A state is what an operator sees of a link; it ends when nobody renews it.
"""

from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any, Protocol

import orjson
import redis

from infra.redis.connection import unavailable_if_lost

State = Mapping[str, Any]
"""{channel, organization, type, state: "binding"|"connected"|"failed", since: RFC 3339, text, holder, fence, counts: {name: number}}"""


class Notes(Protocol):
    """Thread-safe. All methods raise Unavailable if the store can't be reached."""

    def read(self, channel: str, name: str) -> str | None: ...

    def write(self, channel: str, name: str, value: str, seconds: float) -> None: ...

    def write_many(self, channel: str, values: Mapping[str, str], seconds: float) -> None:
        """By name."""

    def forget(self, channel: str, name: str) -> None: ...

    def add(self, channel: str, name: str, member: str, value: str, seconds: float) -> Mapping[str, str]:
        """Puts a member into a note that has several; gives all of them."""

    def show(self, states: Mapping[str, State], seconds: float) -> None:
        """The states of these channels' links, for so long."""

    def shown(self) -> Mapping[str, State]:
        """By channel, the state of every link that somebody showed and renewed."""


class MemoryNotes:
    """For one process (tests, simulation). `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._kept: dict[tuple[str, str], tuple[Any, float]] = {}
        self._states: dict[str, tuple[State, float]] = {}

    def read(self, channel: str, name: str) -> str | None:
        value, until = self._kept.get((channel, name), (None, 0.0))
        return value if self._clock() < until else None

    def write(self, channel: str, name: str, value: str, seconds: float) -> None:
        self._kept[channel, name] = value, self._clock() + seconds

    def write_many(self, channel: str, values: Mapping[str, str], seconds: float) -> None:
        for name, value in values.items():
            self.write(channel, name, value, seconds)

    def forget(self, channel: str, name: str) -> None:
        self._kept.pop((channel, name), None)

    def add(self, channel: str, name: str, member: str, value: str, seconds: float) -> Mapping[str, str]:
        present, until = self._kept.get((channel, name), ({}, 0.0))
        members = {**(present if self._clock() < until else {}), member: value}
        self._kept[channel, name] = members, self._clock() + seconds
        return members

    def show(self, states: Mapping[str, State], seconds: float) -> None:
        until = self._clock() + seconds
        self._states.update((channel, (state, until)) for channel, state in states.items())

    def shown(self) -> Mapping[str, State]:
        now = self._clock()
        return {channel: state for channel, (state, until) in self._states.items() if now < until}


class RedisNotes:
    """`prefix` sets several installations in one Redis apart."""

    def __init__(self, client: "redis.Redis", prefix: str = "links") -> None:
        self._redis = client
        self._prefix = prefix

    def read(self, channel: str, name: str) -> str | None:
        with unavailable_if_lost():
            value: Any = self._redis.get(self._key(channel, name))
        return None if value is None else value.decode()

    def write(self, channel: str, name: str, value: str, seconds: float) -> None:
        with unavailable_if_lost():
            self._redis.set(self._key(channel, name), value, px=_millis(seconds))

    def write_many(self, channel: str, values: Mapping[str, str], seconds: float) -> None:
        with unavailable_if_lost():
            pipeline = self._redis.pipeline(transaction=False)
            for name, value in values.items():
                pipeline.set(self._key(channel, name), value, px=_millis(seconds))
            pipeline.execute()

    def forget(self, channel: str, name: str) -> None:
        with unavailable_if_lost():
            self._redis.delete(self._key(channel, name))

    def add(self, channel: str, name: str, member: str, value: str, seconds: float) -> Mapping[str, str]:
        key = self._key(channel, name)
        with unavailable_if_lost():
            pipeline = self._redis.pipeline()
            pipeline.hset(key, member, value)
            pipeline.pexpire(key, _millis(seconds))
            pipeline.hgetall(key)
            members = pipeline.execute()[2]
        return {member.decode(): value.decode() for member, value in members.items()}

    def show(self, states: Mapping[str, State], seconds: float) -> None:
        if not states:
            return
        with unavailable_if_lost():
            pipeline = self._redis.pipeline(transaction=False)
            for channel, state in states.items():
                pipeline.set(f"{self._prefix}:state:{channel}", orjson.dumps(state), px=_millis(seconds))
            pipeline.execute()

    def shown(self) -> Mapping[str, State]:
        with unavailable_if_lost():
            keys = list(self._redis.scan_iter(match=f"{self._prefix}:state:*", count=1_000))
            values: Any = self._redis.mget(keys) if keys else []
        found = [orjson.loads(value) for value in values if value is not None]
        return {state["channel"]: state for state in found}

    def _key(self, channel: str, name: str) -> str:
        return f"{self._prefix}:note:{channel}:{name}"


def _millis(seconds: float) -> int:
    return max(1, int(seconds * 1_000))
