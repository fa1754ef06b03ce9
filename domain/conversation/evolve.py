"""What each event of a conversation does to it: state -> state, no rules, no refusals.

State is kept as plain JSON values, so that storing it is one serialisation and folding an event costs a dict operation. What an
attribute holds is replaced, never changed in place: a shallow copy of a conversation taken before a decision is enough to undo it.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from domain.conversation.session_changes import changed

if TYPE_CHECKING:
    from domain.conversation.aggregate import Conversation

Data = dict[str, Any]

REMEMBERED_MESSAGES = (
    50  # external ids kept per contact: aggregators repeat within hours, contacts rarely write more in that time
)
REMEMBERED_STARTS = 20  # starts and broadcasts kept per contact, to recognise a repeated batch
REMEMBERED_PARTS = 10  # long messages per contact of which pieces are still on their way
REMEMBERED_TICKETS = 5  # closed tickets kept per contact, which can be reopened
REMEMBERED_TEXTS = 20  # texts kept for the loop guard; the guard trips at 20 equal ones in 5 minutes


def contact_created(state: "Conversation", data: Data) -> None:
    state.contact = dict(data["contact"])


def contact_name_changed(state: "Conversation", data: Data) -> None:
    _forget_groups(state)
    _set(state, "name", data["name"])


def contact_language_changed(state: "Conversation", data: Data) -> None:
    _forget_groups(state)
    _set(state, "language", data["language"])


def contact_timezone_changed(state: "Conversation", data: Data) -> None:
    _set(state, "timezone", data["timezone"])


def contact_status_changed(state: "Conversation", data: Data) -> None:
    _forget_groups(state)
    state.contact = {**state.contact, "status": data["status"]}


def contact_last_seen_changed(state: "Conversation", data: Data) -> None:
    """Groups with a query on dates are asked at every sprint anyway."""
    state.contact = {**state.contact, "last_seen_on": data["last_seen_on"]}


def contact_field_changed(state: "Conversation", data: Data) -> None:
    _forget_groups(state)
    key = data["field"]["key"]
    fields = {name: value for name, value in state.contact.get("fields", {}).items() if name != key}
    if data["value"] is not None:
        fields[key] = data["value"]
    state.contact = {**state.contact, "fields": fields}


def contact_groups_changed(state: "Conversation", data: Data) -> None:
    removed = {group["uuid"] for group in data.get("groups_removed", ())}
    added = data.get("groups_added", ())
    there = {group["uuid"] for group in added}
    kept = [group for group in state.contact.get("groups", ()) if group["uuid"] not in removed | there]
    state.contact = {**state.contact, "groups": [*kept, *added]}


def contact_urns_changed(state: "Conversation", data: Data) -> None:
    _forget_groups(state)
    state.contact = {**state.contact, "urns": data["urns"]}


def contact_urn_auth_changed(state: "Conversation", data: Data) -> None:
    state.contact = {**state.contact, "urn_auth": {**state.contact.get("urn_auth", {}), data["urn"]: data["auth"]}}


def contact_note_added(state: "Conversation", data: Data) -> None:
    """Notes are for people: the read model keeps them, no decision reads them."""


def contact_deleted(state: "Conversation", data: Data) -> None:
    kept: Data = {key: state.contact[key] for key in ("uuid", "id", "created_on") if key in state.contact}
    state.contact = {**kept, "status": "deleted", "urns": []}
    state.session, state.wait, state.calling, state.deferred = None, None, None, []


def ticket_opened(state: "Conversation", data: Data) -> None:
    _forget_groups(state)
    state.contact = {**state.contact, "tickets": [*state.contact.get("tickets", ()), data["ticket"]]}


def ticket_closed(state: "Conversation", data: Data) -> None:
    _change_ticket(state, data, {"status": "closed"})
    tickets = state.contact["tickets"]
    closed = [ticket["uuid"] for ticket in tickets if ticket.get("status") == "closed"]
    forgotten = set(closed[:-REMEMBERED_TICKETS])
    state.contact = {**state.contact, "tickets": [each for each in tickets if each["uuid"] not in forgotten]}


def ticket_reopened(state: "Conversation", data: Data) -> None:
    _change_ticket(state, data, {"status": "open"})


def ticket_assignee_changed(state: "Conversation", data: Data) -> None:
    _change_ticket(state, data, {"assignee": data["assignee"]})


def ticket_topic_changed(state: "Conversation", data: Data) -> None:
    _change_ticket(state, data, {"topic": data["topic"]})


def _change_ticket(state: "Conversation", data: Data, changes: Data) -> None:
    _forget_groups(state)
    tickets = [
        {**ticket, **changes} if ticket["uuid"] == data["ticket_uuid"] else ticket
        for ticket in state.contact.get("tickets", ())
    ]
    state.contact = {**state.contact, "tickets": tickets}


def flow_noted(state: "Conversation", data: Data) -> None:
    """An event of a channel that its aggregator has an id for is known when it comes again."""
    if "seen" in data:
        _see(state, data["seen"]["as"], data["seen"]["event"], data["event"]["occurred_on"])


def _see(state: "Conversation", key: str, uuid: str, at: str) -> None:
    seen = {**state.seen, key: [uuid, at]}
    if len(seen) > REMEMBERED_MESSAGES:
        del seen[next(iter(seen))]
    state.seen = seen


def message_handled(state: "Conversation", data: Data) -> None:
    message = data["message"]
    _see(state, repetition_key(message), message["uuid"], message["created_on"])
    state.contact = {**state.contact, "last_seen_on": message["created_on"]}


def message_part_kept(state: "Conversation", data: Data) -> None:
    kept = {
        **state.parts.get(data["key"], {}),
        str(data["number"]): [data["text"], data["message"], data["received_on"]],
    }
    others = {key: pieces for key, pieces in state.parts.items() if key != data["key"]}
    while len(others) >= REMEMBERED_PARTS:
        del others[next(iter(others))]
    state.parts = {**others, data["key"]: kept}


def message_parts_joined(state: "Conversation", data: Data) -> None:
    state.parts = {key: pieces for key, pieces in state.parts.items() if key != data["key"]}


def message_repeated(state: "Conversation", data: Data) -> None:
    """Nothing changes: that is the point."""


def message_created(state: "Conversation", data: Data) -> None:
    message = data["message"]
    state.said = [*state.said[-(REMEMBERED_TEXTS - 1) :], [message["text"][:128].lower(), message["created_on"]]]


def run_started(state: "Conversation", data: Data) -> None:
    state.run_ids = {**state.run_ids, data["run"]["uuid"]: data["run"]["id"]}


def run_ended(state: "Conversation", data: Data) -> None:
    state.run_ids = {uuid: number for uuid, number in state.run_ids.items() if uuid != data["run"]}


def session_advanced(state: "Conversation", data: Data) -> None:
    changes = data.get("changes")
    state.session = data["session"] if changes is None or state.session is None else changed(state.session, changes)
    state.sprint = data["sprint"]
    state.wait = data.get("wait")
    state.calling = None
    state.groups_checked = data.get("groups_checked", state.groups_checked)


def service_requested(state: "Conversation", data: Data) -> None:
    state.calling = data["pending"]


def service_call_ended(state: "Conversation", data: Data) -> None:
    state.calling = None


def input_deferred(state: "Conversation", data: Data) -> None:
    state.deferred = [*state.deferred, data["input"]]


def input_taken_up(state: "Conversation", data: Data) -> None:
    state.deferred = state.deferred[1:]


def origin_done(state: "Conversation", data: Data) -> None:
    state.origins = [*state.origins[-(REMEMBERED_STARTS - 1) :], data["origin"]]


def unchanged(state: "Conversation", data: Data) -> None:
    """An event that only history and read models want."""


def _forget_groups(state: "Conversation") -> None:
    """What groups' queries read has changed: only whoever asked them afterwards knows that they are in line with it."""
    state.groups_checked = ""


