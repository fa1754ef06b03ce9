"""The decider's state in memory, for tests and simulations."""

from collections.abc import Collection, Sequence

from domain.errors import Fenced
from domain.ports.state_store import Changes, Found, Key, StoredItem


class MemoryStateStore:
    def __init__(self) -> None:
        self._positions: dict[int, int] = {}
        self._conversations: dict[Key, bytes] = {}
        self._holders: dict[Key, str] = {}
        self._items: dict[Key, StoredItem] = {}

    def position(self, partition: int) -> int:
        return self._positions.get(partition, -1)

    def load(self, partition: int, uuids: Collection[Key], urns: Collection[Key]) -> Found:
        found = Found(holders={key: self._holders[key] for key in urns if key in self._holders})
        wanted = [*uuids, *((org, found.holders[org, urn]) for org, urn in found.holders)]
        found.conversations = {key: self._conversations[key] for key in wanted if key in self._conversations}
        return found

    def workspace(self, partition: int, org: str, without: Collection[str] = ()) -> Sequence[StoredItem]:
        return [item for key, item in self._items.items() if key[0] == org and item.kind not in without]

    def item(self, partition: int, org: str, uuid: str) -> StoredItem | None:
        return self._items.get((org, uuid))

    def save(self, partition: int, changes: Changes, position: int) -> None:
        if position < self.position(partition):
            raise Fenced
        self._conversations.update(changes.conversations)
        for key, holder in changes.holders.items():
            if holder is None:
                self._holders.pop(key, None)
            else:
                self._holders[key] = holder
        self._items.update({(item.org, item.uuid): item for item in changes.items})
        self._positions[partition] = position
