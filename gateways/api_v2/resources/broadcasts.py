"""broadcasts: list and send."""

from typing import Any

from domain.flow.definition.language_codes import is_language_code
from gateways.api_v2.answers import not_found, time_text, wrong_body, wrong_field
from gateways.api_v2.calls import Call, Command
from gateways.api_v2.pages import page
from gateways.api_v2.resources import recipients
from gateways.api_v2.resources.messages import MAX_TEXT, read_attachments, read_quick_replies
from gateways.api_v2.urns import without_details
from gateways.http.read_pool import Reader

Data = dict[str, Any]

MAX_LANGUAGES = 50
KINDS = {"text": "text", "attachments": "attachments", "quick_replies": "quick replies"}
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
    return [_broadcast(row, contacts, groups, call.anonymous) for row in rows]


def _broadcast(row: Data, contacts: dict[str, Data], groups: dict[str, Data], anonymous: bool) -> Data:
    document = row["doc"]
    translations = document.get("translations") or {}
    return {
        "id": row["id"],
        "uuid": str(row["uuid"]),
        "status": recipients.status(document, row["handled"]),
        "progress": recipients.progress(document, row["handled"]),
        "urns": None if anonymous else [without_details(urn) for urn in document.get("urns") or ()],
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
    """{language: {text, attachments, quick_replies}} and the base language."""
    default = (call.caller.workspace.get("languages") or ["und"])[0]
    given = {field: _by_language(call.body.get(field), field, default) for field in KINDS}
    texts, attachments, replies = given.values()
    for text in texts.values():
        _check_text(text)
    if not any((text or "").strip() for text in texts.values()) and not any(attachments.values()):
        raise wrong_body("Must provide either text or attachments.")
    base = call.body.get("base_language") or next(iter(texts or attachments))
    _check_language(base, "base_language")
    for field, name in KINDS.items():
        if given[field] and base not in given[field]:
            raise wrong_body(f"No {name} translation provided in base language.")
    found = {
        language: {
            "text": texts.get(language) or "",
            "attachments": read_attachments(attachments.get(language)),
            "quick_replies": read_quick_replies(replies.get(language)),
        }
        for language in sorted({*texts, *attachments, *replies})
    }
    return found, base


def _by_language(value: Any, field: str, default: str) -> dict[str, Any]:
    if value in (None, "", []):
        return {}
    if not isinstance(value, dict):
        return {default: value}
    if len(value) > MAX_LANGUAGES:
        raise wrong_field(field, f"Ensure this field has no more than {MAX_LANGUAGES} elements.")
    for language in value:
        _check_language(language, field)
    return value


def _check_text(text: Any) -> None:
    if text is not None and not isinstance(text, str):
        raise wrong_field("text", "Not a valid string.")
    if len(text or "") > MAX_TEXT:
        raise wrong_field("text", f"Ensure this field has no more than {MAX_TEXT} characters.")


def _check_language(language: Any, field: str) -> None:
    if not isinstance(language, str) or not is_language_code(language):
        raise wrong_field(field, "Not an allowed ISO 639-3 language code.")
