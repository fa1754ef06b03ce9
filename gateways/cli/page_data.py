"""What the pages show: workspaces from the read models, the state of the installation, passing records."""

from typing import Any

from domain.errors import Unavailable
from domain.ports.event_log import EventLog
from gateways.cli.compose import connect_database
from gateways.cli.status import StatusReader, figures
from gateways.pages.passing_records import PassingRecords
from infra.settings import Settings

Data = dict[str, Any]

_CHANNELS = """
select w.org::text, w.doc->>'name', c.uuid::text, c.doc->>'type', coalesce(c.doc->>'address', '')
from workspaces.workspaces w join channels.channels c on c.org = w.org
where not c.removed and c.doc->'config'->>'send_url' like %s order by w.created_on, w.org, c.created_on, c.uuid
"""


class PageData:
    """`log` is shared with its owner. Every call opens a connection of its own: people look now and then."""

    def __init__(self, log: EventLog, settings: Settings) -> None:
        self._settings = settings
        self._status = StatusReader(log, settings)
        self.records = PassingRecords(log)

    def status(self) -> Data:
        return self._status.read()

    def figures(self) -> Data:
        """How much each channel did, by process."""
        return figures(self._settings.state / "run")

    def workspaces(self) -> list[Data]:
        """Those with channels that send to the phone simulator."""
        base = self._settings.base_url
        found: dict[str, Data] = {}
        for org, name, uuid, kind, address in self._rows(_CHANNELS, f"{base}/simulator/deliver/%"):
            workspace = found.setdefault(org, {"uuid": org, "name": name, "channels": []})
            receive_url = f"{base}/c/{kind.lower()}/{uuid}/receive"
            workspace["channels"].append({"uuid": uuid, "type": kind, "address": address, "receive_url": receive_url})
        return list(found.values())

    def _rows(self, statement: str, *arguments: Any) -> list[tuple[Any, ...]]:
        import psycopg2

        try:
            connection = connect_database(self._settings)
        except Unavailable:
            return []
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, arguments)
                return list(cursor.fetchall())
        except psycopg2.Error as error:
            raise Unavailable(f"The read models can't be asked: {error}") from error
        finally:
            connection.close()
