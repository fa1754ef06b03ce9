"""Where the decider keeps the state it decides on, between its turns and its lives.

A cache of the log, written *after* the log has committed and together with the offset it stands at. An owner that takes a partition over
loads nothing at first; it folds the decisions after `position` (they are few) and asks for conversations as inputs need them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Protocol

Key = tuple[str, str]  # (organization's uuid, contact's uuid | URN identity | item's uuid)


@dataclass(slots=True)
class Found:
    """What `load` found. `conversations`: state by (org, contact uuid); `holders`: contact uuid by (org, URN identity)."""

    conversations: dict[Key, bytes] = field(default_factory=dict)
    holders: dict[Key, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredItem:
    """One item of a workspace; `body` None when it is gone and only its version counts."""

    org: str
    kind: str
    uuid: str
    version: int
    body: bytes | None


@dataclass(slots=True)
class Changes:
    """What to write. A URN's holder None: it belongs to nobody now."""

    conversations: dict[Key, bytes] = field(default_factory=dict)
    holders: dict[Key, str | None] = field(default_factory=dict)
    items: list[StoredItem] = field(default_factory=list)


class StateStore(Protocol):
    def position(self, partition: int) -> int:
        """The offset whose decisions (and those before it) are in the store; -1 at the start."""

    def load(self, partition: int, uuids: Collection[Key], urns: Collection[Key]) -> Found:
        """Conversations by uuid and by URN (with the URNs' holders), in one round trip. What is unknown is absent."""

    def workspace(self, partition: int, org: str, without: Collection[str] = ()) -> Sequence[StoredItem]:
        """All items of one organization but those of some kinds."""

    def item(self, partition: int, org: str, uuid: str) -> StoredItem | None:
        """One item of one organization."""

    def save(self, partition: int, changes: Changes, position: int) -> None:
        """Write all of it and the position, in one step. Raises Fenced if the store stands at a later position already: somebody else
        owns the partition now."""
