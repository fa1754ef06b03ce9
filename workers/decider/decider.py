"""The only writer of decisions: reads inputs fairly, decides them in batches, and commits outputs and cursor in one step.

While a batch is being committed the next one is decided, upon decisions that are not durable yet. So a commit that fails takes with it all
that was decided after it: the partition is dropped, state and reader with it, and whoever owns it then begins from the log.

What a kill leaves behind: before the commit nothing (inputs are decided again); after it, the decisions stand in the log and the
state store lags behind, which the next owner makes good by folding them. The state store is told only when nothing is under way.
"""

import logging
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime
from time import perf_counter

from commands.catalogue import USE_CASES
from domain.errors import Fenced, Unavailable
from domain.events.record import OUTPUT_KINDS, Record
from domain.ports.event_log import DeciderSession, EventLog
from domain.ports.state_store import StateStore
from workers.decider.committing import Batch, Committing
from workers.decider.cursor import Cursor
from workers.decider.decide import decide
from workers.decider.fair_reading import FairReader
from workers.decider.partition_state import PartitionState
from workers.decider.turns import Input
from workers.decider.work_time import WorkTime

log = logging.getLogger(__name__)

BATCH = 40  # inputs in one commit: a quiet organization waits for at most two, and a quantum (see fair_reading)
BATCHES_IN_A_TURN = 8  # then nothing is under way, and the state store is told if that is due
UNSAVED_LIMIT = 2_000  # changed conversations per partition that may wait for the state store
SAVE_EVERY = 2.0  # seconds; what a take-over has to fold is what was decided in this time, what a busy contact changes in it is written once
FOLD_AT_ONCE = 1_000
CONVERSATIONS_KEPT = (
    20_000  # in memory, of all our partitions: the others are read again from the state store when they are needed
)


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
    """`beside` commits while the next batch is decided; without it a commit takes place when the next batch is decided."""

    def __init__(
        self,
        event_log: EventLog,
        store: StateStore,
        now: Callable[[], datetime],
        member: str,
        beside: Executor | None = None,
    ) -> None:
        self._committing = Committing(beside)
        self._log = event_log
        self._store = store
        self._now = now
        self._member = member
        self._session: DeciderSession | None = None
        self._owned: dict[int, _Owned] = {}
        self._saved_at = perf_counter()
        self._work_time = WorkTime()
        self.decided = 0

    def step(self, timeout: float = 0.5) -> int:
        """One turn over the owned partitions. Returns how many inputs were decided; waits up to `timeout` seconds if there were none.

        Raises Unavailable; and UnknownEvent when an input or a stored state is of a newer program. Whatever it raises, it has left the
        group: what was taken and not committed is read again.
        """
        try:
            session = self._joined()
            decided = self._turn(session)
            self._save_when_due()
            if not decided:
                session.wait(timeout)
            return decided
        except Unavailable as outage:
            log.warning("The log or the state store is away: %s", outage, extra={"action": "decider_waits"})
            self._leave()
            raise
        except Fenced:
            log.info("A partition was taken over while we took it over", extra={"action": "decider_fenced"})
            self._leave()
            return 0
        except Exception:
            self._leave()  # somebody newer may take over; or we, from what the log says
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
        self._work_time.close()

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
            if state.unsaved > UNSAVED_LIMIT:  # a state store that lost much is no reason to need much memory
                state.save()
                state.forget(self._room(state))
        state.save()
        return _Owned(partition, self._log.partitions, cursor, state)

    # ---- a batch -----------------------------------------------------------------------------------------------------------

    def _turn(self, session: DeciderSession) -> int:
        """Batch after batch, of each partition in turn, until nobody has anything waiting or it is time to tell the state store."""
        before, batches, went_on = self.decided, 0, True
        decided: Batch | None = None
        try:
            while went_on and batches < BATCHES_IN_A_TURN:
                went_on = False
                self._settle()
                self._take_assignment(session)  # by this it also learns of new inputs
                for owned in list(self._owned.values()):
                    self._settle()
                    if decided and owned.reader.waiting < BATCH:
                        # No backlog: what comes in during this commit makes the next batch larger, and the work less.
                        self._begin(session, decided)
                        self._settle()
                        decided = None
                    if inputs := self._take(session, owned):
                        self._begin(session, decided)
                        decided = self._decide(owned, inputs)
                        batches += 1
                        went_on = True
            self._settle()
            self._begin(session, decided)
            self._settle()
        finally:
            self._committing.abandon()
        return self.decided - before

    def _take(self, session: DeciderSession, owned: _Owned) -> list[Input]:
        if not self._is_owned(owned):
            return []
        reader = owned.reader
        while want := reader.wants():
            reader.give(want, *session.read(owned.partition, want.after, want.limit, org=want.org, until=want.until))
        return reader.take(BATCH)

    def _decide(self, owned: _Owned, inputs: list[Input]) -> Batch:
        _prefetch(owned.state, inputs)
        outputs: list[Record] = []
        for given in inputs:
            began = self._work_time()
            outputs.extend(decide(given, owned.state, owned.next_id, self._now()))
            owned.reader.charge(given.org, (self._work_time() - began) * 1e6)
        return Batch(owned, len(inputs), outputs, owned.reader.cursor(owned.counter).encode())

    def _begin(self, session: DeciderSession, batch: Batch | None) -> None:
        """Of a partition that was lost since, nothing is committed: its batch was decided upon what the log refused."""
        if batch is not None and self._is_owned(batch.owned):
            self._committing.begin(
                lambda batch: session.commit(batch.owned.partition, batch.outputs, batch.cursor), batch
            )

    def _settle(self) -> None:
        """Wait for the commit under way, if there is one."""
        batch = self._committing.under_way
        if batch is None:
            return
        owned = batch.owned
        try:
            positions = self._committing.settle()
        except Fenced:
            log.info("Partition %s has another owner now", owned.partition, extra={"action": "decider_fenced"})
            self._owned.pop(owned.partition, None)
            return
        if positions:
            owned.state.position = positions[-1].offset
        self.decided += batch.inputs

    def _is_owned(self, owned: _Owned) -> bool:
        return self._owned.get(owned.partition) is owned

    def _save_when_due(self) -> None:
        due = perf_counter() - self._saved_at > SAVE_EVERY
        for owned in list(self._owned.values()):
            if owned.state.unsaved > UNSAVED_LIMIT or (due and owned.state.unsaved):
                try:
                    owned.state.save()
                except Fenced:
                    self._owned.pop(owned.partition, None)
        if due:
            self._forget()
            self._saved_at = perf_counter()

    def _forget(self) -> None:
        for owned in self._owned.values():
            if not owned.state.unsaved:
                owned.state.forget(self._room(owned.state))

    def _room(self, state: PartitionState) -> int:
        """What the other partitions leave, and never less than a fair share."""
        others = [owned.state for owned in self._owned.values() if owned.state is not state]
        return max(CONVERSATIONS_KEPT // (len(others) + 1), CONVERSATIONS_KEPT - sum(each.known for each in others))


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
