"""Who holds which link. One process at a time: operators allow one bind, and two pollers of one account would each get half.

A lease ends when it isn't renewed, so another process takes over from one that died. Every new holder gets a higher **fence**: a number
by which what an older holder still says can be told from what counts.
"""

from collections.abc import Callable, Collection, Mapping
from time import monotonic
from typing import Any, NamedTuple, Protocol

import redis

from infra.redis.connection import unavailable_if_lost


class Held(NamedTuple):
    """A lease that has not ended."""

    holder: str
    fence: int


class Leases(Protocol):
    """Thread-safe. All methods raise Unavailable if the store can't be reached."""

    def take(self, holder: str, channels: Collection[str], seconds: float) -> Mapping[str, int]:
        """Hold those that nobody else holds, and go on holding one's own, for `seconds` from now. Gives the fence of each that is held."""

    def release(self, holder: str, channels: Collection[str]) -> None:
        """Let others take these at once. What somebody else holds is left alone."""

    def holders(self, channels: Collection[str]) -> Mapping[str, Held]:
        """Who holds these; those that nobody holds are left out."""


class MemoryLeases:
    """For one process (tests, simulation). `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._held: dict[str, tuple[Held, float]] = {}
        self._fences: dict[str, int] = {}

    def take(self, holder: str, channels: Collection[str], seconds: float) -> Mapping[str, int]:
        now, taken = self._clock(), {}
        for channel in channels:
            held = self._now_held(channel, now)
            if held is None:
                self._fences[channel] = self._fences.get(channel, 0) + 1
                held = Held(holder, self._fences[channel])
            if held.holder == holder:
                self._held[channel] = held, now + seconds
                taken[channel] = held.fence
        return taken

    def release(self, holder: str, channels: Collection[str]) -> None:
        for channel in channels:
            if channel in self._held and self._held[channel][0].holder == holder:
                del self._held[channel]

    def holders(self, channels: Collection[str]) -> Mapping[str, Held]:
        now = self._clock()
        found = {channel: self._now_held(channel, now) for channel in channels}
        return {channel: held for channel, held in found.items() if held is not None}

    def _now_held(self, channel: str, now: float) -> Held | None:
        held, until = self._held.get(channel, (None, 0.0))
        return held if now < until else None


_TAKE = """
local taken = {}
for i = 4, #ARGV do
  local key = ARGV[1] .. ':lease:' .. ARGV[i]
  local value = redis.call('GET', key)
  local fence, holder
  if value then fence, holder = string.match(value, '^(%d+) (.*)$') end
  if not value then
    fence, holder = tostring(redis.call('HINCRBY', ARGV[1] .. ':fences', ARGV[i], 1)), ARGV[2]
  end
  if holder == ARGV[2] then
    redis.call('SET', key, fence .. ' ' .. holder, 'PX', ARGV[3])
    taken[#taken + 1] = ARGV[i]
    taken[#taken + 1] = fence
  end
end
return taken
"""
_RELEASE = """
for i = 3, #ARGV do
  local key = ARGV[1] .. ':lease:' .. ARGV[i]
  local value = redis.call('GET', key)
  if value and string.match(value, '^%d+ (.*)$') == ARGV[2] then redis.call('DEL', key) end
end
return 0
"""
_AT_ONCE = 1_000


class RedisLeases:
    """Fences outlive leases; both are lost with Redis, whose loss ends every link (their holders can't renew)."""

    def __init__(self, client: "redis.Redis", prefix: str = "links") -> None:
        self._redis = client
        self._prefix = prefix
        self._take = client.register_script(_TAKE)
        self._release = client.register_script(_RELEASE)

    def take(self, holder: str, channels: Collection[str], seconds: float) -> Mapping[str, int]:
        taken: dict[str, int] = {}
        for some in _slices(channels):
            with unavailable_if_lost():
                found: Any = self._take(args=[self._prefix, holder, max(1, int(seconds * 1_000)), *some])
            taken.update((name.decode(), int(fence)) for name, fence in zip(found[::2], found[1::2], strict=True))
        return taken

    def release(self, holder: str, channels: Collection[str]) -> None:
        for some in _slices(channels):
            with unavailable_if_lost():
                self._release(args=[self._prefix, holder, *some])

    def holders(self, channels: Collection[str]) -> Mapping[str, Held]:
        found: dict[str, Held] = {}
        for some in _slices(channels):
            with unavailable_if_lost():
                values: Any = self._redis.mget([f"{self._prefix}:lease:{channel}" for channel in some])
            for channel, value in zip(some, values, strict=True):
                if value is not None:
                    fence, _, holder = value.decode().partition(" ")
                    found[channel] = Held(holder, int(fence))
        return found


def _slices(channels: Collection[str]) -> list[list[str]]:
    names = list(channels)
    return [names[start : start + _AT_ONCE] for start in range(0, len(names), _AT_ONCE)]
