"""What waiting sessions are due for. Each session_advanced says it anew: what a contact was due for before is gone.

A time-out whose wait has `timeout_seconds` but no `timeout_on` starts when the message that asks the question has left, or when it
failed for good: a contact who can't be asked isn't waited for until the session expires. That its aggregator has it may be all that is ever
heard of it: what its sender knew is lost if sender and send queue are killed together.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg2.extensions import connection as Connection

from projections.messages.report_names import named_id, named_uuid
from projections.messages.status_ladder import LEFT_US
from projections.projection import LoggedEvent, Projection
from projections.set_sql import execute, insert

Row = dict[str, Any]

_CLEAR_TIMERS = """
delete from due_timers t using json_to_recordset(%s) as v(org uuid, contact uuid) where t.org = v.org and t.contact = v.contact
"""

_CLEAR_AWAITED = """
delete from awaited_messages a using json_to_recordset(%s) as v(org uuid, contact uuid, sprint uuid)
where a.org = v.org and a.contact = v.contact and a.sprint is distinct from v.sprint
"""

# The first report that the message left, or never will, counts.
_START = """
with sent as (select * from json_to_recordset(%s) as v(org uuid, message uuid, id bigint, sent_on timestamptz, nth int)),
found as (
    select a.org, a.message, s.sent_on, s.nth from sent s join awaited_messages a on a.org = s.org and a.message = s.message
    union all
    select a.org, a.message, s.sent_on, s.nth from sent s join awaited_messages a on a.org = s.org and a.id = s.id
),
first as (select distinct on (org, message) * from found order by org, message, nth),
started as (
    delete from awaited_messages a using first s where a.org = s.org and a.message = s.message
    returning a.org, a.contact, a.sprint, s.sent_on
)
update due_timers t set due_on = s.sent_on + make_interval(secs => t.timeout_seconds), timeout_seconds = null
from started s
where t.org = s.org and t.contact = s.contact and t.kind = 'wait_timeout' and t.sprint is not distinct from s.sprint
    and t.due_on is null
"""


class _Batch:
    def __init__(self) -> None:
        self.cleared: dict[tuple[str, str], str | None] = {}  # contact -> sprint whose messages stay
        self.timers: dict[tuple[str, str], list[Row]] = {}
        self.awaited: dict[tuple[str, str], Row] = {}  # by message
        self.numbers: dict[tuple[str, int], str] = {}  # messages of these, by id
        self.sent: dict[tuple[str, str | int], Row] = {}  # messages of earlier batches that left, by uuid or id

    def session_advanced(self, event: LoggedEvent) -> None:
        """Messages of this sprint were created before it in the same decision: they stay, those of earlier sprints go."""
        data = event.data
        sprint = data.get("sprint")
        timers = self._clear(event, sprint)
        wait = data.get("wait")
        if not wait or data.get("status", "waiting") != "waiting":
            return
        timer = {"org": event.org, "contact": event.of, "session": data["uuid"], "sprint": sprint}
        if wait.get("timeout_on"):
            timers.append(timer | {"kind": "wait_timeout", "due_on": wait["timeout_on"]})
        elif wait.get("timeout_seconds"):
            timers.append(timer | {"kind": "wait_timeout", "timeout_seconds": wait["timeout_seconds"]})
        if wait.get("expires_on"):
            timers.append(timer | {"kind": "wait_expiration", "due_on": wait["expires_on"]})

    def contact_deleted(self, event: LoggedEvent) -> None:
        self._clear(event, None)

    def _clear(self, event: LoggedEvent, sprint: str | None) -> list[Row]:
        key = (event.org, event.of or "")
        self.cleared[key] = sprint
        gone = [at for at, row in self.awaited.items() if row["contact"] == event.of and row["sprint"] != sprint]
        for message in gone:
            del self.awaited[message]
        self.timers[key] = []
        return self.timers[key]

    def message_created(self, event: LoggedEvent) -> None:
        message = event.data["message"]
        wait = message.get("wait")
        if wait and message["status"] == "queued":
            self.awaited[event.org, message["uuid"]] = {
                "org": event.org,
                "message": message["uuid"],
                "contact": event.of,
                "sprint": wait.get("sprint"),
                "id": message["id"],
            }
            self.numbers[event.org, message["id"]] = message["uuid"]

    def message_sent(self, event: LoggedEvent) -> None:
        data = event.data
        if data["status"] not in LEFT_US and data["status"] != "failed":
            return
        self._left(event.org, data["message"], data.get("sent_on") or event.at)

    def delivery_reported(self, event: LoggedEvent) -> None:
        """By an aggregator's own id nobody knows a message whose sender told nothing."""
        data = event.data
        if data["status"] not in LEFT_US and data["status"] != "failed":
            return
        uuid, number = named_uuid(data), named_id(data)
        if uuid is not None:
            self._left(event.org, str(UUID(uuid)), event.at)
        elif number is not None:
            self._left(event.org, self.numbers.get((event.org, number), number), event.at)

    def _left(self, org: str, message: str | int, sent_on: str) -> None:
        awaited = self.awaited.pop((org, message), None) if isinstance(message, str) else None
        if awaited is None:
            name = "message" if isinstance(message, str) else "id"
            self.sent.setdefault((org, message), {"org": org, name: message, "sent_on": sent_on, "nth": len(self.sent)})
            return
        for timer in self.timers.get((org, awaited["contact"]), ()):
            if timer.get("timeout_seconds") and timer["sprint"] == awaited["sprint"]:
                timer["due_on"] = later(sent_on, timer.pop("timeout_seconds"))

    def write(self, connection: Connection) -> None:
        execute(connection, _START, list(self.sent.values()))
        cleared = [
            {"org": org, "contact": contact, "sprint": sprint} for (org, contact), sprint in self.cleared.items()
        ]
        execute(connection, _CLEAR_TIMERS, cleared)
        execute(connection, _CLEAR_AWAITED, cleared)
        insert(connection, "due_timers", [row for rows in self.timers.values() for row in rows])
        insert(connection, "awaited_messages", list(self.awaited.values()), "on conflict do nothing")


def later(moment: str, seconds: int) -> str:
    """RFC 3339 text this many seconds after a moment."""
    return (datetime.fromisoformat(moment) + timedelta(seconds=seconds)).isoformat()


_HANDLERS = {
    "session_advanced": _Batch.session_advanced,
    "contact_deleted": _Batch.contact_deleted,
    "message_created": _Batch.message_created,
    "message_sent": _Batch.message_sent,
    "delivery_reported": _Batch.delivery_reported,
}


def apply(events: Sequence[LoggedEvent], connection: Connection) -> None:
    batch = _Batch()
    for event in events:
        _HANDLERS[event.type](batch, event)
    batch.write(connection)


PROJECTION = Projection(
    name="due_timers",
    version=3,
    folder=Path(__file__).parent,
    tables=("due_timers", "awaited_messages"),
    handles=frozenset(_HANDLERS),
    apply=apply,
)
