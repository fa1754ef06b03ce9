"""What a phone and a channel said to each other, from the read model of messages: for the simulator after a reload."""

import threading
from collections.abc import Callable
from datetime import UTC
from typing import Any

from psycopg2.extensions import connection as Connection

from domain.errors import Unavailable
from projections.set_sql import fetch
from projections.translated import database_errors

_CONVERSATION = """
select m.id, m.uuid::text, m.direction, m.text, m.attachments, m.quick_replies, m.created_on
from contacts.contact_urns u
join contacts.contacts c on c.org = u.org and c.id = u.contact_id
join messages.messages m on m.org = c.org and m.contact_uuid = c.uuid
where u.org = %s and u.scheme = %s and u.path = %s and m.channel_uuid = %s and m.visibility <> 'deleted'
order by m.created_on desc, m.id desc limit %s
"""


class Conversation:
    """`Messages` for the pages. `connect` opens a connection to the read models; it keeps one. Thread-safe."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._connection: Connection | None = None
        self._lock = threading.Lock()

    def __call__(self, organization: str, channel: str, urn: str, limit: int) -> list[dict[str, Any]]:
        """The newest messages, oldest first. Raises Unavailable."""
        scheme, _, path = urn.partition(":")
        with self._lock:
            rows = self._rows((organization, scheme, path, channel, limit))
        return [{**row, "created_on": row["created_on"].astimezone(UTC).isoformat()} for row in reversed(rows)]

    def close(self) -> None:
        with self._lock:
            self._release()

    def _rows(self, parameters: tuple[Any, ...]) -> list[dict[str, Any]]:
        try:
            with database_errors():
                if self._connection is None:
                    self._connection = self._connect()
                    self._connection.autocommit = True
                return fetch(self._connection, _CONVERSATION, parameters)
        except Unavailable:
            self._release()
            raise

    def _release(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
