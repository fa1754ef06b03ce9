"""What a sprint of the engine means for the log: its events under our names, with integer ids and references."""

from typing import Any

from commands.conversations.saved_results import repeated, saved
from commands.deciding import Deciding, identity_of
from domain.contact.timestamps import NANOS, parse_rfc3339, rfc3339
from domain.conversation.aggregate import Conversation
from domain.conversation.session_changes import difference
from domain.flow.engine.execution import EventStep
from domain.flow.engine.session import Run, Session
from domain.flow.engine.sprint import Sprint

Data = dict[str, Any]

LOOP_GUARD_REPEATS = 20  # equal texts to one contact ...
LOOP_GUARD_NANOS = 300 * NANOS  # ... within five minutes: two machines are talking to each other

_SESSION_STATUS = {"waiting": "W", "completed": "C", "interrupted": "I", "failed": "F"}
"""What templates of External channels and phones' apps are told: whether the flow waits for an answer (RapidPro's letters)."""

_ENVELOPE = ("type", "uuid", "created_on")
_OWN = frozenset(
    {
        "msg_created",
        "ivr_created",
        "run_started",
        "run_result_changed",
        "run_ended",
        "broadcast_created",
        "session_triggered",
        "ticket_opened",
    }
)
_SAME_NAME = frozenset(
    {
        "contact_name_changed", "contact_language_changed", "contact_timezone_changed", "contact_status_changed",
        "contact_field_changed", "contact_groups_changed", "contact_urns_changed", "contact_last_seen_changed",
        "ticket_closed", "ticket_reopened", "ticket_assignee_changed", "ticket_topic_changed", "ticket_note_added",
    }
)  # fmt: skip


def record_sprint(
    deciding: Deciding, conversation: Conversation, sprint: Sprint, *, message: Data | None, origin: Data | None
) -> None:
    """Record everything a sprint did. `message`: the message it answers ({uuid, external_id}); `origin`: the start that caused it."""
    scribe = _Scribe(deciding, conversation, sprint, message, origin)
    for event, step in zip(sprint.events, sprint.steps, strict=True):
        scribe.take(event, step)
    scribe.close()


