"""The only writer of decisions: reads inputs fairly, decides them in batches, and commits outputs and cursor in one step.

What a kill leaves behind: before the commit nothing (inputs are decided again, by whoever owns the partition then); after it,
the decisions stand in the log and the state store lags behind, which the next owner makes good by folding them.
If it is unknown whether a commit took place, the partition is taken up anew from the log.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from time import perf_counter

from commands.catalogue import USE_CASES
from domain.errors import Fenced, Unavailable, UnknownEvent
from domain.events.record import OUTPUT_KINDS, Position, Record
from domain.ports.event_log import DeciderSession, EventLog
from domain.ports.state_store import StateStore
from workers.decider.cursor import Cursor
from workers.decider.decide import decide
from workers.decider.fair_reading import FairReader
from workers.decider.partition_state import PartitionState
from workers.decider.turns import Input

log = logging.getLogger(__name__)

BATCH = 48  # inputs between two commits: bounds what a quiet organization waits for (see fair_reading)
UNSAVED_LIMIT = 2_000  # changed conversations per partition that may wait for the state store
SAVE_EVERY = 2.0  # seconds; what a take-over has to fold is what was decided in this time, what a busy contact changes in it is written once
FOLD_AT_ONCE = 1_000


class _Owned:
    """One partition we own: its reader, its state, and its counter for integer ids."""

    def __init__(self, partition: int, partitions: int, cursor: Cursor, state: PartitionState) -> None:
        self.partition = partition
        self.partitions = partitions
        self.reader = FairReader(partition, cursor)
        self.state = state
        self.counter = cursor.next_id

    def next_id(self) -> int:
        number = self.counter * self.partitions + self.partition
        self.counter += 1
        return number


class Decider:
    def __init__(self, event_log: EventLog, store: StateStore, now: Callable[[], datetime], member: str) -> None:
        self._log = event_log
        self._store = store
        self._now = now
        self._member = member
        self._session: DeciderSession | None = None
        self._owned: dict[int, _Owned] = {}
        self._saved_at = perf_counter()
        self.decided = 0
        self.busy_seconds = 0.0

    def step(self, timeout: float = 0.5) -> int:
        """One turn over the owned partitions. Returns how many inputs were decided; waits up to `timeout` seconds if there were none.

        Raises Unavailable; and UnknownEvent, having left the group, when an input or a stored state is of a newer program.
        """
        try:
            session = self._joined()
            self._take_assignment(session)
            decided = sum(self._turn(session, owned) for owned in list(self._owned.values()))
            self._save_when_due()
            if not decided:
                session.wait(timeout)
            return decided
        except Unavailable as outage:
            log.warning("The log or the state store is away: %s", outage, extra={"action": "decider_waits"})
            self._leave()
            raise
        except UnknownEvent:
            self._leave()  # somebody newer may take over
            raise

    def parked(self) -> dict[int, int]:
        """Per partition, how many organizations are parked."""
        return {number: len(owned.reader.parked()) for number, owned in self._owned.items()}

    def close(self) -> None:
        """Write what the state store lacks and leave the group."""
        for owned in list(self._owned.values()):
            try:
                owned.state.save()
            except (Fenced, Unavailable):
                pass  # the log has it; the next owner folds it
        self._leave()

    # ---- membership --------------------------------------------------------------------------------------------------------

    def _joined(self) -> DeciderSession:
        if self._session is None:
            self._session = self._log.own(self._member)
        return self._session

    def _leave(self) -> None:
        self._owned.clear()
        session, self._session = self._session, None
        if session is not None:
            try:
                session.close()
            except Unavailable:
                pass  # what is gone need not be left

    def _take_assignment(self, session: DeciderSession) -> None:
        change = session.assignment()
        for partition in change.lost:
            self._owned.pop(partition, None)
        for partition, cursor in change.gained.items():
            self._owned[partition] = self._take_over(partition, Cursor.decode(cursor))

    def _take_over(self, partition: int, cursor: Cursor) -> _Owned:
        state = PartitionState(partition, self._store)
        while records := self._log.read(partition, state.position, FOLD_AT_ONCE, OUTPUT_KINDS):
            state.fold(records)
        state.save()
        return _Owned(partition, self._log.partitions, cursor, state)

    # ---- a batch -----------------------------------------------------------------------------------------------------------

    def _turn(self, session: DeciderSession, owned: _Owned) -> int:
        reader = owned.reader
        while want := reader.wants():
            reader.give(want, *session.read(owned.partition, want.after, want.limit, org=want.org, until=want.until))
        inputs = reader.take(BATCH)
        if not inputs:
            return 0
        began = perf_counter()
        try:
            outputs = self._decide(owned, inputs)
            positions = session.commit(owned.partition, outputs, reader.cursor(owned.counter).encode())
        except Fenced:
            log.info("Partition %s has another owner now", owned.partition, extra={"action": "decider_fenced"})
            self._owned.pop(owned.partition, None)
            return 0
        self._committed(owned, positions)
        self.decided += len(inputs)
        self.busy_seconds += perf_counter() - began
        return len(inputs)

    def _decide(self, owned: _Owned, inputs: list[Input]) -> list[Record]:
        _prefetch(owned.state, inputs)
        outputs: list[Record] = []
        for given in inputs:
            began = perf_counter()
            outputs.extend(decide(given, owned.state, owned.next_id, self._now()))
            owned.reader.charge(given.org, (perf_counter() - began) * 1e6)
        return outputs

    def _committed(self, owned: _Owned, positions: list[Position]) -> None:
        if positions:
            owned.state.position = positions[-1].offset

    def _save_when_due(self) -> None:
        due = perf_counter() - self._saved_at > SAVE_EVERY
        for owned in list(self._owned.values()):
            if owned.state.unsaved > UNSAVED_LIMIT or (due and owned.state.unsaved):
                try:
                    owned.state.save()
                except Fenced:
                    self._owned.pop(owned.partition, None)
        if due:
            self._saved_at = perf_counter()


def _prefetch(state: PartitionState, inputs: list[Input]) -> None:
    uuids: list[tuple[str, str]] = []
    urns: list[tuple[str, str]] = []
    for given in inputs:
        use_case = USE_CASES.get(given.event["type"])
        if use_case is None:
            continue
        try:
            needs = use_case.needs(given.event["data"])
        except (KeyError, TypeError, AttributeError):
            continue  # deciding it will say what is wrong with it
        uuids.extend((given.org, uuid) for uuid in needs.uuids)
        urns.extend((given.org, urn) for urn in needs.urns)
    if uuids or urns:
        state.prefetch(uuids, urns)
