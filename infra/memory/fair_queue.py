"""The send queue in memory, for tests and for one process: the same rules as in Redis, in plain structures."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import wraps
from heapq import heappush
from threading import RLock
from typing import Concatenate, ParamSpec, TypeVar

from domain.errors import Fenced, Invalid
from domain.ports.fair_queue import DONE_MEMORY, NO_ROOMS, ChannelTerms, MessageKey, Noted, QueuedMessage, Taken
from infra.memory.fair_queue_moves import Moves
from infra.memory.fair_queue_places import Rooms

_ID_DIGITS = 32

P = ParamSpec("P")
R = TypeVar("R")


def _one_at_a_time(
    method: Callable[Concatenate["MemoryFairQueue", P], R],
) -> Callable[Concatenate["MemoryFairQueue", P], R]:
    @wraps(method)
    def wrapped(self: "MemoryFairQueue", /, *args: P.args, **kwargs: P.kwargs) -> R:
        with self._lock:
            return method(self, *args, **kwargs)

    return wrapped


class MemoryFairQueue:
    def __init__(self) -> None:
        self._lock = RLock()
        self._forget()

    def _forget(self) -> None:
        self._moves = Moves()
        self._generation: str | None = None

    @_one_at_a_time
    def push(
        self, messages: Sequence[QueuedMessage], now: int, *, again: bool = False, generation: str | None = None
    ) -> int:
        if generation is not None and generation != self._generation:
            raise Fenced
        for message in messages:
            _check(message)
            for done in self._moves.done.values() if again else ():
                done.discard(MessageKey(message.org, message.id))
        return sum(self._moves.push(message, now) for message in messages)

    @_one_at_a_time
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
        self._moves.wake(now)
        taken: list[Taken] = []
        left = Rooms(limit if per_channel is None else per_channel, dict(rooms))
        while len(taken) < limit:
            able = [
                (org.served, name)
                for name, org in self._moves.organizations.items()
                if self._moves.may_send(org, now, left)
            ]
            if not able:
                break
            self._moves.clock, name = min(able)
            self._moves.take_turn(name, limit, (worker, now + lease), now, taken, left)
        return taken

    @_one_at_a_time
    def next_look(self, now: int) -> int | None:
        times = [when for when, key in self._moves.times if self._moves.ends(key) == when]
        for org in self._moves.organizations.values():
            for channel in org.channels.values():
                if not channel.terms.paused and channel.ready_at() > now and org.first(channel):
                    times.append(-int(-channel.ready_at() // 1))
        return min(times, default=None)

    @_one_at_a_time
    def done(self, keys: Iterable[MessageKey], now: int) -> None:
        period = now // DONE_MEMORY
        self._moves.done = {kept: done for kept, done in self._moves.done.items() if kept >= period - 1}
        for key in keys:
            self._moves.done.setdefault(period, set()).add(key)
            self._moves.outcomes.pop(key, None)
            entry = self._moves.entry(key)
            if entry is not None:
                self._moves.leave_chain(entry, now)
                org = self._moves.organizations[key.org]
                del org.entries[key.id]
                org.channel(entry.message.channel).size -= 1

    @_one_at_a_time
    def retry_at(self, keys: Iterable[MessageKey], when: int, now: int) -> None:
        self._moves.set_aside(keys, when, now, is_put_off=False)

    @_one_at_a_time
    def put_off(self, keys: Iterable[MessageKey], until: int, now: int) -> None:
        self._moves.set_aside(keys, until, now, is_put_off=True)

    @_one_at_a_time
    def change_payloads(self, payloads: Mapping[MessageKey, bytes]) -> None:
        for key, payload in payloads.items():
            entry = self._moves.entry(key)
            if entry is not None:
                entry.message = replace(entry.message, payload=payload)

    @_one_at_a_time
    def give_back(self, keys: Iterable[MessageKey], now: int) -> None:
        for key in keys:
            self._moves.give_back(key, now)

    @_one_at_a_time
    def extend(self, worker: str, keys: Iterable[MessageKey], until: int) -> list[MessageKey]:
        lost = []
        for key in keys:
            entry = self._moves.entry(key)
            if entry is None or entry.lease is None or entry.lease[0] != worker:
                lost.append(key)
            else:
                entry.lease = (worker, until)
                heappush(self._moves.times, (until, key))
        return lost

    @_one_at_a_time
    def reap(self, now: int) -> int:
        return self._moves.wake(now)

    @_one_at_a_time
    def note_outcomes(self, outcomes: Mapping[MessageKey, bytes]) -> None:
        self._moves.outcomes.update(outcomes)

    @_one_at_a_time
    def noted(self, worker: str, now: int) -> list[Noted]:
        found = []
        for key, outcome in self._moves.outcomes.items():
            entry = self._moves.entry(key)
            lease = entry.lease if entry else None
            if lease is None or lease[1] <= now or lease[0] == worker:
                found.append(Noted(key.org, key.id, outcome))
        return found

    @_one_at_a_time
    def set_terms(self, org: str, terms: Mapping[str, ChannelTerms], now: int) -> None:
        its = self._moves.organization(org)
        for name, new in terms.items():
            channel = its.channel(name)
            if channel.terms.rate != new.rate:
                channel.paid = 0.0
            other_quiet, channel.terms = channel.terms.quiet != new.quiet, new
            if other_quiet:
                self._moves.look_again(its, name, now)
        self._moves.activate(its, now)

    @_one_at_a_time
    def throttle(self, org: str, channel: str, until: int, now: int) -> None:
        self._moves.organization(org).channel(channel).rests = until

    @_one_at_a_time
    def take_stale(
        self, worker: str, org: str, channel: str, before: int, limit: int, lease: int, now: int
    ) -> list[Taken]:
        its = self._moves.organization(org)
        waiting = [entry for entry in its.entries.values() if entry.place and entry.message.channel == channel]
        stale = [entry for entry in waiting if entry.message.queued_on < before][:limit]
        for entry in stale:
            self._moves.lease(entry, (worker, now + lease))
        return [Taken(org, each.message.id, channel, each.message.payload) for each in stale]

    @_one_at_a_time
    def sizes(self) -> Mapping[str, Mapping[str, int]]:
        sizes = {
            name: {channel: its.size for channel, its in org.channels.items() if its.size}
            for name, org in self._moves.organizations.items()
        }
        return {name: channels for name, channels in sizes.items() if channels}

    @_one_at_a_time
    def generation(self) -> str | None:
        return self._generation

    @_one_at_a_time
    def begin_generation(self, name: str) -> bool:
        if self._generation is not None:
            return False
        self._generation = name
        return True

    @_one_at_a_time
    def clear(self) -> None:
        self._forget()


def _check(message: QueuedMessage) -> None:
    if message.cost < 1:
        raise Invalid(f"cost must be 1 or more, not {message.cost}", field="cost")
    digits = message.id.replace("-", "")
    if len(digits) != _ID_DIGITS or not all(digit in "0123456789abcdefABCDEF" for digit in digits):
        raise Invalid(f"a message's id must be a uuid, not {message.id!r}", field="id")
