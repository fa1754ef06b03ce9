"""Actions that change the contact."""

from __future__ import annotations

from domain.contact.modifiers.fields import SetField
from domain.contact.modifiers.groups import ADD, REMOVE, ChangeGroups
from domain.contact.modifiers.modifier import Modifier
from domain.contact.modifiers.properties import SetLanguage, SetName, SetStatus, SetTimezone
from domain.contact.modifiers.urns import APPEND, ChangeRoutes, Route, SetChannel
from domain.environment.words import trim
from domain.environment.zones import zone_named
from domain.expressions.template import compile_template
from domain.flow.actions.references import NamedReferences
from domain.flow.definition.actions import contact as definitions
from domain.flow.definition.language_codes import is_language_code
from domain.flow.definition.model import Flow
from domain.flow.engine.compiled_flow import Act
from domain.flow.engine.execution import Execution
from domain.urn.normalise import normalise_urn
from domain.urn.parse import escape

LANGUAGE_CODE_CHARS = 3


def add_contact_groups(action: definitions.AddContactGroups, flow: Flow) -> Act:
    references = NamedReferences("group", action.groups)

    def act(x: Execution) -> None:
        groups = references.found(x)
        if groups:
            x.modify(ChangeGroups(tuple(groups), ADD))

    return act


def remove_contact_groups(action: definitions.RemoveContactGroups, flow: Flow) -> Act:
    references = NamedReferences("group", action.groups)

    def act(x: Execution) -> None:
        if action.all_groups:
            groups = [group for group in x.assets.groups.values() if not group.query]
        else:
            groups = references.found(x)
        if groups:
            x.modify(ChangeGroups(tuple(groups), REMOVE))

    return act


def add_contact_urn(action: definitions.AddContactURN, flow: Flow) -> Act:
    path_template = compile_template(action.path)

    def act(x: Execution) -> None:
        path = trim(x.text(path_template)[0])
        if not path:
            x.log_error("Can't add URN with empty path")
            return
        urn = normalise_urn(f"{action.scheme}:{escape(path)}")
        x.modify(ChangeRoutes((Route(urn),), APPEND))
        x.set_local("_has_urn", urn if x.contact.has_urn(urn) else "")

    return act


def set_contact_name(action: definitions.SetContactName, flow: Flow) -> Act:
    template = compile_template(action.name)

    def act(x: Execution) -> None:
        name, is_fine = x.text(template)
        if is_fine:
            x.modify(SetName(trim(name)))

    return act


def set_contact_language(action: definitions.SetContactLanguage, flow: Flow) -> Act:
    template = compile_template(action.language)

    def act(x: Execution) -> None:
        text, is_fine = x.text(template)
        language = trim(text)
        if not is_fine:
            return
        if language and len(language) != LANGUAGE_CODE_CHARS:
            x.log_error(f"iso-639-3 codes must be 3 characters, got: {language}")
        elif language and not is_language_code(language):
            x.log_error(f"unrecognized language code: {language}")
        else:
            x.modify(SetLanguage(language))

    return act


def set_contact_timezone(action: definitions.SetContactTimezone, flow: Flow) -> Act:
    template = compile_template(action.timezone)

    def act(x: Execution) -> None:
        text, is_fine = x.text(template)
        timezone = trim(text)
        if not is_fine:
            return
        if timezone and not _is_timezone(timezone):
            x.log_error(f"Unrecognized timezone: '{timezone}'", "timezone:invalid", {"timezone": timezone})
            return
        x.modify(SetTimezone(timezone))

    return act


def _is_timezone(name: str) -> bool:
    try:
        zone_named(name)
    except ValueError:
        return False
    return True


def set_contact_status(action: definitions.SetContactStatus, flow: Flow) -> Act:
    modifier: Modifier = SetStatus(action.status)

    def act(x: Execution) -> None:
        x.modify(modifier)

    return act


def set_contact_field(action: definitions.SetContactField, flow: Flow) -> Act:
    template = compile_template(action.value)

    def act(x: Execution) -> None:
        value, is_fine = x.text(template)
        if not is_fine:
            return
        field = x.assets.fields.get(action.field.key)
        if field is None:
            x.log_missing("field", action.field.key, action.field.name, by_key=True)
            return
        x.modify(SetField(field, trim(value)))

    return act


def set_contact_channel(action: definitions.SetContactChannel, flow: Flow) -> Act:
    def act(x: Execution) -> None:
        if action.channel is None:
            x.modify(SetChannel(None))
            return
        channel = x.assets.channels.get(action.channel.uuid)
        if channel is None:
            x.log_missing("channel", action.channel.uuid, action.channel.name)
            return
        x.modify(SetChannel(channel))

    return act
