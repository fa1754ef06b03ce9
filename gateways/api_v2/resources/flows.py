"""flows: list."""

from typing import Any

from gateways.api_v2.answers import time_text
from gateways.api_v2.calls import Call, is_uuid
from gateways.api_v2.pages import page
from gateways.http.read_pool import Reader

Data = dict[str, Any]

_SELECT = "select f.* from flows.flows f where f.org = %s and not f.removed"
_TYPES = {"message": "messaging", "voice": "voice", "background": "messaging_background", "survey": "messaging_offline"}
_SHOWN_TYPES = {written: shown for shown, written in _TYPES.items()}
RUN_STATUSES = ("active", "waiting", "completed", "interrupted", "expired", "failed")


def get(reader: Reader, call: Call) -> Data:
    conditions, arguments = call.period("f.modified_on")
    uuid = call.uuid("uuid")
    if uuid:
        conditions.append("f.uuid = %s::uuid")
        arguments.append(uuid)
    if call.text("type"):
        conditions.append("f.doc->>'type' = %s")
        arguments.append(_TYPES.get(call.text("type"), ""))
    if call.text("archived"):
        conditions.append("coalesce((f.doc->>'archived')::boolean, false) = %s")
        arguments.append(call.flag("archived"))
    return page(
        reader,
        call,
        _SELECT,
        order=("f.created_on", "f.uuid"),
        conditions=conditions,
        arguments=[call.org, *arguments],
        show=lambda rows: _shown(reader, call, rows),
    )


def _shown(reader: Reader, call: Call, rows: list[Data]) -> list[Data]:
    counts: dict[str, dict[str, int]] = {}
    for row in reader.rows(
        "select flow_uuid::text, status, count from runs.flow_run_counts where org = %s and flow_uuid = any(%s::uuid[])",
        call.org,
        [str(row["uuid"]) for row in rows],
    ):
        counts.setdefault(row["flow_uuid"], {})[row["status"]] = row["count"]
    return [_flow(row, counts.get(str(row["uuid"]), {})) for row in rows]


def _flow(row: Data, counts: dict[str, int]) -> Data:
    flow = row["doc"]
    info = flow.get("info") or {}
    return {
        "uuid": str(row["uuid"]),
        "name": flow["name"],
        "type": _SHOWN_TYPES.get(flow.get("type") or "", "message"),
        "archived": bool(flow.get("archived")),
        "labels": [],
        "expires": int(flow.get("expire_after_minutes") or 0),
        "runs": {status: counts.get(status, 0) for status in RUN_STATUSES},
        "results": [
            {key: result.get(key) for key in ("key", "name", "categories", "node_uuids")}
            for result in info.get("results") or ()
        ],
        "parent_refs": list(info.get("parent_refs") or ()),
        "created_on": time_text(row["created_on"]),
        "modified_on": time_text(row["modified_on"]),
    }


def find(reader: Reader, call: Call, uuid: Any) -> Data | None:
    return reader.row(f"{_SELECT} and f.uuid = %s::uuid", call.org, uuid) if is_uuid(uuid) else None
