"""What the cases say to a log, and how they wait for what it shows."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import pytest

from domain.errors import Unavailable
from domain.events.partitioning import partition_of
from domain.events.record import Kind, Position, Record, StoredRecord
from domain.ports.event_log import DeciderSession, EventLog

PARTITIONS = 4
PATIENCE = 1.5
SECONDS_TO_WAIT = 120.0

ORGS = [f"0192fc2e-0000-7000-8000-{number:012d}" for number in range(24)]
BY_PARTITION: dict[int, list[str]] = defaultdict(list)
for _org in ORGS:
    BY_PARTITION[partition_of(_org, PARTITIONS)].append(_org)
HERE = 0  # the partition of ORG and NEIGHBOUR
ORG, NEIGHBOUR = BY_PARTITION[HERE][:2]
ELSEWHERE = BY_PARTITION[1][0]

T = TypeVar("T")
OpenLog = Callable[[], EventLog]


def record(org: str = ORG, kind: Kind = "fact", text: str = "hi", cause: Position | None = None) -> Record:
    event = {
        "type": "message_received",
        "version": 1,
        "id": "0192fc2e-6d9c-7bd5-8f5c-000000000000",
        "data": {"text": text},
    }
    return Record(org, kind, (event,), 1_790_000_000_000_000, "test", cause)


def decision(text: str, org: str = ORG) -> Record:
    return record(org, "decision", text, Position(HERE, 0, 0))


def texts(records: Iterable[StoredRecord]) -> list[str]:
    return [event["data"]["text"] for stored in records for event in stored.record.events]


def eventually(ask: Callable[[], T], what: str) -> T:
    """The first answer that is true. Fails after SECONDS_TO_WAIT; an outage meanwhile is waited for."""
    deadline = time.monotonic() + SECONDS_TO_WAIT
    while True:
        try:
            answer = ask()
        except Unavailable:
            answer = None
        if answer:
            return answer
        assert time.monotonic() < deadline, f"not in {SECONDS_TO_WAIT} seconds: {what}"
        time.sleep(0.005)


def gains(session: DeciderSession, wanted: Iterable[int] = range(PARTITIONS)) -> dict[int, bytes]:
    """What the session gains until it has gained all that is wanted."""
    gained: dict[int, bytes] = {}

    def all_there() -> bool:
        gained.update(session.assignment().gained)
        return gained.keys() >= set(wanted)

    eventually(all_there, f"the session gains {set(wanted)}")
    return gained


def sees_cursors(log: EventLog, wanted: Mapping[int, bytes]) -> bool:
    """What is committed is seen by others in a moment (on Kafka when the transaction's marks are written)."""
    return bool(eventually(lambda: log.cursors() == wanted, f"the cursors are {wanted!r:.200}"))


def everything(log: EventLog, partition: int = HERE, kinds: Iterable[Kind] | None = None) -> list[StoredRecord]:
    return log.read(partition, -1, 100_000, kinds)


def shown(log: EventLog, count: int, partition: int = HERE, kinds: Iterable[Kind] | None = None) -> list[StoredRecord]:
    """All records of the partition as soon as there are so many."""

    def enough() -> list[StoredRecord]:
        found = everything(log, partition, kinds)
        return found if len(found) >= count else []

    return eventually(enough, f"{count} records are visible in partition {partition}")


def polled(follower, count: int) -> list[StoredRecord]:
    found: list[StoredRecord] = []

    def enough() -> bool:
        found.extend(follower.poll(0.2))
        return len(found) >= count

    eventually(enough, f"{count} records are given")
    return found


def inputs_of(session: DeciderSession, after: int = -1, count: int = 1, **wanted) -> list[StoredRecord]:
    """Inputs read slice by slice until there are so many; checks that the reader always moves forward."""
    found: list[StoredRecord] = []
    looked = after

    def enough() -> bool:
        nonlocal looked
        records, reached = session.read(HERE, looked, 100, **wanted)
        assert reached >= looked
        assert all(looked < each.offset <= reached for each in records)
        found.extend(records)
        looked = reached
        if len(found) < count:
            session.wait(0.05)
        return len(found) >= count

    eventually(enough, f"{count} inputs are read")
    return found


class OpenedLog:
    @pytest.fixture
    def open_log(self) -> OpenLog:
        raise NotImplementedError("bind the suite to an adapter: override the fixture `open_log`")

    @pytest.fixture
    def log(self, open_log: OpenLog) -> EventLog:
        return open_log()
