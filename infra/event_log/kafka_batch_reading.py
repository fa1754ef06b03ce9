"""Batches of records as Kafka keeps them (message format 2), read for many records at once.

Takes the place of the library's reader: records of kinds nobody wants are passed over without being taken apart, and a record is no
more than its offset, kind, key and value.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from kafka.consumer.fetcher import Fetcher, IsolationLevel
from kafka.errors import CorruptRecordError
from kafka.record.default_records import ControlRecord, DefaultRecordBatch
from kafka.record.util import decode_varint

from infra.event_log.kafka_batch_writing import CHECKED_FROM, HEADER, KIND_HEADERS, LENGTH_FROM, TRANSACTIONAL
from infra.event_log.kafka_checksum import crc32c

_COMPRESSED = 0x07
_CONTROL = 0x20
# A record's last bytes tell its kind.
_TAIL = 4
_KIND_BY_TAIL = {headers[-_TAIL:]: (kind, headers, len(headers)) for kind, headers in KIND_HEADERS.items()}
_NO_KIND = ("", b"\0", 1)


class Fetched(NamedTuple):
    """A record; `kind` is "" where the topic has none."""

    offset: int
    kind: str
    key: bytes
    value: bytes


class BatchHeader(NamedTuple):
    base_offset: int
    length: int
    leader_epoch: int
    magic: int
    checksum: int
    attributes: int
    last_offset_delta: int
    first_timestamp: int
    max_timestamp: int
    producer_id: int
    producer_epoch: int
    base_sequence: int
    records: int


def read_records(batch: bytes, header: BatchHeader, wanted: frozenset[str] | None) -> Iterator[Fetched]:
    """The records of one whole batch whose kinds are wanted (None: all)."""
    if header.attributes & _COMPRESSED:
        yield from _read_compressed(batch, wanted)
        return
    base, kinds = header.base_offset, _KIND_BY_TAIL
    at = HEADER.size
    for _ in range(header.records):
        length = batch[at]
        if length < 0x80:
            length >>= 1
            at += 1
        elif batch[at + 1] < 0x80:
            length = (length & 0x7F | batch[at + 1] << 7) >> 1
            at += 2
        else:
            length, at = decode_varint(batch, at)
        end = at + length
        kind, headers, size = kinds.get(batch[end - _TAIL : end], _NO_KIND)
        if not batch.endswith(headers, at, end):
            kind, size = _kind_of_other(batch, at), 0
        if wanted is None or kind in wanted:
            at += 2  # attributes, and the first byte of the timestamp
            while batch[at - 1] > 0x7F:
                at += 1
            offset, at = decode_varint(batch, at)
            length, at = decode_varint(batch, at)
            key_end = at + length if length > 0 else at
            length, value_at = decode_varint(batch, key_end)
            value_end = value_at + length if length > 0 else value_at
            if size and value_end + size != end:
                raise CorruptRecordError(f"the record at offset {base + offset} is not as long as it says")
            yield Fetched(base + offset, kind, batch[at:key_end], batch[value_at:value_end])
        at = end


def _kind_of_other(batch: bytes, at: int) -> str:
    """Of a record that somebody else wrote, with headers of other names before or after ours."""
    _, at = decode_varint(batch, at + 1)
    _, at = decode_varint(batch, at)
    for _ in range(2):
        length, at = decode_varint(batch, at)
        at += max(0, length)
    headers, at = decode_varint(batch, at)
    kind = ""
    for _ in range(headers):
        length, at = decode_varint(batch, at)
        name, at = batch[at : at + length], at + length
        length, at = decode_varint(batch, at)
        if name == b"kind":
            kind = batch[at : at + length].decode()
        at += max(0, length)
    return kind


def _read_compressed(batch: bytes, wanted: frozenset[str] | None) -> Iterator[Fetched]:
    """Where the topic's `compression.type` has the broker compress."""
    for each in DefaultRecordBatch(batch):
        kind = next((value.decode() for name, value in each.headers if name == "kind"), "")
        if wanted is None or kind in wanted:
            yield Fetched(each.offset, kind, each.key, each.value)


class FetchedPartition(Fetcher.PartitionRecords):  # type: ignore[misc]  # the library is not typed
    """One partition's part of an answer; gives only records of the kinds in `wanted` (None: all)."""

    def __init__(self, *given: object, wanted: frozenset[str] | None = None, **settings: object) -> None:
        super().__init__(*given, **settings)
        self.wanted = wanted

    def _unpack_records(self, tp: object, records: Any, *_: object) -> Iterator[Fetched]:
        answer: bytes = records._buffer
        at = 0
        while at + HEADER.size <= len(answer):
            header = BatchHeader._make(HEADER.unpack_from(answer, at))
            end = at + LENGTH_FROM + header.length
            if end > len(answer):
                break  # the broker cuts the last batch where the answer is full
            batch = answer[at:end]
            at = end
            if crc32c(memoryview(batch)[CHECKED_FROM:]) != header.checksum:
                raise CorruptRecordError(f"the batch at offset {header.base_offset} of {tp} does not fit its checksum")
            self.leader_epoch = header.leader_epoch
            if not self._is_to_be_passed_over(batch, header):
                for found in read_records(batch, header, self.wanted):
                    if found.offset >= self.fetch_offset:
                        self.next_fetch_offset = found.offset + 1
                        yield found
            # Also where compaction removed the last records.
            self.next_fetch_offset = header.base_offset + header.last_offset_delta + 1
        self.drain()

    def _is_to_be_passed_over(self, batch: bytes, header: BatchHeader) -> bool:
        """A transaction's mark, or a batch of a transaction that was aborted."""
        control = bool(header.attributes & _CONTROL)
        if self.isolation_level == IsolationLevel.READ_COMMITTED and header.producer_id >= 0:
            self._consume_aborted_transactions_up_to(header.base_offset + header.last_offset_delta)
            if control:
                mark = next(iter(DefaultRecordBatch(batch)))
                if isinstance(mark, ControlRecord) and mark.abort:
                    self.aborted_producer_ids.discard(header.producer_id)
            elif header.attributes & TRANSACTIONAL and header.producer_id in self.aborted_producer_ids:
                return True
        return control
