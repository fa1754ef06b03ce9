"""The event log: the one system of record.

**Partitions.** The log has a fixed number of partitions. A record goes to the partition that Kafka's murmur2 gives for its
organization's uuid (`domain.events.partitioning.partition_of`), the same in every adapter, so all records of one organization
stand in one partition, in one order.

**Positions.** A record's offset is larger than that of every record that became visible in its partition before it. Offsets may have
gaps. A reader that has seen offset n never later finds a record at or below n: an adapter must not let a reader step past a number
that is taken but not yet committed, nor show a record of an aborted transaction. A record is visible whole or not at all.

**Appending.** `append` returns when every record is durable (Postgres: committed; Kafka: acknowledged by all in-sync replicas).
Records of one call are kept in their order per organization. If it raises `Unavailable`, the caller does not know whether records were
written: a caller that tries again may write them twice, so inputs carry ids that their readers recognise.

**Following.** A `Follower` reads many partitions, each after a given offset, waiting for new records without busy polling.
`kinds` lets a reader skip records without decoding them; `headers_only`-like skipping is the adapter's business.

**Owning.** Exactly one `DeciderSession` owns a partition at a time and is the only writer of decisions in it. `commit` makes outputs and
cursor durable in one step. An owner that was replaced is *fenced*: its commit raises `Fenced` and nothing of it becomes visible, even if
it slept through its replacement. A new owner's `claimed` cursor is the last committed one, and whatever a killed owner had begun but not
committed is gone at once (readers don't wait for a time-out).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.events.record import Kind, Position, Record, StoredRecord


class Follower(Protocol):
    """Reads on and on. Not thread-safe: one thread per follower."""

    def poll(self, timeout: float, limit: int = 1000) -> list[StoredRecord]:
        """Records after those given before, in order per partition; waits up to `timeout` seconds for the first. [] if none came."""

    def seek(self, partition: int, after: int) -> None:
        """Go on after this offset (-1: from the start)."""

    def positions(self) -> Mapping[int, int]:
        """Per partition, the offset up to which everything wanted was given or passed over (also skipped kinds)."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Assignment:
    """What changed since the last look: partitions gained (with the cursor last committed, b"" if none) and lost."""

    gained: Mapping[int, bytes]
    lost: frozenset[int]


class DeciderSession(Protocol):
    """Membership in the group of deciders. Not thread-safe."""

    def assignment(self) -> Assignment:
        """Call it in every turn of the loop, at least once a second: it also says that this member is alive."""

    def read(
        self, partition: int, after: int, limit: int, *, org: str | None = None, until: int | None = None
    ) -> tuple[list[StoredRecord], int]:
        """Inputs (INPUT_KINDS: facts and commands) after an offset, of one organization or of all, without waiting.

        Returns the records and the offset up to which the partition was looked through (so that a reader moves on past records
        it does not want); looks at most up to `until` (inclusive) if given.
        """

    def wait(self, timeout: float) -> None:
        """Return when an owned partition may have new inputs, or after `timeout` seconds."""

    def commit(self, partition: int, outputs: Sequence[Record], cursor: bytes) -> list[Position]:
        """Append OUTPUT_KINDS and move the cursor, in one step. Raises Fenced if this member no longer owns the partition."""

    def close(self) -> None:
        """Leave the group in good order, so that another takes over at once."""


class EventLog(Protocol):
    @property
    def partitions(self) -> int: ...

    def append(self, records: Sequence[Record]) -> list[Position]:
        """Write facts, commands and reports; durable on return. Thread-safe. Raises Unavailable, or Invalid for OUTPUT_KINDS."""

    def read(self, partition: int, after: int, limit: int, kinds: Iterable[Kind] | None = None) -> list[StoredRecord]:
        """Up to `limit` records after an offset (-1: from the start), without waiting."""

    def follow(self, after: Mapping[int, int], kinds: Iterable[Kind] | None = None) -> Follower:
        """Follow these partitions, each after its offset (-1: from the start)."""

    def heads(self) -> Mapping[int, int]:
        """Per partition, the highest offset that a reader can see now (-1 if empty). For lag."""

    def cursors(self) -> Mapping[int, bytes]:
        """Per partition, the decider's last committed cursor. For status pages: on Kafka a commit is seen some milliseconds later."""

    def own(self, member: str) -> DeciderSession:
        """Join the group of deciders under this name (unique per process)."""

    def close(self) -> None: ...
