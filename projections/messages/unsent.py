"""Messages that were queued and have no final outcome yet: what a lost send queue is filled with again. Those of deleted contacts are wiped, so
they are not sent any more.

One view of one moment: the messages and the positions up to which the read models had taken in the log belong together, so that whoever reads
the log from there misses nothing and sees nothing twice.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from psycopg2.extensions import connection as Connection

from domain.errors import Unavailable
from projections import cursor
from projections.translated import database_errors

ROWS_AT_ONCE = 1_000

_MESSAGES = """
select m.org::text, m.uuid::text, m.id, m.contact_uuid::text, m.contact_id, m.urn, m.channel_uuid::text, m.text, m.attachments,
    m.quick_replies, m.locale, m.templating, m.origin, m.priority, m.flow_uuid::text, m.flow_name, m.reply_to, m.urn_auth,
    m.error_count, to_char(m.created_on at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    to_char(m.next_attempt_on at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), c.timezone
from messages.messages m left join contacts.contacts c on c.org = m.org and c.uuid = m.contact_uuid
"""

_UNSENT = (
    _MESSAGES
    + "where m.direction = 'out' and m.status in ('queued', 'errored') and m.visibility <> 'deleted' order by m.id"
)

# Taken by the aggregator, which said later that it could not deliver this time. What it says before the next attempt is about the last.
_RETURNED = (
    _MESSAGES.replace("c.timezone", "c.timezone, e.count")
    + """join messages.reported_errors e on e.org = m.org and e.message_id = m.id
where e.count > e.answered and m.status in ('wired', 'sent') and m.visibility <> 'deleted'
    and (m.next_attempt_on is null or m.next_attempt_on < e.last_on)
order by e.last_on limit %s
"""
)


@dataclass(frozen=True, slots=True)
class UnsentMessage:
    """`message` in the shape of message_created's; `next_attempt_on` as RFC 3339, "" if it may go at once."""

    org: str
    message: dict[str, Any]
    error_count: int
    next_attempt_on: str


@dataclass(frozen=True, slots=True)
class ReturnedMessage:
    """`times`: how often its aggregator said so."""

    unsent: UnsentMessage
    times: int


class UnsentView:
    """`positions`: per partition, the offset up to which the view has taken in the log; empty before the first."""

    def __init__(self, connection: Connection, positions: dict[int, int]) -> None:
        self._connection = connection
        self.positions = positions

    def batches(self) -> Iterator[Sequence[UnsentMessage]]:
        """All of them, by their ids. Raises Unavailable."""
        with database_errors(), self._connection.cursor("unsent_messages") as database:
            database.itersize = ROWS_AT_ONCE
            database.execute(_UNSENT)
            while rows := database.fetchmany(ROWS_AT_ONCE):
                yield [_message(row) for row in rows]

    def returned(self, limit: int) -> Sequence["ReturnedMessage"]:
        """Messages whose aggregators gave up on them for now, and which the sender doesn't know of. Raises Unavailable."""
        with database_errors(), self._connection.cursor() as database:
            database.execute(_RETURNED, (limit,))
            return [ReturnedMessage(_message(row[:-1]), row[-1]) for row in database.fetchall()]


@contextmanager
def unsent_messages(connect: Callable[[], Connection]) -> Iterator[UnsentView]:
    """A view over a connection of its own. Raises Unavailable, also before the read models are made."""
    with database_errors():
        connection = connect()
        try:
            connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
            yield UnsentView(connection, _positions(connection))
        finally:
            connection.close()


def _positions(connection: Connection) -> dict[int, int]:
    with connection.cursor() as database:
        database.execute("select to_regclass('projections.cursors') is not null")
        (is_installed,) = database.fetchone() or (False,)
        if not is_installed:
            raise Unavailable("The read models are not made yet.")
    return cursor.read(connection, cursor.LIVE, 0)


def _message(row: tuple[Any, ...]) -> UnsentMessage:
    (
        org, uuid, number, contact, contact_id, urn, channel, text, attachments, quick_replies,
        locale, templating, origin, priority, flow, flow_name, reply_to, urn_auth, errors, created_on, next_on, timezone,
    ) = row  # fmt: skip
    message = {
        "uuid": uuid,
        "id": number,
        "contact": {"uuid": contact, "id": contact_id},
        "urn": urn,
        "channel": {"uuid": channel} if channel else None,
        "text": text,
        "attachments": attachments,
        "quick_replies": quick_replies,
        "locale": locale,
        "templating": templating,
        "status": "queued",
        "origin": origin,
        "priority": priority,
        "flow": {"uuid": flow, "name": flow_name} if flow else None,
        "reply_to": reply_to,
        "urn_auth": urn_auth or "",
        "timezone": timezone or "",
        "created_on": created_on,
    }
    return UnsentMessage(org, message, errors, next_on or "")
