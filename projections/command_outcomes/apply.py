"""What became of commands. When the row is there, every live read model holds what the command led to."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from psycopg2.extensions import connection as Connection

from projections.projection import LoggedEvent, Projection
from projections.set_sql import insert

# By the newest outcome of the partition, not by a clock: so live rows and rebuilt ones are the same, however the log was cut.
_FORGET = """
delete from command_outcomes c
using (select unnest(%s::int[]) as partition) p
where c.partition = p.partition
    and c.recorded_on < (select max(n.recorded_on) from command_outcomes n where n.partition = p.partition) - interval '1 day'
"""

_FACTS = frozenset({"message_received", "channel_event_occurred", "timer_fired", "service_answered"})
"""Facts wait for no answer."""


def apply(events: Sequence[LoggedEvent], connection: Connection) -> None:
    rows: dict[str, dict[str, Any]] = {}
    for event in events:
        data = event.data
        row: dict[str, Any] = {"org": event.org, "recorded_on": event.at, "partition": event.partition}
        if event.type == "command_accepted":
            row |= {"command": data["command"], "outcome": "accepted", "result": data.get("result") or {}}
        elif event.type == "command_refused":
            row |= {"command": data["command"], "outcome": "refused"}
            row |= {"field": data.get("field"), "sentence": data["sentence"]}
        elif data["input"].get("type") in _FACTS:
            continue
        else:
            row |= {"command": data["input"]["id"], "outcome": "failed", "sentence": data.get("error")}
        rows.setdefault(row["command"], row)
    if rows:
        insert(connection, "command_outcomes", list(rows.values()), "on conflict do nothing")
        with connection.cursor() as database:
            database.execute(_FORGET, (sorted({row["partition"] for row in rows.values()}),))


PROJECTION = Projection(
    name="command_outcomes",
    version=2,
    folder=Path(__file__).parent,
    tables=("command_outcomes",),
    handles=frozenset({"command_accepted", "command_refused", "input_refused"}),
    apply=apply,
)