class _Scribe:
    def __init__(
        self, deciding: Deciding, conversation: Conversation, sprint: Sprint, message: Data | None, origin: Data | None
    ) -> None:
        self.deciding = deciding
        self.conversation = conversation
        self.session: Session = sprint.session
        self.message = message
        self.origin = origin
        before = conversation.session if (conversation.session or {}).get("uuid") == sprint.session.uuid else None
        self.known = {run["uuid"]: run for run in (before or {}).get("runs", ())}
        self.new_results = iter([saving for saving in sprint.savings if saving.is_new])
        self.repeated_results = repeated(sprint.savings)
        self.flows = {run.flow["uuid"]: run.flow for run in sprint.session.runs}
        self.wait: Data | None = None
        self.question = _question(sprint)
        self.sprint = deciding.world.uuid7()
        self.groups_checked = _groups_checked(deciding, sprint)
        self.asked = False

    def take(self, event: Data, step: EventStep | None) -> None:
        name = event["type"]
        if name in _SAME_NAME:
            self.deciding.record(self.conversation, name, _body(event))
        elif name in ("msg_created", "ivr_created"):
            self._message(event, step)
        elif name in _OWN:
            getattr(self, f"_{name}")(event, step)
        elif name == "msg_wait":
            self.wait = event  # session_advanced tells all of it
        else:
            if name == "dial_wait":
                self.wait = event
            self.deciding.record(self.conversation, "flow_noted", {"event": event})

    def _message(self, event: Data, step: EventStep | None) -> None:
        seconds = self.question.get(event["uuid"])
        message = record_message(
            self.deciding,
            self.conversation,
            event["msg"],
            uuid=event["uuid"],
            origin="flow",
            flow=_reference(self.flows[step.flow_uuid]) if step else None,
            reply_to=self.message,
            broadcast=event.get("broadcast_uuid"),
            wait={"session": self.session.uuid, "sprint": self.sprint, "timeout_seconds": seconds} if seconds else None,
            session_status=_SESSION_STATUS.get(self.session.status, ""),
        )
        self.asked = self.asked or "wait" in message

    def _run_started(self, event: Data, step: EventStep | None) -> None:
        run: Data = {
            "uuid": event["run_uuid"],
            "id": self.deciding.next_id(),
            "flow": _reference(event["flow"]),
            "created_on": event["created_on"],
            "session": self.session.uuid,
        }
        if event.get("parent_uuid"):
            run["parent"] = event["parent_uuid"]
        if self.origin and self.origin["kind"] == "flow_start":
            run["start"] = self.origin["uuid"]
        self.deciding.record(self.conversation, "run_started", {"run": run})

    def _run_result_changed(self, event: Data, step: EventStep | None) -> None:
        self.deciding.record(self.conversation, "run_result_changed", {**_body(event), **saved(next(self.new_results))})

    def _run_ended(self, event: Data, step: EventStep | None) -> None:
        data = {"run": event["run_uuid"], "flow": _reference(event["flow"]), "status": event["status"]}
        self.deciding.record(self.conversation, "run_ended", {**data, "exited_on": event["created_on"]})

    def _ticket_opened(self, event: Data, step: EventStep | None) -> None:
        opened = _body(event)
        if step is not None:
            opened["flow"] = _reference(self.flows[step.flow_uuid])
        self.deciding.record(self.conversation, "ticket_opened", opened)

    def _broadcast_created(self, event: Data, step: EventStep | None) -> None:
        uuid = event["uuid"]
        broadcast = {**_body(event), "uuid": uuid, "id": self.deciding.next_id(), "created_on": event["created_on"]}
        self.deciding.configure("broadcast_created", uuid, {"broadcast": {**broadcast, "origin": "flow"}})

    def _session_triggered(self, event: Data, step: EventStep | None) -> None:
        uuid = event["uuid"]
        start = {
            **_body(event),
            "uuid": uuid,
            "id": self.deciding.next_id(),
            "created_on": event["created_on"],
            "origin": "flow",
        }
        self.deciding.configure("flow_start_created", uuid, {"flow_start": start})

    def close(self) -> None:
        """The runs' repeated results and new steps, and the session as it stands now."""
        for saving in self.repeated_results:
            self.deciding.record(self.conversation, "run_result_repeated", saved(saving))
        for run in self.session.runs:
            known = self.known.get(run.uuid)
            walked = len(known.get("path") or ()) if known else 0
            if known is None or len(run.path or ()) > walked or run.had_input and not known.get("had_input"):
                self._advanced(run, walked)
        waiting = self.session.status == "waiting"
        data: Data = {
            **self._session(),
            "uuid": self.session.uuid,
            "sprint": self.sprint,
            "status": self.session.status,
        }
        if waiting and self.wait is not None:
            data["wait"] = self._wait()
        if self.groups_checked != self.conversation.groups_checked:
            data["groups_checked"] = self.groups_checked
        self.deciding.record(self.conversation, "session_advanced", data)

    def _session(self) -> Data:
        """Whole when it begins; afterwards what the sprint changed of it."""
        if self.session.status != "waiting":
            return {"session": None}
        before, after = self.conversation.session, self.session.compacted().to_json()
        if before is None or before["uuid"] != self.session.uuid:
            return {"session": after}
        return {"changes": difference(before, after)}

    def _advanced(self, run: Run, walked: int) -> None:
        steps = [{"node": step.node_uuid, "time": step.arrived_on} for step in (run.path or [])[walked:]]
        data = {"run": run.uuid, "flow": _reference(run.flow), "status": run.status, "steps": steps}
        self.deciding.record(
            self.conversation, "run_advanced", {**data, "responded": run.had_input, "modified_on": run.modified_on}
        )

    def _wait(self) -> Data:
        """A time-out runs from when the question has left us: without `timeout_on`, the reports of that message start it."""
        assert self.wait is not None
        wait: Data = {key: self.wait[key] for key in ("expires_on", "hint") if self.wait.get(key)}
        seconds = self.wait.get("timeout_seconds")
        if seconds:
            wait["timeout_seconds"] = seconds
            if not self.asked:
                wait["timeout_on"] = rfc3339(parse_rfc3339(self.wait["created_on"]) + seconds * NANOS)
        return wait


