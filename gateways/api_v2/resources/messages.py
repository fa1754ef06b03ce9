"""messages: list and send."""

from typing import Any

from gateways.api_v2.answers import check_reference, not_found, reference, time_text, wrong_body, wrong_field
from gateways.api_v2.calls import Call, Command, is_uuid
from gateways.api_v2.pages import empty_page, page
from gateways.api_v2.resources import contacts
from gateways.api_v2.urns import is_urn, without_details
from gateways.http.read_pool import Reader

Data = dict[str, Any]

MAX_TEXT = 4096
MAX_ATTACHMENTS = 10
MAX_QUICK_REPLIES = 10
MAX_REPLY, MAX_EXTRA = 64, 1_000
_SELECT = """
select m.*, k.name as contact_name, c.doc->>'name' as channel_name
from messages.messages m left join contacts.contacts k on k.org = m.org and k.uuid = m.contact_uuid
left join channels.channels c on c.org = m.org and c.uuid = m.channel_uuid where m.org = %s"""
# In the order of the label's own list, so that a page costs the same however many messages there are.
_SELECT_LABELLED = _SELECT.replace(
    "from messages.messages m",
    "from messages.message_labels l join messages.messages m on m.org = l.org and m.id = l.id",
).replace("where m.org", "where l.org")
_FOLDERS = {
    "inbox": "m.direction = 'in' and m.visibility = 'visible' and m.flow_uuid is null",
    "flows": "m.direction = 'in' and m.visibility = 'visible' and m.flow_uuid is not null",
    "archived": "m.direction = 'in' and m.visibility = 'archived'",
    "outbox": "m.direction = 'out' and m.visibility = 'visible' and m.status in ('queued', 'errored')",
    "sent": "m.direction = 'out' and m.visibility = 'visible' and m.status in ('wired', 'sent', 'delivered', 'read')",
    "failed": "m.direction = 'out' and m.visibility = 'visible' and m.status = 'failed'",
}


def get(reader: Reader, call: Call) -> Data:
    call.at_most_one_of("broadcast", "contact", "folder", "label")
    select, order = _SELECT, ("m.created_on", "m.id")
    one = bool(call.text("uuid") or call.text("id"))
    if call.text("label") and not one:
        select, order = _SELECT_LABELLED, ("l.created_on", "l.id")
    conditions, arguments = call.period(order[0])
    folder = call.text("folder").lower()
    if folder and folder not in _FOLDERS:
        return empty_page()
    if folder == "sent":
        order = ("m.sent_on", "m.id")
        after, moments = call.period("m.sent_on", "after")  # what was created since then was sent since then
        conditions += after
        arguments += moments
    conditions.append(_FOLDERS.get(folder, "m.visibility <> 'deleted'"))
    uuids = {"uuid": "m.uuid", "contact": "m.contact_uuid"}
    if call.text("broadcast").isdecimal():  # its id, as it was once called by
        conditions.append("m.broadcast_uuid = (select uuid from broadcasts.broadcasts where org = %s and id = %s)")
        arguments += [call.org, call.integer("broadcast")]
    else:
        uuids["broadcast"] = "m.broadcast_uuid"
    given, values = call.identified(uuids, "m.id")
    conditions += given
    arguments += values
    if call.text("label"):
        label = _label(reader, call, call.text("label"))
        if label is None:
            return empty_page()
        conditions.append("%s::uuid = any(m.labels)" if one else "l.label = %s::uuid")
        arguments.append(label)
    return page(
        reader,
        call,
        select,
        order=order,
        conditions=conditions,
        arguments=[call.org, *arguments],
        show=lambda rows: shown(reader, call, rows),
    )


def _label(reader: Reader, call: Call, value: str) -> str | None:
    condition = "uuid = %s::uuid" if is_uuid(value) else "lower(doc->>'name') = lower(%s)"
    found = reader.row(
        f"select uuid from labels.labels where org = %s and not removed and {condition}", call.org, value
    )
    return str(found["uuid"]) if found else None


def shown(reader: Reader, call: Call, rows: list[Data]) -> list[Data]:
    wanted = {str(uuid) for row in rows for uuid in _uuids(row["labels"])}
    labels = {
        str(row["uuid"]): row["name"]
        for row in (
            reader.rows(
                "select uuid, doc->>'name' as name from labels.labels where org = %s and not removed and uuid = any(%s::uuid[])",
                call.org,
                list(wanted),
            )
            if wanted
            else []
        )
    }
    return [_shown(row, labels, call.anonymous) for row in rows]


def _uuids(value: Any) -> list[str]:
    return [part for part in value.strip("{}").split(",") if part] if isinstance(value, str) else list(value or ())


