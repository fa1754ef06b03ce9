"""The send queue in Redis: see domain/ports/fair_queue.py for what it promises and fair_queue_script/layout.lua for how it lies there.

Every key of an organization has it as hash tag, so that the operations of one organization stay in one slot of a Redis Cluster. `take` and
`reap` touch many organizations at once: they need one Redis (one per group of senders).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from itertools import groupby
from operator import attrgetter
from typing import Any, ParamSpec, TypeVar

import redis

from domain.errors import Fenced, Invalid
from domain.ports.fair_queue import NO_ROOMS, ChannelTerms, MessageKey, Noted, QueuedMessage, Taken
from infra.redis.connection import unavailable_if_lost
from infra.redis.fair_queue_script import SCRIPT

_MESSAGES_PER_CALL = 500  # a script holds up everybody else: a few milliseconds at most
_ID_BYTES = 16
_OTHER_CONTENTS = -1

P = ParamSpec("P")
R = TypeVar("R")


def _reaching_redis(method: Callable[P, R]) -> Callable[P, R]:
    @wraps(method)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        with unavailable_if_lost():
            return method(*args, **kwargs)

    return wrapped


class RedisFairQueue:
    """`prefix` sets several queues in one Redis apart."""

    def __init__(self, client: "redis.Redis", prefix: str = "send") -> None:
        self._redis = client
        self._prefix = prefix
        self._script = client.register_script(SCRIPT)

    @_reaching_redis
    def push(
        self, messages: Sequence[QueuedMessage], now: int, *, again: bool = False, generation: str | None = None
    ) -> int:
        added = 0
        for org, group in groupby(sorted(messages, key=attrgetter("org")), key=attrgetter("org")):
            arguments = [_push_arguments(message) for message in group]
            for start in range(0, len(arguments), _MESSAGES_PER_CALL):
                flat = [value for each in arguments[start : start + _MESSAGES_PER_CALL] for value in each]
                new = int(self._run("push", now, org, int(again), generation or "", *flat))
                if new == _OTHER_CONTENTS:
                    raise Fenced
                added += new
        return added

    @_reaching_redis
    def take(
        self,
        worker: str,
        limit: int,
        lease: int,
        now: int,
        *,
        per_channel: int | None = None,
        rooms: Mapping[str, int] = NO_ROOMS,
    ) -> list[Taken]:
        bound = "" if per_channel is None else per_channel
        flat = [value for pair in rooms.items() for value in pair]
        return _taken(self._run("take", now, worker, limit, now + lease, bound, *flat))

    @_reaching_redis
    def next_look(self, now: int) -> int | None:
        soonest = self._run("next_look", now)
        return None if soonest is None else int(soonest)

    @_reaching_redis
    def done(self, keys: Iterable[MessageKey], now: int) -> None:
        for org, ids in _by_org(keys):
            self._run("done", now, org, *ids)

    @_reaching_redis
    def retry_at(self, keys: Iterable[MessageKey], when: int, now: int) -> None:
        for org, ids in _by_org(keys):
            self._run("retry_at", now, org, when, *ids)

    @_reaching_redis
    def put_off(self, keys: Iterable[MessageKey], until: int, now: int) -> None:
        for org, ids in _by_org(keys):
            self._run("put_off", now, org, until, *ids)

    @_reaching_redis
    def change_payloads(self, payloads: Mapping[MessageKey, bytes]) -> None:
        for (org, id), payload in payloads.items():
            self._run("change_payload", 0, org, _raw(id), payload)

    @_reaching_redis
    def give_back(self, keys: Iterable[MessageKey], now: int) -> None:
        for org, ids in _by_org(keys):
            self._run("give_back", now, org, *ids)

    @_reaching_redis
    def extend(self, worker: str, keys: Iterable[MessageKey], until: int) -> list[MessageKey]:
        members = [_member(key) for key in keys]
        return [_key(member) for member in self._run("extend", 0, worker, until, *members)] if members else []

    @_reaching_redis
    def reap(self, now: int) -> int:
        return int(self._run("reap", now))

    @_reaching_redis
    def note_outcomes(self, outcomes: Mapping[MessageKey, bytes]) -> None:
        if outcomes:
            self._redis.hset(f"{self._prefix}:outcomes", mapping={_member(key): note for key, note in outcomes.items()})

    @_reaching_redis
    def noted(self, worker: str, now: int) -> list[Noted]:
        found = self._run("noted", now, worker)
        return [Noted(*_key(member), outcome) for member, outcome in zip(found[::2], found[1::2], strict=True)]

    @_reaching_redis
    def set_terms(self, org: str, terms: Mapping[str, ChannelTerms], now: int) -> None:
        """Other quiet hours hold when all that was put off has come back: after a kill in between this is done again."""
        flat = [
            value for channel, (rate, paused, quiet) in terms.items() for value in (channel, rate, int(paused), quiet)
        ]
        for start in range(0, len(flat), 4 * _MESSAGES_PER_CALL):
            for channel in self._run("set_terms", now, org, *flat[start : start + 4 * _MESSAGES_PER_CALL]):
                while self._run("recall", now, org, channel, terms[channel.decode()].quiet):
                    pass

    @_reaching_redis
    def throttle(self, org: str, channel: str, until: int, now: int) -> None:
        self._run("throttle", now, org, channel, until)

    @_reaching_redis
    def take_stale(
        self, worker: str, org: str, channel: str, before: int, limit: int, lease: int, now: int
    ) -> list[Taken]:
        return _taken(self._run("take_stale", now, worker, org, channel, before, limit, now + lease))

    @_reaching_redis
    def sizes(self) -> Mapping[str, Mapping[str, int]]:
        orgs = [org.decode() for org in self._members("organizations")]
        pipeline = self._redis.pipeline(transaction=False)
        for org in orgs:
            pipeline.hgetall(f"{self._prefix}:{{{org}}}:sizes")
        sizes = zip(orgs, pipeline.execute(), strict=True)
        return {org: {channel.decode(): int(size) for channel, size in each.items()} for org, each in sizes if each}

    @_reaching_redis
    def generation(self) -> str | None:
        name: Any = self._redis.get(f"{self._prefix}:generation")
        return None if name is None else name.decode()

    @_reaching_redis
    def begin_generation(self, name: str) -> bool:
        return bool(self._redis.set(f"{self._prefix}:generation", name, nx=True))

    @_reaching_redis
    def clear(self) -> None:
        """The generation goes first: a queue that is half empty must not look whole."""
        self._redis.delete(f"{self._prefix}:generation")
        keys: list[Any] = []
        for key in self._redis.scan_iter(match=f"{self._prefix}:*", count=1_000):
            keys.append(key)
            if len(keys) >= 1_000:
                self._redis.unlink(*keys)
                keys.clear()
        if keys:
            self._redis.unlink(*keys)

    def _run(self, operation: str, now: int, *arguments: Any) -> Any:
        return self._script(args=[operation, self._prefix, now, *arguments])

    def _members(self, name: str) -> Any:
        return self._redis.smembers(f"{self._prefix}:{name}")


def _push_arguments(message: QueuedMessage) -> tuple[Any, ...]:
    if message.cost < 1:
        raise Invalid(f"cost must be 1 or more, not {message.cost}", field="cost")
    urgent = 1 if message.urgent else 0
    place = (_raw(message.id), message.channel, message.urn, urgent, message.queued_on)
    return (*place, message.cost, message.not_before, message.payload)


def _taken(raw: Any) -> list[Taken]:
    return [Taken(org.decode(), _text(id), channel.decode(), payload) for org, id, channel, payload in raw]


def _by_org(keys: Iterable[MessageKey]) -> Iterable[tuple[str, list[bytes]]]:
    ids: dict[str, list[bytes]] = {}
    for org, id in keys:
        ids.setdefault(org, []).append(_raw(id))
    for org, raw in ids.items():
        for start in range(0, len(raw), _MESSAGES_PER_CALL):
            yield org, raw[start : start + _MESSAGES_PER_CALL]


def _raw(id: str) -> bytes:
    """A uuid's 16 bytes: less than half of its text."""
    try:
        raw = bytes.fromhex(id.replace("-", ""))
    except ValueError:
        raw = b""
    if len(raw) != _ID_BYTES:
        raise Invalid(f"a message's id must be a uuid, not {id!r}", field="id")
    return raw


def _text(raw: bytes) -> str:
    digits = raw.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _member(key: MessageKey) -> bytes:
    return _raw(key.id) + key.org.encode()


def _key(member: bytes) -> MessageKey:
    return MessageKey(member[_ID_BYTES:].decode(), _text(member[:_ID_BYTES]))