def _groups_checked(deciding: Deciding, sprint: Sprint) -> str:
    """The fingerprint of the queries that the sprint has left the contact's groups in line with; "" where there are none."""
    queries = deciding.workspace.assets.query_groups
    return queries.fingerprint if queries.all and sprint.contact.checked_by is queries else ""


def _question(sprint: Sprint) -> dict[str, int]:
    """The last message before a wait with a time-out: its uuid and the seconds that the contact has after it."""
    last = ""
    for event in sprint.events:
        if event["type"] in ("msg_created", "ivr_created"):
            last = event["uuid"]
        elif event["type"] in ("msg_wait", "dial_wait") and event.get("timeout_seconds") and last:
            return {last: event["timeout_seconds"]}
    return {}


def record_message(
    deciding: Deciding,
    conversation: Conversation,
    content: Data,
    *,
    uuid: str,
    origin: str,
    flow: Data | None = None,
    reply_to: Data | None = None,
    broadcast: str | None = None,
    wait: Data | None = None,
    session_status: str = "",
) -> Data:
    """An outgoing message: queued, or failed at once with its reason. `content` as in the engine's msg_created.

    `wait` is kept with a queued one: the time-out that starts when it has left.
    """
    contact = conversation.contact
    message: Data = {
        "uuid": uuid,
        "id": deciding.next_id(),
        "contact": {"uuid": contact["uuid"], "id": contact["id"], "name": contact.get("name", "")},
        "text": content.get("text", ""),
        "attachments": list(content.get("attachments") or ()),
        "quick_replies": list(content.get("quick_replies") or ()),
        "origin": origin,
        "priority": "high" if reply_to or origin == "chat" else "bulk",
        "created_on": deciding.now_text,
    }
    for key in ("urn", "channel", "locale", "templating"):
        if content.get(key):
            message[key] = content[key]
    auth = contact.get("urn_auth", {}).get(identity_of(message.get("urn", "")))
    if auth:
        message["urn_auth"] = auth
    if contact.get("timezone"):
        message["timezone"] = contact["timezone"]
    if flow:
        message["flow"] = flow
    if broadcast:
        message["broadcast"] = broadcast
    if session_status:
        message["session_status"] = session_status
    if reply_to and reply_to.get("external_id"):
        message["reply_to"] = reply_to["external_id"]
    reason = content.get("unsendable_reason") or _unsendable(deciding, conversation, message)
    message["status"] = "failed" if reason else "queued"
    if reason:
        message["failed_reason"] = reason
    elif wait:
        message["wait"] = wait
    deciding.record(conversation, "message_created", {"message": message})
    return message


def _unsendable(deciding: Deciding, conversation: Conversation, message: Data) -> str:
    if not message.get("urn") or not message.get("channel"):
        return "no_destination"
    if conversation.contact["status"] != "active":
        return "contact_" + str(conversation.contact["status"])
    text = message["text"][:128].lower()
    said = conversation.said
    if len(said) < LOOP_GUARD_REPEATS or any(earlier != text for earlier, _ in said):
        return ""
    first = parse_rfc3339(said[0][1])
    return "looping" if parse_rfc3339(message["created_on"]) - first < LOOP_GUARD_NANOS else ""


def _body(event: Data) -> Data:
    return {key: value for key, value in event.items() if key not in _ENVELOPE}


def _reference(flow: Any) -> Data:
    return {"uuid": flow["uuid"], "name": flow["name"]}
