"""One decision: what a use case may look at, and what it says.

A use case is a function `(deciding, data) -> None`. It looks at the workspace and at conversations, records events on
conversations (`deciding.record`) and configures the workspace (`deciding.configure`). It raises `Invalid`, `NotFound`,
`NotAllowed` or `Conflict` to refuse a command: then nothing of the decision remains (`undo`). It reads no clock and makes no
ids of its own: `deciding.world` does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from domain.contact.world import SeededWorld
from domain.conversation.aggregate import CATALOGUE_NAMES, Conversation
from domain.errors import Invalid, NotFound
from domain.events.record import Event
from domain.events.versions import version_of
from domain.workspace.workspace import Workspace

Data = dict[str, Any]


class Conversations(Protocol):
    """The conversations of one organization, the single writer's own view of them (always current)."""

    def by_uuid(self, uuid: str) -> Conversation | None: ...

    def by_urn(self, urn: str) -> Conversation | None:
        """Whoever holds this URN (identity: scheme and path)."""

    def add(self, conversation: Conversation) -> None: ...

    def drop(self, conversation: Conversation) -> None:
        """Forget one that was added in a decision that is undone."""

    def moved(self, urn: str, uuid: str | None) -> None:
        """The URN belongs to this contact from now on (None: to nobody)."""


@dataclass(frozen=True, slots=True)
class Input:
    """What is decided: one event of a fact or command record. `actor` as in the record."""

    event: Event
    actor: str


class Deciding:
    """The desk on which one input is decided."""

    def __init__(
        self,
        workspace: Workspace,
        conversations: Conversations,
        next_id: Callable[[], int],
        world: SeededWorld,
        now: datetime,
        given: Input,
    ) -> None:
        self.workspace = workspace
        self.conversations = conversations
        self.next_id = next_id
        self.world = world
        self.now = now
        self.now_text = now.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
        self.given = given
        self.decided: list[Event] = []
        self.configured: list[Event] = []
        self._before: dict[str, dict[str, Any]] = {}
        self._began: list[Conversation] = []
        self._urns: list[tuple[str, str | None]] = []

    # ---- conversations ---------------------------------------------------------------------------------------------------

    def contact(self, uuid: str | None, urn: str | None = None) -> Conversation:
        """The conversation of a contact, by uuid or URN. Raises NotFound."""
        found = self.conversations.by_uuid(uuid) if uuid else self.conversations.by_urn(urn or "")
        if found is None or found.contact["status"] == "deleted":
            raise NotFound(f"There is no contact {uuid or urn}.")
        return found

    def begin(self, contact: Data) -> Conversation:
        """A new contact's conversation (`contact` as in contact_created, with its integer id)."""
        conversation = Conversation.begin(contact, self.now)
        self.conversations.add(conversation)
        self._began.append(conversation)
        for urn in contact["urns"]:
            self._move_urn(urn, contact["uuid"])
        self._collect(conversation)
        return conversation

    def record(self, conversation: Conversation, name: str, data: Data) -> None:
        """Let an event happen to a conversation."""
        if conversation.id not in self._before and conversation not in self._began:
            self._before[conversation.id] = dict(conversation.__dict__)
        held = conversation.contact["urns"]
        conversation.record(name, data, self.now)
        if conversation.contact["urns"] is not held:
            for urn in held:
                self._move_urn(urn, None)
            for urn in conversation.contact["urns"]:
                self._move_urn(urn, conversation.id)
        self._collect(conversation)

    def _move_urn(self, urn: str, uuid: str | None) -> None:
        identity = identity_of(urn)
        holder = self.conversations.by_urn(identity)
        self._urns.append((identity, holder.id if holder else None))
        self.conversations.moved(identity, uuid)

    def _collect(self, conversation: Conversation) -> None:
        for happened in conversation.collect_events():
            name = CATALOGUE_NAMES[type(happened)]  # type: ignore[index]
            self.decided.append(
                {
                    "type": name,
                    "version": version_of(name),
                    "id": self.world.uuid7(),
                    "of": conversation.id,
                    "n": happened.originator_version,
                    "data": happened.data,  # type: ignore[attr-defined]
                }
            )

    # ---- the workspace and the command itself ----------------------------------------------------------------------------

    def configure(self, name: str, of: str, data: Data) -> None:
        """Let an event happen to an item of the workspace; it counts from the next decision on."""
        earlier = sum(1 for event in self.configured if event["of"] == of)
        version = self.workspace.versions.get(of, 0) + earlier + 1
        self.configured.append(
            {"type": name, "version": version_of(name), "id": self.world.uuid7(), "of": of, "n": version, "data": data}
        )

    def accept(self, **result: Any) -> None:
        """Say that the command was carried out, and what came of it."""
        self.say("command_accepted", {"command": self.given.event["id"], "result": result})

    def say(self, name: str, data: Data) -> None:
        """An event about the input itself."""
        self.decided.append({"type": name, "version": version_of(name), "id": self.world.uuid7(), "data": data})

    def touched(self) -> list[Conversation]:
        return [*self._began, *(found for key in self._before if (found := self.conversations.by_uuid(key)))]

    def undo(self) -> None:
        """Take everything back, as if the input had never been looked at."""
        for identity, holder in reversed(self._urns):
            self.conversations.moved(identity, holder)
        for conversation in self._began:
            self.conversations.drop(conversation)
        for uuid, before in self._before.items():
            current = self.conversations.by_uuid(uuid)
            if current is not None:
                current.__dict__.clear()
                current.__dict__.update(before)
        self.decided.clear()
        self.configured.clear()


def identity_of(urn: str) -> str:
    """Scheme and path: what makes two URNs the same."""
    return urn.partition("?")[0].partition("#")[0]


def required(data: Data, field: str, kind: type = str) -> Any:
    """A field that must be there. Raises Invalid."""
    value = data.get(field)
    if not isinstance(value, kind) or value == "":
        raise Invalid("This field is required.", field=field)
    return value
