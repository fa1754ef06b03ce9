"""Actions that change the contact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.flow.definition.actions.action import ONLINE, Action
from domain.flow.definition.checks import IS_CONTACT_STATUS, IS_URN_SCHEME
from domain.flow.definition.references import ChannelReference, FieldReference, GroupReference
from domain.flow.definition.shapes import flag, nested, nested_list, string


@dataclass(frozen=True, slots=True)
class AddContactGroups(Action):
    """Adds the contact to groups."""

    type: ClassVar[str] = "add_contact_groups"

    groups: tuple[GroupReference, ...] = nested_list(GroupReference, max_items=100, omit_empty=False)


@dataclass(frozen=True, slots=True)
class RemoveContactGroups(Action):
    """Removes the contact from groups, or from all of them that have no query."""

    type: ClassVar[str] = "remove_contact_groups"

    groups: tuple[GroupReference, ...] = nested_list(GroupReference, max_items=100)
    all_groups: bool = flag()

    def objection(self) -> str | None:
        return "can't specify specific groups when all_groups=true" if self.groups and self.all_groups else None


@dataclass(frozen=True, slots=True)
class AddContactURN(Action):
    """Gives the contact another URN."""

    type: ClassVar[str] = "add_contact_urn"

    scheme: str = string(required=True, check=IS_URN_SCHEME)
    path: str = string(required=True, max_chars=1000, template=True)


@dataclass(frozen=True, slots=True)
class SetContactName(Action):
    type: ClassVar[str] = "set_contact_name"

    name: str = string(max_chars=1000, template=True)


@dataclass(frozen=True, slots=True)
class SetContactLanguage(Action):
    """Sets the contact's language to a three-letter code; an empty one clears it."""

    type: ClassVar[str] = "set_contact_language"

    language: str = string(max_chars=1000, template=True)


@dataclass(frozen=True, slots=True)
class SetContactTimezone(Action):
    """Sets the contact's time zone to an IANA name; an empty one clears it."""

    type: ClassVar[str] = "set_contact_timezone"

    timezone: str = string(max_chars=1000, template=True)


@dataclass(frozen=True, slots=True)
class SetContactStatus(Action):
    type: ClassVar[str] = "set_contact_status"

    status: str = string(required=True, check=IS_CONTACT_STATUS)


@dataclass(frozen=True, slots=True)
class SetContactField(Action):
    """Sets a field of the contact; an empty value clears it."""

    type: ClassVar[str] = "set_contact_field"

    field: FieldReference = nested(FieldReference, required=True)
    value: str = string(max_chars=10_000, template=True)


@dataclass(frozen=True, slots=True)
class SetContactChannel(Action):
    """Makes a channel the preferred one; null clears the preference."""

    type: ClassVar[str] = "set_contact_channel"
    allowed_in: ClassVar[frozenset[str]] = ONLINE

    channel: ChannelReference | None = nested(ChannelReference, omit_empty=False)
