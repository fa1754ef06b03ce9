"""Finds requests in the log. At its start it also looks at answers, so that what was answered before a crash isn't asked again."""

from collections.abc import Callable, Iterator, Sequence

from domain.events.record import Kind, StoredRecord
from domain.ports.event_log import EventLog, Follower
from domain.ports.feed_cursor import FeedCursor
from workers.effects.unanswered import Waiting

AT_ONCE = 1_000
MOST_GAP = (
    1_000  # offsets without records that may stand behind the last one; a cursor that is further on is of another log
)
_CATCHING_UP: tuple[Kind, ...] = ("decision", "fact")


class RequestReader:
    """Used by one thread. `positions` is where it stands in each partition."""

    def __init__(self, event_log: EventLog, cursor: FeedCursor, name: str, claim_seconds: float) -> None:
        self._log = event_log
        self._cursor = cursor
        self._name = name
        self._claim_seconds = claim_seconds
        self._follower: Follower | None = None
        self.positions: dict[int, int] = {}

    def claim(self) -> bool:
        """Whether this process is the one that calls; renew it every few seconds."""
        return self._cursor.claim(self._name, self._claim_seconds)

    def catch_up(self, keep: Callable[[], object]) -> list[Waiting]:
        """What is open of all that stands in the log now. `keep` is called between reads, to renew the claim."""
        saved = self._cursor.read()
        found: dict[str, Waiting] = {}
        for partition, head in self._log.heads().items():
            after = saved.get(partition, -1)
            after = after if after <= head + MOST_GAP else -1
            while after < head:
                records = self._log.read(partition, after, AT_ONCE, _CATCHING_UP)
                for waiting in requests(records):
                    found[waiting.uuid] = waiting
                for uuid in answered(records):
                    found.pop(uuid, None)
                last = records[-1].offset if records else after
                after = last if len(records) == AT_ONCE else max(head, last)
                keep()
            self.positions[partition] = after
        self._follower = self._log.follow(self.positions, ("decision",))
        return list(found.values())

    def poll(self, timeout: float) -> tuple[list[Waiting], set[str]]:
        """New requests, and those whose calls ended."""
        assert self._follower is not None
        records = self._follower.poll(timeout, AT_ONCE)
        self.positions = dict(self._follower.positions())
        return list(requests(records)), set(answered(records))

    def again(self, waiting: Waiting) -> Waiting | None:
        """The whole request of which only the place was kept."""
        records = self._log.read(waiting.partition, waiting.offset - 1, 1, ("decision",))
        return next((each for each in requests(records) if each.uuid == waiting.uuid), None)

    def save(self, positions: dict[int, int]) -> bool:
        return self._cursor.save(self._name, positions)

    def close(self) -> None:
        if self._follower is not None:
            self._follower.close()
        self._follower = None

    def release(self) -> None:
        self._cursor.release(self._name)


def requests(records: Sequence[StoredRecord]) -> Iterator[Waiting]:
    for stored in records:
        record = stored.record
        for event in record.events:
            if event["type"] == "service_requested":
                request = event["data"]["request"]
                yield Waiting(
                    record.org,
                    event["of"],
                    request["uuid"],
                    stored.partition,
                    stored.offset,
                    record.recorded_on,
                    request,
                )


def answered(records: Sequence[StoredRecord]) -> Iterator[str]:
    for stored in records:
        for event in stored.record.events:
            if event["type"] in ("service_call_ended", "service_answered"):
                yield event["data"]["request"]
