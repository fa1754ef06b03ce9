"""Flows for a contact: start one, wake one, go on after an outside answer.

The engine is pure: the same session, input and seed give the same sprint. When a flow needs an outside answer (a webhook, a language
model), the sprint is given up, `service_requested` remembers how to run it again, and the contact's other inputs wait (`input_deferred`).
With the answer the same sprint is run from its start, so what the contact sees is as if the call had been made in line.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

from commands.conversations.record_sprint import record_sprint
from commands.deciding import Deciding
from domain.contact.contact import Contact
from domain.contact.modifiers.change import ContactRules
from domain.contact.timestamps import nanos_of
from domain.contact.world import SeededWorld
from domain.conversation.aggregate import Conversation
from domain.errors import EvenkeelError, Unavailable, UnknownEvent
from domain.flow.engine.options import EngineOptions
from domain.flow.engine.resumes import read_resume
from domain.flow.engine.services import AnswerNeeded, AnswersDontFit, RecordedAnswers
from domain.flow.engine.session import Session
from domain.flow.engine.sprint import Sprint, resume_session, start_session
from domain.flow.engine.triggers import read_trigger

Data = dict[str, Any]

MAX_ANSWERS = 100  # calls of one sprint: as many as it may take steps
MAX_ANSWER_BYTES = 2 << 20  # of all answers of one sprint: each further request carries those before it


@dataclass(frozen=True, slots=True)
class Step:
    """A sprint to run: `document` is a trigger or a resume as the engine reads it; `message` (uuid, external_id) what it answers."""

    kind: str  # "start" | "resume"
    document: Data
    seed: str
    now: int
    message: Data | None = None
    origin: Data | None = None  # {"kind": "flow_start" | "broadcast", "uuid"} that caused it
    answers: tuple[Data, ...] = ()

    def to_json(self) -> Data:
        return {
            "kind": self.kind, "document": self.document, "seed": self.seed, "now": self.now, "message": self.message,
            "origin": self.origin, "answers": list(self.answers),
        }  # fmt: skip

    @classmethod
    def from_json(cls, stored: Data, *more: Data) -> "Step":
        return cls(**{**stored, "answers": (*stored["answers"], *more)})


def start_flow(
    deciding: Deciding,
    conversation: Conversation,
    trigger: Data,
    *,
    message: Data | None = None,
    origin: Data | None = None,
) -> None:
    """Start a flow; a session that waits is interrupted first."""
    run_step(deciding, conversation, _step(deciding, "start", trigger, message, origin))


def resume_flow(deciding: Deciding, conversation: Conversation, resume: Data, *, message: Data | None = None) -> None:
    """Wake the waiting session."""
    run_step(deciding, conversation, _step(deciding, "resume", resume, message, None))


def _step(deciding: Deciding, kind: str, document: Data, message: Data | None, origin: Data | None) -> Step:
    return Step(kind, document, deciding.world.uuid7(), nanos_of(deciding.now), message, origin)


def run_step(deciding: Deciding, conversation: Conversation, step: Step) -> None:
    """Run the sprint as far as its answers reach, and record what came of it.

    A sprint that can't be run (the flow was archived while an answer was on its way, say) is noted: what the contact wrote is
    taken in all the same, and nothing waits for ever.
    """
    try:
        sprint = _sprint(deciding, conversation, step)
    except AnswerNeeded as needed:
        _ask(deciding, conversation, step, needed.request)
        return
    except AnswersDontFit:  # the flow or contact changed while the answer was on its way: run it as things are now
        run_step(deciding, conversation, Step.from_json({**step.to_json(), "answers": []}))
        return
    except (Unavailable, UnknownEvent):
        raise
    except EvenkeelError as refusal:
        _note(deciding, conversation, refusal.sentence)
        return
    if step.kind == "start" and conversation.session is not None:
        interrupt_session(deciding, conversation)
    record_sprint(deciding, conversation, sprint, message=step.message, origin=step.origin)


def _sprint(deciding: Deciding, conversation: Conversation, step: Step) -> Sprint:
    workspace = deciding.workspace
    assets = workspace.assets
    common: dict[str, Any] = {
        "assets": assets,
        "environment": workspace.environment,
        "contact": Contact.from_json(conversation.contact, assets, groups_checked=conversation.groups_checked),
        "world": SeededWorld(step.seed.encode(), step.now),
        "services": RecordedAnswers(step.answers, _refusal(step.answers)),
        "options": EngineOptions(contact_rules=ContactRules(claim_urn=partial(_may_have, deciding))),
    }
    if step.kind == "start":
        return start_session(trigger=read_trigger(step.document, assets), **common)
    assert conversation.session is not None
    return resume_session(Session.from_json(conversation.session), resume=read_resume(step.document), **common)


def _note(deciding: Deciding, conversation: Conversation, sentence: str) -> None:
    event = {"uuid": deciding.world.uuid7(), "type": "failure", "created_on": deciding.now_text, "text": sentence}
    deciding.record(conversation, "flow_noted", {"event": event})


def _refusal(answers: tuple[Data, ...]) -> str:
    """Why the outside is asked no more for this sprint, "" while it may be."""
    if len(answers) >= MAX_ANSWERS:
        return f"a flow may make {MAX_ANSWERS} calls in one go"
    if sum(map(_length, answers)) > MAX_ANSWER_BYTES:
        return f"a flow may get answers of {MAX_ANSWER_BYTES} bytes in one go"
    return ""


def _length(answer: Data) -> int:
    return sum(len(text) for text in answer.values() if isinstance(text, str))


def _may_have(deciding: Deciding, contact: Contact, identity: str) -> bool:
    """A URN belongs to one contact; a deleted one's are free."""
    holder = deciding.conversations.by_urn(identity)
    return holder is None or holder.id == contact.uuid or holder.contact["status"] == "deleted"


def _ask(deciding: Deciding, conversation: Conversation, step: Step, request: Data) -> None:
    uuid = deciding.world.uuid7()
    pending = {"request": uuid, "step": step.to_json()}
    asked = {**request, "uuid": uuid}
    if "uuid" in request:  # an airtime transfer has a uuid of its own
        asked["transfer"] = request["uuid"]
    deciding.record(conversation, "service_requested", {"request": asked, "pending": pending})


def interrupt_session(deciding: Deciding, conversation: Conversation) -> None:
    """End the session that waits, without running anything."""
    session = conversation.session
    if session is None:
        return
    for run in session["runs"]:
        if run["status"] in ("active", "waiting"):
            deciding.record(
                conversation,
                "run_ended",
                {"run": run["uuid"], "flow": run["flow"], "status": "interrupted", "exited_on": deciding.now_text},
            )
    deciding.record(
        conversation,
        "session_advanced",
        {"session": None, "uuid": session["uuid"], "sprint": deciding.world.uuid7(), "status": "interrupted"},
    )
