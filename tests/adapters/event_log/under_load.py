"""Inputs that flow and deciders that answer each with one decision, while a test does something to the log beneath them."""

import contextlib
import time
from threading import Event as Signal
from threading import Thread

from domain.errors import Fenced, Unavailable
from domain.events.partitioning import partition_of
from domain.events.record import Position, Record, StoredRecord
from domain.ports.event_log import DeciderSession, EventLog
from tests.conformance.event_log_suite.asking import ORGS, PARTITIONS, eventually, everything, record, texts

_SECONDS_BETWEEN_CALLS = 0.03  # of one record per organization: less than the deciders can do, on a busy machine too
_SECONDS_BETWEEN_TRIALS = 0.1


class Writing(Thread):
    """Appends numbered inputs for every organization, as a door does: what was refused is repeated until it is taken."""

    def __init__(self, log: EventLog) -> None:
        super().__init__(daemon=True)
        self._log = log
        self._stopping = Signal()
        self.written = 0  # per organization
        self.refused = 0
        self.last = dict.fromkeys(range(PARTITIONS), -1)

    def run(self) -> None:
        while not self._stopping.wait(_SECONDS_BETWEEN_CALLS):
            positions = self._append([record(org, text=str(self.written)) for org in ORGS])
            self.written += 1
            for position in positions:
                self.last[position.partition] = position.offset

    def _append(self, records: list[Record]) -> list[Position]:
        while True:
            try:
                return self._log.append(records)
            except Unavailable:
                self.refused += 1
                time.sleep(_SECONDS_BETWEEN_TRIALS)

    def stop(self) -> None:
        self._stopping.set()
        self.join()


class Deciding(Thread):
    """A decider: every input it reads is answered by a decision, with its cursor (an offset) in the same step."""

    def __init__(self, log: EventLog, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self._log = log
        self._stopping = Signal()
        self._freezing = Signal()
        self._session: DeciderSession | None = None
        self.after: dict[int, int] = {}
        self.decided = 0

    def run(self) -> None:
        while not (self._stopping.is_set() or (self._freezing.is_set() and self.after)):
            try:
                self._turn()
            except Unavailable:
                self._leave()
                self._stopping.wait(_SECONDS_BETWEEN_TRIALS)

    def _turn(self) -> None:
        session = self._session = self._session or self._log.own(self.name)
        change = session.assignment()
        for partition in change.lost:
            self.after.pop(partition, None)
        for partition, cursor in change.gained.items():
            self.after[partition] = int(cursor or b"-1")
        if not sum([self._decide(session, partition) for partition in list(self.after)]):
            session.wait(0.02)

    def _decide(self, session: DeciderSession, partition: int) -> int:
        inputs, looked = session.read(partition, self.after[partition], 40)
        if inputs:
            try:
                session.commit(partition, [_answer(each) for each in inputs], b"%d" % looked)
            except Fenced:
                del self.after[partition]
                return 0
        self.after[partition] = looked
        self.decided += len(inputs)
        return len(inputs)

    def freeze(self) -> DeciderSession:
        """Stop looking while it owns something, without a word to the group; the session is still there."""
        self._freezing.set()
        self.join()
        assert self._session is not None
        return self._session

    def stop(self) -> None:
        self._stopping.set()
        self.join()
        self._leave()

    def _leave(self) -> None:
        self.after.clear()
        session, self._session = self._session, None
        if session is not None:
            with contextlib.suppress(Unavailable):
                session.close()


def _answer(stored: StoredRecord) -> Record:
    given = stored.record
    return Record(
        given.org, "decision", given.events, given.recorded_on, "test", Position(stored.partition, stored.offset, 0)
    )


def goes_on(*deciders: Deciding, inputs: int = 100) -> None:
    """Waits until these have decided so many more, together."""
    enough = sum(each.decided for each in deciders) + inputs
    names = ", ".join(each.name for each in deciders)
    eventually(lambda: sum(each.decided for each in deciders) >= enough, f"{inputs} more inputs are decided by {names}")


def shares(*deciders: Deciding) -> None:
    """Waits until these own all partitions, each of them something."""

    def shared() -> bool:
        owned = [list(each.after) for each in deciders]
        return all(owned) and sorted(sum(owned, [])) == list(range(PARTITIONS))

    eventually(shared, f"{', '.join(each.name for each in deciders)} share all partitions")


def check_every_input_was_decided_once_in_order(log: EventLog, writing: Writing) -> None:
    """To be called when the writing has stopped. Waits for the deciders to have done their work."""
    eventually(
        lambda: all(int(log.cursors().get(number, b"-1")) >= last for number, last in writing.last.items()),
        "everything is decided",
    )
    for partition in range(PARTITIONS):
        inputs = everything(log, partition, ("fact",))
        decisions = everything(log, partition, ("decision",))
        assert [each.record.cause.offset for each in decisions] == [each.offset for each in inputs]
        for org in (org for org in ORGS if partition_of(org, PARTITIONS) == partition):
            given = texts(each for each in inputs if each.record.org == org)
            assert len(given) - writing.written <= writing.refused
            assert list(dict.fromkeys(given)) == [str(number) for number in range(writing.written)]
