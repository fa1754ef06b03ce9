"""broadcasts: list and send."""

from typing import Any

from gateways.api_v2.answers import not_found, time_text, wrong_body, wrong_field
from gateways.api_v2.calls import Call, Command
from gateways.api_v2.pages import page
from gateways.api_v2.resources import recipients
from gateways.api_v2.resources.messages import MAX_TEXT, read_attachments, read_quick_replies
from gateways.http.read_pool import Reader

Data = dict[str, Any]

_SELECT = """
select b.*, p.handled from broadcasts.broadcasts b
left join broadcasts.broadcast_progress p on p.org = b.org and p.uuid = b.uuid where b.org = %s and not b.removed"""


def get(reader: Reader, call: Call) -> Data:
    conditions, arguments = call.period("b.created_on")
    given, values = call.identified({"uuid": "b.uuid"}, "b.id")
    return page(
        reader,
        call,
        _SELECT,
        order=("b.created_on", "b.uuid"),
        conditions=[*conditions, *given],
        arguments=[call.org, *arguments, *values],
        show=lambda rows: shown(reader, call, rows),
    )


def shown(reader: Reader, call: Call, rows: list[Data]) -> list[Data]:
    contacts, groups = recipients.named(reader, call, [row["doc"] for row in rows])
    return [_broadcast(row, contacts, groups) for row in rows]


def _broadcast(row: Data, contacts: dict[str, Data], groups: dict[str, Data]) -> Data:
    document = row["doc"]
    translations = document.get("translations") or {}
    return {
        "id": row["id"],
        "uuid": str(row["uuid"]),
        "status": recipients.status(document, row["handled"]),
        "progress": recipients.progress(document, row["handled"]),
        "urns": list(document.get("urns") or ()),
        "contacts": recipients.shown(document.get("contacts"), contacts),
        "groups": recipients.shown(document.get("groups"), groups),
        "text": {language: content.get("text") or "" for language, content in translations.items()},
        "attachments": {language: list(c.get("attachments") or ()) for language, c in translations.items()},
        "quick_replies": {language: list(c.get("quick_replies") or ()) for language, c in translations.items()},
        "base_language": document.get("base_language"),
        "created_on": time_text(row["created_on"]),
    }


def post(reader: Reader, call: Call) -> Command:
    to = recipients.read_recipients(reader, call)
    if not any(to.values()):
        raise wrong_body("Must provide either urns, contacts or groups.")
    translations, base = _translations(call)
    uuid = call.new_id()

    def answer(reader: Reader, result: Data) -> tuple[int, Any]:
        row = reader.row(f"{_SELECT} and b.uuid = %s::uuid", call.org, uuid)
        if row is None:
            raise not_found()
        return 201, shown(reader, call, [row])[0]

    broadcast = {"uuid": uuid, "translations": translations, "base_language": base, **to}
    return Command("create_broadcast", {"broadcast": broadcast}, answer)


def _translations(call: Call) -> tuple[Data, str]:
    body = call.body
    default = (call.caller.workspace.get("languages") or ["und"])[0]
    texts = _by_language(body.get("text"), default)
    attachments = _by_language(body.get("attachments"), default)
    replies = _by_language(body.get("quick_replies"), default)
    if not texts and not attachments:
        raise wrong_body("Must provide either text or attachments.")
    base = body.get("base_language") or next(iter(texts or attachments))
    languages = {*texts, *attachments, *replies}
    if base not in languages:
        raise wrong_body("No text translation provided in base language.")
    found = {}
    for language in sorted(languages):
        text = texts.get(language) or ""
        if not isinstance(text, str) or len(text) > MAX_TEXT:
            raise wrong_field("text", f"Ensure this field has no more than {MAX_TEXT} characters.")
        found[language] = {
            "text": text,
            "attachments": read_attachments(attachments.get(language)),
            "quick_replies": read_quick_replies(replies.get(language)),
        }
    return found, base


def _by_language(value: Any, default: str) -> dict[str, Any]:
    if value in (None, "", []):
        return {}
    return dict(value) if isinstance(value, dict) else {default: value}
