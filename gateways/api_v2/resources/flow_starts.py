"""flow_starts: list and begin."""

from typing import Any

import orjson

from gateways.api_v2.answers import not_found, time_text, wrong_body, wrong_field
from gateways.api_v2.calls import Call, Command
from gateways.api_v2.pages import page
from gateways.api_v2.resources import flows, recipients
from gateways.http.read_pool import Reader

Data = dict[str, Any]

MAX_PARAMS = 10_000
_SELECT = """
select s.*, p.handled from flow_starts.flow_starts s
left join flow_starts.flow_start_progress p on p.org = s.org and p.uuid = s.uuid where s.org = %s and not s.removed"""
_TRUE = (True, 1, "1", "true", "True", "t", "y", "yes")


def get(reader: Reader, call: Call) -> Data:
    conditions, arguments = call.period("s.modified_on")
    conditions.append("s.doc->>'origin' in ('api', 'ui')")
    given, values = call.identified({"uuid": "s.uuid"}, "s.id")
    return page(
        reader,
        call,
        _SELECT,
        order=("s.modified_on", "s.uuid"),
        conditions=[*conditions, *given],
        arguments=[call.org, *arguments, *values],
        show=lambda rows: shown(reader, call, rows),
    )


def shown(reader: Reader, call: Call, rows: list[Data]) -> list[Data]:
    contacts, groups = recipients.named(reader, call, [row["doc"] for row in rows])
    return [_start(row, contacts, groups) for row in rows]


def _start(row: Data, contacts: dict[str, Data], groups: dict[str, Data]) -> Data:
    start = row["doc"]
    return {
        "id": row["id"],
        "uuid": str(row["uuid"]),
        "flow": start["flow"],
        "status": recipients.status(start, row["handled"]),
        "progress": recipients.progress(start, row["handled"]),
        "groups": recipients.shown(start.get("groups"), groups),
        "contacts": recipients.shown(start.get("contacts"), contacts),
        "params": start.get("params"),
        "extra": start.get("params"),
        "restart_participants": bool(start.get("restart_participants", True)),
        "exclude_active": bool(start.get("exclude_active", False)),
        "created_on": time_text(row["created_on"]),
        "modified_on": time_text(row["modified_on"]),
    }


def post(reader: Reader, call: Call) -> Command:
    body = call.body
    if not body.get("flow"):
        raise wrong_field("flow", "This field is required.")
    flow = flows.find(reader, call, body["flow"])
    if flow is None or flow["doc"].get("archived"):
        raise wrong_field("flow", f"No such object: {body['flow']}")
    to = recipients.read_recipients(reader, call)
    if not any(to.values()):
        raise wrong_body("Must specify at least one group, contact or URN")
    params = body.get("params", body.get("extra"))
    if params is not None and not isinstance(params, dict):
        raise wrong_field("params", "Must be a valid JSON object")
    if params is not None and len(orjson.dumps(params)) > MAX_PARAMS:
        raise wrong_field("params", f"Ensure this field has no more than {MAX_PARAMS} characters.")
    uuid = call.new_id()

    def answer(reader: Reader, result: Data) -> tuple[int, Any]:
        row = reader.row(f"{_SELECT} and s.uuid = %s::uuid", call.org, uuid)
        if row is None:
            raise not_found()
        return 201, shown(reader, call, [row])[0]

    start = {"uuid": uuid, "flow": str(flow["uuid"]), **to}
    start["restart_participants"] = body.get("restart_participants", True) in _TRUE
    start["exclude_active"] = body.get("exclude_active", False) in _TRUE
    if params:
        start["params"] = params
    return Command("create_flow_start", {"flow_start": start}, answer)
