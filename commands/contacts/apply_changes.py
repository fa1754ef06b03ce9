"""Changes to a contact that a person or a program asks for, through the same modifiers that flows use."""

from typing import Any

from commands.contacts.apply_modifiers import apply_modifiers
from commands.contacts.free_urns import free_urns
from commands.conversations.run_flow import interrupt_session
from commands.deciding import Deciding
from domain.contact.contact import STATUSES
from domain.conversation.aggregate import Conversation
from domain.errors import Invalid

Data = dict[str, Any]

MAX_NOTE = 10_000


def apply_changes(deciding: Deciding, conversation: Conversation, changes: Data, *, actor: str) -> None:
    """`changes`: {name?, language?, urns?, groups?: [uuid], fields?: {key: value}, note?, status?}; lists replace."""
    apply_modifiers(deciding, conversation, _modifiers(deciding, conversation, changes))
    if changes.get("note"):
        note = {"text": changes["note"][:MAX_NOTE], "created_on": deciding.now_text, "created_by": actor}
        deciding.record(conversation, "contact_note_added", note)
    if conversation.contact["status"] != "active":
        interrupt_session(deciding, conversation)


def _modifiers(deciding: Deciding, conversation: Conversation, changes: Data) -> list[Data]:
    found: list[Data] = []
    if "name" in changes:
        found.append({"type": "name", "name": changes["name"] or ""})
    if "language" in changes:
        found.append({"type": "language", "language": changes["language"] or ""})
    if "status" in changes:
        if changes["status"] not in STATUSES:
            raise Invalid(f"Expected one of {', '.join(STATUSES)}.", field="status")
        found.append({"type": "status", "status": changes["status"]})
    if "urns" in changes:
        urns = free_urns(deciding, changes["urns"], own=conversation.id)
        found.append({"type": "urns", "modification": "set", "urns": urns})
    for key, value in (changes.get("fields") or {}).items():
        field = deciding.workspace.by("field", "key", key)
        if field is None:
            raise Invalid(f"Invalid contact field key: {key}", field="fields")
        found.append(
            {
                "type": "field",
                "field": {"key": key, "name": field["name"]},
                "value": "" if value is None else str(value),
            }
        )
    if "groups" in changes:
        found.extend(_group_modifiers(deciding, conversation, changes["groups"]))
    return found


def _group_modifiers(deciding: Deciding, conversation: Conversation, wanted: list[str]) -> list[Data]:
    groups = deciding.workspace.items["group"]
    for uuid in wanted:
        if uuid not in groups:
            raise Invalid(f"No such group: {uuid}", field="groups")
        if groups[uuid].get("query"):
            raise Invalid(f"Contact group must not be query based: {groups[uuid]['name']}", field="groups")
    manual = {g["uuid"] for g in conversation.contact.get("groups", ()) if not groups.get(g["uuid"], {}).get("query")}
    added, removed = [uuid for uuid in wanted if uuid not in manual], [uuid for uuid in manual if uuid not in wanted]
    if added and conversation.contact["status"] != "active":
        raise Invalid("Non-active contacts can't be added to groups", field="groups")
    references = {uuid: {"uuid": uuid, "name": groups[uuid]["name"]} for uuid in [*added, *removed] if uuid in groups}
    modifiers = [{"type": "groups", "modification": "add", "groups": [references[u] for u in added]}] if added else []
    if removed:
        modifiers.append(
            {"type": "groups", "modification": "remove", "groups": [references[u] for u in removed if u in references]}
        )
    return modifiers
