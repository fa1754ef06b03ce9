"""How many contacts of a flow start or broadcast were handled: counted per batch, added up in the table."""

from typing import Any

from psycopg2.extensions import connection as Connection

from projections.projection import LoggedEvent
from projections.set_sql import insert


class Progress:
    """Counts for a table (org, uuid, handled, modified_on)."""

    def __init__(self, table: str) -> None:
        self.table = table
        self._rows: dict[tuple[str, str], dict[str, Any]] = {}

    def count(self, event: LoggedEvent) -> None:
        """One more contact of the start or broadcast that the event names as `origin`."""
        key = (event.org, event.data["origin"])
        row = self._rows.setdefault(key, {"org": key[0], "uuid": key[1], "handled": 0, "modified_on": event.at})
        row["handled"] += 1
        row["modified_on"] = max(row["modified_on"], event.at)

    def rows(self) -> list[dict[str, Any]]:
        """What was counted: {org, uuid, handled, modified_on}."""
        return list(self._rows.values())

    def write(self, connection: Connection) -> None:
        insert(
            connection,
            self.table,
            self.rows(),
            f"on conflict (org, uuid) do update set handled = {self.table}.handled + excluded.handled,"
            f" modified_on = greatest({self.table}.modified_on, excluded.modified_on)",
        )
