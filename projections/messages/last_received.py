"""The last message that came over a channel: from there on, a link that stays open asks what it missed."""

from collections.abc import Callable

from psycopg2.extensions import connection as Connection

from projections.translated import database_errors

_LAST = """
select external_id from messages.messages
where org = %s and channel_uuid = %s and direction = 'in' and external_id is not null
order by created_on desc, id desc limit 1
"""


def last_received(connect: Callable[[], Connection], org: str, channel: str) -> str | None:
    """What the aggregator calls it; None if there is none. Over a connection of its own. Raises Unavailable."""
    with database_errors():
        connection = connect()
        try:
            with connection.cursor() as database:
                database.execute(_LAST, (org, channel))
                row = database.fetchone()
        finally:
            connection.close()
    return None if row is None else str(row[0])
