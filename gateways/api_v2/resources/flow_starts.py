"""flow_starts: list and begin."""

import re
from typing import Any

import orjson

from gateways.api_v2.answers import not_found, read_boolean, time_text, wrong_body, wrong_field
from gateways.api_v2.calls import Call, Command
from gateways.api_v2.pages import page
from gateways.api_v2.resources import flows, recipients
from gateways.http.read_pool import Reader

Data = dict[str, Any]

MAX_PARAMS = 10_000
MAX_EXTRA_KEY, MAX_EXTRA_TEXT, MAX_EXTRA_ITEMS = 255, 640, 256
_SELECT = """
select s.*, p.handled from flow_starts.flow_starts s
left join flow_starts.flow_start_progress p on p.org = s.org and p.uuid = s.uuid where s.org = %s and not s.removed"""


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
    params = _params(body)
    uuid = call.new_id()

    def answer(reader: Reader, result: Data) -> tuple[int, Any]:
        row = reader.row(f"{_SELECT} and s.uuid = %s::uuid", call.org, uuid)
        if row is None:
            raise not_found()
        return 201, shown(reader, call, [row])[0]

    start = {"uuid": uuid, "flow": str(flow["uuid"]), **to}
    start["restart_participants"] = read_boolean(body, "restart_participants", default=True)
    start["exclude_active"] = read_boolean(body, "exclude_active", default=False)
    if params:
        start["params"] = params
    return Command("create_flow_start", {"flow_start": start}, answer)


def _params(body: Data) -> Any:
    """`params`, or else `extra`, its old name, whose keys become names that expressions can say."""
    field = "extra" if body.get("params") is None else "params"
    given = body.get(field)
    if given is None:
        return None
    if not isinstance(given, dict):
        raise wrong_field(field, "Must be a valid JSON object")
    if len(orjson.dumps(given).decode()) > MAX_PARAMS:
        raise wrong_field(field, f"Ensure this field has no more than {MAX_PARAMS} characters.")
    return given if field == "params" else normalised_extra(given)


def normalised_extra(value: Any) -> Any:
    if isinstance(value, str):
        return value[:MAX_EXTRA_TEXT]
    if isinstance(value, list):
        value = {str(place): each for place, each in enumerate(value)}
    if isinstance(value, dict):
        some = list(value.items())[:MAX_EXTRA_ITEMS]
        return {re.sub("[^a-zA-Z0-9_]", "_", key)[:MAX_EXTRA_KEY]: normalised_extra(each) for key, each in some}
    return value
