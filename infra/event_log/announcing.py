"""Whether an append must be told by NOTIFY: only while somebody listens who can't be woken from here (`wakes`).

Every reader's connection holds a shared advisory lock on the number of its place: that of the folder where it can be woken, or NO_PLACE. It
listens to NOTIFY in any case, so that readers and writers that don't see the same folder need not know of each other.
"""

import logging
from collections.abc import Collection, Iterable
from time import monotonic

from psycopg2.extensions import cursor as Cursor

from infra.event_log.wakes import Ear, Wakes

log = logging.getLogger(__name__)

NO_PLACE = 0
LISTENS_AT = "select pg_advisory_lock_shared(1163283796, %s)"
_ELSEWHERE = (
    "select exists (select from pg_locks l where l.locktype = 'advisory' and l.classid = 1163283796 and l.objsubid = 2"
    " and l.objid::bigint <> %s and l.database = (select d.oid from pg_database d where d.datname = current_database()))"
)
LOOK_SECONDS = 1.0
"""Between looks who listens: so long readers elsewhere that are new may have to look by themselves, as often as they do anyway."""


class Announcing:
    """What one process knows of it. Thread-safe."""

    def __init__(self, wakes: Wakes | None = None) -> None:
        self.wakes = wakes
        self._by_notice = True
        self._next_look = 0.0

    def ear(self, letters: Iterable[str], partitions: Collection[int]) -> tuple[Ear | None, int]:
        """A new reader's, and its place."""
        if self.wakes is not None:
            try:
                return self.wakes.ear(letters, partitions), self.wakes.number
            except OSError as error:
                log.warning("A reader can be woken by Postgres only: %s", error, extra={"action": "no_ear"})
        return None, NO_PLACE

    def tell(self, letters: str, heads: str) -> None:
        """What was appended, in the words of `event_log.append`, to all who can be woken from here."""
        if self.wakes is not None:
            self.wakes.tell(letters, parse_heads(heads), heads)

    def close(self) -> None:
        if self.wakes is not None:
            self.wakes.close()

    def by_notice(self, cursor: Cursor) -> bool:
        """Before an append, over its connection. Raises the driver's errors."""
        if self.wakes and monotonic() >= self._next_look:
            cursor.execute(_ELSEWHERE, (self.wakes.number,))
            (self._by_notice,) = cursor.fetchone() or (True,)
            self._next_look = monotonic() + LOOK_SECONDS
        return self._by_notice


def parse_heads(text: str) -> dict[int, tuple[int, int]]:
    """{partition: (head, how many records lead to it)} of "partition:head:count,…"."""
    numbers = (entry.split(":") for entry in text.split(",") if entry)
    return {int(partition): (int(head), int(count)) for partition, head, count in numbers}
