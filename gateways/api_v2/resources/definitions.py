"""definitions: flows as export files have them, with what they depend on."""

from typing import Any

from domain.flow.definition.export import Export, write_export
from gateways.api_v2.answers import wrong_param
from gateways.api_v2.calls import Call
from gateways.http.read_pool import Reader

Data = dict[str, Any]

DEPENDENCIES = ("none", "flows", "all")
_FLOWS = """
select f.uuid::text, f.doc->'info'->'dependencies' as needs, d.definition from flows.flows f
join flows.flow_definitions d on d.org = f.org and d.uuid = f.uuid where f.org = %s and f.uuid = any(%s::uuid[]) and not f.removed"""


def get(reader: Reader, call: Call) -> Data:
    """`flow` may be repeated. `dependencies`: none, the flows that these start, or all (the default): their groups, fields and triggers too."""
    wanted = call.text("dependencies") or "all"
    if wanted not in DEPENDENCIES:
        raise wrong_param(f"Param 'dependencies': {wanted} is not one of {', '.join(DEPENDENCIES)}.")
    flows = _flows(reader, call, call.uuids("flow"), follow=wanted != "none")
    needs = [need for flow in flows for need in flow["needs"] or ()] if wanted == "all" else []
    triggers = _triggers(reader, call, flows) if wanted == "all" else []
    groups = {uuid for each in triggers for key in ("groups", "exclude_groups") for uuid in each.get(key) or ()}
    groups |= {need["uuid"] for need in needs if need["type"] == "group" and need.get("uuid")}
    export = Export(
        site=call.url.partition("/api/")[0],
        flows=tuple(flow["definition"] for flow in flows),
        groups=_documents(reader, call, "groups", "uuid::text", groups),
        fields=_documents(
            reader, call, "fields", "doc->>'key'", {need["key"] for need in needs if need["type"] == "field"}
        ),
        triggers=tuple(triggers),
    )
    return write_export(export)


def _flows(reader: Reader, call: Call, uuids: list[str], *, follow: bool) -> list[Data]:
    """{uuid, needs, definition} of each, and of those that they start, and so on."""
    found: dict[str, Data] = {}
    asked = set(uuids)
    while uuids:
        rows = {row["uuid"]: row for row in reader.rows(_FLOWS, call.org, uuids)}
        found |= {uuid: rows[uuid] for uuid in dict.fromkeys(uuids) if uuid in rows}
        needs = (need for row in rows.values() for need in row["needs"] or () if follow and need["type"] == "flow")
        uuids = [need["uuid"] for need in needs if need["uuid"] not in asked]
        asked.update(uuids)
    return list(found.values())


def _triggers(reader: Reader, call: Call, flows: list[Data]) -> list[Data]:
    rows = reader.rows(
        "select doc from triggers.triggers where org = %s and not removed and doc->>'flow' = any(%s) order by id, uuid",
        call.org,
        [flow["uuid"] for flow in flows],
    )
    return [row["doc"] for row in rows]


def _documents(reader: Reader, call: Call, table: str, column: str, wanted: set[str]) -> tuple[Data, ...]:
    rows = reader.rows(
        f"select doc from {table}.{table} where org = %s and not removed and {column} = any(%s) order by id, uuid",
        call.org,
        list(wanted),
    )
    return tuple({"type": "text", **row["doc"]} for row in rows)
