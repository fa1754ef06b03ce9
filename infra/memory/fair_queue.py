"""The send queue in memory, for tests and for one process: the same rules as in Redis, in plain structures."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import wraps
from heapq import heappop, heappush
from threading import RLock
from typing import Concatenate, ParamSpec, TypeVar

from domain.errors import Invalid
from domain.ports.fair_queue import (
    DONE_MEMORY,
    NO_ROOMS,
    QUANTUM,
    SLACK,
    ChannelTerms,
    MessageKey,
    Noted,
    QueuedMessage,
    Taken,
)

_ID_DIGITS = 32

P = ParamSpec("P")
R = TypeVar("R")
Chain = tuple[str, str]
# Urgent ones first, then the oldest; the id decides between equals.
Place = tuple[bool, int, str]


@dataclass(slots=True)
class _Entry:
    """A message and where it is: `place` if it can be taken (head of its chain), `lease` (worker, end) if it is, `aside` if set aside
    (`is_put_off`: for its channel's quiet hours).
    """

    message: QueuedMessage
    place: Place | None = None
    lease: tuple[str, int] | None = None
    aside: int | None = None
    is_put_off: bool = False


@dataclass(slots=True)
class _Channel:
    """`paid` is the time at which all that was sent is paid for (GCRA); `rests` the end of a throttle. `heap` may hold old places."""

    heap: list[Place] = field(default_factory=list)
    terms: ChannelTerms = ChannelTerms()
    paid: float = 0.0
    rests: int = 0
    size: int = 0

    def ready_at(self) -> float:
        return max(self.paid - SLACK, self.rests)

    def spend(self, cost: int, now: int) -> None:
        if self.terms.rate > 0:
            self.paid = max(now, self.paid) + cost * 1_000_000 / self.terms.rate

    def may_send(self, now: int) -> bool:
        return not self.terms.paused and self.ready_at() <= now


@dataclass(slots=True)
class _Rooms:
    """How many more messages of each channel one `take` may give out."""

    otherwise: int
    left: dict[str, int]

    def of(self, channel: str) -> int:
        return self.left.get(channel, self.otherwise)

    def spend(self, channel: str) -> None:
        self.left[channel] = self.of(channel) - 1


@dataclass(slots=True)
class _Chain:
    """Messages to one URN of a channel, by age; the first may go or is taken."""

    ids: list[str] = field(default_factory=list)
    urgent: bool = False


@dataclass(slots=True)
class _Organization:
    served: float = 0.0
    has_turn: bool = False
    entries: dict[str, _Entry] = field(default_factory=dict)
    channels: dict[str, _Channel] = field(default_factory=dict)
    chains: dict[Chain, _Chain] = field(default_factory=dict)

    def channel(self, name: str) -> _Channel:
        if name not in self.channels:
            self.channels[name] = _Channel()
        return self.channels[name]

    def first(self, channel: _Channel) -> Place | None:
        """The first that may be taken; drops places that are no longer true."""
        heap = channel.heap
        while heap:
            entry = self.entries.get(heap[0][2])
            if entry is not None and entry.place == heap[0]:
                return heap[0]
            heappop(heap)
        return None


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
        self._organizations: dict[str, _Organization] = {}
        self._clock = 0.0  # the cost served of the organization served last: where newcomers start
        self._times: list[tuple[int, MessageKey]] = []  # ends of leases and of being set aside; may hold old ones
        self._outcomes: dict[MessageKey, bytes] = {}
        self._done: dict[int, set[MessageKey]] = {}
        self._generation: str | None = None

    @_one_at_a_time
    def push(self, messages: Sequence[QueuedMessage], now: int, *, again: bool = False) -> int:
        for message in messages:
            _check(message)
            for done in self._done.values() if again else ():
                done.discard(MessageKey(message.org, message.id))
        return sum(self._push(message, now) for message in messages)

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
        self._wake(now)
        taken: list[Taken] = []
        left = _Rooms(limit if per_channel is None else per_channel, dict(rooms))
        while len(taken) < limit:
            able = [(org.served, name) for name, org in self._organizations.items() if self._may_send(org, now, left)]
            if not able:
                break
            self._clock, name = min(able)
            self._take_turn(name, limit, (worker, now + lease), now, taken, left)
        return taken

    @_one_at_a_time
    def next_look(self, now: int) -> int | None:
        times = [when for when, key in self._times if self._ends(key) == when]
        for org in self._organizations.values():
            for channel in org.channels.values():
                if not channel.terms.paused and channel.ready_at() > now and org.first(channel):
                    times.append(-int(-channel.ready_at() // 1))
        return min(times, default=None)

    @_one_at_a_time
    def done(self, keys: Iterable[MessageKey], now: int) -> None:
        period = now // DONE_MEMORY
        self._done = {kept: done for kept, done in self._done.items() if kept >= period - 1}
        for key in keys:
            self._done.setdefault(period, set()).add(key)
            self._outcomes.pop(key, None)
            entry = self._entry(key)
            if entry is not None:
                self._leave_chain(entry, now)
                org = self._organizations[key.org]
                del org.entries[key.id]
                org.channel(entry.message.channel).size -= 1

    @_one_at_a_time
    def retry_at(self, keys: Iterable[MessageKey], when: int, now: int) -> None:
        self._set_aside(keys, when, now, is_put_off=False)

    @_one_at_a_time
    def put_off(self, keys: Iterable[MessageKey], until: int, now: int) -> None:
        self._set_aside(keys, until, now, is_put_off=True)

    @_one_at_a_time
    def change_payloads(self, payloads: Mapping[MessageKey, bytes]) -> None:
        for key, payload in payloads.items():
            entry = self._entry(key)
            if entry is not None:
                entry.message = replace(entry.message, payload=payload)

    @_one_at_a_time
    def give_back(self, keys: Iterable[MessageKey], now: int) -> None:
        for key in keys:
            self._give_back(key, now)

    @_one_at_a_time
    def extend(self, worker: str, keys: Iterable[MessageKey], until: int) -> list[MessageKey]:
        lost = []
        for key in keys:
            entry = self._entry(key)
            if entry is None or entry.lease is None or entry.lease[0] != worker:
                lost.append(key)
            else:
                entry.lease = (worker, until)
                heappush(self._times, (until, key))
        return lost

    @_one_at_a_time
    def reap(self, now: int) -> int:
        return self._wake(now)

    @_one_at_a_time
    def note_outcomes(self, outcomes: Mapping[MessageKey, bytes]) -> None:
        self._outcomes.update(outcomes)

    @_one_at_a_time
    def noted(self, worker: str, now: int) -> list[Noted]:
        found = []
        for key, outcome in self._outcomes.items():
            entry = self._entry(key)
            lease = entry.lease if entry else None
            if lease is None or lease[1] <= now or lease[0] == worker:
                found.append(Noted(key.org, key.id, outcome))
        return found

    @_one_at_a_time
    def set_terms(self, org: str, terms: Mapping[str, ChannelTerms], now: int) -> None:
        its = self._organization(org)
        for name, new in terms.items():
            channel = its.channel(name)
            if channel.terms.rate != new.rate:
                channel.paid = 0.0
            other_quiet, channel.terms = channel.terms.quiet != new.quiet, new
            if other_quiet:
                self._look_again(its, name, now)
        self._activate(its, now)

    @_one_at_a_time
    def throttle(self, org: str, channel: str, until: int, now: int) -> None:
        self._organization(org).channel(channel).rests = until

    @_one_at_a_time
    def take_stale(
        self, worker: str, org: str, channel: str, before: int, limit: int, lease: int, now: int
    ) -> list[Taken]:
        its = self._organization(org)
        waiting = [entry for entry in its.entries.values() if entry.place and entry.message.channel == channel]
        stale = [entry for entry in waiting if entry.message.queued_on < before][:limit]
        for entry in stale:
            self._lease(entry, (worker, now + lease))
        return [Taken(org, each.message.id, channel, each.message.payload) for each in stale]

    @_one_at_a_time
    def sizes(self) -> Mapping[str, Mapping[str, int]]:
        sizes = {
            name: {channel: its.size for channel, its in org.channels.items() if its.size}
            for name, org in self._organizations.items()
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

    # Inside: all of it under the lock

    def _organization(self, name: str) -> _Organization:
        if name not in self._organizations:
            self._organizations[name] = _Organization()
        return self._organizations[name]

    def _entry(self, key: MessageKey) -> _Entry | None:
        org = self._organizations.get(key.org)
        return org.entries.get(key.id) if org else None

    def _push(self, message: QueuedMessage, now: int) -> bool:
        org, key, period = self._organization(message.org), MessageKey(message.org, message.id), now // DONE_MEMORY
        if message.id in org.entries or any(key in self._done.get(each, ()) for each in (period, period - 1)):
            return False
        entry = org.entries[message.id] = _Entry(message)
        org.channel(message.channel).size += 1
        if message.not_before > now:
            self._lay_aside(entry, message.not_before, is_put_off=True)
        else:
            self._enter_chain(entry, now)
        return True

    def _set_aside(self, keys: Iterable[MessageKey], when: int, now: int, is_put_off: bool) -> None:
        for key in keys:
            self._outcomes.pop(key, None)
            entry = self._entry(key)
            if entry is not None:
                self._leave_chain(entry, now)
                self._lay_aside(entry, when, is_put_off)

    def _lay_aside(self, entry: _Entry, when: int, is_put_off: bool) -> None:
        entry.aside, entry.is_put_off = when, is_put_off
        heappush(self._times, (when, MessageKey(entry.message.org, entry.message.id)))

    def _look_again(self, org: _Organization, channel: str, now: int) -> None:
        """What was put off for the channel's quiet hours comes back to its place."""
        for entry in org.entries.values():
            if entry.is_put_off and entry.message.channel == channel:
                self._come_back(entry, now)

    def _come_back(self, entry: _Entry, now: int) -> None:
        entry.aside, entry.is_put_off = None, False
        self._enter_chain(entry, now)

    def _lease(self, entry: _Entry, lease: tuple[str, int]) -> None:
        entry.place, entry.lease = None, lease
        heappush(self._times, (lease[1], MessageKey(entry.message.org, entry.message.id)))

    def _enter_chain(self, entry: _Entry, now: int) -> None:
        """At its place by age, but never before one that is taken."""
        message, org = entry.message, self._organizations[entry.message.org]
        chain = org.chains.setdefault((message.channel, message.urn), _Chain())
        chain.urgent = chain.urgent or message.urgent
        old_head = org.entries[chain.ids[0]] if chain.ids else None
        chain.ids.append(message.id)
        kept = 1 if old_head is not None and old_head.place is None else 0
        chain.ids[kept:] = sorted(chain.ids[kept:], key=lambda id: (org.entries[id].message.queued_on, id))
        if old_head is not None and not kept:
            old_head.place = None
        if not kept:
            self._offer(org, chain, now)

    def _leave_chain(self, entry: _Entry, now: int) -> None:
        """However it stood; the next in its chain may go if it was the first."""
        message, org = entry.message, self._organizations[entry.message.org]
        name = (message.channel, message.urn)
        chain = org.chains.get(name)
        entry.place = entry.lease = None
        if entry.aside is not None:
            entry.aside, entry.is_put_off = None, False
        elif chain is not None:
            was_first = chain.ids[0] == message.id
            chain.ids.remove(message.id)
            if not chain.ids:
                del org.chains[name]
            elif was_first:
                self._offer(org, chain, now)

    def _offer(self, org: _Organization, chain: _Chain, now: int) -> None:
        """The first of the chain can be taken."""
        head = org.entries[chain.ids[0]]
        urgent = chain.urgent or head.message.urgent
        head.place = (not urgent, head.message.queued_on, head.message.id)
        heappush(org.channel(head.message.channel).heap, head.place)
        self._activate(org, now)

    def _activate(self, org: _Organization, now: int) -> None:
        """One that had nothing to send now starts level with the one served last, unless it is ahead."""
        if not org.has_turn:
            org.has_turn = True
            org.served = max(org.served, self._clock)

    def _may_send(self, org: _Organization, now: int, rooms: _Rooms) -> bool:
        able = [name for name, channel in org.channels.items() if channel.may_send(now) and org.first(channel)]
        if able:
            self._activate(org, now)
        else:
            org.has_turn = False
        return any(rooms.of(name) > 0 for name in able)

    def _take_turn(
        self, name: str, limit: int, lease: tuple[str, int], now: int, taken: list[Taken], rooms: _Rooms
    ) -> None:
        org, spent = self._organizations[name], 0
        while spent < QUANTUM and len(taken) < limit:
            able = [each for channel, each in org.channels.items() if each.may_send(now) and rooms.of(channel) > 0]
            places = [(place, channel) for channel in able if (place := org.first(channel))]
            if not places:
                break
            place, channel = min(places, key=lambda pair: pair[0])
            heappop(channel.heap)
            entry = org.entries[place[2]]
            self._lease(entry, lease)
            message = entry.message
            rooms.spend(message.channel)
            channel.spend(message.cost, now)
            spent += message.cost
            taken.append(Taken(name, message.id, message.channel, message.payload))
        org.served += spent

    def _give_back(self, key: MessageKey, now: int) -> bool:
        entry = self._entry(key)
        if entry is None or entry.lease is None:
            return False
        entry.lease = None
        if key in self._outcomes:
            return False
        org = self._organizations[key.org]
        self._offer(org, org.chains[entry.message.channel, entry.message.urn], now)
        return True

    def _ends(self, key: MessageKey) -> int | None:
        entry = self._entry(key)
        if entry is None:
            return None
        return entry.lease[1] if entry.lease else entry.aside

    def _wake(self, now: int) -> int:
        """Leases that ended and times that came. Returns how many leases gave something back."""
        returned = 0
        while self._times and self._times[0][0] <= now:
            when, key = heappop(self._times)
            entry = self._entry(key)
            if entry is None or self._ends(key) != when:
                continue
            if entry.lease:
                returned += self._give_back(key, now)
            else:
                self._come_back(entry, now)
        return returned


def _check(message: QueuedMessage) -> None:
    if message.cost < 1:
        raise Invalid(f"cost must be 1 or more, not {message.cost}", field="cost")
    digits = message.id.replace("-", "")
    if len(digits) != _ID_DIGITS or not all(digit in "0123456789abcdefABCDEF" for digit in digits):
        raise Invalid(f"a message's id must be a uuid, not {message.id!r}", field="id")
