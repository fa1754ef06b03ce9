"""What is configured in a workspace, as lists: channels, fields, groups, labels, globals, topics, the workspace itself."""

from collections.abc import Callable
from typing import Any

from gateways.api_v2.answers import time_text
from gateways.api_v2.calls import Call, Listing
from gateways.api_v2.pages import page
from gateways.api_v2.resources.field_usages import usages_of
from gateways.http.read_pool import Reader

Data = dict[str, Any]
Show = Callable[[Reader, Call, list[Data]], list[Data]]


TYPE_WORDS = {"A": "android", "T": "twilio", "TG": "telegram"}
"""What clients call channel types; others by their code."""
MANUAL = "coalesce(d.doc->>'query', '') = ''"


def listing(
    table: str,
    show: Show,
    *,
    keys: tuple[str, ...] = (),
    order: str = "created_on",
    period: str = "",
    exclusive: tuple[str, ...] = (),
    only: Callable[[Call], list[str]] = lambda call: [],
) -> Listing:
    """A list of documents; `keys` of the document may be asked for by parameter, `exclusive` ones not together. `only`: more conditions."""

    def get(reader: Reader, call: Call) -> Data:
        call.at_most_one_of(*exclusive)
        conditions, arguments = call.period(f"d.{period}") if period else ([], [])
        uuid = call.uuid("uuid")
        if uuid:
            conditions.append("d.uuid = %s::uuid")
            arguments.append(uuid)
        for key in keys:
            if call.text(key):
                conditions.append(f"lower(d.doc->>'{key}') = lower(%s)")
                arguments.append(call.text(key))
        return page(
            reader,
            call,
            f"select d.* from {table}.{table} d where d.org = %s and not d.removed",
            order=(f"d.{order}", "d.uuid"),
            conditions=[*conditions, *only(call)],
            arguments=[call.org, *arguments],
            show=lambda rows: show(reader, call, rows),
        )

    return get


def channels(reader: Reader, call: Call, rows: list[Data]) -> list[Data]:
    return [
        {
            "uuid": str(row["uuid"]),
            "name": row["doc"]["name"],
            "address": row["doc"].get("address") or None,
            "type": TYPE_WORDS.get(row["doc"]["type"]) or row["doc"]["type"].lower(),
            "country": row["doc"].get("country") or None,
            "device": row["doc"].get("device"),
            "paused": bool(row["doc"].get("paused_on")),
            "last_seen": time_text(row["doc"].get("last_seen_on") or row["created_on"]),
            "created_on": time_text(row["created_on"]),
        }
        for row in rows
    ]


def fields(reader: Reader, call: Call, rows: list[Data]) -> list[Data]:
    usages = usages_of(reader, call, [row["doc"]["key"] for row in rows])
    return [_field(row["doc"], usages[row["doc"]["key"]]) for row in rows]


def _field(field: Data, usages: Data) -> Data:
    kind = field.get("type") or "text"
    return {
        "key": field["key"],
        "name": field["name"],
        "type": kind,
        "featured": bool(field.get("featured")),
        "priority": int(field.get("priority") or 0),
        "usages": usages,
        "agent_access": field.get("agent_access") or "view",
        "label": field["name"],
        "value_type": "numeric" if kind == "number" else kind,
    }


def _group_status(group: Data, handled: int) -> str:
    """A group with a query is ready when everybody whom it concerned at its making was looked at."""
    if not group.get("query"):
        return "ready"
    return "initializing" if group.get("total") is None else "ready" if handled >= group["total"] else "evaluating"


def listed_groups(call: Call) -> list[str]:
    """Not those of which nobody knows yet whom they concern."""
    manual = [MANUAL, "coalesce(d.doc->>'system', 'false') = 'false'"] if call.flag("manual_only") else []
    return [f"({MANUAL} or d.doc->>'total' is not null)", *manual]


def groups(reader: Reader, call: Call, rows: list[Data]) -> list[Data]:
    uuids = [str(row["uuid"]) for row in rows]
    checked = {
        str(row["uuid"]): row["handled"]
        for row in reader.rows(
            "select uuid, handled from groups.group_progress where org = %s and uuid = any(%s::uuid[])", call.org, uuids
        )
    }
    counts = {
        str(row["group_uuid"]): row["count"]
        for row in reader.rows(
            "select group_uuid, count from contacts.contact_group_counts where org = %s and group_uuid = any(%s::uuid[])",
            call.org,
            uuids,
        )
    }
    return [
        {
            "uuid": str(row["uuid"]),
            "name": row["doc"]["name"],
            "query": row["doc"].get("query") or None,
            "status": _group_status(row["doc"], checked.get(str(row["uuid"]), 0)),
            "system": bool(row["doc"].get("system")),
            "count": counts.get(str(row["uuid"]), 0),
        }
        for row in rows
    ]


def labels(reader: Reader, call: Call, rows: list[Data]) -> list[Data]:
    counts = {
        str(row["label"]): row["count"]
        for row in reader.rows(
            "select label, count from messages.message_label_counts where org = %s and label = any(%s::uuid[])",
            call.org,
            [str(row["uuid"]) for row in rows],
        )
    }
    return [
        {"uuid": str(row["uuid"]), "name": row["doc"]["name"], "count": counts.get(str(row["uuid"]), 0)} for row in rows
    ]


def global_values(reader: Reader, call: Call, rows: list[Data]) -> list[Data]:
    return [
        {**{key: row["doc"].get(key) for key in ("key", "name", "value")}, "modified_on": time_text(row["modified_on"])}
        for row in rows
    ]


def topics(reader: Reader, call: Call, rows: list[Data]) -> list[Data]:
    counts = {
        (row["topic"], row["status"]): row["count"]
        for row in reader.rows(
            "select topic, status, count from tickets.ticket_counts where org = %s and topic = any(%s)",
            call.org,
            [str(row["uuid"]) for row in rows],
        )
    }
    return [
        {
            "uuid": str(row["uuid"]),
            "name": row["doc"]["name"],
            "counts": {status: counts.get((str(row["uuid"]), status), 0) for status in ("open", "closed")},
            "system": bool(row["doc"].get("system")),
            "created_on": time_text(row["created_on"]),
        }
        for row in rows
    ]


def workspace(reader: Reader, call: Call) -> Data:
    profile = call.caller.workspace
    languages = list(profile.get("languages") or ())
    return {
        "uuid": call.org,
        "name": profile["name"],
        "country": profile.get("country") or None,
        "languages": languages,
        "primary_language": languages[0] if languages else None,
        "timezone": profile.get("timezone") or "UTC",
        "date_style": profile.get("date_style") or "day_first",
        "credits": {"used": -1, "remaining": -1},
        "anon": bool(profile.get("anon")),
    }
