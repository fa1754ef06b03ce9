"""Membership in the group of deciders on Postgres.

Each member holds an advisory lock on its number, which its connection's end frees at once, and says now and then that it is alive.
Each reckons the fair shares alone (`fair_shares`), gives up what is another's and takes what is its own and free. The epoch in the
owner's row decides: a commit locks that row and is refused if the epoch moved on.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import psycopg2
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from domain.errors import Fenced, Unavailable
from domain.events.record import INPUT_KINDS, Position, Record, StoredRecord
from domain.ports.event_log import Assignment
from infra.event_log.announcing import Announcing, parse_heads
from infra.event_log.fair_shares import fair_shares
from infra.event_log.postgres_connection import (
    MEMBERS_CHANNEL,
    REPLACED,
    Listening,
    await_notification,
    notified,
)
from infra.event_log.postgres_statements import (
    BODY,
    MOVE_CURSOR,
    Batch,
    channels_of,
    decide,
    letters_of,
)
from infra.event_log.wire_format import check_outputs, decode

_SECONDS_BETWEEN_LOOKS = 0.25
# Of several each looks more seldom: together they see as soon that one is gone, and who sees it tells the others.
_LONGEST_BETWEEN_LOOKS = 1.0
# How much of a partition one read looks through at most, when it is after one organization's records only.
_LOOKED_THROUGH = 20_000

_JOIN = (
    "insert into event_log.members (number, name, seen_on)"
    " select number, %s, clock_timestamp() from nextval('event_log.member_numbers') as number"
    " where pg_try_advisory_lock(1163283795, number::int) returning number"
)
_FORGET_DEAD = (
    "delete from event_log.members where number <> all(%s) and seen_on < clock_timestamp() - interval '1 hour'"
)
_RELEASE = "update event_log.owners set owner = null where partition = any(%s) and owner = %s"
_CLAIM = (
    "with free as (select o.partition from event_log.owners o"
    " join unnest(%s::int[], %s::int[], %s::bigint[]) as seen (partition, owner, epoch) on seen.partition = o.partition"
    " where o.epoch = seen.epoch and o.owner is not distinct from seen.owner order by o.partition for update of o)"
    " update event_log.owners o set owner = %s, epoch = o.epoch + 1 from free where o.partition = free.partition"
    " returning o.partition, o.epoch, o.cursor"
)
_LEAVE = (
    "update event_log.owners set owner = null where owner = %s; delete from event_log.members where number = %s;"
    f" notify {MEMBERS_CHANNEL}"
)
_LOOK = "select alive, holders, epochs from event_log.look_around(%s, %s, %s)"
_HEADS = "select partition, head from event_log.heads"
_READ = (
    f'select "offset", org, kind, {BODY} from event_log.records where partition = %s and "offset" > %s and "offset" <= %s'
    " and kind in ('fact', 'command')"
)
_OF_ORG = " and org = %s"
_IN_ORDER = ' order by "offset" limit %s'


@dataclass(slots=True)
class _Membership:
    """What one connection's life gave us; gone with it."""

    number: int = 0
    epochs: dict[int, int] = field(default_factory=dict)


