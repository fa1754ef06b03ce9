"""Every event of every aggregate, in the layout of the eventsourcing library's recorders.

`state` is what the library's mapper with its JSON transcoder reads: the event's attributes but originator id and version.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from psycopg2.extensions import connection as Connection

from domain.conversation.aggregate import CATALOGUE_NAMES, TOPIC, topic_of
from domain.event_catalogue import EVENT_TYPES
from projections.projection import LoggedEvent, Projection
from projections.set_sql import execute

# `json` keeps the text of the state as it was sent.
_INSERT = """
insert into history
select org, originator_id, originator_version, topic, convert_to(state::text, 'UTF8'), type, event, recorded_on, partition,
    at_offset, index
from json_to_recordset(%s) as v(org uuid, originator_id uuid, originator_version int, topic text, state json, type text,
    event uuid, recorded_on timestamptz, partition int, at_offset bigint, index int)
on conflict do nothing
"""

_TOPICS = {name: topic_of(name) for name in CATALOGUE_NAMES.values()}


def _state(event: LoggedEvent) -> dict[str, Any]:
    state: dict[str, Any] = {"timestamp": {"_type_": "datetime_iso", "_data_": event.at}, "data": event.data}
    if event.type == "contact_created":
        state["originator_topic"] = TOPIC
    return state


def apply(events: Sequence[LoggedEvent], connection: Connection) -> None:
    rows = [
        {
            "org": event.org,
            "originator_id": event.of,
            "originator_version": event.n,
            "topic": _TOPICS.get(event.type, event.type),
            "state": _state(event),
            "type": event.type,
            "event": event.id,
            "recorded_on": event.at,
            "partition": event.partition,
            "at_offset": event.offset,
            "index": event.nth,
        }
        for event in events
        if event.of and event.n
    ]
    execute(connection, _INSERT, rows)


PROJECTION = Projection(
    name="history",
    version=1,
    folder=Path(__file__).parent,
    tables=("history",),
    handles=frozenset(name for name, event_type in EVENT_TYPES.items() if event_type.of),
    apply=apply,
)
