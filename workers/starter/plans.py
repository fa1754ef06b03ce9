"""What the starter has still to do, kept in its own tables: plans and their slices.

The recipients of a start are resolved once, when it begins, and written down: whoever joins or leaves a group afterwards (the
flow itself may move people) changes neither the total nor who is reached.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import psycopg2
from psycopg2.extensions import connection as Connection
from psycopg2.extras import execute_values

from domain.errors import EvenkeelError
from projections.contacts.recipients import Recipients

SLICE = 500
"""Recipients whose commands are one record: big enough to be cheap, small enough that others get their turn in between."""

Key = tuple[str, str]
"""Organization and the uuid of the start or broadcast."""

Kind = Literal["flow_start", "broadcast", "group"]
_OPEN = """
select org::text, uuid::text, kind, partition, total, sent, forgiven, next_slice, last_offset, applied, handled,
    (sum(greatest(0, sent - forgiven - handled)) over (partition by org))::int
from (
    select p.*, coalesce(c.at_offset >= p.at_offset, false) as applied, coalesce(f.handled, b.handled, g.handled, 0) as handled,
        row_number() over (partition by p.org order by p.turn) as place
    from starter.plans p
    left join projections.cursors c on c.set_name = 'live' and c.partition = p.partition
    left join flow_starts.flow_start_progress f on f.org = p.org and f.uuid = p.uuid
    left join broadcasts.broadcast_progress b on b.org = p.org and b.uuid = p.uuid
    left join groups.group_progress g on g.org = p.org and g.uuid = p.uuid
) t
order by place, turn limit %s
"""

_SNAPSHOT = """
with recipients as (select uuid, row_number() over () - 1 as nth from ({select}) s)
insert into starter.slices (org, plan, number, first_nth, contacts)
select %s, %s, (nth / {slice})::int, min(nth)::int, array_agg(uuid order by nth) from recipients group by nth / {slice}
returning cardinality(contacts)
"""


_LOCK_PLANS = """
select p.org::text, p.uuid::text, p.wanted from starter.plans p
join (values %s) v (org, uuid, next_slice, total) on p.org = v.org and p.uuid = v.uuid
where p.next_slice = v.next_slice and p.total is not distinct from v.total
for update of p skip locked
"""

_SLICES = """
select s.org::text, s.plan::text, s.first_nth, s.contacts::text[], s.urns, s.made::text from starter.slices s
join (values %s) v (org, plan, number) on s.org = v.org and s.plan = v.plan and s.number = v.number
"""

_SENT = """
update starter.plans p set sent = p.sent + v.recipients, next_slice = p.next_slice + 1, last_offset = v.at_offset, turn = default
from (values %s) v (org, uuid, recipients, at_offset) where p.org = v.org and p.uuid = v.uuid
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """A start or broadcast under way. `applied`: the read models show what was there when it was created. `outstanding`: recipients
    of all the organization's plans that are in the log and not known to be handled."""

    org: str
    uuid: str
    kind: Kind
    partition: int
    total: int | None
    sent: int
    forgiven: int
    next_slice: int
    last_offset: int | None
    applied: bool
    handled: int
    outstanding: int

    @property
    def key(self) -> "Key":
        return self.org, self.uuid

    @property
    def uncounted(self) -> int:
        """Of its own recipients in the log, how many are not known to be handled."""
        return max(0, self.sent - self.forgiven - self.handled)


@dataclass(frozen=True, slots=True)
class Slice:
    """Some of a plan's recipients: contacts, or URNs, or one contact that is to be made. `first_nth`: how many come before them."""

    first_nth: int
    contacts: list[str]
    urns: list[str]
    made: str | None

    def __len__(self) -> int:
        return len(self.contacts) + len(self.urns) + (self.made is not None)


def open_plans(connection: Connection, limit: int) -> list[Plan]:
    """What is under way: of each organization the one whose turn is longest ago, then the second of each, and so on."""
    with connection, connection.cursor() as cursor:
        cursor.execute(_OPEN, (limit,))
        return [Plan(*row) for row in cursor.fetchall()]


