"""How messages move in a send queue in memory: into their chain, out on a lease, aside until a time, and back."""

from collections.abc import Iterable
from heapq import heappop, heappush

from domain.ports.fair_queue import DONE_MEMORY, QUANTUM, MessageKey, QueuedMessage, Taken
from infra.memory.fair_queue_places import Chain, Entry, Organization, Rooms


class Moves:
    """Of one queue's contents; nobody else moves them meanwhile."""

    def __init__(self) -> None:
        self.organizations: dict[str, Organization] = {}
        self.clock = 0.0  # the cost served of the organization served last: where newcomers start
        self.times: list[tuple[int, MessageKey]] = []  # ends of leases and of being set aside; may hold old ones
        self.outcomes: dict[MessageKey, bytes] = {}
        self.done: dict[int, set[MessageKey]] = {}

    def organization(self, name: str) -> Organization:
        if name not in self.organizations:
            self.organizations[name] = Organization()
        return self.organizations[name]

    def entry(self, key: MessageKey) -> Entry | None:
        org = self.organizations.get(key.org)
        return org.entries.get(key.id) if org else None

    def push(self, message: QueuedMessage, now: int) -> bool:
        org, key, period = self.organization(message.org), MessageKey(message.org, message.id), now // DONE_MEMORY
        if message.id in org.entries or any(key in self.done.get(each, ()) for each in (period, period - 1)):
            return False
        entry = org.entries[message.id] = Entry(message)
        org.channel(message.channel).size += 1
        if message.not_before > now:
            self._lay_aside(entry, message.not_before, is_put_off=True)
        else:
            self._enter_chain(entry, now)
        return True

    def set_aside(self, keys: Iterable[MessageKey], when: int, now: int, is_put_off: bool) -> None:
        for key in keys:
            self.outcomes.pop(key, None)
            entry = self.entry(key)
            if entry is not None:
                self.leave_chain(entry, now)
                self._lay_aside(entry, when, is_put_off)

    def _lay_aside(self, entry: Entry, when: int, is_put_off: bool) -> None:
        entry.aside, entry.is_put_off = when, is_put_off
        heappush(self.times, (when, MessageKey(entry.message.org, entry.message.id)))

    def look_again(self, org: Organization, channel: str, now: int) -> None:
        """What was put off for the channel's quiet hours comes back to its place."""
        for entry in org.entries.values():
            if entry.is_put_off and entry.message.channel == channel:
                self._come_back(entry, now)

    def _come_back(self, entry: Entry, now: int) -> None:
        entry.aside, entry.is_put_off = None, False
        self._enter_chain(entry, now)

    def lease(self, entry: Entry, lease: tuple[str, int]) -> None:
        entry.place, entry.lease = None, lease
        heappush(self.times, (lease[1], MessageKey(entry.message.org, entry.message.id)))

    def _enter_chain(self, entry: Entry, now: int) -> None:
        """At its place by age, but never before one that is taken."""
        message, org = entry.message, self.organizations[entry.message.org]
        chain = org.chains.setdefault((message.channel, message.urn), Chain())
        chain.urgent = chain.urgent or message.urgent
        old_head = org.entries[chain.ids[0]] if chain.ids else None
        chain.ids.append(message.id)
        kept = 1 if old_head is not None and old_head.place is None else 0
        chain.ids[kept:] = sorted(chain.ids[kept:], key=lambda id: (org.entries[id].message.queued_on, id))
        if old_head is not None and not kept:
            old_head.place = None
        if not kept:
            self._offer(org, chain, now)

    def leave_chain(self, entry: Entry, now: int) -> None:
        """However it stood; the next in its chain may go if it was the first."""
        message, org = entry.message, self.organizations[entry.message.org]
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

    def _offer(self, org: Organization, chain: Chain, now: int) -> None:
        """The first of the chain can be taken, unless an outcome of it is noted."""
        head = org.entries[chain.ids[0]]
        if MessageKey(head.message.org, head.message.id) in self.outcomes:
            return
        urgent = chain.urgent or head.message.urgent
        head.place = (not urgent, head.message.queued_on, head.message.id)
        heappush(org.channel(head.message.channel).heap, head.place)
        self.activate(org, now)

    def activate(self, org: Organization, now: int) -> None:
        """One that had nothing to send now starts level with the one served last, unless it is ahead."""
        if not org.has_turn:
            org.has_turn = True
            org.served = max(org.served, self.clock)

    def may_send(self, org: Organization, now: int, rooms: Rooms) -> bool:
        able = [name for name, channel in org.channels.items() if channel.may_send(now) and org.first(channel)]
        if able:
            self.activate(org, now)
        else:
            org.has_turn = False
        return any(rooms.of(name) > 0 for name in able)

    def take_turn(
        self, name: str, limit: int, lease: tuple[str, int], now: int, taken: list[Taken], rooms: Rooms
    ) -> None:
        org, spent = self.organizations[name], 0
        while spent < QUANTUM and len(taken) < limit:
            able = [each for channel, each in org.channels.items() if each.may_send(now) and rooms.of(channel) > 0]
            places = [(place, channel) for channel in able if (place := org.first(channel))]
            if not places:
                break
            place, channel = min(places, key=lambda pair: pair[0])
            heappop(channel.heap)
            entry = org.entries[place[2]]
            self.lease(entry, lease)
            message = entry.message
            rooms.spend(message.channel)
            channel.spend(message.cost, now)
            spent += message.cost
            taken.append(Taken(name, message.id, message.channel, message.payload))
        org.served += spent

    def give_back(self, key: MessageKey, now: int) -> bool:
        entry = self.entry(key)
        if entry is None or entry.lease is None:
            return False
        entry.lease = None
        if key in self.outcomes:
            return False
        org = self.organizations[key.org]
        self._offer(org, org.chains[entry.message.channel, entry.message.urn], now)
        return True

    def ends(self, key: MessageKey) -> int | None:
        entry = self.entry(key)
        if entry is None:
            return None
        return entry.lease[1] if entry.lease else entry.aside

    def wake(self, now: int) -> int:
        """Leases that ended and times that came. Returns how many leases gave something back."""
        returned = 0
        while self.times and self.times[0][0] <= now:
            when, key = heappop(self.times)
            entry = self.entry(key)
            if entry is None or self.ends(key) != when:
                continue
            if entry.lease:
                returned += self.give_back(key, now)
            else:
                self._come_back(entry, now)
        return returned
