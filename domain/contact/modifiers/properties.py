"""Modifiers of the contact's own properties: name, language, time zone, status, and when it was last seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from domain.contact.contact import Contact
from domain.contact.modifiers.change import Change
from domain.contact.modifiers.modifier import Modifier
from domain.contact.timestamps import parse_rfc3339


@dataclass(frozen=True, slots=True)
class SetName(Modifier):
    """Names the contact; an empty name clears it."""

    name: str
    type: ClassVar[str] = "name"

    def apply(self, contact: Contact, change: Change) -> Contact:
        name = self.name[: change.rules.max_name_chars]
        if name == contact.name:
            return contact
        change.log("contact_name_changed", name=name)
        return contact.with_changes(name=name)

    @property
    def touches(self) -> tuple[str, ...]:
        return ("name",)

    def to_json(self) -> dict[str, Any]:
        return {"type": self.type, "name": self.name}


@dataclass(frozen=True, slots=True)
class SetLanguage(Modifier):
    """Sets the language the contact is spoken to in, a three-letter code; an empty one clears it."""

    language: str
    type: ClassVar[str] = "language"

    def apply(self, contact: Contact, change: Change) -> Contact:
        if self.language == contact.language:
            return contact
        change.log("contact_language_changed", language=self.language)
        return contact.with_changes(language=self.language)

    @property
    def touches(self) -> tuple[str, ...]:
        return ("language",)

    def to_json(self) -> dict[str, Any]:
        return {"type": self.type, "language": self.language}


@dataclass(frozen=True, slots=True)
class SetTimezone(Modifier):
    """Sets the time zone by its IANA name; an empty one clears it."""

    timezone: str
    type: ClassVar[str] = "timezone"

    def apply(self, contact: Contact, change: Change) -> Contact:
        if self.timezone == contact.timezone:
            return contact
        change.log("contact_timezone_changed", timezone=self.timezone)
        return contact.with_changes(timezone=self.timezone)

    def to_json(self) -> dict[str, Any]:
        return {"type": self.type, "timezone": self.timezone}


@dataclass(frozen=True, slots=True)
class SetStatus(Modifier):
    """Makes the contact active, blocked, stopped or archived. One that isn't active leaves all its groups."""

    status: str
    type: ClassVar[str] = "status"

    def apply(self, contact: Contact, change: Change) -> Contact:
        if self.status == contact.status:
            return contact
        change.log("contact_status_changed", status=self.status)
        return contact.with_changes(status=self.status)

    @property
    def touches(self) -> tuple[str, ...]:
        return ("status",)

    def to_json(self) -> dict[str, Any]:
        return {"type": self.type, "status": self.status}


@dataclass(frozen=True, slots=True)
class SetSeen(Modifier):
    """Notes when the contact was last heard of; never moves back."""

    seen_on: str
    type: ClassVar[str] = "seen"

    def apply(self, contact: Contact, change: Change) -> Contact:
        if contact.last_seen_on and parse_rfc3339(self.seen_on) <= parse_rfc3339(contact.last_seen_on):
            return contact
        change.log("contact_last_seen_changed", last_seen_on=self.seen_on)
        return contact.with_changes(last_seen_on=self.seen_on)

    @property
    def touches(self) -> tuple[str, ...]:
        return ("last_seen_on",)

    def to_json(self) -> dict[str, Any]:
        return {"type": self.type, "seen_on": self.seen_on}
