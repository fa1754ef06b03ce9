"""Action sets of version 11 become nodes that have actions and one exit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from domain.errors import DefinitionError
from domain.flow.definition.checks import URN_SCHEMES
from domain.flow.definition.legacy.expressions import migrate_template
from domain.flow.definition.legacy.media import attachment, media_url
from domain.flow.definition.legacy.texts import Translator, plain
from domain.flow.definition.localization import shortened
from domain.flow.definition.migrations.walk import Object, objects_in

_KEEP_OTHER_NAMES = " @(word_slice(contact.name, 1, -1))"


@dataclass(frozen=True, slots=True)
class Context:
    """What the parts of a flow need while they are migrated."""

    translator: Translator
    ids: Callable[[], str]
    base_media_url: str


def migrate_action(raw: Any, context: Context) -> Object:
    """An action. Raises DefinitionError for a type that never was."""
    if not isinstance(raw, dict):
        raise DefinitionError("an action must be an object")
    kind = raw.get("type")
    migrate = _ACTIONS.get(kind) if isinstance(kind, str) else None
    if migrate is None:
        raise DefinitionError(f"unable to migrate legacy action of type '{shortened(str(kind))}'")
    uuid = raw.get("uuid")
    return migrate(raw, uuid if isinstance(uuid, str) and uuid else context.ids(), context)


def _reply(raw: Object, uuid: str, context: Context) -> Object:
    made = {"type": "send_msg", "uuid": uuid, **_message(raw, uuid, context)}
    replies = raw.get("quick_replies")
    if isinstance(replies, list) and replies:
        made["quick_replies"] = context.translator.file_list(replies, uuid, "quick_replies", migrate_template)
    if raw.get("send_all") is True:
        made["all_urns"] = True
    return made


def _send(raw: Object, uuid: str, context: Context) -> Object:
    recipients = _recipients(raw)
    recipients.pop("create_contact", None)
    return {"type": "send_broadcast", "uuid": uuid, **_message(raw, uuid, context), **recipients}


def _message(raw: Object, uuid: str, context: Context) -> Object:
    made: Object = {"text": context.translator.file(raw.get("msg"), uuid, "text", migrate_template)}
    media = context.translator.file_list(
        [raw.get("media")], uuid, "attachments", lambda text: migrate_template(attachment(text, context.base_media_url))
    )
    if media[0]:
        made["attachments"] = media
    return made


def _recipients(raw: Object) -> Object:
    made: Object = {}
    contacts = [_named(contact) for contact in objects_in(raw, "contacts")]
    if contacts:
        made["contacts"] = contacts
    groups = _group_references(raw, "groups")
    if groups:
        made["groups"] = groups
    variables = [plain(variable.get("id")) for variable in objects_in(raw, "variables")]
    others = [migrate_template(variable) for variable in variables if variable != "@new_contact"]
    if others:
        made["legacy_vars"] = others
    if len(others) < len(variables):
        made["create_contact"] = True
    return made


def _named(raw: Any) -> Object:
    """A reference by uuid."""
    if not isinstance(raw, dict):
        raise DefinitionError("a reference must be an object with a uuid")
    return {"uuid": plain(raw.get("uuid")), "name": plain(raw.get("name"))}


def _group_references(raw: Object, key: str) -> list[Object]:
    """Groups and labels were given by uuid, by name, or by an expression for the name."""
    members = raw.get(key)
    made: list[Object] = []
    for member in members if isinstance(members, list) else ():
        if isinstance(member, str):
            made.append({"name_match": migrate_template(member)})
        elif isinstance(member, dict) and member.get("uuid"):
            made.append(_named(member))
        elif isinstance(member, dict):
            made.append({"name_match": migrate_template(plain(member.get("name")))})
    return made


def _add_group(raw: Object, uuid: str, context: Context) -> Object:
    return {"type": "add_contact_groups", "uuid": uuid, "groups": _group_references(raw, "groups")}


def _del_group(raw: Object, uuid: str, context: Context) -> Object:
    groups = _group_references(raw, "groups")
    made: Object = {"type": "remove_contact_groups", "uuid": uuid}
    return {**made, "groups": groups} if groups else {**made, "all_groups": True}


def _add_label(raw: Object, uuid: str, context: Context) -> Object:
    return {"type": "add_input_labels", "uuid": uuid, "labels": _group_references(raw, "labels")}


def _email(raw: Object, uuid: str, context: Context) -> Object:
    addresses = raw.get("emails")
    return {
        "type": "send_email",
        "uuid": uuid,
        "addresses": [migrate_template(plain(a)) for a in addresses] if isinstance(addresses, list) else [],
        "subject": migrate_template(plain(raw.get("subject"))),
        "body": migrate_template(plain(raw.get("msg"))),
    }


def _lang(raw: Object, uuid: str, context: Context) -> Object:
    return {"type": "set_contact_language", "uuid": uuid, "language": plain(raw.get("lang"))}


def _channel(raw: Object, uuid: str, context: Context) -> Object:
    channel = {"uuid": plain(raw.get("channel")), "name": plain(raw.get("name"))}
    return {"type": "set_contact_channel", "uuid": uuid, "channel": channel}


def _flow(raw: Object, uuid: str, context: Context) -> Object:
    return {"type": "enter_flow", "uuid": uuid, "flow": _named(raw.get("flow")), "terminal": True}


def _trigger_flow(raw: Object, uuid: str, context: Context) -> Object:
    return {"type": "start_session", "uuid": uuid, "flow": _named(raw.get("flow")), **_recipients(raw)}


def _save(raw: Object, uuid: str, context: Context) -> Object:
    key = plain(raw.get("field"))
    value = migrate_template(plain(raw.get("value")))
    if key == "name":
        return {"type": "set_contact_name", "uuid": uuid, "name": value}
    if key == "first_name":
        return {"type": "set_contact_name", "uuid": uuid, "name": value + _KEEP_OTHER_NAMES}
    scheme = "tel" if key == "tel_e164" else key
    if scheme in URN_SCHEMES:
        return {"type": "add_contact_urn", "uuid": uuid, "scheme": scheme, "path": value}
    field = {"key": key, "name": plain(raw.get("label"))}
    return {"type": "set_contact_field", "uuid": uuid, "field": field, "value": value}


def _say(raw: Object, uuid: str, context: Context) -> Object:
    text = context.translator.file(raw.get("msg"), uuid, "text", migrate_template)
    made = {"type": "say_msg", "uuid": uuid, "text": text}
    recording = context.translator.file(
        raw.get("recording"), uuid, "audio_url", lambda path: media_url(path, context.base_media_url)
    )
    return {**made, "audio_url": recording} if recording else made


def _play(raw: Object, uuid: str, context: Context) -> Object:
    url = context.translator.file(raw.get("url"), uuid, "audio_url", migrate_template)
    return {"type": "play_audio", "uuid": uuid, "audio_url": url}


_ACTIONS: dict[str, Callable[[Object, str, Context], Object]] = {
    "reply": _reply,
    "send": _send,
    "add_group": _add_group,
    "del_group": _del_group,
    "add_label": _add_label,
    "email": _email,
    "lang": _lang,
    "channel": _channel,
    "flow": _flow,
    "trigger-flow": _trigger_flow,
    "save": _save,
    "say": _say,
    "play": _play,
}