# ---- within the caller's transaction --------------------------------------------------------------------------------------


@contextmanager
def undone_if_refused(connection: Connection) -> Iterator[None]:
    """What Postgres can't make sense of inside (DataError) leaves the rest of the transaction as it was."""
    with connection.cursor() as cursor:
        cursor.execute("savepoint attempt")
        try:
            yield
        except (psycopg2.DataError, EvenkeelError):
            cursor.execute("rollback to savepoint attempt")
            raise
        finally:
            cursor.execute("release savepoint attempt")


def lock(connection: Connection, plans: Sequence[Plan]) -> dict[Key, dict[str, Any]]:
    """Whom these plans want to reach, without those on which another starter works, or did since they were read."""
    with connection.cursor() as cursor:
        rows = execute_values(
            cursor,
            _LOCK_PLANS,
            [(*plan.key, plan.next_slice, plan.total) for plan in plans],
            "(%s::uuid, %s::uuid, %s::int, %s::int)",
            page_size=len(plans),
            fetch=True,
        )
    return {(org, uuid): wanted for org, uuid, wanted in rows}


def write_slices(connection: Connection, plan: Plan, recipients: Recipients, made: str | None) -> None:
    """Write down who is reached, and the total. `made`: a contact that is to be made."""
    select, parameters = recipients.select
    with connection.cursor() as cursor:
        cursor.execute(_SNAPSHOT.format(select=select, slice=SLICE), (*parameters, *plan.key))
        sizes = [size for (size,) in cursor.fetchall()]
        number, total = len(sizes), int(sum(sizes))
        rows: list[tuple[Any, ...]] = []
        for begin in range(0, len(recipients.new_urns), SLICE):
            part = list(recipients.new_urns[begin : begin + SLICE])
            rows.append((*plan.key, number + len(rows), total, part, None))
            total += len(part)
        if made is not None:
            rows.append((*plan.key, number + len(rows), total, [], made))
            total += 1
        if rows:
            execute_values(
                cursor, "insert into starter.slices (org, plan, number, first_nth, urns, made) values %s", rows
            )
        cursor.execute("update starter.plans set total = %s where org = %s and uuid = %s", (total, *plan.key))


def read_slices(connection: Connection, plans: Sequence[Plan]) -> dict[Key, Slice]:
    """The next slice of each; a plan that has none left is not in the answer."""
    with connection.cursor() as cursor:
        rows = execute_values(
            cursor,
            _SLICES,
            [(*plan.key, plan.next_slice) for plan in plans],
            "(%s::uuid, %s::uuid, %s::int)",
            page_size=len(plans),
            fetch=True,
        )
    return {(org, plan): Slice(*rest) for org, plan, *rest in rows}


def note_sent(connection: Connection, sent: Sequence[tuple[Plan, int, int]]) -> None:
    """(plan, recipients, offset of the slice): it is in the log, and it is the others' turn now."""
    with connection.cursor() as cursor:
        rows = [(*plan.key, recipients, offset) for plan, recipients, offset in sent]
        execute_values(cursor, _SENT, rows, "(%s::uuid, %s::uuid, %s::int, %s::bigint)", page_size=len(rows))


def note_forgiven(connection: Connection, plan: Plan, recipients: int) -> None:
    """So many more were decided and will not be counted as handled."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "update starter.plans set forgiven = forgiven + %s where org = %s and uuid = %s", (recipients, *plan.key)
        )


def forget(connection: Connection, plans: Sequence[Plan]) -> None:
    """Everything about these is in the log."""
    with connection.cursor() as cursor:
        execute_values(
            cursor,
            "delete from starter.plans p using (values %s) v (org, uuid) where p.org = v.org and p.uuid = v.uuid",
            [plan.key for plan in plans],
            "(%s::uuid, %s::uuid)",
            page_size=len(plans),
        )
