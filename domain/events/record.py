"""What the log holds: records of events, each for one organization.

A record is one append. It is visible whole or not at all, and it never changes. Its `kind` says who speaks:
a *fact* ("this message was received") and a *command* ("create this contact") are inputs from doors and workers;
a *decision* is what the decider made of one input, named by `cause`.
"""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

Kind = Literal["fact", "command", "decision"]

# An event on the wire and in memory: {"type": snake_case name, "version": int, "id": uuid7 text, "data": {…}} and, for events
# of an aggregate, {"of": the aggregate's uuid, "n": its version after this event, 1 for the first}.
Event = dict[str, Any]


class Position(NamedTuple):
    """Where an event stands: `offset` grows within a partition (gaps are allowed), `index` counts within the record."""

    partition: int
    offset: int
    index: int = 0

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