def _set(state: "Conversation", key: str, value: Any) -> None:
    contact = {name: kept for name, kept in state.contact.items() if name != key}
    if value not in (None, ""):
        contact[key] = value
    state.contact = contact


def repetition_key(message: Data) -> str:
    """What two arrivals of the same message share: the aggregator's id, else the content."""
    return message.get("external_id") or "\0".join([message["text"], *message.get("attachments", ())])


EVOLVE: dict[str, Callable[["Conversation", Data], None]] = {
    "contact_created": contact_created,
    "contact_name_changed": contact_name_changed,
    "contact_language_changed": contact_language_changed,
    "contact_timezone_changed": contact_timezone_changed,
    "contact_status_changed": contact_status_changed,
    "contact_last_seen_changed": contact_last_seen_changed,
    "contact_field_changed": contact_field_changed,
    "contact_groups_changed": contact_groups_changed,
    "contact_urns_changed": contact_urns_changed,
    "contact_urn_auth_changed": contact_urn_auth_changed,
    "contact_note_added": contact_note_added,
    "contact_deleted": contact_deleted,
    "ticket_opened": ticket_opened,
    "ticket_closed": ticket_closed,
    "ticket_reopened": ticket_reopened,
    "ticket_assignee_changed": ticket_assignee_changed,
    "ticket_topic_changed": ticket_topic_changed,
    "ticket_note_added": unchanged,
    "message_labels_changed": unchanged,
    "message_visibility_changed": unchanged,
    "contact_messages_archived": unchanged,
    "message_handled": message_handled,
    "message_part_kept": message_part_kept,
    "message_parts_joined": message_parts_joined,
    "message_repeated": message_repeated,
    "message_created": message_created,
    "run_started": run_started,
    "run_result_changed": unchanged,
    "run_result_repeated": unchanged,
    "run_advanced": unchanged,
    "run_ended": run_ended,
    "session_advanced": session_advanced,
    "service_requested": service_requested,
    "service_call_ended": service_call_ended,
    "input_deferred": input_deferred,
    "input_taken_up": input_taken_up,
    "start_contact_done": origin_done,
    "broadcast_contact_done": origin_done,
    "group_checked": unchanged,
    "flow_noted": flow_noted,
}
