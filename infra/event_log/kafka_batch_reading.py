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


def read_records(batch: bytes, header: BatchHeader, wanted: frozenset[str] | None) -> list[Fetched]:
    """The records of one whole batch whose kinds are wanted (None: all)."""
    if header.attributes & _COMPRESSED:
        return list(_read_compressed(batch, wanted))
    found: list[Fetched] = []
    kinds, at = _KIND_BY_TAIL, HEADER.size
    for _ in range(header.records):
        length, at = decode_varint(batch, at)
        end = at + length
        kind, headers, size = kinds.get(batch[end - _TAIL : end], _NO_KIND)
        if not batch.endswith(headers, at, end):
            kind, size = _kind_of_other(batch, at), 0
        if wanted is None or kind in wanted:
            found.append(_read_record(batch, at, end - size if size else 0, header.base_offset, kind))
        at = end
    return found


def _read_record(batch: bytes, at: int, end: int, base_offset: int, kind: str) -> Fetched:
    """`at`: where it begins, after its length; `end`: where its value must end, 0 if that is not known."""
    at += 2  # attributes, and the first byte of the timestamp
    while batch[at - 1] > 0x7F:
        at += 1
    number, at = decode_varint(batch, at)
    length, at = decode_varint(batch, at)
    key_end = at + length if length > 0 else at
    length, value = decode_varint(batch, key_end)
    value_end = value + length if length > 0 else value
    if end and value_end != end:
        raise CorruptRecordError(f"the record at offset {base_offset + number} is not as long as it says")
    return Fetched(base_offset + number, kind, batch[at:key_end], batch[value:value_end])


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
        self._ready: list[Fetched] = []
        self._next_batch_offset = self.fetch_offset

    def take(self, n: int | None = None) -> list[Fetched]:
        """Up to n records. Raises CorruptRecordError, again and again, when it comes to a damaged batch."""
        given: list[Fetched] = []
        try:
            while self.record_iterator is not None and (n is None or len(given) < n):
                room = len(self._ready) if n is None else n - len(given)
                given += self._ready[:room]
                self._ready = self._ready[room:]
                if self._ready:
                    self.next_fetch_offset = given[-1].offset + 1
                else:
                    self.next_fetch_offset = self._next_batch_offset
                    self._ready = next(self.record_iterator, [])
        except Exception:
            self.drain()
            if not given:
                raise
        return given

    @staticmethod
    def _maybe_skip_record(_: object) -> bool:
        return False  # done while reading

    def _unpack_records(self, tp: object, records: Any, *_: object) -> Iterator[list[Fetched]]:
        """Batch by batch what is wanted of it."""
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
            passed_over = self._is_to_be_passed_over(batch, header)
            found = [] if passed_over else read_records(batch, header, self.wanted)
            if found and found[0].offset < self.fetch_offset:
                found = [each for each in found if each.offset >= self.fetch_offset]
            # Also where compaction removed the last records.
            self._next_batch_offset = header.base_offset + header.last_offset_delta + 1
            yield found
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
