"""What the log holds: records of events, each for one organization.

A record is one append. It is visible whole or not at all, and it never changes. Its `kind` says who speaks, so that a reader can skip
what does not concern it without decoding:

- *fact* ("this message was received") and *command* ("create this contact"): inputs from doors and workers; the decider answers each.
- *report* ("this message was delivered"): a fact that needs no decision; it goes to the read models without passing the decider.
- *decision*: what the decider made of one input about a contact, named by `cause`.
- *configuration*: a decision about the workspace itself (a channel added, a flow saved); doors follow only these.
"""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

Kind = Literal["fact", "command", "report", "decision", "configuration"]

INPUT_KINDS: frozenset[Kind] = frozenset({"fact", "command"})  # what the decider answers
OUTPUT_KINDS: frozenset[Kind] = frozenset({"decision", "configuration"})  # what only the decider writes

# An event on the wire and in memory: {"type": snake_case name, "version": int, "id": uuid7 text, "data": {…}} and, for events
# of an aggregate, {"of": the aggregate's uuid, "n": its version after this event, 1 for the first}.
Event = dict[str, Any]


class Position(NamedTuple):
    """Where an event stands: `offset` grows within a partition (gaps are allowed), `index` counts within the record."""

    partition: int
    offset: int
    index: int = 0  # type: ignore[assignment]  # a tuple's method of that name is not used

    def __str__(self) -> str:
        return f"{self.partition}.{self.offset}.{self.index}"


@dataclass(frozen=True, slots=True)
class Record:
    """One append for one organization.

    `org` is the organization's uuid and the partition key; `recorded_on` is microseconds since 1970 (UTC);
    `actor` names who spoke ("door:EX", "api:<user>", "decider", "sender", "clock", …).
    """

    org: str
    kind: Kind
    events: tuple[Event, ...]
    recorded_on: int
    actor: str
    cause: Position | None = None


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record with its place in the log."""

    partition: int
    offset: int
    record: Record
