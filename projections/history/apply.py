"""Every event of every aggregate, in the layout of the eventsourcing library's recorders.

`state` is what the library's mapper with its JSON transcoder reads: the event's attributes but originator id and version.
"""

from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from psycopg2.errors import UniqueViolation
from psycopg2.extensions import connection as Connection

from domain.conversation.aggregate import CATALOGUE_NAMES, TOPIC, topic_of
from domain.event_catalogue import EVENT_TYPES
from projections.projection import LoggedEvent, Projection
from projections.set_sql import json_text

# Many and large rows: copied, for as JSON they would be taken apart once more by the server.
_COLUMNS = "org, originator_id, originator_version, topic, state, type, event, recorded_on, partition, at_offset, index"
_COPY = f"copy history ({_COLUMNS}) from stdin"

# A version that stands there already stays as it is. There is one writer, so nothing is there twice; but if it ever were, that is no
# reason for all read models to stand still.
_STAGE = "create temporary table new_history (like history) on commit drop"
_COPY_TO_STAGE = f"copy pg_temp.new_history ({_COLUMNS}) from stdin"
_TAKE = f"insert into history ({_COLUMNS}) select {_COLUMNS} from pg_temp.new_history on conflict do nothing"

_TOPICS = {name: topic_of(name) for name in CATALOGUE_NAMES.values()}


def _state(event: LoggedEvent) -> dict[str, Any]:
    state: dict[str, Any] = {"timestamp": {"_type_": "datetime_iso", "_data_": event.at}, "data": event.data}
    if event.type == "contact_created":
        state["originator_topic"] = TOPIC
    return state


def apply(events: Sequence[LoggedEvent], connection: Connection) -> None:
    rows = [_line(event) for event in events if event.of and event.n]
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute("savepoint history")
        try:
            cursor.copy_expert(_COPY, StringIO("".join(rows)))
        except UniqueViolation:
            cursor.execute("rollback to savepoint history")
            cursor.execute(_STAGE)
            cursor.copy_expert(_COPY_TO_STAGE, StringIO("".join(rows)))
            cursor.execute(_TAKE)


def _line(event: LoggedEvent) -> str:
    """As COPY reads it. JSON holds no tab or line end; its backslashes are doubled for bytea, and once more for COPY."""
    state = json_text(_state(event))
    if "\\" in state:
        state = state.replace("\\", "\\\\\\\\")
    topic = _TOPICS.get(event.type, event.type)
    columns = (event.org, event.of, event.n, topic, state, event.type, event.id, event.at)
    return "\t".join(map(str, (*columns, event.partition, event.offset, event.nth))) + "\n"


PROJECTION = Projection(
    name="history",
    # Rows hold events as they are, so that Repository.get reads them with today's code: they are made anew when any event changes.
    version=3 + sum(each.version - 1 for each in EVENT_TYPES.values() if each.of),
    folder=Path(__file__).parent,
    tables=("history",),
    handles=frozenset(name for name, event_type in EVENT_TYPES.items() if event_type.of),
    apply=apply,
)
