"""A record as bytes, the same on Kafka and in Postgres.

The body is JSON: {"format": 1, "actor", "recorded_on", "cause": [partition, offset, index] (decisions only), "events": […]}. Organization
and kind stand outside of it (key and header, or columns), so that readers can skip a record without decoding it.
"""

from collections.abc import Sequence
from typing import get_args

import orjson

from domain.errors import Invalid, UnknownEvent
from domain.events.partitioning import partition_of
from domain.events.record import INPUT_KINDS, OUTPUT_KINDS, Kind, Position, Record, StoredRecord
from domain.events.versions import lifted

FORMAT = 1
KINDS: dict[str, Kind] = {kind: kind for kind in get_args(Kind)}
INPUTS = INPUT_KINDS


def encode(record: Record) -> bytes:
    """The body of a record. Raises Invalid if an event holds something that JSON can't say."""
    body: dict[str, object] = {"format": FORMAT, "actor": record.actor, "recorded_on": record.recorded_on}
    if record.cause is not None:
        body["cause"] = tuple(record.cause)
    body["events"] = record.events
    try:
        return orjson.dumps(body)
    except TypeError as error:
        raise Invalid(f"the events of a record must be plain JSON values: {error}", field="events") from error


def decode(partition: int, offset: int, org: str, kind: str, body: bytes | memoryview | str) -> StoredRecord:
    """The record that `encode` wrote, its events lifted to today's versions. Raises UnknownEvent if a newer program wrote it."""
    fields = orjson.loads(body)
    if fields["format"] != FORMAT or kind not in KINDS:
        raise UnknownEvent(f"the record at {partition}.{offset} has a format this program does not know; upgrade it")
    cause = fields.get("cause")
    return StoredRecord(
        partition,
        offset,
        Record(
            org,
            KINDS[kind],
            lifted(fields["events"], f"{partition}.{offset}"),
            fields["recorded_on"],
            fields["actor"],
            None if cause is None else Position(*cause),
        ),
    )


def check_inputs(records: Sequence[Record]) -> None:
    """Raises Invalid for a record that `append` does not take."""
    for record in records:
        if record.kind in OUTPUT_KINDS:
            raise Invalid(
                f"kind is {record.kind!r}: facts, commands and reports are appended; decisions are committed",
                field="kind",
            )
        if not record.events:
            raise Invalid("events is empty: a record holds at least one event", field="events")


def check_outputs(records: Sequence[Record], partition: int, partitions: int) -> None:
    """Raises Invalid for a record that `commit` does not take."""
    for record in records:
        if record.kind not in OUTPUT_KINDS:
            raise Invalid(f"kind is {record.kind!r}: a decider commits decisions only", field="kind")
        if not record.events:
            raise Invalid("events is empty: a record holds at least one event", field="events")
        if partition_of(record.org, partitions) != partition:
            raise Invalid(f"org {record.org} does not belong to partition {partition}", field="org")
