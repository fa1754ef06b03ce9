"""Batches of records as Kafka keeps them (message format 2), written for many records at once.

The library writes record by record, with a future, a lock and some checks for each: four times the CPU of this.
"""

from collections.abc import Iterable
from struct import Struct
from typing import NamedTuple

from domain.events.record import Record
from infra.event_log.kafka_checksum import crc32c
from infra.event_log.wire_format import KINDS

# Base offset, length, leader epoch, magic | checksum | attributes, last offset delta, first and last timestamp, producer's id and epoch,
# first sequence number, number of records. The checksum covers what follows it.
HEADER = Struct(">qiibIhiqqqhii")
LENGTH_FROM = 12
CHECKSUM_AT = 17
CHECKED_FROM = 21
TRANSACTIONAL = 0x10
_MAGIC = 2
_LARGEST_BATCH = 512 * 1024
_SHORT_NUMBERS = 1 << 14


def varint(number: int) -> bytes:
    """A signed number, 7 bits to a byte."""
    left = (number << 1) ^ (number >> 63)
    written = bytearray()
    while left > 0x7F:
        written.append(0x80 | left & 0x7F)
        left >>= 7
    written.append(left)
    return bytes(written)


_VARINTS = tuple(varint(number) for number in range(_SHORT_NUMBERS))
NO_HEADERS = varint(0)
# What ends a record of each kind: one header, "kind".
KIND_HEADERS = {
    kind: varint(1) + varint(4) + b"kind" + varint(len(kind)) + kind.encode() for kind in KINDS
}  # fmt: skip


class Entry(NamedTuple):
    """What becomes a record of Kafka's. `headers` are written already; `timestamp` is in milliseconds since 1970."""

    key: bytes
    value: bytes
    headers: bytes
    timestamp: int


def entry_of(record: Record, body: bytes) -> Entry:
    return Entry(record.org.encode(), body, KIND_HEADERS[record.kind], record.recorded_on // 1000)


class WrittenBatch:
    """Records ready to be sent; stands in for the library's `MemoryRecordsBuilder`, which is told the producer's state when it is sent."""

    def __init__(self, records: bytes, count: int, first_timestamp: int, max_timestamp: int) -> None:
        self._buffer = bytearray(HEADER.size)
        self._buffer += records
        self._count = count
        self._timestamps = (first_timestamp, max_timestamp)
        self._attributes = 0
        self._closed = False
        self.producer_id = self.producer_epoch = self.base_sequence = -1

    def set_producer_state(
        self, producer_id: int, producer_epoch: int, base_sequence: int, is_transactional: bool
    ) -> None:
        self.producer_id, self.producer_epoch, self.base_sequence = producer_id, producer_epoch, base_sequence
        self._attributes = TRANSACTIONAL if is_transactional else 0

    def close(self) -> None:
        """Complete it; what is sent again is the same."""
        if self._closed:
            return
        self._closed = True
        last = self._count - 1
        state = (self.producer_id, self.producer_epoch, self.base_sequence)
        length = len(self._buffer) - LENGTH_FROM
        fields = (0, length, 0, _MAGIC, 0, self._attributes, last, *self._timestamps, *state, self._count)
        HEADER.pack_into(self._buffer, 0, *fields)
        checksum = crc32c(memoryview(self._buffer)[CHECKED_FROM:])
        self._buffer[CHECKSUM_AT:CHECKED_FROM] = checksum.to_bytes(4, "big")

    def buffer(self) -> bytearray:
        return self._buffer

    def size_in_bytes(self) -> int:
        return len(self._buffer)

    def next_offset(self) -> int:
        """The number of records."""
        return self._count

    def append(self, *_: object) -> None:
        """Nothing is added to a batch that was written whole."""

    def is_full(self) -> bool:
        return True


def write_batches(entries: Iterable[Entry]) -> list[WrittenBatch]:
    """All entries in their order, in as few batches as their size allows."""
    batches: list[WrittenBatch] = []
    parts: list[bytes] = []
    count = size = first = latest = 0
    numbers, short = _VARINTS, _SHORT_NUMBERS
    for key, value, headers, timestamp in entries:
        if count and size + len(value) > _LARGEST_BATCH:
            batches.append(WrittenBatch(b"".join(parts), count, first, latest))
            parts, count, size = [], 0, 0
        if not count:
            first = latest = timestamp
        elif timestamp > latest:
            latest = timestamp
        after = timestamp - first
        length = len(value)
        body = (
            b"\0",
            numbers[after] if 0 <= after < short else varint(after),
            numbers[count] if count < short else varint(count),
            numbers[len(key)],
            key,
            numbers[length] if length < short else varint(length),
            value,
            headers,
        )
        length = sum(map(len, body))
        parts.append(numbers[length] if length < short else varint(length))
        parts += body
        count += 1
        size += length
    if count:
        batches.append(WrittenBatch(b"".join(parts), count, first, latest))
    return batches
