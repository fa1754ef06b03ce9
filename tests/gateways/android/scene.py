"""A door with a phone before it."""

import asyncio
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from domain.ports.relayers import Waiting
from gateways.android.door import RelayerDoor
from gateways.append.group_commit import GroupCommit
from gateways.append.spool import Spool
from gateways.channels.log.figures import Figures
from gateways.ingest.channel_directory import ChannelDirectory
from infra.postgres.relayers import PostgresRelayers
from tests.examples.doors import LogThatGoesAway, call
from tests.fakes.android_phone import AndroidPhone

ORG, CONTACT = "7b5ae1dc-6bcb-4a3d-9a43-1a0d0b3dd7c1", "00000000-0000-4000-8000-000000000001"
START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


class Numbers:
    """The read model: messages that were decided have a number."""

    def __init__(self, log: LogThatGoesAway) -> None:
        self._log = log

    def of_messages(self, org: str, uuids: Any) -> dict[str, int]:
        received = [each["data"]["message"] for each in events(self._log) if each["type"] == "message_received"]
        return {each: 77_000 + received.index(each) for each in uuids if each in received}

    def of_organization(self, org: str) -> int:
        return 12


def events(log: LogThatGoesAway) -> list[dict[str, Any]]:
    return [event for record in log.inputs() for event in record.events]


class Scene:
    """A door with a phone before it. `directory` is what the log says of channels."""

    def __init__(self, relayers: PostgresRelayers, folder: Path) -> None:
        self.now = START
        self.log = LogThatGoesAway(2)
        self.commit = GroupCommit(self.log, Spool(folder / "spool"), lambda: 1)
        self.commit.start()
        self.directory = ChannelDirectory()
        self.directory.caught_up.set()
        self.relayers = relayers
        numbers: Any = Numbers(self.log)
        self.figures = Figures()
        self.door = RelayerDoor(
            relayers,
            self.directory,
            self.commit,
            numbers,
            lambda: str(uuid.uuid4()),
            lambda: self.now,
            figures=self.figures,
        )
        self.phone = AndroidPhone(self.carry, lambda: self.now.timestamp())

    def carry(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        answer = asyncio.run(call(self.door, method, path, body=body))
        return answer.status, answer.body

    def claim(self) -> str:
        """As `evenkeel channel claim` does: the channel gets into the log."""
        relayer = self.relayers.find_by_code(self.phone.claim_code)
        assert relayer is not None
        channel = {"uuid": relayer.channel, "type": "A", "name": "Phone", "address": "+250788000000", "country": "RW"}
        self.directory.load([(ORG, {**channel, "schemes": ["tel"], "config": {"relayer_id": relayer.relayer_id}})])
        return relayer.channel

    def release(self, channel: str) -> None:
        self.directory._take_event(ORG, {"type": "channel_removed", "data": {"channel": channel}})

    def queue(self, channel: str, number: int, text: str = "Muraho", phone: str = "+250788123123") -> None:
        """As the sender hands it over."""
        waiting = Waiting(channel, number, str(uuid.UUID(int=number)), ORG, CONTACT, phone, text, self.now)
        self.relayers.hand_over([waiting])

    def events(self, name: str) -> list[dict[str, Any]]:
        return [event["data"] for event in events(self.log) if event["type"] == name]