def _shown(row: Data, labels: dict[str, str], anon: bool) -> Data:
    incoming = row["direction"] == "in"
    attachments = [_attachment(each) for each in row["attachments"]]
    return {
        "id": row["id"],
        "uuid": str(row["uuid"]),
        "contact": reference(row["contact_uuid"], row["contact_name"]),
        "urn": None if anon else without_details(row["urn"]),
        "channel": reference(row["channel_uuid"], row["channel_name"]),
        "direction": row["direction"],
        "type": "text",
        "status": row["status"],
        "visibility": row["visibility"],
        "archived": row["visibility"] == "archived",
        "text": row["text"],
        "labels": [{"uuid": u, "name": labels[u]} for u in map(str, _uuids(row["labels"])) if u in labels and incoming],
        "flow": reference(row["flow_uuid"], row["flow_name"]),
        "attachments": attachments,
        "media": attachments[0]["url"] if attachments else None,
        "quick_replies": [_quick_reply(each) for each in row["quick_replies"]],
        "broadcast": str(row["broadcast_uuid"]) if row["broadcast_uuid"] else None,
        "created_on": time_text(row["created_on"]),
        "sent_on": time_text(row["sent_on"]),
        "modified_on": time_text(row["modified_on"]),
    }


def _attachment(value: Any) -> Data:
    if isinstance(value, dict):
        return value
    if value.startswith(("http://", "https://")):
        return {"content_type": "", "url": value}
    content_type, _, url = value.partition(":")
    return {"content_type": content_type, "url": url}


def _quick_reply(value: Any) -> Data:
    if isinstance(value, str):
        return {"type": "text", "text": value, "extra": None}
    return {"type": value.get("type") or "text", "text": value.get("text"), "extra": value.get("extra")}


# ---- sending --------------------------------------------------------------------------------------------------------------


def post(reader: Reader, call: Call) -> Command:
    body = call.body
    recipient = _recipient(reader, call)
    text = body.get("text") or ""
    if not isinstance(text, str):
        raise wrong_field("text", "Not a valid string.")
    if len(text) > MAX_TEXT:
        raise wrong_field("text", f"Ensure this field has no more than {MAX_TEXT} characters.")
    attachments = read_attachments(body.get("attachments"))
    if not text.strip() and not attachments:
        raise wrong_body("Must provide either text or attachments.")
    uuid = call.new_id()
    message: Data = {"uuid": uuid, "text": text, "attachments": attachments}
    message["quick_replies"] = read_quick_replies(body.get("quick_replies"))

    def answer(reader: Reader, result: Data) -> tuple[int, Any]:
        row = reader.row(f"{_SELECT} and m.uuid = %s::uuid", call.org, uuid)
        if row is None:
            raise not_found()
        return 201, shown(reader, call, [row])[0]

    return Command("send_message", {"message": message, **recipient, "new_uuid": call.new_id()}, answer)


def _recipient(reader: Reader, call: Call) -> Data:
    wanted = call.body.get("contact")
    if not wanted:
        raise wrong_field("contact", "This field is required.")
    check_reference(wanted, "contact")
    if is_uuid(wanted):
        found = contacts.find(reader, call, wanted)
        if found is None or found["status"] is None:
            raise wrong_field("contact", f"No such object: {wanted}")
        return {"contact": str(found["uuid"])}
    if not is_urn(call, wanted):
        raise wrong_field("contact", f"No such object: {wanted}")
    return {"urn": wanted}


def read_attachments(given: Any, field: str = "attachments") -> list[str]:
    if given in (None, ""):
        return []
    if not isinstance(given, list):
        raise wrong_field(field, f'Expected a list of items but got type "{type(given).__name__}".')
    if len(given) > MAX_ATTACHMENTS:
        raise wrong_field(field, f"Ensure this field has no more than {MAX_ATTACHMENTS} elements.")
    for place, value in enumerate(given):
        if not isinstance(value, str) or ":" not in value or "/" not in value.partition(":")[0]:
            raise wrong_field(
                f"{field}.{place}", "Expected type and address, as in image/jpeg:https://example.org/a.jpg"
            )
    return given


def read_quick_replies(given: Any, field: str = "quick_replies") -> list[Data]:
    if given in (None, ""):
        return []
    if not isinstance(given, list):
        raise wrong_field(field, f'Expected a list of items but got type "{type(given).__name__}".')
    if len(given) > MAX_QUICK_REPLIES:
        raise wrong_field(field, f"Ensure this field has no more than {MAX_QUICK_REPLIES} elements.")
    return [_read_quick_reply(value, f"{field}.{place}") for place, value in enumerate(given)]


def _read_quick_reply(value: Any, field: str) -> Data:
    if isinstance(value, str):
        value = {"type": "text", "text": value}
    if not isinstance(value, dict):
        raise wrong_field(field, "Expected a text, or an object with type, text and extra.")
    kind, text, extra = value.get("type") or "text", value.get("text") or "", value.get("extra") or ""
    for name, said, most in (("text", text, MAX_REPLY), ("extra", extra, MAX_EXTRA)):
        if not isinstance(said, str):
            raise wrong_field(f"{field}.{name}", "Not a valid string.")
        if len(said) > most:
            raise wrong_field(f"{field}.{name}", f"Ensure this field has no more than {most} characters.")
    if kind not in ("text", "form", "url", "location"):
        raise wrong_field(f"{field}.type", f'"{kind}" is not a valid choice.')
    if (kind in ("text", "form", "url") and not text) or (kind in ("form", "url") and not extra):
        raise wrong_field(
            field, f"A quick reply of type {kind} needs {'text' if kind == 'text' else 'text and extra'}."
        )
    if kind == "location" and extra:
        raise wrong_field(field, "A quick reply of type location can't have extra.")
    return {"type": kind, "text": text, "extra": extra}
