"""Batches of records as Kafka keeps them (message format 2), read for many records at once.

In place of the library's reader: records of kinds nobody wants are passed over without being taken apart, and a record is no
more than its offset, kind, key and value.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

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


def read_answer(
    answer: bytes, fetched_from: int, wanted: frozenset[str] | None, aborted: Iterable[Any] = ()
) -> tuple[list[Fetched], int]:
    """The wanted records of one partition's part of an answer, from an offset on, and the offset after all that was looked through.

    `aborted`: the transactions that the broker says were aborted (`producer_id`, `first_offset`). Raises CorruptRecordError if it
    begins with a damaged batch; what comes before one is given.
    """
    transactions = _AbortedTransactions(aborted)
    found: list[Fetched] = []
    at, reached = 0, fetched_from
    while at + HEADER.size <= len(answer):
        header = BatchHeader._make(HEADER.unpack_from(answer, at))
        end = at + LENGTH_FROM + header.length
        if end > len(answer):
            break  # the broker cuts the last batch where the answer is full
        batch = answer[at:end]
        at = end
        try:
            _check(batch, header)
            if not transactions.hide(batch, header):
                found += read_records(batch, header, wanted)
        except CorruptRecordError:
            if reached == fetched_from:
                raise
            break
        # Also where compaction removed the last records.
        reached = header.base_offset + header.last_offset_delta + 1
    if found and found[0].offset < fetched_from:  # a batch is given whole
        found = [each for each in found if each.offset >= fetched_from]
    return found, max(reached, fetched_from)


def _check(batch: bytes, header: BatchHeader) -> None:
    if crc32c(memoryview(batch)[CHECKED_FROM:]) != header.checksum:
        raise CorruptRecordError(f"the batch at offset {header.base_offset} does not fit its checksum")


class _AbortedTransactions:
    """Which batches of an answer belong to transactions that were aborted."""

    def __init__(self, aborted: Iterable[Any]) -> None:
        self._to_come = deque(sorted(aborted, key=lambda each: int(each.first_offset)))
        self._producers: set[int] = set()

    def hide(self, batch: bytes, header: BatchHeader) -> bool:
        """Whether nothing of this batch, which comes after those asked for before, is to be shown: a transaction's mark neither."""
        if header.producer_id < 0:
            return False
        last = header.base_offset + header.last_offset_delta
        while self._to_come and self._to_come[0].first_offset <= last:
            self._producers.add(self._to_come.popleft().producer_id)
        if header.attributes & _CONTROL:
            mark = next(iter(DefaultRecordBatch(batch)))
            if isinstance(mark, ControlRecord) and mark.abort:
                self._producers.discard(header.producer_id)
            return True
        return bool(header.attributes & TRANSACTIONAL) and header.producer_id in self._producers
