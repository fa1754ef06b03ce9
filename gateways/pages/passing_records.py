"""The newest records of the log, for people who watch it: what they are, never what they say (that is somebody's conversation)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from domain.events.record import StoredRecord
from domain.ports.event_log import EventLog

Records = Callable[[Mapping[int, int], int], Sequence[StoredRecord]]
"""(per partition the offset seen last, how many at most) -> records after those. A partition that is not named begins near its head."""

LEAST = 5  # records of a partition that one who begins to watch sees at once
_NAMED_EVENTS = 6


class PassingRecords:
    """`Records` over a log. A watcher who is far behind is taken to the head: it is a window, not a reader."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    def __call__(self, after: Mapping[int, int], limit: int) -> list[StoredRecord]:
        found: list[StoredRecord] = []
        for partition, head in self._log.heads().items():
            seen = after.get(partition, head - LEAST)
            if head > seen:
                found += self._log.read(partition, max(seen, head - limit), limit)
        return found


def summary(stored: StoredRecord) -> dict[str, Any]:
    """{partition, offset, at (microseconds since 1970), kind, actor, organization, events: {type: how many}, cause?}"""
    record = stored.record
    counts: dict[str, int] = {}
    for event in record.events:
        counts[event["type"]] = counts.get(event["type"], 0) + 1
    shown = dict(list(counts.items())[:_NAMED_EVENTS])
    rest = sum(counts.values()) - sum(shown.values())
    if rest:
        shown["…"] = rest
    said: dict[str, Any] = {
        "partition": stored.partition, "offset": stored.offset, "at": record.recorded_on, "kind": record.kind,
        "actor": record.actor, "organization": record.org, "events": shown,
    }  # fmt: skip
    if record.cause is not None:
        said["cause"] = str(record.cause)
    return said
