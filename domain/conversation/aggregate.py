"""The unit of decision: a contact with its current session.

An aggregate of the eventsourcing library whose events are those of the catalogue with `of="conversation"`. Each event class is
named like its catalogue event (`contact_name_changed` -> `Conversation.ContactNameChanged`), carries that event's `data` and applies
the function of the same name in `evolve`. The aggregate's id is the contact's uuid (text).
"""

from datetime import datetime
from typing import Any, cast

from eventsourcing.domain import BaseAggregate, CanInitAggregate, CanMutateAggregate, MetaDomainEvent

from domain.conversation.evolve import EVOLVE, contact_created

TOPIC = "domain.conversation.aggregate:Conversation"

STATE = (
    "contact", "session", "sprint", "wait", "calling", "deferred", "seen", "origins", "said", "run_ids", "parts", "groups_checked",
)  # fmt: skip

SINCE = {"parts": dict, "groups_checked": str}
"""State that older state stores don't have, and what it begins as."""


class ConversationEvent(CanMutateAggregate[str], metaclass=MetaDomainEvent):
    """One event of a conversation; `data` as in the event catalogue."""

    originator_id: str
    originator_version: int
    timestamp: datetime
    data: dict[str, Any]

    def apply(self, aggregate: Any) -> None:
        EVOLVE[CATALOGUE_NAMES[type(self)]](aggregate, self.data)


class ContactCreated(ConversationEvent, CanInitAggregate[str]):
    """The first event of every conversation."""

    originator_topic: str

    def apply(self, aggregate: Any) -> None:
        """The conversation's constructor took everything from `data`."""


class Conversation(BaseAggregate[str]):
    """State: JSON values only, so that storing it is one serialisation.

    contact: as in contact_created, kept up to date         session: the engine's session JSON while one waits, else None
    sprint, wait: of the last session_advanced              calling: `pending` of a service_requested that has no answer yet
    deferred: inputs that came while an answer was awaited  seen: external id -> [message uuid, created_on] of recent messages
    origins: starts and broadcasts that reached this contact  said: [text, created_on] of recent outgoing messages (loop guard)
    run_ids: integer ids of runs that have not ended
    parts: key of a long message -> number of the piece -> [text, message uuid, received_on]
    groups_checked: fingerprint of the queries that the contact's groups are in line with, "" when that isn't known
    """

    contact: dict[str, Any]
    session: dict[str, Any] | None
    sprint: str | None
    wait: dict[str, Any] | None
    calling: dict[str, Any] | None
    deferred: list[dict[str, Any]]
    seen: dict[str, list[str]]
    origins: list[str]
    said: list[list[str]]
    run_ids: dict[str, int]
    parts: dict[str, dict[str, list[str]]]
    groups_checked: str

    def __init__(self, data: dict[str, Any]) -> None:
        self.session = self.sprint = self.wait = self.calling = None
        self.deferred, self.seen, self.origins, self.said, self.run_ids, self.parts = [], {}, [], [], {}, {}
        self.groups_checked = ""
        contact_created(self, data)

    @classmethod
    def begin(cls, contact: dict[str, Any], now: datetime) -> "Conversation":
        """A new contact's conversation, with its first event pending."""
        event = cls.ContactCreated(  # type: ignore[attr-defined]
            originator_id=contact["uuid"],
            originator_version=1,
            timestamp=now,
            originator_topic=TOPIC,
            data={"contact": contact},
        )
        conversation = cast(Conversation, event.mutate(None))
        conversation.pending_events.append(event)
        return conversation

    def record(self, name: str, data: dict[str, Any], now: datetime) -> None:
        """Trigger the catalogue event of this name: the library's `trigger_event` without its search for the class."""
        event = EVENT_CLASSES[name](
            originator_id=self.id, originator_version=self.version + 1, timestamp=now, data=data
        )  # type: ignore[call-arg]
        event.mutate(self)
        self.pending_events.append(event)

    def evolve(self, name: str, data: dict[str, Any], version: int) -> None:
        """Fold an event that stands in the log already; one that was folded before changes nothing."""
        if version > self.version:
            EVOLVE[name](self, data)
            self.version = version

    def to_json(self) -> dict[str, Any]:
        """For the state store; `from_json` gives an equal conversation."""
        return {
            "version": self.version,
            "created_on": self.created_on.isoformat(),
            **{k: getattr(self, k) for k in STATE},
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Conversation":
        conversation: Conversation = cls.__new__(cls)
        created_on = datetime.fromisoformat(stored["created_on"])
        conversation.__base_init__(stored["contact"]["uuid"], stored["version"], created_on)
        for key in STATE:
            setattr(conversation, key, stored[key] if key in stored else SINCE[key]())
        return conversation


def _class_name(catalogue_name: str) -> str:
    return "".join(word.capitalize() for word in catalogue_name.split("_"))


def _event_class(catalogue_name: str) -> type[ConversationEvent]:
    name = _class_name(catalogue_name)
    parent = ContactCreated if catalogue_name == "contact_created" else ConversationEvent
    made = MetaDomainEvent(name, (parent,), {"__module__": __name__, "__qualname__": f"Conversation.{name}"})
    setattr(Conversation, name, made)
    return made


EVENT_CLASSES: dict[str, type[ConversationEvent]] = {name: _event_class(name) for name in EVOLVE}
CATALOGUE_NAMES: dict[type[ConversationEvent], str] = {made: name for name, made in EVENT_CLASSES.items()}


def topic_of(catalogue_name: str) -> str:
    """The eventsourcing topic under which history keeps an event of this name."""
    return f"{TOPIC}.{_class_name(catalogue_name)}"
