"""What the pages show: workspaces and messages from the read models, the state of the installation, passing records."""

from typing import Any

import orjson

from domain.errors import Unavailable
from domain.ports.event_log import EventLog
from gateways.cli.compose import connect_database
from gateways.cli.status import StatusReader
from gateways.pages.passing_records import PassingRecords
from infra.settings import Settings

Data = dict[str, Any]

_CHANNELS = """
select w.org::text, w.doc->>'name', c.uuid::text, c.doc->>'type', coalesce(c.doc->>'address', '')
from workspaces.workspaces w join channels.channels c on c.org = w.org
where not c.removed and c.doc->'config'->>'send_url' like %s order by w.created_on, w.org, c.created_on, c.uuid
"""
_MESSAGES = """
select uuid::text, direction, text, attachments, quick_replies, created_on from messages.messages m
where org = %s::uuid and channel_uuid = %s::uuid and contact_uuid = (
    select k.uuid from contacts.contact_urns u join contacts.contacts k on k.org = u.org and k.id = u.contact_id
    where u.org = %s::uuid and u.scheme = %s and u.path = %s)
order by created_on desc, id desc limit %s
"""


class PageData:
    """`log` is shared with its owner. Every call opens a connection of its own: people look now and then."""

    def __init__(self, log: EventLog, settings: Settings) -> None:
        self._settings = settings
        self._status = StatusReader(log, settings)
        self.records = PassingRecords(log)

    def status(self) -> Data:
        return self._status.read()

    def workspaces(self) -> list[Data]:
        """Those with channels that send to the phone simulator."""
        base = self._settings.base_url
        found: dict[str, Data] = {}
        for org, name, uuid, kind, address in self._rows(_CHANNELS, f"{base}/simulator/deliver/%"):
            workspace = found.setdefault(org, {"uuid": org, "name": name, "channels": []})
            receive_url = f"{base}/c/{kind.lower()}/{uuid}/receive"
            workspace["channels"].append({"uuid": uuid, "type": kind, "address": address, "receive_url": receive_url})
        return list(found.values())

    def messages(self, org: str, channel: str, urn: str, limit: int) -> list[Data]:
        """The newest, oldest first."""
        scheme, _, path = urn.partition(":")
        rows = self._rows(_MESSAGES, org, channel, org, scheme, path, limit)
        keys = ("id", "direction", "text", "attachments", "quick_replies", "created_on")
        messages = [dict(zip(keys, row, strict=True)) for row in reversed(rows)]
        for message in messages:
            message["created_on"] = message["created_on"].isoformat()
            for key in ("attachments", "quick_replies"):
                if isinstance(message[key], str):
                    message[key] = orjson.loads(message[key])
        return messages

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
