"""Brings outcomes home: first noted in the queue, then appended to the log, then the message is done.

Many at once: one note, one append (a record per organization), one `done`. Notes go on while an append waits: two threads use it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from domain.events.record import Event, Kind, Record
from domain.ports.event_log import EventLog
from domain.ports.fair_queue import FairQueue, MessageKey
from workers.sender.settlement import Settlement

ACTOR = "sender"
_EVENTS_AT_ONCE = 500  # in one record: brokers refuse records of a megabyte


@dataclass(slots=True)
class Batch:
    """Settlements that go home together. `stage` is what is to be done next: a step that can't be done is done again later."""

    settlements: Sequence[Settlement]
    stage: int = 0


class Settler:
    """`micros` is the clock in microseconds since 1970."""

    def __init__(self, log: EventLog, queue: FairQueue, micros: Callable[[], int]) -> None:
        self._log = log
        self._queue = queue
        self._micros = micros

    def bring_home(self, batch: Batch) -> None:
        """Note, append, finish. Raises Unavailable when the queue or the log can't be reached; call it again then."""
        stages = (self.note, self.append, self.finish)
        while batch.stage < len(stages):
            stages[batch.stage](batch.settlements)
            batch.stage += 1

    def note(self, batch: Sequence[Settlement]) -> None:
        self._queue.note_outcomes({each.key: each.note for each in batch if each.note})

    def append(self, batch: Sequence[Settlement]) -> None:
        """If it isn't known whether it was done it is done again: readers know repetitions by their ids."""
        now = self._micros()
        records = [*self._records(batch, "report", now), *self._records(batch, "fact", now)]
        if records:
            self._log.append(records)

    def finish(self, batch: Sequence[Settlement]) -> None:
        """What is in the log is forgotten here, or waits for its next attempt. May be repeated."""
        now = self._micros()
        queue = self._queue
        payloads = {each.key: each.payload for each in batch if each.payload}
        if payloads:
            queue.change_payloads(payloads)
        done = [each.key for each in batch if each.is_end]
        if done:
            queue.done(done, now)
        for each in batch:
            if each.rest_until is not None:
                queue.throttle(each.key.org, each.channel, each.rest_until, now)
                queue.give_back([each.key], now)
        for when, keys in _by_time((each.retry_at, each.key) for each in batch):
            queue.retry_at(keys, when, now)
        for when, keys in _by_time((each.not_before, each.key) for each in batch):
            queue.put_off(keys, when, now)

    def recover(self, worker: str, except_for: Iterable[MessageKey] = ()) -> int:
        """Append what was noted by this worker's earlier life or by one that died; returns how many. `except_for`: what this life
        has under way, as it is at any time.
        """
        ours = set(except_for)
        noted = self._queue.noted(worker, self._micros())
        ours.update(except_for)  # what was taken and noted meanwhile
        found = [
            Settlement.of_note(MessageKey(each.org, each.id), each.outcome)
            for each in noted
            if (each.org, each.id) not in ours
        ]
        if found:
            self.append(found)
            self.finish(found)
        return len(found)

    def _records(self, batch: Sequence[Settlement], kind: Kind, now: int) -> list[Record]:
        by_org: dict[str, list[Event]] = {}
        for each in batch:
            events = each.reports if kind == "report" else each.facts
            if events:
                by_org.setdefault(each.key.org, []).extend(events)
        return [
            Record(org, kind, tuple(events[at : at + _EVENTS_AT_ONCE]), now, ACTOR)
            for org, events in by_org.items()
            for at in range(0, len(events), _EVENTS_AT_ONCE)
        ]


def _by_time(waiting: Iterable[tuple[int | None, MessageKey]]) -> Iterable[tuple[int, list[MessageKey]]]:
    """Those that wait for a time, by the time."""
    found: dict[int, list[MessageKey]] = {}
    for when, key in waiting:
        if when is not None:
            found.setdefault(when, []).append(key)
    return found.items()
