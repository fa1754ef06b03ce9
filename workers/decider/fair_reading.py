"""Fair reading of a partition that many organizations share: who is read, who is decided next, and where that leaves the cursor.

Reading a partition first come, first served would let one organization's flood delay its neighbours. So a `FairReader` reads ahead at
the *head* for everybody and takes turns (see `turns`). What it holds in memory is only a cache of the log: each organization has up to
`window` inputs there, all of them together up to `total`. An organization that outruns its share is *parked*: the place of its first
input not in memory is remembered, the head goes on without it, and *catch-up* reads fetch its next slice from the log when it has
less than half a share left. When nothing of it is left in the log at or below the head, it is unparked.

It does no I/O. One turn of the decider's loop:

    while want := reader.wants():
        reader.give(want, *session.read(partition, want.after, want.limit, org=want.org, until=want.until))
    inputs = reader.take()                                  # [] : session.wait(…), next turn
    … decide; reader.charge(org, microseconds, inputs) for each organization; reader.give_back(rest) if not all were decided …
    session.commit(partition, outputs, reader.cursor(next_id).encode())

After a crash, or when it is unknown whether a commit took place, start anew: `FairReader(partition, Cursor.decode(…))`.

**What a quiet organization waits for.** Its input is at the head of the log while a batch of `limit` inputs is being decided, and at worst the
one before is not yet committed. Then the head is read up to `scan` records far, so the input is seen before the next batch unless the
partition itself is further behind than that, and it is decided after at most one quantum (16 inputs) of each organization that became
active at the same time and of one that is in the midst of its turn: with the usual 40 at once and nobody else new, after at most 96
inputs of others, however long their backlog. This holds while at most `organizations` of the partition have anything undecided;
beyond, the head waits.

**Exactly once.** Between two commits an input is taken at most once; `cursor` says what is decided when all that was taken is. An
input in doubt is one that the committed cursor calls undecided.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from domain.events.record import Position, StoredRecord
from workers.decider.cursor import Cursor
from workers.decider.turns import Input, Seat, Turns

_RECORDS_AT_ONCE = 1_000
_EVENTS_AT_ONCE = 4_000  # a record may hold hundreds of events: what one read may bring into memory
_SLICES = 8  # catch-up reads in one turn for organizations with nothing left in memory
_REFILLS = 2  # and for those with less than half a share
_NEIGHBOURS = (
    4  # from so many (and a quarter of the parked) near one place on, one unfiltered read serves them together
)
_ROOM_AFTER_CROWDING = (
    0.05  # of the organizations: the head does not read a thousand records again for each that finishes
)


class Want(NamedTuple):
    """A read the reader would like: the arguments of `DeciderSession.read`. `catch_up` tells it from reading at the head."""

    after: int
    limit: int
    org: str | None = None
    until: int | None = None
    catch_up: bool = False


class Parked(NamedTuple):
    """An organization with a backlog in the log. `inputs` are in memory; the rest begins at offset `rest_from`."""

    org: str
    inputs: int
    rest_from: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What a reader may hold and do.

    `window` inputs in memory per organization and `total` in all (a batch given back may come on top); `organizations` with
    something undecided, which bounds the cursor (about 50 bytes for each); `scan` records read at the head in one turn.
    """

    window: int = 500
    total: int = 5_000
    organizations: int = 2_000
    scan: int = 25_000

    def __post_init__(self) -> None:
        if not 0 < self.organizations <= self.total or self.window < 1 or self.scan < 1:
            raise ValueError("limits must be positive, and organizations at most total")


