"""Following the Postgres event log: notifications say how far each partition has come, so quiet partitions are never asked."""

import time
from collections.abc import Callable, Mapping

from psycopg2.extensions import connection as Connection

from domain.events.record import Kind, StoredRecord
from infra.event_log.announcing import Announcing, parse_heads
from infra.event_log.postgres_connection import Listening, await_notification, notified
from infra.event_log.postgres_statements import BODY, channels_of, letters_of
from infra.event_log.wakes import Ear
from infra.event_log.wire_format import decode

# A wake is missed only if its sender dies between an append's commit and telling of it, or if there are too many to be heard.
SECONDS_BETWEEN_LOOKS = 1.0

# Under load a reader gathers: what comes in a few milliseconds costs one look instead of many.
BUSY = 16
GATHERING_SECONDS = 0.015
# Who was woken for others' partitions rests as long: a NOTIFY (not a wake of this machine's) is heard by all that share them.

_HEADS = "select partition, head from event_log.heads"
_RANGES = (
    f'select r.partition, r."offset", r.org, r.kind, {BODY}'
    " from unnest(%s::int[], %s::bigint[], %s::bigint[]) as wanted (partition, low, high)"
    ' join event_log.records r on r.partition = wanted.partition and r."offset" > wanted.low and r."offset" <= wanted.high'
)
_OF_KINDS = " where r.kind = any(%s)"
_IN_ORDER = ' order by r.partition, r."offset"'


class PostgresFollower:
    """Reads on and on; see the port."""

    def __init__(
        self,
        dsn: str,
        after: Mapping[int, int],
        kinds: frozenset[Kind] | None,
        announcing: Callable[[], Announcing] = Announcing,
    ) -> None:
        self._listening = Listening(dsn, "evenkeel follower", channels_of(kinds), self._learn_heads, self._take_place)
        self._announcing = announcing
        self._ear: Ear | None = None
        self._place: int | None = None
        self._after = dict(after)
        self._kinds = kinds
        self._heads: dict[int, int] = {}
        self._next_look = self._gather_until = 0.0

    def poll(self, timeout: float, limit: int = 1000) -> list[StoredRecord]:
        deadline = time.monotonic() + timeout
        time.sleep(max(0.0, min(self._gather_until, deadline) - time.monotonic()))
        was_woken = False
        while True:
            with self._listening.use() as connection:
                self._hear(connection)
                while ranges := self._ranges(limit):
                    if found := self._fetch(connection, ranges):
                        if BUSY <= len(found) < limit:
                            self._gather_until = time.monotonic() + GATHERING_SECONDS
                        return found
                now = time.monotonic()
                if now >= self._next_look:
                    self._learn_heads(connection)
                elif now >= deadline:
                    return []
                else:
                    until = min(deadline, self._next_look)
                    if was_woken:
                        time.sleep(min(GATHERING_SECONDS, until - now))
                    await_notification(connection, self._ear, until)
                    was_woken = True

    def seek(self, partition: int, after: int) -> None:
        self._after[partition] = after
        if self._ear is not None:
            self._ear.want(self._after)

    def positions(self) -> Mapping[int, int]:
        return dict(self._after)

    def close(self) -> None:
        self._listening.drop()
        if self._ear is not None:
            self._ear.close()

    def _take_place(self) -> int:
        if self._place is None:
            self._ear, self._place = self._announcing().ear(letters_of(self._kinds), self._after)
        return self._place

    def _learn_heads(self, connection: Connection) -> None:
        if self._ear is not None:
            self._ear.renew()
        with connection.cursor() as cursor:
            cursor.execute(_HEADS)
            self._heads = dict(cursor.fetchall())
        self._next_look = time.monotonic() + SECONDS_BETWEEN_LOOKS

    def _hear(self, connection: Connection) -> None:
        payloads = [payload for _, payload in notified(connection)]
        if self._ear is not None:
            heard = self._ear.heard()
            payloads += heard.payloads
            if heard.may_lack:
                self._next_look = 0.0
        for payload in payloads:
            heads = parse_heads(payload)
            if not heads:
                self._next_look = 0.0
            for partition, (head, _) in heads.items():
                if head > self._heads.get(partition, -1):
                    self._heads[partition] = head

    def _ranges(self, limit: int) -> list[tuple[int, int, int]]:
        """(partition, after, up to) of what to fetch next: at most `limit` offsets, shared evenly among partitions with news."""
        heads = self._heads
        waiting = [(heads.get(number, -1) - after, number) for number, after in self._after.items()]
        waiting = sorted(entry for entry in waiting if entry[0] > 0)
        ranges = []
        left = limit
        for place, (count, number) in enumerate(waiting):
            share = min(count, -(-left // (len(waiting) - place)))
            if share <= 0:
                break
            after = self._after[number]
            ranges.append((number, after, after + share))
            left -= share
        return ranges

    def _fetch(self, connection: Connection, ranges: list[tuple[int, int, int]]) -> list[StoredRecord]:
        numbers, lows, highs = (list(column) for column in zip(*ranges, strict=True))
        with connection.cursor() as cursor:
            if self._kinds is None:
                cursor.execute(_RANGES + _IN_ORDER, (numbers, lows, highs))
            else:
                cursor.execute(_RANGES + _OF_KINDS + _IN_ORDER, (numbers, lows, highs, list(self._kinds)))
            found = [decode(*row) for row in cursor.fetchall()]
        for number, _, high in ranges:
            self._after[number] = high
        return found
