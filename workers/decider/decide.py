"""Deciding one input: whatever happens, it is answered, and a refused one leaves nothing behind."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from commands.catalogue import USE_CASES
from commands.deciding import Deciding
from commands.deciding import Input as Given
from domain.contact.world import SeededWorld
from domain.conversation.aggregate import Conversation
from domain.errors import Conflict, EvenkeelError, Invalid, NotFound, Unavailable, UnknownEvent
from domain.events.record import Event, Record
from workers.decider.partition_state import PartitionState
from workers.decider.turns import Input

TRACE_KEPT = 4_000  # characters of a trace that an operator can still read


@dataclass(frozen=True, slots=True)
class OrgConversations:
    """The conversations of one organization in a partition's state."""

    state: PartitionState
    org: str

    def by_uuid(self, uuid: str) -> Conversation | None:
        return self.state.conversation(self.org, uuid)

    def by_urn(self, urn: str) -> Conversation | None:
        return self.state.holder(self.org, urn)

    def add(self, conversation: Conversation) -> None:
        self.state.add(self.org, conversation)

    def drop(self, conversation: Conversation) -> None:
        self.state.drop(self.org, conversation)

    def moved(self, urn: str, uuid: str | None) -> None:
        self.state.moved(self.org, urn, uuid)


def decide(given: Input, state: PartitionState, next_id: Callable[[], int], now: datetime) -> list[Record]:
    """The records that answer one input; `state` stands as after them. Raises Unavailable when the state store is away, and UnknownEvent
    when a newer program wrote what it holds: nothing the input is to blame for, and no reason to set it aside."""
    desk = _desk(given, state, next_id, now)
    try:
        _use_case(desk, given)
    except (Unavailable, UnknownEvent):
        raise
    except EvenkeelError as refusal:
        desk.undo()
        _refuse(desk, given, refusal)
    except Exception:
        desk.undo()
        desk = _again(given, state, next_id, now)
    return _records(desk, given, state)


def _desk(given: Input, state: PartitionState, next_id: Callable[[], int], now: datetime) -> Deciding:
    world = SeededWorld(given.event["id"].encode(), now)
    workspace = state.workspace(given.org)
    return Deciding(workspace, OrgConversations(state, given.org), next_id, world, now, Given(given.event, given.actor))


def _use_case(desk: Deciding, given: Input) -> None:
    name = given.event["type"]
    use_case = USE_CASES.get(name)
    if use_case is None:
        raise Invalid(f"No use case decides '{name}'.")
    if not desk.workspace.exists and name != "create_workspace":
        raise NotFound(f"There is no workspace {given.org}.")
    use_case.decide(desk, given.event["data"])


def _refuse(desk: Deciding, given: Input, refusal: EvenkeelError) -> None:
    if given.kind == "command":
        said: dict[str, Any] = {
            "command": given.event["id"],
            "sentence": refusal.sentence,
            "error": type(refusal).__name__,
        }
        if isinstance(refusal, Invalid | Conflict) and refusal.field:
            said["field"] = refusal.field
        desk.say("command_refused", said)
    else:
        _set_aside(desk, given, refusal, "")


def _again(given: Input, state: PartitionState, next_id: Callable[[], int], now: datetime) -> Deciding:
    """Once more, alone; then it is set aside, and the organization goes on without it."""
    desk = _desk(given, state, next_id, now)
    try:
        _use_case(desk, given)
    except (Unavailable, UnknownEvent):
        raise
    except Exception as error:
        desk.undo()
        _set_aside(desk, given, error, traceback.format_exc()[-TRACE_KEPT:])
        if given.kind == "command":
            sentence = "The command could not be carried out; it was set aside for the operator."
            desk.say("command_refused", {"command": given.event["id"], "sentence": sentence, "error": "Unexpected"})
    return desk


def _set_aside(desk: Deciding, given: Input, error: Exception, trace: str) -> None:
    what = {"id": given.event["id"], "type": given.event["type"]}
    desk.say("input_refused", {"input": what, "error": f"{type(error).__name__}: {error}", "trace": trace})


def _records(desk: Deciding, given: Input, state: PartitionState) -> list[Record]:
    recorded_on = int(desk.now.astimezone(UTC).timestamp() * 1_000_000)

    def record(kind: Any, events: list[Event]) -> Record:
        return Record(given.org, kind, tuple(events), recorded_on, "decider", given.position)

    records = []
    if desk.configured:
        for event in desk.configured:
            desk.workspace.fold(event)
        records.append(record("configuration", desk.configured))
    if desk.decided:
        state.touched(given.org, desk.touched())
        records.append(record("decision", desk.decided))
    return records
