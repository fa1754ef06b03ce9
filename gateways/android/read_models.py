"""What the relayer door asks of the read models: the integer ids of messages and of workspaces."""

from collections.abc import Callable, Collection
from typing import Any

from gateways.http.own_connection import OwnConnection


class NumberReader:
    """`connect` opens a connection of its own. Thread-safe."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._database = OwnConnection(connect)
        self._organizations: dict[str, int] = {}

    def of_messages(self, org: str, uuids: Collection[str]) -> dict[str, int]:
        """The integer ids of those of these messages that are in the read model. Raises Unavailable."""
        statement = "select uuid::text, id from messages.messages where org = %s and uuid = any(%s::uuid[])"
        return dict(self._database.rows(statement, (org, list(uuids)))) if uuids else {}

    def of_organization(self, org: str) -> int | None:
        """Raises Unavailable."""
        if org not in self._organizations:
            rows = self._database.rows("select id from workspaces.workspaces where org = %s", (org,))
            if not rows or rows[0][0] is None:
                return None
            self._organizations[org] = int(rows[0][0])
        return self._organizations[org]

    def close(self) -> None:
        self._database.close()
