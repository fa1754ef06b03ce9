"""Modifiers out of JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from domain.contact.assets import Channel, ContactAssets
from domain.contact.contact import STATUSES
from domain.contact.modifiers.fields import SetField
from domain.contact.modifiers.groups import ADD, ChangeGroups
from domain.contact.modifiers.groups import REMOVE as REMOVE_GROUPS
from domain.contact.modifiers.modifier import Modifier
from domain.contact.modifiers.properties import SetLanguage, SetName, SetSeen, SetStatus, SetTimezone
from domain.contact.modifiers.tickets import (
    AssignTicket,
    CloseTicket,
    NoteTicket,
    OpenTicket,
    ReopenTicket,
    SetTicketTopic,
)
from domain.contact.modifiers.urns import APPEND, REMOVE, SET, ChangeRoutes, ChangeURNs, Route, SetAffinity, SetChannel
from domain.contact.timestamps import normalised
from domain.contact.urns import read_urn
from domain.environment.zones import zone_named
from domain.errors import Invalid
from domain.urn.errors import InvalidUrn

Document = Mapping[str, Any]


class _Gone(Exception):
    """What the modifier refers to no longer exists."""


def read_modifier(document: Document, assets: ContactAssets) -> Modifier | None:
    """Reads a modifier of any type.

    Returns:
        None when it refers to a channel, field, group, topic or user that the organization no longer has.

    Raises:
        Invalid: the type is unknown, or a field is absent or not what was expected.
    """
    kind = document.get("type")
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        raise Invalid("field 'type' is required" if not kind else f"unknown type: '{kind}'", field="type")
    try:
        return reader(document, assets)
    except _Gone:
        return None


def _text(document: Document, name: str) -> str:
    value = document.get(name, "")
    if not isinstance(value, str):
        raise Invalid(f"field '{name}' must be text", field=name)
    return value


def _required(document: Document, name: str) -> Any:
    value = document.get(name)
    if value is None or value == "":
        raise Invalid(f"field '{name}' is required", field=name)
    return value


def _timezone(document: Document) -> str:
    name = _text(document, "timezone")
    try:
        if name:
            zone_named(name)
    except ValueError:
        raise Invalid(
            f"field 'timezone' must be an IANA name such as Africa/Kigali and not '{name}'", field="timezone"
        ) from None
    return name


def _time(document: Document, name: str) -> str:
    try:
        return normalised(_required(document, name))
    except Invalid as error:
        raise Invalid(f"field '{name}' must be a time such as 2025-01-31T12:30:00Z", field=name) from error


def _urn(document: Document) -> str:
    urn = _required(document, "urn")
    try:
        read_urn(urn)
    except (InvalidUrn, TypeError):
        raise Invalid("field 'urn' must be a URN such as tel:+250788123123", field="urn") from None
    return str(urn)


def _one_of(document: Document, name: str, allowed: tuple[str, ...]) -> str:
    value = _required(document, name)
    if value not in allowed:
        raise Invalid(f"field '{name}' must be one of {', '.join(allowed)}", field=name)
    return str(value)


def _uuid_in(reference: Any, name: str) -> str:
    uuid = reference.get("uuid") if isinstance(reference, Mapping) else None
    if not isinstance(uuid, str) or not uuid:
        raise Invalid(f"field '{name}.uuid' is required", field=f"{name}.uuid")
    return uuid


def _found(catalogue: Mapping[str, Any], reference: Any, name: str) -> Any:
    found = catalogue.get(_uuid_in(reference, name))
    if found is None:
        raise _Gone
    return found


def _channel(reference: Any, assets: ContactAssets) -> Channel | None:
    return _found(assets.channels, reference, "channel") if reference else None


def _read_field(document: Document, assets: ContactAssets) -> Modifier:
    reference = _required(document, "field")
    field = assets.fields.get(reference.get("key", "") if isinstance(reference, Mapping) else "")
    if field is None:
        raise _Gone
    return SetField(field, _text(document, "value"))


def _read_groups(document: Document, assets: ContactAssets) -> Modifier:
    modification = _one_of(document, "modification", (ADD, REMOVE_GROUPS))
    uuids = [_uuid_in(reference, "groups") for reference in document.get("groups") or ()]
    groups = tuple(assets.groups[uuid] for uuid in uuids if uuid in assets.groups)
    if not groups:
        raise _Gone
    return ChangeGroups(groups, modification)


def _read_routes(document: Document, assets: ContactAssets) -> Modifier:
    modification = _one_of(document, "modification", (APPEND, REMOVE, SET))
    routes = []
    for route in document.get("routes") or ():
        reference = route.get("channel")
        channel = assets.channels.get(_uuid_in(reference, "channel")) if reference else None
        routes.append(Route(_required(route, "urn"), channel))
    return ChangeRoutes(tuple(routes), modification)


def _read_urns(document: Document, assets: ContactAssets) -> Modifier:
    modification = _one_of(document, "modification", (APPEND, REMOVE, SET))
    return ChangeURNs(tuple(document.get("urns") or ()), modification)


def _read_open_ticket(document: Document, assets: ContactAssets) -> Modifier:
    assignee = document.get("assignee")
    return OpenTicket(
        _found(assets.topics, _required(document, "topic"), "topic"),
        _found(assets.users, assignee, "assignee") if assignee else None,
        _text(document, "note"),
    )


def _read_assign(document: Document, assets: ContactAssets) -> Modifier:
    assignee = document.get("assignee")
    return AssignTicket(
        _required(document, "ticket_uuid"), _found(assets.users, assignee, "assignee") if assignee else None
    )


_READERS: dict[str, Callable[[Document, ContactAssets], Modifier]] = {
    "name": lambda document, assets: SetName(_text(document, "name")),
    "language": lambda document, assets: SetLanguage(_text(document, "language")),
    "timezone": lambda document, assets: SetTimezone(_timezone(document)),
    "status": lambda document, assets: SetStatus(_one_of(document, "status", STATUSES)),
    "seen": lambda document, assets: SetSeen(_time(document, "seen_on")),
    "field": _read_field,
    "groups": _read_groups,
    "channel": lambda document, assets: SetChannel(_channel(document.get("channel"), assets)),
    "affinity": lambda document, assets: SetAffinity(_urn(document), _channel(document.get("channel"), assets)),
    "routes": _read_routes,
    "urns": _read_urns,
    "ticket_open": _read_open_ticket,
    "ticket_close": lambda document, assets: CloseTicket(_required(document, "ticket_uuid")),
    "ticket_reopen": lambda document, assets: ReopenTicket(_required(document, "ticket_uuid")),
    "ticket_note": lambda document, assets: NoteTicket(_required(document, "ticket_uuid"), _text(document, "note")),
    "ticket_topic": lambda document, assets: SetTicketTopic(
        _required(document, "ticket_uuid"), _found(assets.topics, _required(document, "topic"), "topic")
    ),
    "ticket_assignee": _read_assign,
}
