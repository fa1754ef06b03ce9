"""The contact: the one state of a person that an organization talks with.

A `Contact` never changes: what changes it (a modifier) makes another that shares what stayed the same. So a sprint that
is given up leaves no trace, and what was worked out of a contact stays true for as long as the object lives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.contact.assets import ContactAssets, Group, Topic, User
from domain.contact.field_values import FieldValue
from domain.contact.timestamps import normalised
from domain.contact.urns import ContactURN, read_urn
from domain.errors import Invalid

ACTIVE, BLOCKED, STOPPED, ARCHIVED = "active", "blocked", "stopped", "archived"
STATUSES = (ACTIVE, BLOCKED, STOPPED, ARCHIVED)
OPEN, CLOSED = "open", "closed"

MissingAsset = Callable[[str, Mapping[str, Any]], None]
"""Told of each asset that a document refers to and the organization no longer has: its kind and the reference."""


def ignore_missing(kind: str, reference: Mapping[str, Any]) -> None:
    """Takes no notice."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A question of the contact that people of the workspace are to answer."""

    uuid: str
    status: str = OPEN
    topic: Topic | None = None
    assignee: User | None = None

    def to_json(self) -> dict[str, Any]:
        document: dict[str, Any] = {"uuid": self.uuid, "status": self.status}
        if self.topic is not None:
            document["topic"] = self.topic.reference()
        if self.assignee is not None:
            document["assignee"] = self.assignee.reference()
        return document


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact as flows and queries see it. Timestamps are RFC 3339 texts; groups are in the order they were joined."""

    uuid: str
    created_on: str
    id: int = 0
    name: str = ""
    language: str = ""
    status: str = ACTIVE
    timezone: str = ""
    last_seen_on: str = ""
    urns: tuple[ContactURN, ...] = ()
    groups: Mapping[str, Group] = field(default_factory=dict)
    """By uuid."""
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    """By key; a field without a value is not there."""
    tickets: tuple[Ticket, ...] = ()
    checked_by: object = field(default=None, compare=False, repr=False)
    """The `QueryGroups` whose groups this contact's were last brought in line with, None for one just read."""

    @classmethod
    def from_json(
        cls,
        document: Mapping[str, Any],
        assets: ContactAssets,
        missing: MissingAsset = ignore_missing,
        *,
        groups_checked: str = "",
    ) -> Contact:
        """Reads a contact. References to what the organization no longer has are left out and told to `missing`.

        `groups_checked` is the `assets.query_groups.fingerprint` at the end of the sprint or change that left the document as
        it is, "" when that isn't known. While it is still the same, groups are not asked whether the contact belongs to them.

        Raises:
            Invalid: a field that every contact has is absent or can't be read.
        """
        try:
            return cls._read(document, assets, missing, groups_checked)
        except (AttributeError, KeyError, TypeError, ArithmeticError) as error:
            raise Invalid(f"contact: the document can't be read: {error!r}", field="contact") from error

    @classmethod
    def _read(
        cls, document: Mapping[str, Any], assets: ContactAssets, missing: MissingAsset, groups_checked: str
    ) -> Contact:
        for required in ("uuid", "created_on"):
            if not document.get(required):
                raise Invalid(f"contact: field '{required}' is required", field=required)
        status = document.get("status") or ACTIVE
        if status not in STATUSES:
            raise Invalid(f"contact: field 'status' must be one of {', '.join(STATUSES)}", field="status")
        return cls(
            uuid=document["uuid"],
            created_on=normalised(document["created_on"]),
            id=document.get("id") or 0,
            name=document.get("name") or "",
            language=document.get("language") or "",
            status=status,
            timezone=document.get("timezone") or "",
            last_seen_on=normalised(document["last_seen_on"]) if document.get("last_seen_on") else "",
            urns=_read_urns(document.get("urns") or (), assets, missing),
            groups=_read_groups(document.get("groups") or (), assets, missing),
            fields=_read_fields(document.get("fields") or {}, assets, missing),
            tickets=tuple(read_ticket(ticket, assets, missing) for ticket in document.get("tickets") or ()),
            checked_by=_checked_by(groups_checked, assets),
        )

    def to_json(self) -> dict[str, Any]:
        """The contact as a document; what is empty is left out."""
        document: dict[str, Any] = {"uuid": self.uuid}
        if self.id:
            document["id"] = self.id
        if self.name:
            document["name"] = self.name
        if self.language:
            document["language"] = self.language
        document["status"] = self.status
        if self.timezone:
            document["timezone"] = self.timezone
        document["created_on"] = self.created_on
        if self.last_seen_on:
            document["last_seen_on"] = self.last_seen_on
        if self.urns:
            document["urns"] = [urn.encoded for urn in self.urns]
        if self.groups:
            document["groups"] = [group.reference() for group in self.groups.values()]
        if self.fields:
            document["fields"] = {key: value.to_json() for key, value in self.fields.items()}
        if self.tickets:
            document["tickets"] = [ticket.to_json() for ticket in self.tickets]
        return document

    def with_changes(self, **changes: Any) -> Contact:
        """Another contact that differs in the attributes given."""
        other = object.__new__(Contact)
        for name in _ATTRIBUTES:  # what `dataclasses.replace` does, at a third of its cost
            object.__setattr__(other, name, changes[name] if name in changes else getattr(self, name))
        return other

    def has_urn(self, identity: str) -> bool:
        return any(urn.identity == identity for urn in self.urns)

    @property
    def open_ticket(self) -> Ticket | None:
        """The ticket that is open, the last one if there are several."""
        for ticket in reversed(self.tickets):
            if ticket.status == OPEN:
                return ticket
        return None


_ATTRIBUTES = tuple(Contact.__dataclass_fields__)


def _read_urns(texts: Any, assets: ContactAssets, missing: MissingAsset) -> tuple[ContactURN, ...]:
    urns = []
    for text in texts:
        urn = read_urn(text)
        if urn.channel_uuid and urn.channel_uuid not in assets.channels:
            missing("channel", {"uuid": urn.channel_uuid, "name": ""})
            urn = urn.with_channel("")
        urns.append(urn)
    return tuple(urns)


def _read_groups(references: Any, assets: ContactAssets, missing: MissingAsset) -> Mapping[str, Group]:
    groups = {}
    for reference in references:
        group = assets.groups.get(reference["uuid"])
        if group is None:
            missing("group", reference)
        else:
            groups[group.uuid] = group
    return groups


def _read_fields(
    documents: Mapping[str, Any], assets: ContactAssets, missing: MissingAsset
) -> Mapping[str, FieldValue]:
    values = {}
    for key, document in documents.items():
        if key not in assets.fields:
            missing("field", {"key": key, "name": ""})
        elif document:
            values[key] = FieldValue.from_json(document)
    return values


def _checked_by(fingerprint: str, assets: ContactAssets) -> object:
    return assets.query_groups if fingerprint and fingerprint == assets.query_groups.fingerprint else None


def read_ticket(document: Mapping[str, Any], assets: ContactAssets, missing: MissingAsset = ignore_missing) -> Ticket:
    """Reads a ticket; a topic or user that is gone is left out and told to `missing`."""
    topic = document.get("topic")
    assignee = document.get("assignee")
    found_topic = assets.topics.get(topic["uuid"]) if topic else None
    found_assignee = assets.users.get(assignee["uuid"]) if assignee else None
    if topic and found_topic is None:
        missing("topic", topic)
    if assignee and found_assignee is None:
        missing("user", assignee)
    return Ticket(document["uuid"], document.get("status") or OPEN, found_topic, found_assignee)
