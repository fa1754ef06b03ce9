"""Tickets: {uuid, contact, status, topic?, assignee?, flow?, opened_by?, closed_on?}; created when opened. Notes are in the history."""

from pathlib import Path
from typing import Any

from projections.documents import Documents, tables_of_documents
from projections.projection import LoggedEvent


def _opened(documents: Documents, event: LoggedEvent) -> None:
    data = event.data
    more = {key: data[key] for key in ("flow", "opened_by") if data.get(key)}
    documents.put(_of_ticket(event, data["ticket"]["uuid"]), {**data["ticket"], "contact": event.of, **more})


def _closed(documents: Documents, event: LoggedEvent) -> None:
    _patch(documents, event, {"status": "closed", "closed_on": event.at})


def _reopened(documents: Documents, event: LoggedEvent) -> None:
    _patch(documents, event, {"status": "open", "closed_on": None})


def _assigned(documents: Documents, event: LoggedEvent) -> None:
    _patch(documents, event, {"assignee": event.data["assignee"]})


def _topic_changed(documents: Documents, event: LoggedEvent) -> None:
    _patch(documents, event, {"topic": event.data["topic"]})


def _noted(documents: Documents, event: LoggedEvent) -> None:
    _patch(documents, event, {})


def _patch(documents: Documents, event: LoggedEvent, changes: dict[str, Any]) -> None:
    documents.patch(_of_ticket(event, event.data["ticket_uuid"]), changes)


def _of_ticket(event: LoggedEvent, uuid: str) -> LoggedEvent:
    """The event with the ticket as what it is about; in the log it is the contact's."""
    return event._replace(of=uuid)


PROJECTION = tables_of_documents(
    "tickets",
    Path(__file__).parent,
    {
        "ticket_opened": _opened,
        "ticket_closed": _closed,
        "ticket_reopened": _reopened,
        "ticket_assignee_changed": _assigned,
        "ticket_topic_changed": _topic_changed,
        "ticket_note_added": _noted,
    },
)
