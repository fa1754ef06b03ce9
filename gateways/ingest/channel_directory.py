"""Which channel an ingest URL names: a small table in memory, followed from the log, so that a door asks no database."""

import logging
import threading
from collections.abc import Iterable, Mapping
from typing import Any

from domain.errors import EvenkeelError, Unavailable
from domain.events.record import Event, StoredRecord
from domain.ports.event_log import EventLog
from gateways.channels.contract import Channel

log = logging.getLogger(__name__)


class ChannelDirectory:
    """Fed by `follow` in a thread of its own; reads need no lock."""

    def __init__(self) -> None:
        self._channels: dict[str, Channel] = {}
        self._raw: dict[str, tuple[str, dict[str, Any]]] = {}
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.caught_up = threading.Event()

    def find(self, uuid: str) -> Channel | None:
        return self._channels.get(uuid)

    def load(self, channels: Iterable[tuple[str, dict[str, Any]]]) -> None:
        """Begin with these: (organization, channel as in channel_added)."""
        for org, channel in channels:
            self._put(org, channel)

    def take(self, records: Iterable[StoredRecord]) -> None:
        for stored in records:
            for event in stored.record.events:
                self._take_event(stored.record.org, event)

    def _take_event(self, org: str, event: Event) -> None:
        data = event["data"]
        if event["type"] == "channel_added":
            self._put(org, data["channel"])
        elif event["type"] == "channel_changed" and data["channel"] in self._raw:
            self._put(org, {**self._raw[data["channel"]][1], **data["changes"]})
        elif event["type"] == "channel_removed":
            self._channels.pop(data["channel"], None)
            self._raw.pop(data["channel"], None)

    def _put(self, org: str, raw: dict[str, Any]) -> None:
        self._raw[raw["uuid"]] = (org, raw)
        self._channels[raw["uuid"]] = Channel(
            uuid=raw["uuid"],
            org_uuid=org,
            type=raw["type"],
            address=raw.get("address") or "",
            name=raw.get("name") or "",
            country=raw.get("country") or "",
            schemes=tuple(raw.get("schemes") or ("tel",)),
            config=raw.get("config") or {},
        )

    # ---- following -----------------------------------------------------------------------------------------------------------

    def start(self, event_log: EventLog, after: Mapping[int, int]) -> None:
        self._thread = threading.Thread(
            target=self._follow, args=(event_log, dict(after)), name="channel-directory", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(5)

    def _follow(self, event_log: EventLog, after: dict[int, int]) -> None:
        follower = None
        while not self._stopping.is_set():
            try:
                if follower is None:
                    heads = event_log.heads()
                    follower = event_log.follow(after, kinds=("configuration",))
                records = follower.poll(0.5)
                self.take(records)
                after.update(follower.positions())
                if not self.caught_up.is_set() and all(after[number] >= head for number, head in heads.items()):
                    self.caught_up.set()
            except Unavailable:
                follower = None
                self._stopping.wait(0.5)
            except EvenkeelError:
                log.exception("The channel directory stopped", extra={"action": "directory_stopped"})
                return
        if follower is not None:
            follower.close()