class PostgresDeciderSession:
    """Membership in the group of deciders; see the port."""

    def __init__(self, dsn: str, name: str, partitions: int, member_timeout: float, announcing: Announcing) -> None:
        self.name = name
        self._announcing = announcing
        self._partitions = partitions
        self._patience = f"{member_timeout} seconds"
        self._ear, place = announcing.ear(letters_of(INPUT_KINDS), ())
        self._listening = Listening(
            dsn, f"evenkeel decider {name}", (*channels_of(INPUT_KINDS), MEMBERS_CHANNEL), self._join, lambda: place
        )
        self._membership = _Membership()
        self._to_report_lost: set[int] = set()
        self._heads: dict[int, int] = {}
        self._learn_heads_at = 0.0
        self._next_look = 0.0
        self._news = False
        self._alive: list[int] = []
        try:
            with self._listening.use():
                pass
        except BaseException:
            self._close_ear()
            raise

    def assignment(self) -> Assignment:
        with self._listening.use() as connection:
            self._hear(connection)
            self._learn_heads_at = 0.0  # once in a turn over all partitions, not once for each of them
            if self._to_report_lost:
                lost, self._to_report_lost = frozenset(self._to_report_lost), set()
                return Assignment({}, lost)
            if time.monotonic() < self._next_look:
                return Assignment({}, frozenset())
            return self._look_around(connection)

    def read(
        self, partition: int, after: int, limit: int, *, org: str | None = None, until: int | None = None
    ) -> tuple[list[StoredRecord], int]:
        with self._listening.use() as connection, connection.cursor() as cursor:
            if self._heads.get(partition, -1) <= after and time.monotonic() >= self._learn_heads_at:
                self._learn_heads(cursor)
            high = self._heads.get(partition, -1) if until is None else min(until, self._heads.get(partition, -1))
            high = min(high, after + max(limit, _LOOKED_THROUGH))
            if high <= after:
                return [], after
            if org is None:
                cursor.execute(_READ + _IN_ORDER, (partition, after, high, limit))
            else:
                cursor.execute(_READ + _OF_ORG + _IN_ORDER, (partition, after, high, org, limit))
            found = [decode(partition, *row) for row in cursor.fetchall()]
        return found, found[-1].offset if len(found) >= limit else high

    def _learn_heads(self, cursor: Cursor) -> None:
        cursor.execute(_HEADS)
        self._heads = dict(cursor.fetchall())
        self._learn_heads_at = time.monotonic() + _SECONDS_BETWEEN_LOOKS

    def wait(self, timeout: float) -> None:
        # Not past the next look at the group, for `assignment` makes it.
        deadline = time.monotonic() + timeout
        end = min(deadline, max(self._next_look, time.monotonic() + 0.02))
        try:
            with self._listening.use() as connection:
                while True:
                    self._hear(connection)
                    if self._news or self._next_look == 0.0 or time.monotonic() >= end:
                        break
                    await_notification(connection, self._ear, end)
        except Unavailable:
            # The next call that needs the log says so; here only time passes.
            time.sleep(max(0.0, min(deadline - time.monotonic(), _SECONDS_BETWEEN_LOOKS)))
        self._news = False

    def commit(self, partition: int, outputs: Sequence[Record], cursor: bytes) -> list[Position]:
        check_outputs(outputs, partition, self._partitions)
        with self._listening.use() as connection:
            # Opening it anew has cost us the membership, and with it the partition.
            epoch = self._membership.epochs.get(partition)
            if epoch is None:
                raise Fenced(f"{self.name} does not own partition {partition}")
            with connection.cursor() as sql:
                try:
                    return self._commit(sql, (partition, self._membership.number, epoch, cursor), outputs)
                except psycopg2.Error as error:
                    if error.pgcode != REPLACED:
                        raise
                    sql.execute("rollback")
                    del self._membership.epochs[partition]
                    self._to_report_lost.add(partition)
                    raise Fenced(f"{self.name} no longer owns partition {partition}") from error

    def _commit(self, sql: Cursor, owner: tuple[int, int, int, bytes], outputs: Sequence[Record]) -> list[Position]:
        if not outputs:
            sql.execute(MOVE_CURSOR, owner)
            return []
        return decide(sql, owner, Batch(outputs, self._partitions), self._announcing)

    def close(self) -> None:
        if self._listening.is_open:
            try:
                with self._listening.use() as connection, connection.cursor() as cursor:
                    cursor.execute(_LEAVE, (self._membership.number, self._membership.number))
            except Unavailable:
                pass  # the connection's end says the same
        self._listening.drop()
        self._close_ear()
        self._membership = _Membership()

    def _close_ear(self) -> None:
        if self._ear is not None:
            self._ear.close()

    def _join(self, connection: Connection) -> None:
        """Become a member. Whatever an earlier connection owned is lost with it."""
        with connection.cursor() as cursor:
            cursor.execute(_JOIN, (self.name,))
            number: int = cursor.fetchall()[0][0]
            cursor.execute(f"notify {MEMBERS_CHANNEL}")
        self._to_report_lost |= set(self._membership.epochs)
        self._membership = _Membership(number)
        self._heads = {}
        self._learn_heads_at = self._next_look = 0.0

    def _hear(self, connection: Connection) -> None:
        payloads = []
        for channel, payload in notified(connection):
            if channel == MEMBERS_CHANNEL:
                self._next_look = 0.0
            else:
                payloads.append(payload)
        if self._ear is not None:
            payloads += self._ear.heard().payloads  # what is lacking is learned in the turn that follows
        for payload in payloads:
            heads = parse_heads(payload)
            for partition, (head, _) in heads.items():
                self._heads[partition] = max(head, self._heads.get(partition, -1))
            if not heads or not self._membership.epochs.keys().isdisjoint(heads):
                self._news = True

    def _look_around(self, connection: Connection) -> Assignment:
        me = self._membership
        with connection.cursor() as cursor:
            cursor.execute(_LOOK, (me.number, self.name, self._patience))
            alive, holders, epochs = cursor.fetchall()[0]
            self._next_look = time.monotonic() + min(_SECONDS_BETWEEN_LOOKS * len(alive), _LONGEST_BETWEEN_LOOKS)
            lost = {p for p, epoch in me.epochs.items() if holders[p] != me.number or epochs[p] != epoch}
            shares = fair_shares(alive, dict(enumerate(holders)))
            given_up = {p for p in me.epochs.keys() - lost if shares[p] != me.number}
            living = set(alive)
            free = [p for p, member in shares.items() if member == me.number and holders[p] not in living]
            gained = self._claim(cursor, [p for p in free if p not in lost], holders, epochs)
            if given_up:
                cursor.execute(_RELEASE, (list(given_up), me.number))
            if given_up or gained:
                cursor.execute(_FORGET_DEAD, (alive,))
            if given_up or gained or alive != self._alive:
                cursor.execute(f"notify {MEMBERS_CHANNEL}")
            self._alive = alive
        lost |= given_up
        for partition in lost:
            del me.epochs[partition]
        if self._ear is not None:
            self._ear.renew()
            self._ear.want(me.epochs)
        return Assignment(gained, frozenset(lost))

    def _claim(
        self, cursor: Cursor, wanted: list[int], holders: list[int | None], epochs: list[int]
    ) -> dict[int, bytes]:
        if not wanted:
            return {}
        seen = ([holders[p] for p in wanted], [epochs[p] for p in wanted])
        cursor.execute(_CLAIM, (wanted, *seen, self._membership.number))
        gained = {}
        for partition, epoch, kept in cursor.fetchall():
            self._membership.epochs[partition] = epoch
            gained[partition] = bytes(kept)
        self._news = self._news or bool(gained)
        return gained
