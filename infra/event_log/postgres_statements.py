"""The one statement that appends: everything an append needs travels in one round trip."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from psycopg2.extensions import cursor as Cursor

from domain.events.partitioning import partition_of
from domain.events.record import Kind, Position, Record
from infra.event_log.announcing import Announcing, parse_heads
from infra.event_log.postgres_connection import CHANNEL
from infra.event_log.wire_format import encode

# Bodies are JSON and travel as text, both ways (BODY): as bytea they would be twice as long, and spelled and read digit by digit.
# NOTIFY holds one lock of the whole server until its transaction is durable; inside the append it would make all commits of all
# processes wait for each other. So it follows as a transaction of its own that does not wait for the disk, and only where somebody can't be
# woken otherwise (`announcing`). A notice that is too
# long for Postgres (8000 bytes) says nothing but "look".
_APPENDED = (
    "event_log.append("
    "%s::int[],%s::int[],%s::int[],%s::int[],%s::text[],%s::text[],%s::text[],%s::bigint[],%s::int[],%s::int[],convert_to(%s,'UTF8'))"
)
_APPEND = f"select set_config('event_log.appended', {_APPENDED}, false);"
_ANNOUNCE = (
    f"select current_setting('event_log.appended'), (select count(pg_notify('{CHANNEL}' || letter,"
    " case when length(current_setting('event_log.appended')) < 7900 then current_setting('event_log.appended') else '' end))"
    " from unnest(string_to_array(%s, null)) as letter)"
)
BODY = "convert_from(body, 'UTF8')"
"""The body as readers ask for it."""

_BEGIN = "begin; set local synchronous_commit = on; "
_DECIDE = f"{_BEGIN}select event_log.move_cursor(%s,%s,%s,%s); {_APPEND} commit;"
APPEND = f"select {_APPENDED}"
"""For a connection that is DURABLE."""
APPEND_AND_NOTIFY = f"{_BEGIN}{_APPEND} commit; {_ANNOUNCE}"
DECIDE = f"{_DECIDE} select current_setting('event_log.appended')"
DECIDE_AND_NOTIFY = f"{_DECIDE} {_ANNOUNCE}"
MOVE_CURSOR = f"{_BEGIN}select event_log.move_cursor(%s,%s,%s,%s); commit"

_LETTERS: dict[Kind, str] = {"fact": "f", "command": "c", "report": "r", "decision": "d", "configuration": "k"}


def letters_of(kinds: Iterable[Kind] | None) -> str:
    """What stands for these kinds (None: all) in channels and wakes."""
    return "".join(_LETTERS[kind] for kind in (_LETTERS if kinds is None else kinds))


def channels_of(kinds: Iterable[Kind] | None) -> tuple[str, ...]:
    """Where a reader of these kinds (None: of all) listens."""
    return tuple(CHANNEL + letter for letter in letters_of(kinds))


class Batch:
    """Records made ready: the arguments of APPEND and DECIDE, and the letters of their kinds, which the others take too."""

    __slots__ = ("_counts", "_placed", "arguments", "letters")

    def __init__(self, records: Sequence[Record], partitions: int) -> None:
        numbers = [partition_of(record.org, partitions) for record in records]
        self._counts = Counter(numbers)
        ordered = sorted(self._counts)
        slot_of = {partition: slot for slot, partition in enumerate(ordered, 1)}
        ranks: dict[int, int] = dict.fromkeys(ordered, 0)
        self._placed: list[tuple[int, int]] = []
        for number in numbers:
            ranks[number] += 1
            self._placed.append((number, ranks[number]))
        bodies = [encode(record) for record in records]
        lengths = [len(body) for body in bodies]
        starts = []
        start = 1
        for length in lengths:
            starts.append(start)
            start += length
        self.arguments = (
            _numbers(ordered),
            _numbers([self._counts[partition] for partition in ordered]),
            _numbers([slot_of[number] for number in numbers]),
            _numbers([rank for _, rank in self._placed]),
            _texts([record.org for record in records]),
            _texts([record.kind for record in records]),
            _texts([None if record.cause is None else str(record.cause) for record in records]),
            _numbers([record.recorded_on for record in records]),
            _numbers(starts),
            _numbers(lengths),
            b"".join(bodies).decode(),
        )
        self.letters = "".join(sorted({_LETTERS[record.kind] for record in records}))

    def positions(self, heads: Mapping[int, tuple[int, int]]) -> list[Position]:
        """Where the records went, given the heads after them."""
        before = {partition: heads[partition][0] - count for partition, count in self._counts.items()}
        return [Position(partition, before[partition] + rank) for partition, rank in self._placed]


def append(cursor: Cursor, batch: Batch, announcing: Announcing) -> list[Position]:
    """The batch, durably; whoever waits for it is told."""
    if announcing.by_notice(cursor):
        cursor.execute(APPEND_AND_NOTIFY, (*batch.arguments, batch.letters))
        return _positions(cursor, batch)
    cursor.execute(APPEND, batch.arguments)
    return _positions(cursor, batch, announcing)


def decide(cursor: Cursor, owner: tuple[int, int, int, bytes], batch: Batch, announcing: Announcing) -> list[Position]:
    """The same in the name of an owner (partition, member, epoch, cursor)."""
    if announcing.by_notice(cursor):
        cursor.execute(DECIDE_AND_NOTIFY, (*owner, *batch.arguments, batch.letters))
        return _positions(cursor, batch)
    cursor.execute(DECIDE, (*owner, *batch.arguments))
    return _positions(cursor, batch, announcing)


def _positions(cursor: Cursor, batch: Batch, announcing: Announcing | None = None) -> list[Position]:
    row = cursor.fetchone()
    assert row is not None
    if announcing is not None:
        announcing.tell(batch.letters, row[0])
    return batch.positions(parse_heads(row[0]))


def _numbers(numbers: Sequence[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"


def _texts(texts: Sequence[str | None]) -> str:
    return "{" + ",".join("NULL" if text is None else _quoted(text) for text in texts) + "}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
