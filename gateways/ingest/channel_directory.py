"""Which channel an ingest URL names: a small table in memory, followed from the log, so that a door asks no database.

What it knows is kept in a file as well: a door that starts again reads on from there, and one that starts while the log is away still
knows the channels it knew. A file cut short by a crash can't be (it is replaced whole); a lost one is made again from the log.
"""

import logging
import os
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson

from domain.errors import EvenkeelError, Unavailable, UnknownEvent
from domain.events.record import Event, StoredRecord
from domain.ports.event_log import EventLog
from domain.stored_shapes import of_items
from gateways.channels.contract import Channel
from gateways.channels.replies import parse_rfc3339

log = logging.getLogger(__name__)


class ChannelDirectory:
    """Followed in a thread of its own; reads need no lock. `caught_up` is set when it knows all that stood in the log at its start."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._channels: dict[str, Channel] = {}
        self._by_address: dict[tuple[str, str], str] = {}
        self._raw: dict[str, tuple[str, dict[str, Any]]] = {}
        self._types: dict[
            str, dict[str, dict[str, str]]
        ] = {}  # {uuid: {code, text}} of types of its own, by organization
        self._workspaces: dict[str, dict[str, Any]] = {}  # {timezone, quiet_hours} by organization
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._reached: dict[int, int] = {}  # offset by partition
        self._moved = threading.Condition()
        self.caught_up = threading.Event()

    def await_reached(self, positions: Mapping[int, int], seconds: float) -> bool:
        """Whether it knows all that stands in the log up to these offsets, by partition; waits for so many seconds at most."""
        with self._moved:
            return self._moved.wait_for(
                lambda: all(self._reached.get(partition, -1) >= offset for partition, offset in positions.items()),
                seconds,
            )

    def find(self, uuid: str) -> Channel | None:
        return self._channels.get(uuid)

    def find_by_address(self, kind: str, address: str) -> Channel | None:
        """For types whose addresses don't name the channel; the newest of those that have this address."""
        return self._channels.get(self._by_address.get((kind, address), ""))

    def channels(self) -> tuple[Channel, ...]:
        """All there are now."""
        return tuple(self._channels.values())

    def load(self, channels: Iterable[tuple[str, dict[str, Any]]]) -> None:
        """Begin with these: (organization, channel as in channel_added)."""
        for org, channel in channels:
            self._put(org, channel)

    def take(self, records: Iterable[StoredRecord]) -> None:
        for stored in records:
            for event in stored.record.events:
                self._take_event(stored.record.org, event)

    def _take_event(self, org: str, event: Event) -> None:
        name, data = event["type"], event["data"]
        if name in ("workspace_created", "workspace_changed"):
            self._put_workspace(org, data["workspace"] if name == "workspace_created" else data["changes"])
        elif name == "channel_added":
            self._put(org, data["channel"])
        elif name.startswith("channel_type_"):
            self._change_type(org, name, data)
        elif name.startswith("channel_") and data.get("channel") in self._raw:
            self._change(org, name, data)

    def _change(self, org: str, name: str, data: dict[str, Any]) -> None:
        """Of a channel that is known."""
        raw = self._raw[data["channel"]][1]
        if name == "channel_changed":
            self._put(org, {**raw, **data["changes"]})
        elif name in ("channel_paused", "channel_resumed"):
            self._put(org, {**raw, "paused_on": data.get("paused_on")})
        elif name == "channel_removed":
            self._channels.pop(data["channel"], None)
            self._raw.pop(data["channel"], None)

    def _change_type(self, org: str, name: str, data: dict[str, Any]) -> None:
        """Of the types that a workspace described itself; its channels have the new one from now on."""
        types = self._types.setdefault(org, {})
        if name == "channel_type_added":
            described = data["channel_type"]
            types[described["uuid"]] = {"code": described["code"], "text": described["text"]}
        elif name == "channel_type_changed" and data["channel_type"] in types:
            types[data["channel_type"]] = {**types[data["channel_type"]], **data["changes"]}
        elif name == "channel_type_removed":
            types.pop(data["channel_type"], None)
        self._put_again(org)

    def _description(self, org: str, code: str) -> str:
        return next((each["text"] for each in self._types.get(org, {}).values() if each["code"] == code), "")

    def _put_workspace(self, org: str, said: dict[str, Any]) -> None:
        kept: dict[str, Any] = {key: said[key] for key in ("timezone", "quiet_hours") if key in said}
        self._workspaces[org] = {**self._workspaces.get(org, {}), **kept}
        self._put_again(org)

    def _put_again(self, org: str) -> None:
        for its, raw in [each for each in self._raw.values() if each[0] == org]:
            self._put(its, raw)

    def _put(self, org: str, raw: dict[str, Any]) -> None:
        workspace = self._workspaces.get(org, {})
        self._raw[raw["uuid"]] = (org, raw)
        self._by_address[raw["type"], raw.get("address") or ""] = raw["uuid"]
        self._channels[raw["uuid"]] = Channel(
            uuid=raw["uuid"],
            org_uuid=org,
            type=raw["type"],
            address=raw.get("address") or "",
            name=raw.get("name") or "",
            country=raw.get("country") or "",
            schemes=tuple(raw.get("schemes") or ("tel",)),
            config=raw.get("config") or {},
            created_on=parse_rfc3339(raw.get("created_on") or ""),
            paused=bool(raw.get("paused_on")),
            description=self._description(org, raw["type"]),
            timezone=workspace.get("timezone") or "",
            quiet_hours=workspace.get("quiet_hours") or "",
        )

    # ---- following -----------------------------------------------------------------------------------------------------------

    def start(self, event_log: EventLog) -> None:
        after = self._read_file()
        self._thread = threading.Thread(
            target=self._follow, args=(event_log, after), name="channel-directory", daemon=True
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
                    if any(after.get(number, -1) > head for number, head in heads.items()):
                        after.clear()  # another log than the file is of
                    follower = event_log.follow({number: after.get(number, -1) for number in heads}, ("configuration",))
                records = follower.poll(0.5)
                self.take(records)
                after.update(follower.positions())
                with self._moved:
                    self._reached = dict(after)
                    self._moved.notify_all()
                if not self.caught_up.is_set() and all(after[number] >= head for number, head in heads.items()):
                    self.caught_up.set()
                if records:
                    self._write_file(after)
            except Unavailable:
                follower = None
                self._stopping.wait(0.5)
            except EvenkeelError:
                self.caught_up.clear()  # a channel it does not know may be one it can't read: try again, not never
                log.exception("The channel directory stopped", extra={"action": "directory_stopped"})
                return
        if follower is not None:
            self._write_file(after)
            follower.close()

    def _read_file(self) -> dict[int, int]:
        """Take in what was known before; the positions it stands at."""
        if self._file is None or not self._file.exists():
            return {}
        try:
            kept = orjson.loads(self._file.read_bytes())
            self._workspaces = dict(kept.get("workspaces") or {})
            self._types = dict(kept.get("types") or {})
            self.load((org, of_items("channel").lifted(channel)) for org, channel in kept["channels"])
            if "workspaces" not in kept or "types" not in kept:
                return {}  # an older release's: what it knows is good, what it doesn't is in the log
            return {int(number): offset for number, offset in kept["positions"].items()}
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, UnknownEvent):
            log.warning("The file of channels can't be read; it is made again", extra={"action": "directory_file_lost"})
            return {}

    def _write_file(self, after: dict[int, int]) -> None:
        if self._file is None:
            return
        kept = {
            "positions": {str(number): offset for number, offset in after.items()},
            "channels": [(org, of_items("channel").marked(raw)) for org, raw in self._raw.values()],
            "workspaces": self._workspaces,
            "types": self._types,
        }
        new = self._file.with_suffix(f".{os.getpid()}.new")  # its successor may be writing already
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            new.write_bytes(orjson.dumps(kept))
            new.replace(self._file)
        except OSError as error:
            log.warning("The file of channels was not written: %s", error, extra={"action": "directory_file_failed"})
