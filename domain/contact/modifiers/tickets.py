"""Modifiers of the contact's tickets. All but opening act on one ticket, and do nothing when it isn't the contact's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from domain.contact.assets import Topic, User
from domain.contact.contact import CLOSED, OPEN, Contact, Ticket
from domain.contact.modifiers.change import Change
from domain.contact.modifiers.modifier import Modifier


class _TicketModifier(Modifier):
    __slots__ = ()

    @property
    def touches(self) -> tuple[str, ...]:
        return ("tickets",)


def _with_ticket(contact: Contact, changed: Ticket) -> Contact:
    return contact.with_changes(
        tickets=tuple(changed if ticket.uuid == changed.uuid else ticket for ticket in contact.tickets)
    )


def _ticket_of(contact: Contact, uuid: str) -> Ticket | None:
    return next((ticket for ticket in contact.tickets if ticket.uuid == uuid), None)


@dataclass(frozen=True, slots=True)
class OpenTicket(_TicketModifier):
    """Opens a ticket, unless one is open already."""

    topic: Topic
    assignee: User | None = None
    note: str = ""
    type: ClassVar[str] = "ticket_open"

    def apply(self, contact: Contact, change: Change) -> Contact:
        if contact.open_ticket is not None:
            return contact
        ticket = Ticket(change.world.uuid7(), OPEN, self.topic, self.assignee)
        change.log("ticket_opened", ticket=ticket.to_json())
        if self.note:
            change.log("ticket_note_added", ticket_uuid=ticket.uuid, note=self.note)
        return contact.with_changes(tickets=(*contact.tickets, ticket))

    def to_json(self) -> dict[str, Any]:
        document: dict[str, Any] = {"type": self.type, "topic": self.topic.reference()}
        if self.assignee is not None:
            document["assignee"] = self.assignee.reference()
        if self.note:
            document["note"] = self.note
        return document


@dataclass(frozen=True, slots=True)
class CloseTicket(_TicketModifier):
    ticket_uuid: str
    type: ClassVar[str] = "ticket_close"

    def apply(self, contact: Contact, change: Change) -> Contact:
        ticket = _ticket_of(contact, self.ticket_uuid)
        if ticket is None or ticket.status == CLOSED:
            return contact
        change.log("ticket_closed", ticket_uuid=ticket.uuid)
        return _with_ticket(contact, replace(ticket, status=CLOSED))

    def to_json(self) -> dict[str, Any]:
        return {"type": self.type, "ticket_uuid": self.ticket_uuid}


@dataclass(frozen=True, slots=True)
class ReopenTicket(_TicketModifier):
    """Reopens a ticket, unless any is open."""

    ticket_uuid: str
    type: ClassVar[str] = "ticket_reopen"

    def apply(self, contact: Contact, change: Change) -> Contact:
        ticket = _ticket_of(contact, self.ticket_uuid)
        if ticket is None or contact.open_ticket is not None:
            return contact
        change.log("ticket_reopened", ticket_uuid=ticket.uuid)
        return _with_ticket(contact, replace(ticket, status=OPEN))

    def to_json(self) -> dict[str, Any]:
        return {"type": self.type, "ticket_uuid": self.ticket_uuid}


@dataclass(frozen=True, slots=True)
class NoteTicket(_TicketModifier):
    """Adds a note to a ticket; the note itself lives in the event only."""

    ticket_uuid: str
    note: str
    type: ClassVar[str] = "ticket_note"

    def apply(self, contact: Contact, change: Change) -> Contact:
        ticket = _ticket_of(contact, self.ticket_uuid)
        if ticket is None:
            return contact
        change.log("ticket_note_added", ticket_uuid=ticket.uuid, note=self.note)
        return _with_ticket(contact, ticket)

    def to_json(self) -> dict[str, Any]:
        return {"type": self.type, "ticket_uuid": self.ticket_uuid, "note": self.note}


@dataclass(frozen=True, slots=True)
class SetTicketTopic(_TicketModifier):
    ticket_uuid: str
    topic: Topic
    type: ClassVar[str] = "ticket_topic"

    def apply(self, contact: Contact, change: Change) -> Contact:
        ticket = _ticket_of(contact, self.ticket_uuid)
        if ticket is None or _same(ticket.topic, self.topic):
            return contact
        change.log("ticket_topic_changed", ticket_uuid=ticket.uuid, topic=self.topic.reference())
        return _with_ticket(contact, replace(ticket, topic=self.topic))

    def to_json(self) -> dict[str, Any]:
        return {"type": self.type, "ticket_uuid": self.ticket_uuid, "topic": self.topic.reference()}


@dataclass(frozen=True, slots=True)
class AssignTicket(_TicketModifier):
    """Gives a ticket to a user; None takes it from whoever has it."""

    ticket_uuid: str
    assignee: User | None
    type: ClassVar[str] = "ticket_assignee"

    def apply(self, contact: Contact, change: Change) -> Contact:
        ticket = _ticket_of(contact, self.ticket_uuid)
        if ticket is None or _same(ticket.assignee, self.assignee):
            return contact
        details: dict[str, Any] = {"assignee": self.assignee.reference() if self.assignee else None}
        if ticket.assignee is not None:
            details["previous"] = ticket.assignee.reference()
        change.log("ticket_assignee_changed", ticket_uuid=ticket.uuid, **details)
        return _with_ticket(contact, replace(ticket, assignee=self.assignee))

    def to_json(self) -> dict[str, Any]:
        return {
            "type": self.type,
            "ticket_uuid": self.ticket_uuid,
            "assignee": self.assignee.reference() if self.assignee else None,
        }


def _same(one: Topic | User | None, other: Topic | User | None) -> bool:
    return (one.uuid if one else "") == (other.uuid if other else "")
