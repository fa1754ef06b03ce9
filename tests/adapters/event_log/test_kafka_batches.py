"""What we write and read ourselves of Kafka's wire format, against the library that knows it."""

import google_crc32c
import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, assume, given, settings
from kafka.errors import CorruptRecordError
from kafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder

from domain.events.record import INPUT_KINDS
from infra.event_log.kafka_batch_reading import Fetched, read_answer
from infra.event_log.kafka_batch_writing import KIND_HEADERS, NO_HEADERS, Entry, WrittenBatch, write_batches
from infra.event_log.kafka_checksum import crc32c
from infra.event_log.wire_format import KINDS

NOW = 1_790_000_000_000
# A busy machine is no failure.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
ENTRIES = st.lists(
    st.tuples(
        st.binary(max_size=40),
        st.one_of(st.binary(max_size=200), st.integers(8_000, 40_000).map(bytes)),
        st.sampled_from(["", *KINDS]),
        st.integers(NOW - 100_000, NOW + 100_000),
    ),
    min_size=1,
    max_size=20,
)


def entries_of(drawn) -> list[Entry]:
    return [Entry(key, value, KIND_HEADERS.get(kind, NO_HEADERS), at) for key, value, kind, at in drawn]


def written(entries: list[Entry]) -> bytes:
    batches = write_batches(entries)
    for number, batch in enumerate(batches):
        batch.set_producer_state(7, 2, number, True)
        batch.close()
    return b"".join(bytes(batch.buffer()) for batch in batches)


def by_the_library(drawn, compression: int = 0) -> bytes:
    builder = DefaultRecordBatchBuilder(2, compression, True, 7, 2, 0, 1 << 30)
    for number, (key, value, kind, at) in enumerate(drawn):
        builder.append(number, at, key, value, [("kind", kind.encode())] if kind else [])
    return bytes(builder.build())


def read(answer: bytes, fetch_from: int = 0, wanted: frozenset[str] | None = None, aborted=()) -> list[Fetched]:
    return read_answer(answer, fetch_from, wanted, aborted)[0]


def moved(answer: bytes, base_offset: int) -> bytes:
    """As the broker would keep the batch: the offset is not under the checksum."""
    return base_offset.to_bytes(8, "big") + answer[8:]


def test_the_checksum_is_compiled():
    assert google_crc32c.implementation == "c"
    assert crc32c(memoryview(b"123456789")) == 0xE3069283


@patient
@given(ENTRIES)
def test_a_written_batch_is_the_librarys_to_the_byte(drawn):
    assume(sum(len(value) for _, value, _, _ in drawn) < 400_000)  # one batch holds it

    assert written(entries_of(drawn)) == by_the_library(drawn)


@patient
@given(ENTRIES)
def test_what_is_read_is_what_the_library_wrote(drawn):
    found = read(by_the_library(drawn))

    assert found == [Fetched(number, kind, key, value) for number, (key, value, kind, _) in enumerate(drawn)]


@patient
@given(ENTRIES, st.integers(0, 20))
def test_only_wanted_kinds_from_the_wanted_offset_on_are_given(drawn, first):
    found = read(written(entries_of(drawn)), first, frozenset(INPUT_KINDS))

    assert [each.offset for each in found] == [
        number for number, (_, _, kind, _) in enumerate(drawn) if kind in INPUT_KINDS and number >= first
    ]


def test_more_than_one_batch_holds_is_written_in_several_in_order():
    entries = [Entry(b"key", bytes([number]) * 100_000, NO_HEADERS, NOW) for number in range(12)]

    batches = write_batches(entries)

    assert [batch.next_offset() for batch in batches] == [5, 5, 2]
    assert all(batch.size_in_bytes() < 600_000 for batch in batches)
    values = [record.value for each in closed(batches) for record in DefaultRecordBatch(each.buffer())]
    assert values == [entry.value for entry in entries]


def closed(batches: list[WrittenBatch]) -> list[WrittenBatch]:
    for batch in batches:
        batch.close()
    return batches


def test_a_batch_that_is_sent_again_is_the_same():
    (batch,) = write_batches([Entry(b"key", b"value", NO_HEADERS, NOW)])
    batch.set_producer_state(7, 2, 40, False)
    batch.close()
    first = bytes(batch.buffer())

    batch.close()

    assert bytes(batch.buffer()) == first


def test_a_damaged_batch_is_refused():
    answer = bytearray(written([Entry(b"key", b"value", KIND_HEADERS["fact"], NOW)]))
    answer[-20] ^= 1

    with pytest.raises(CorruptRecordError, match="checksum"):
        read(bytes(answer))


def test_a_batch_cut_by_the_end_of_the_answer_is_left_for_the_next():
    one, other = (written([Entry(b"key", value, KIND_HEADERS["fact"], NOW)]) for value in (b"one", b"other"))

    assert [each.value for each in read(one + moved(other, 1)[:-5])] == [b"one"]


def test_a_kind_among_other_headers_is_found():
    builder = DefaultRecordBatchBuilder(2, 0, False, -1, -1, -1, 1 << 30)
    builder.append(0, NOW, b"key", b"value", [("kind", b"report"), ("trace", b"1")])
    builder.append(1, NOW, None, b"value", [("not-kind", b"fact")])

    found = read(bytes(builder.build()))

    assert found == [Fetched(0, "report", b"key", b"value"), Fetched(1, "", b"", b"value")]


def test_what_a_broker_compressed_is_read():
    drawn = [(b"key", b"value" * 100, "fact", NOW), (b"key", b"value" * 100, "report", NOW)]

    assert read(by_the_library(drawn, compression=1), wanted=frozenset({"report"})) == [
        Fetched(1, "report", b"key", b"value" * 100)
    ]


class _Aborted:
    producer_id = 7
    first_offset = 0


def test_an_aborted_transaction_is_passed_over_up_to_its_mark():
    half_done, done = (written([Entry(b"key", value, KIND_HEADERS["decision"], NOW)]) for value in (b"half", b"done"))

    found = read(half_done + mark(1) + moved(done, 2), aborted=[_Aborted])

    assert found == [Fetched(2, "decision", b"key", b"done")]


def mark(offset: int) -> bytes:
    """The broker's mark that producer 7's transaction was aborted."""
    (batch,) = write_batches([Entry(b"\0\0\0\0", b"\0\0\0\0\0\0", NO_HEADERS, NOW)])
    batch.set_producer_state(7, 2, -1, True)
    batch._attributes |= 0x20
    batch.close()
    return moved(bytes(batch.buffer()), offset)
