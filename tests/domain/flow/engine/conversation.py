"""A conversation with the engine in few words: start, answer, and look at what came of it."""

from typing import Any

from domain.contact.contact import Contact
from domain.contact.world import SeededWorld
from domain.environment.environment import Environment
from domain.flow.assets import Assets
from domain.flow.engine.options import DEFAULT, EngineOptions
from domain.flow.engine.resumes import read_resume
from domain.flow.engine.services import RecordedAnswers, Services
from domain.flow.engine.session import Session
from domain.flow.engine.sprint import Sprint, resume_session, start_session
from domain.flow.engine.triggers import read_trigger
from tests.examples.engine import FLOW_UUID, MESSAGE_EVENT, contact_document

NOW = 1_750_000_000 * 10**9
WHEN = "2025-06-01T12:00:00Z"
CHANNEL = {
    "uuid": "57f1078f-88aa-46f4-a59a-948a5739c03d",
    "name": "Line",
    "address": "+250788000111",
    "schemes": ["tel"],
    "roles": ["send", "receive"],
    "country": "RW",
}


def uuid_of(number: int) -> str:
    return f"c0ffee00-0000-4000-8000-{number:012x}"


def flow_of(*nodes: dict[str, Any], uuid: str = FLOW_UUID, kind: str = "messaging") -> dict[str, Any]:
    return {
        "uuid": uuid,
        "name": "Example",
        "spec_version": "14.4.2",
        "language": "eng",
        "type": kind,
        "nodes": list(nodes),
    }


def node_of(number: int, *actions: dict[str, Any], to: int | None = None, router: Any = None) -> dict[str, Any]:
    """A node with one exit, to the node of that number."""
    exits = [{"uuid": uuid_of(0x1000 + number)}]
    if to is not None:
        exits[0]["destination_uuid"] = uuid_of(to)
    numbered = [{"uuid": uuid_of(0x2000 + number * 16 + place), **action} for place, action in enumerate(actions)]
    node: dict[str, Any] = {"uuid": uuid_of(number), "actions": numbered, "exits": exits}
    if router is not None:
        node["router"] = router
    return node


def waiting(number: int, timeout: int | None = None) -> dict[str, Any]:
    """A router that waits for any answer."""
    wait: dict[str, Any] = {"type": "msg"}
    if timeout is not None:
        wait["timeout"] = {"seconds": timeout, "category_uuid": uuid_of(0x3000 + number)}
    category = {"uuid": uuid_of(0x3000 + number), "name": "All", "exit_uuid": uuid_of(0x1000 + number)}
    return {
        "type": "switch",
        "operand": "@input.text",
        "wait": wait,
        "cases": [],
        "categories": [category],
        "default_category_uuid": category["uuid"],
    }


class Conversation:
    """A contact in a flow. Each step keeps the sprint it made in `sprint`."""

    def __init__(self, *flows: dict[str, Any], options: EngineOptions = DEFAULT, **assets: Any) -> None:
        self.assets = Assets.from_json({"flows": list(flows), "channels": [CHANNEL], **assets})
        self.contact = Contact.from_json(contact_document(), self.assets)
        self.environment = Environment(allowed_languages=("eng", "spa"))
        self.options = options
        self.session: Session | None = None
        self.seed = 0

    def start(self, services: Services | None = None, trigger: dict[str, Any] | None = None) -> Sprint:
        document = trigger or {"type": "manual", "flow": {"uuid": FLOW_UUID, "name": "Example"}, "triggered_on": WHEN}
        return self._done(start_session(trigger=read_trigger(document), **self._common(services)))

    def answer(self, text: str, services: Services | None = None) -> Sprint:
        event = {**MESSAGE_EVENT, "msg": {"urn": "tel:+250788123123", "text": text}}
        return self.resume({"type": "msg", "event": event, "resumed_on": WHEN}, services)

    def expire(self, services: Services | None = None) -> Sprint:
        return self._resume_by("wait_expiration", "wait_expired", services)

    def time_out(self, services: Services | None = None) -> Sprint:
        return self._resume_by("wait_timeout", "wait_timed_out", services)

    def _resume_by(self, kind: str, event: str, services: Services | None) -> Sprint:
        document = {"uuid": uuid_of(1), "type": event, "created_on": WHEN}
        return self.resume({"type": kind, "event": document, "resumed_on": WHEN}, services)

    def resume(self, document: dict[str, Any], services: Services | None = None) -> Sprint:
        assert self.session is not None
        session = Session.from_json(self.session.compacted().to_json())
        return self._done(resume_session(session, resume=read_resume(document), **self._common(services)))

    def _done(self, sprint: Sprint) -> Sprint:
        self.session, self.contact = sprint.session, sprint.contact
        self.seed += 1
        return sprint

    def _common(self, services: Services | None) -> dict[str, Any]:
        return {
            "assets": self.assets,
            "environment": self.environment,
            "contact": self.contact,
            "world": SeededWorld(self.seed, NOW),
            "services": services or RecordedAnswers(),
            "options": self.options,
        }


def types_of(sprint: Sprint) -> list[str]:
    return [event["type"] for event in sprint.events]


def texts_of(sprint: Sprint) -> list[str]:
    """What the contact is sent."""
    return [event["msg"]["text"] for event in sprint.events if event["type"] == "msg_created"]


def errors_of(sprint: Sprint) -> list[str]:
    return [event["text"] for event in sprint.events if event["type"] in ("error", "failure", "warning")]
