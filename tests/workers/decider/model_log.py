"""A little model of one partition and of the decider's loop over it, which can be stopped dead after any of its steps."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator

from domain.events.record import Position, Record, StoredRecord
from workers.decider.cursor import Cursor
from workers.decider.fair_reading import FairReader, Limits
from workers.decider.turns import Input

PARTITION = 3


class ModelLog:
    """Inputs and decisions of one partition. Decisions take offsets as in the real log; readers of inputs pass over them."""

    def __init__(self) -> None:
        self.offsets: list[int] = []
        self.inputs: list[StoredRecord | None] = []
        self.cursor = b""
        self.decided: list[tuple[str, Position]] = []
        self._next = 0

    def append(self, org: str, events: int = 1, gap: int = 0) -> None:
        offset = self._next + gap
        record = Record(org, "fact", tuple({"type": "tick", "n": n} for n in range(events)), 1_000 + offset, "door:EX")
        self._add(offset, StoredRecord(PARTITION, offset, record))

    def commit(self, inputs: list[Input], cursor: bytes) -> None:
        for each in inputs:
            self.decided.append((each.org, each.position))
            self._add(self._next, None)
        self.cursor = cursor

    def read(
        self, after: int, limit: int, org: str | None = None, until: int | None = None
    ) -> tuple[list[StoredRecord], int]:
        found: list[StoredRecord] = []
        looked = after
        for place in range(bisect_right(self.offsets, after), len(self.offsets)):
            offset, stored = self.offsets[place], self.inputs[place]
            if len(found) >= limit:
                break
            if until is not None and offset > until:
                return found, max(after, until)
            looked = offset
            if stored is not None and (org is None or stored.record.org == org):
                found.append(stored)
        return found, looked

    def expected(self) -> dict[str, list[Position]]:
        """Per organization, the positions of all its inputs, in order."""
        positions = defaultdict(list)
        for stored in self.inputs:
            if stored is not None:
                org, events = stored.record.org, stored.record.events
                positions[org] += [Position(PARTITION, stored.offset, index) for index in range(len(events))]
        return dict(positions)

    def decided_by_org(self) -> dict[str, list[Position]]:
        positions = defaultdict(list)
        for org, position in self.decided:
            positions[org].append(position)
        return dict(positions)

    def _add(self, offset: int, stored: StoredRecord | None) -> None:
        self.offsets.append(offset)
        self.inputs.append(stored)
        self._next = offset + 1


class ModelDecider:
    """The loop of the decider, step by step."""

    def __init__(
        self, log: ModelLog, limits: Limits, batch: int, cost: Callable[[str], float] = lambda org: 200.0
    ) -> None:
        self.log = log
        self.limits = limits
        self.batch = batch
        self.cost = cost
        self.reads = 0
        self.restart()

    def restart(self) -> None:
        self.reader = FairReader(PARTITION, Cursor.decode(self.log.cursor), self.limits)

    def turn(self, undecided: int = 0) -> Iterator[str]:
        """One turn, a step at a time; the last `undecided` inputs of the batch are given back instead of decided."""
        while want := self.reader.wants():
            self.reads += 1
            yield "wanted"
            read = self.log.read(want.after, want.limit, want.org, want.until)
            yield "read"
            self.reader.give(want, *read)
            yield "given"
        taken = self.reader.take(self.batch)
        yield "taken"
        kept = max(0, len(taken) - undecided)
        self.reader.give_back(taken[kept:])
        for each in taken[:kept]:
            self.reader.charge(each.org, self.cost(each.org))
        yield "decided"
        if kept:
            self.log.commit(taken[:kept], self.reader.cursor(7).encode())
        yield "committed"

    def whole_turn(self, undecided: int = 0) -> None:
        for _ in self.turn(undecided):
            pass
