"""runs: list."""

from typing import Any

from gateways.api_v2.answers import long_time_text, reference, time_text
from gateways.api_v2.calls import Call
from gateways.api_v2.pages import page
from gateways.api_v2.resources.contact_rows import reference_of
from gateways.api_v2.urns import shown_urn
from gateways.http.read_pool import Reader

Data = dict[str, Any]

_SELECT = """
select r.*, k.id as contact_id, k.name as contact_name from runs.runs r
left join contacts.contacts k on k.org = r.org and k.uuid = r.contact_uuid where r.org = %s"""


def get(reader: Reader, call: Call) -> Data:
    call.at_most_one_of("contact", "flow")
    conditions, arguments = call.period("r.modified_on")
    given, values = call.identified({"uuid": "r.uuid", "flow": "r.flow_uuid", "contact": "r.contact_uuid"}, "r.id")
    conditions += given
    arguments += values
    if call.text("responded"):
        conditions.append("r.responded = %s")
        arguments.append(call.flag("responded"))
    with_paths = not call.text("paths") or call.flag("paths")
    return page(
        reader,
        call,
        _SELECT,
        order=("r.modified_on", "r.id"),
        conditions=conditions,
        arguments=[call.org, *arguments],
        show=lambda rows: _shown(reader, call, rows, with_paths),
        reverse=call.flag("reverse"),
    )


def _shown(reader: Reader, call: Call, rows: list[Data], with_paths: bool) -> list[Data]:
    ids = list({row["contact_id"] for row in rows if row["contact_id"] is not None})
    first: dict[int, Data] = {}
    for urn in reader.rows(
        "select contact_id, scheme, path, display from contacts.contact_urns"
        " where org = %s and contact_id = any(%s) order by priority desc",
        call.org,
        ids,
    ):
        first.setdefault(urn["contact_id"], urn)
    found = []
    for row in rows:
        contact = {
            "uuid": str(row["contact_uuid"]),
            "name": row["contact_name"],
            **_address(None if call.anonymous else first.get(row["contact_id"])),
            **reference_of(call, row["contact_id"]),
        }
        found.append(_run(row, contact, with_paths))
    return found


def _address(urn: Data | None) -> Data:
    if urn is None:
        return {"urn": None, "urn_display": None}
    return {"urn": shown_urn(urn["scheme"], urn["path"]), "urn_display": urn["display"] or urn["path"]}


def _run(row: Data, contact: Data, with_paths: bool) -> Data:
    return {
        "id": row["id"],
        "uuid": str(row["uuid"]),
        "flow": reference(row["flow_uuid"], row["flow_name"]),
        "contact": contact,
        "start": {"uuid": str(row["start_uuid"])} if row["start_uuid"] else None,
        "responded": row["responded"],
        "path": [{"node": s["node"], "time": long_time_text(s["time"])} for s in row["path"]] if with_paths else [],
        "values": {key: _value(value) for key, value in row["results"].items()},
        "created_on": time_text(row["created_on"]),
        "modified_on": time_text(row["modified_on"]),
        "exited_on": time_text(row["exited_on"]),
        "exit_type": row["status"] if row["status"] not in ("active", "waiting") else None,
    }


def _value(result: Data) -> Data:
    return {
        "name": result.get("name"),
        "value": result.get("value"),
        "category": result.get("category"),
        "node": result.get("node"),
        "time": long_time_text(result.get("time") or result.get("created_on")),
        "input": result.get("input"),
    }