class FairReader:
    """The scheduling of one owned partition."""

    def __init__(self, partition: int, cursor: Cursor, limits: Limits | None = None) -> None:
        self._partition = partition
        self._limits = limits or Limits()
        self._read_to = cursor.read_to
        self._turns = Turns()
        self._seats: dict[str, Seat] = {}
        self._parked: OrderedDict[str, Seat] = OrderedDict()
        self._waiting = 0
        self._events_per_record = 1.0
        # What may still be read in this turn.
        self._head_is_next = False
        self._head_reached = False
        self._crowded = False  # the head waits until some organizations have nothing undecided left
        self._to_scan = self._slices = self._refills = 0
        for org, rest in cursor.behind.items():
            self._park(self._seat(org), rest)
        self._begin_turn()

    # Reading

    def wants(self) -> Want | None:
        """What to read next, None if enough was read in this turn. Head and catch-up take turns; neither can use up the other's."""
        self._head_is_next = not self._head_is_next
        if self._head_is_next:
            return self._wants_head() or self._wants_catch_up()
        return self._wants_catch_up() or self._wants_head()

    def give(self, want: Want, records: Sequence[StoredRecord], looked_to: int) -> None:
        """What the read of `want` returned: its records, and the offset up to which the partition was looked through."""
        if records:
            events = sum(len(stored.record.events) for stored in records)
            self._events_per_record += 0.3 * (events / len(records) - self._events_per_record)
        if want.catch_up:
            self._give_catch_up(want, records, looked_to)
        elif want.after == self._read_to:
            self._give_head(want, records, looked_to)

    def _wants_head(self) -> Want | None:
        if self._head_reached or self._to_scan <= 0 or (self._crowded and not self._has_room(_ROOM_AFTER_CROWDING)):
            return None
        self._crowded = False
        return Want(self._read_to, self._records_for(_EVENTS_AT_ONCE))

    def _give_head(self, want: Want, records: Sequence[StoredRecord], looked_to: int) -> None:
        self._to_scan -= max(1, len(records))
        # A short read means that there is no more for now: looking again would cost a round trip in every turn.
        self._head_reached = len(records) * 4 < want.limit
        seats = self._seats
        for stored in records:
            seat = seats.get(stored.record.org)
            if seat is None and stored.record.events:
                if not self._has_room():
                    self._head_reached = self._crowded = True
                    looked_to = stored.offset - 1
                    break
                seat = self._seat(stored.record.org)
            if seat is None or seat.rest is not None:
                continue
            rest = self._keep(seat, stored, 0)
            if rest is not None:
                self._park(seat, rest)
        self._read_to = max(self._read_to, looked_to)

    def _wants_catch_up(self) -> Want | None:
        share = self._share()
        if self._slices > 0:
            self._slices -= 1
            want = self._wants_shared(share) or self._wants_slice(0, share)
            if want:
                return want
            self._slices = 0
        if self._refills > 0 and self._waiting + share <= self._limits.total:
            self._refills -= 1
            return self._wants_slice(share // 2, share)
        return None

    def _wants_slice(self, most: int, share: int) -> Want | None:
        """A slice of the organization that has waited longest for one, of those with at most `most` inputs left in memory."""
        for org, seat in self._parked.items():
            if len(seat.waiting) <= most and seat.rest is not None:
                self._parked.move_to_end(org)
                limit = self._records_for(share - len(seat.waiting))
                return Want(seat.rest[0] - 1, limit, org, self._read_to, catch_up=True)
        return None

    def _wants_shared(self, share: int) -> Want | None:
        """One unfiltered read for all, where several stand near each other, as when the whole partition is behind.

        Every other slice at most, so that one who stands far from the others is read too.
        """
        parked = self._parked.values()
        if self._slices % 2 or len(parked) < _NEIGHBOURS:
            return None
        places = [seat.rest[0] for seat in parked if seat.rest is not None and not seat.waiting]
        enough = max(_NEIGHBOURS, len(parked) // 4)
        if len(places) < enough:
            return None
        first, limit = min(places), self._records_for(min(_EVENTS_AT_ONCE, share * len(parked)))
        if sum(place < first + limit for place in places) < enough:
            return None
        return Want(first - 1, limit, None, self._read_to, catch_up=True)

    def _give_catch_up(self, want: Want, records: Sequence[StoredRecord], looked_to: int) -> None:
        """Every parked organization whose rest begins in what was read takes its part of it, as far as there is room."""
        parked = self._parked
        candidates = self._parked.values() if want.org is None else filter(None, [parked.get(want.org)])
        rests = {seat.org: seat.rest for seat in candidates if seat.rest is not None and seat.rest[0] > want.after}
        for stored in records:
            org, offset = stored.record.org, stored.offset
            rest = rests.get(org)
            if rest is None or offset < rest[0]:
                continue
            seat = parked[org]
            if seat.rest == rest:
                left_out = self._keep(seat, stored, rest[1] if offset == rest[0] else 0)
                rests[org] = seat.rest = left_out or (offset + 1, 0)
                if not left_out:
                    continue
            del rests[org]  # it has no room for more, or had to give back what this read gave it
        for org, rest in rests.items():
            seat = parked[org]
            if seat.rest == rest:
                seat.rest = max(rest, (looked_to + 1, 0))
                if seat.rest[0] > self._read_to:
                    self._unpark(seat)

    # Deciding

    def take(self, limit: int = 40) -> list[Input]:
        """The next inputs to decide, at most `limit`, fair between organizations and in order within each. Begins a new turn."""
        self._begin_turn()
        if self._waiting:
            taken, left = self._turns.take(min(limit, self._waiting))
            self._waiting -= len(taken)
        else:
            taken, left = [], self._turns.dismiss_idle()
        for seat in left:
            if seat.rest is None:
                del self._seats[seat.org]
        return taken

    def charge(self, org: str, cost: float, inputs: int = 1) -> None:
        """Deciding these inputs of the organization took `cost` microseconds in all. To be told before the next `take`."""
        self._turns.charge(org, self._seats.get(org), cost, inputs)

    def give_back(self, inputs: Sequence[Input]) -> None:
        """These inputs, taken last and given here in the order they were taken, are not decided. They will be taken again, first."""
        for given in reversed(inputs):
            seat = self._seats.get(given.org) or self._seat(given.org)
            seat.waiting.appendleft(given)
            self._waiting += 1
            self._turns.refund(given.org, seat, 1)
            self._turns.sit(seat)

    def cursor(self, next_id: int) -> Cursor:
        """The cursor to commit with the outputs of everything taken (and not given back). `next_id` is the caller's counter."""
        behind: dict[str, tuple[int, int]] = {}
        for org, seat in self._seats.items():
            if seat.waiting:
                first = seat.waiting[0].position
                behind[org] = (first.offset, first.index)
            elif seat.rest is not None:
                behind[org] = seat.rest
        return Cursor(self._read_to, behind, next_id)

    # Status

    @property
    def read_to(self) -> int:
        """The offset up to which the head was read."""
        return self._read_to

    @property
    def waiting(self) -> int:
        """Inputs in memory that are not taken."""
        return self._waiting

    def parked(self) -> list[Parked]:
        """Organizations with a backlog in the log, for status pages."""
        return [
            Parked(org, len(seat.waiting), seat.rest[0]) for org, seat in self._parked.items() if seat.rest is not None
        ]

    def _records_for(self, events: int) -> int:
        return min(_RECORDS_AT_ONCE, int(events / self._events_per_record) + 1)

    # Memory

    def _begin_turn(self) -> None:
        self._head_is_next = False
        self._head_reached = False
        self._to_scan = self._limits.scan
        self._slices = _SLICES
        self._refills = _REFILLS

    def _seat(self, org: str) -> Seat:
        seat = self._seats[org] = self._turns.open_seat(org)
        return seat

    def _park(self, seat: Seat, rest: tuple[int, int]) -> None:
        seat.rest = rest
        self._parked[seat.org] = seat

    def _unpark(self, seat: Seat) -> None:
        seat.rest = None
        del self._parked[seat.org]
        if not seat.seated:
            del self._seats[seat.org]

    def _keep(self, seat: Seat, stored: StoredRecord, start: int) -> tuple[int, int] | None:
        """Take the record's events from `start` on into memory; returns the place of the first that there was no room for."""
        record, offset = stored.record, stored.offset
        events, waiting = record.events, seat.waiting
        needed = len(events) - start
        if self._waiting + needed > self._limits.total:
            self._shrink(seat)
        room = min(self._share() - len(waiting), self._limits.total - self._waiting)
        kept = max(0, min(needed, room))
        org, kind, actor, recorded_on, partition = (
            record.org,
            record.kind,
            record.actor,
            record.recorded_on,
            self._partition,
        )
        for index in range(start, start + kept):
            position = Position(partition, offset, index)
            waiting.append(Input(org, position, kind, events[index], actor, recorded_on))
        if kept:
            self._waiting += kept
            if not seat.seated:
                self._turns.sit(seat)
        return None if kept == needed else (offset, start + kept)

    def _share(self) -> int:
        """How many inputs one organization may have in memory now."""
        return min(self._limits.window, self._limits.total // (len(self._seats) or 1)) or 1

    def _shrink(self, spared: Seat) -> None:
        """Memory is full: who holds more than a share gives the newest back to the log, a quarter of the share more than needed."""
        share = self._share()
        for seat in self._seats.values():
            if len(seat.waiting) > share and seat is not spared:
                last = seat.waiting[-1].position
                for _ in range(len(seat.waiting) - max(1, share - share // 4)):
                    last = seat.waiting.pop().position
                    self._waiting -= 1
                self._park(seat, (last.offset, last.index))

    def _has_room(self, share_of_all: float = 0.0) -> bool:
        """Whether another organization may have something undecided. Seats that are empty and only pay their debts make room."""
        most = self._limits.organizations * (1 - share_of_all)
        if len(self._seats) >= most:
            for seat in self._turns.dismiss_idle():
                if seat.rest is None:
                    del self._seats[seat.org]
        return len(self._seats) < most
