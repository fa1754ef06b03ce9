"""Flows as assets: what they are called, what they collect, and their newest definitions."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from psycopg2.extensions import connection as Connection

from projections.documents import Documents
from projections.projection import LoggedEvent, Projection
from projections.set_sql import upsert


def apply(events: Sequence[LoggedEvent], connection: Connection) -> None:
    flows, definitions = Documents("flows"), dict[tuple[str, str], dict[str, Any]]()
    for event in events:
        data = event.data
        if event.type == "flow_archived":
            flows.patch(event, {"archived": data["archived"]})
            continue
        flow = data["flow"]
        flows.put(event, {**flow, "info": data.get("info") or {}})
        definitions[event.org, flow["uuid"]] = {
            "org": event.org,
            "uuid": flow["uuid"],
            "revision": flow.get("revision"),
            "definition": data["definition"],
        }
    flows.write(connection)
    upsert(connection, "flow_definitions", ("org", "uuid"), ("revision", "definition"), list(definitions.values()))


PROJECTION = Projection(
    name="flows",
    version=1,
    folder=Path(__file__).parent,
    tables=("flows", "flow_definitions"),
    handles=frozenset({"flow_saved", "flow_archived"}),
    apply=apply,
)
