"""What a decider knows of one partition it owns: its conversations, who holds which URN, and its workspaces.

Always current: decisions change it as they are made, and on take-over it folds what the log holds beyond the state store. Bounded:
conversations that are in the store unchanged are forgotten, oldest first, when there are more than its owner has room for.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import Any

import orjson

from domain.conversation.aggregate import Conversation
from domain.conversation.evolve import EVOLVE
from domain.events.record import StoredRecord
from domain.ports.state_store import Changes, Key, StateStore, StoredItem
from domain.stored_shapes import CONVERSATION, of_items
from domain.workspace.workspace import PASSING, Workspace

HOLDERS_KEPT = 3  # for each conversation there is room for: a contact may have several URNs, and many URNs nobody holds
ABSENT_KEPT = 60_000


class PartitionState:
    def __init__(self, partition: int, store: StateStore) -> None:
        self.partition = partition
        self._store = store
        self.position = store.position(partition)
        self._saved_to = self.position
        self._conversations: dict[Key, Conversation] = {}
        self._absent: set[Key] = set()  # uuids that nobody has: nobody else gives them away in our partition
        self._holders: dict[Key, str | None] = {}
        self._workspaces: dict[str, Workspace] = {}
        self._changed: dict[Key, Conversation] = {}
        self._moved: dict[Key, str | None] = {}

    # ---- looking up ------------------------------------------------------------------------------------------------------

    def prefetch(self, uuids: Iterable[Key], urns: Iterable[Key]) -> None:
        """Load what is not known of these, with one query."""
        missing_urns = {key for key in urns if key not in self._holders}
        missing = {key for key in uuids if key not in self._conversations and key not in self._absent}
        held = ((key[0], holder) for key in urns if (holder := self._holders.get(key)))
        missing.update(key for key in held if key not in self._conversations)
        if not missing and not missing_urns:
            return
        found = self._store.load(self.partition, missing, missing_urns)
        for key in missing_urns:
            self._holders[key] = found.holders.get(key)
        if len(self._absent) > ABSENT_KEPT:  # where nothing changes nothing is saved, and nothing forgotten
            self._absent.clear()
        self._absent.update(missing - found.conversations.keys())
        for key, body in found.conversations.items():
            if key not in self._conversations:
                self._conversations[key] = Conversation.from_json(CONVERSATION.lifted(orjson.loads(body)))

    def conversation(self, org: str, uuid: str) -> Conversation | None:
        key = (org, uuid)
        if key not in self._conversations:
            self.prefetch([key], [])
        return self._conversations.get(key)

    def holder(self, org: str, urn: str) -> Conversation | None:
        key = (org, urn)
        if key not in self._holders:
            self.prefetch([], [key])
        uuid = self._holders[key]
        return self.conversation(org, uuid) if uuid else None

    def workspace(self, org: str) -> Workspace:
        known = self._workspaces.get(org)
        if known is None:
            items = self._store.workspace(self.partition, org, PASSING)
            known = self._workspaces[org] = Workspace(org, partial(self._passing_item, org))
            for item in items:
                known.load(item.kind, item.uuid, item.version, _body(item))
        return known

    def _passing_item(self, org: str, uuid: str) -> tuple[int, dict[str, Any] | None] | None:
        item = self._store.item(self.partition, org, uuid)
        return (item.version, _body(item)) if item else None

    # ---- changing ----------------------------------------------------------------------------------------------------------

    def add(self, org: str, conversation: Conversation) -> None:
        self._conversations[org, conversation.id] = conversation
        self._absent.discard((org, conversation.id))

    def drop(self, org: str, conversation: Conversation) -> None:
        self._conversations.pop((org, conversation.id), None)

    def moved(self, org: str, urn: str, uuid: str | None) -> None:
        self._holders[org, urn] = self._moved[org, urn] = uuid

    def touched(self, org: str, conversations: Iterable[Conversation]) -> None:
        """These were changed by a decision that stands."""
        for conversation in conversations:
            self._changed[org, conversation.id] = conversation

    def fold(self, records: list[StoredRecord]) -> None:
        """Take in decisions from the log that the store does not have yet (after a take-over)."""
        self.prefetch(
            [
                (s.record.org, e["of"])
                for s in records
                if s.record.kind == "decision"
                for e in s.record.events
                if "of" in e
            ],
            [],
        )
        for stored in records:
            self._fold_record(stored)
            self.position = stored.offset

    def _fold_record(self, stored: StoredRecord) -> None:
        record = stored.record
        if record.kind == "configuration":
            workspace = self.workspace(record.org)
            for event in record.events:
                workspace.fold(event)
            return
        for event in record.events:
            name = event["type"]
            if name not in EVOLVE:
                continue
            conversation = self.conversation(record.org, event["of"])
            if conversation is None:
                created_on = datetime.fromtimestamp(record.recorded_on / 1e6, UTC)
                conversation = Conversation.begin(event["data"]["contact"], created_on)
                conversation.collect_events()
                self.add(record.org, conversation)
            else:
                held = conversation.contact["urns"]
                conversation.evolve(name, event["data"], event["n"])
                for urn in held if conversation.contact["urns"] is not held else ():
                    self.moved(record.org, _identity(urn), None)
            if name in ("contact_created", "contact_urns_changed"):
                for urn in conversation.contact["urns"]:
                    self.moved(record.org, _identity(urn), conversation.id)
            self._changed[record.org, conversation.id] = conversation

    # ---- keeping -----------------------------------------------------------------------------------------------------------

    @property
    def unsaved(self) -> int:
        return len(self._changed) + len(self._moved)

    def save(self) -> None:
        """Write what changed to the store, with the position of the last decision. Raises Fenced, Unavailable."""
        items = [item for workspace in self._workspaces.values() for item in _changed_items(workspace)]
        if self.position > self._saved_to:
            bodies = {
                key: orjson.dumps(CONVERSATION.marked(conversation.to_json()))
                for key, conversation in self._changed.items()
            }
            self._store.save(self.partition, Changes(bodies, dict(self._moved), items), self.position)
            self._saved_to = self.position
        for workspace in self._workspaces.values():
            workspace.changed.clear()
            workspace.forget_passing()
        self._changed.clear()
        self._moved.clear()
        self._absent.clear()

    @property
    def known(self) -> int:
        """The conversations in memory."""
        return len(self._conversations)

    def forget(self, room: int) -> None:
        """Keep so many conversations, and of who holds which URN in proportion. Nothing may be unsaved."""
        assert not self.unsaved
        _keep_latest(self._conversations, room)
        _keep_latest(self._holders, room * HOLDERS_KEPT)


def _keep_latest(known: dict[Key, Any], kept: int) -> None:
    for key in list(islice(known, max(0, len(known) - kept))):
        del known[key]


def _body(item: StoredItem) -> dict[str, Any] | None:
    return of_items(item.kind).lifted(orjson.loads(item.body)) if item.body else None


def _changed_items(workspace: Workspace) -> list[StoredItem]:
    items = []
    for kind, uuid in workspace.changed:
        item = workspace.stored_item(kind, uuid)
        body = orjson.dumps(of_items(kind).marked(item)) if item is not None else None
        items.append(StoredItem(workspace.org, kind, uuid, workspace.versions[uuid], body))
    return items


def _identity(urn: str) -> str:
    return urn.partition("?")[0].partition("#")[0]
