"""A door with a channel of every type in each of two workspaces, and what must hold whatever comes to it."""

import asyncio
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from domain.events.record import Record
from domain.urn.parse import parse_urn
from gateways.append.group_commit import GroupCommit
from gateways.append.spool import Spool
from gateways.channels.catalogue import channel_types
from gateways.channels.channel_type import BuiltType
from gateways.channels.contract import Installation
from gateways.channels.description.examples import example_channel
from gateways.channels.log.figures import Figures
from gateways.channels.log.recorder import Recorder
from gateways.channels.log.writer import ChannelLogWriter
from gateways.channels.media_addresses import MediaAddresses
from gateways.ingest.app import IngestDoor
from gateways.ingest.channel_directory import ChannelDirectory
from infra.memory.channel_log import MemoryChannelLog
from tests.examples.doors import Answer, LogThatGoesAway
from tests.gateways.fuzz.hostile import Hostile
from tests.gateways.fuzz.seeds import ADDRESS, SECRET

ORGS = (str(uuid.UUID(int=1)), str(uuid.UUID(int=2)))
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SHARED = Installation("evenkeel.example", SECRET, SECRET, SECRET)
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
LONGEST = {"external_id": 2_000, "urn": 300, "name": 2_000, "also_known_as": 300, "reference": 2_000}
"""What an index of the read models can hold."""


def uuid_of(code: str, org: int = 0) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{code} {org}"))


def channel(kind: BuiltType, org: int) -> dict[str, Any]:
    """Of two workspaces only the first has the address that aggregators name."""
    config = {**example_channel(kind).config}
    config |= {each.name: SECRET for each in kind.fields if each.kind == "secret"}
    return {
        "uuid": uuid_of(kind.code, org), "type": kind.code, "name": kind.code, "address": ADDRESS if not org else "+250788009900",
        "country": "RW", "schemes": list(kind.schemes), "config": config, "roles": ["send", "receive"],
    }  # fmt: skip


class Doors:
    def __init__(self, folder: Path) -> None:
        self.log = LogThatGoesAway(2)
        self.commit = GroupCommit(self.log, Spool(folder / "spool"), lambda: 1)
        self.commit.start()
        directory = ChannelDirectory()
        directory.caught_up.set()
        for number, org in enumerate(ORGS):
            directory.load((org, channel(kind, number)) for kind in channel_types().values())
        self.org_of = {uuid_of(code, number): org for code in channel_types() for number, org in enumerate(ORGS)}
        self.channel_log = MemoryChannelLog()
        self.writer = ChannelLogWriter(self.channel_log, lambda: NOW, days=7)
        self.recorder = Recorder(self.writer, Figures(), new_id, lambda: NOW, SHARED, per_minute=0)
        media = MediaAddresses("https://evenkeel.example")
        self.app = IngestDoor(directory, self.commit, new_id, lambda: NOW, SHARED, media, self.recorder)
        self.loop = asyncio.new_event_loop()
        self._seen = [0] * self.log.partitions
        self.taken: list[Record] = []

    def call(self, path: str, hostile: Hostile) -> tuple[Answer, list[Record]]:
        """The answer, and what was appended for it."""
        answer = self.loop.run_until_complete(called(self.app, path, hostile))
        found: list[Record] = []
        for partition in range(self.log.partitions):
            stored = self.log.read(partition, self._seen[partition] - 1, 1_000)
            self._seen[partition] += len(stored)
            found += [each.record for each in stored]
        self.taken += found
        return answer, found

    def close(self) -> None:
        self.commit.stop()
        self.loop.close()


async def called(app: Any, path: str, hostile: Hostile) -> Answer:
    scope = {
        "type": "http", "method": hostile.method, "path": path, "raw_path": path.encode(), "query_string": hostile.query,
        "headers": list(hostile.headers), "scheme": "http", "server": ("testserver", 80), "client": ("127.0.0.1", 5000), "root_path": "",
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": hostile.body, "more_body": False}

    answer = Answer()
    await app(scope, receive, answer.take)
    return answer


def new_id() -> str:
    return str(uuid.uuid4())


# ---- what must hold ---------------------------------------------------------------------------------------------------------------


def faults(answer: Answer, records: list[Record], asked: str, org_of: dict[str, str]) -> list[str]:
    """What is wrong with an answer and what was appended for it; `asked` is the channel that was called."""
    found = [f"answered {answer.status}"] if answer.status >= 500 or not answer.status else []
    if answer.status >= 300 and records:
        found.append(f"answered {answer.status}, and appended {[event['type'] for r in records for event in r.events]}")
    for record in records:
        for event in record.events:
            data = event["data"]
            if data["channel"] != asked or record.org != org_of[asked]:
                found.append(f"{event['type']} of another channel or workspace")
            found += [f"{event['type']}: {each}" for each in shape_faults(event["type"], data)]
    return found


def shape_faults(name: str, data: dict[str, Any]) -> list[str]:
    found = []
    try:
        orjson.dumps(data)
    except TypeError as error:
        return [f"is no JSON: {error}"]
    if any("\0" in text for text in _texts(data)):
        found.append("holds a NUL")
    for key, most in LONGEST.items():
        if len((data.get(key) or "").encode()) > most:
            found.append(f"{key} is longer than {most} bytes")
    for key in ("urn", "also_known_as"):
        if data.get(key) and str(parse_urn(data[key])) != data[key]:
            found.append(f"{key} is {data[key]!r}")
    for key in ("sent_on", "occurred_on", "received_on", "reported_on"):
        if data.get(key) and not EARLIEST <= datetime.fromisoformat(data[key]) <= LATEST:
            found.append(f"{key} is {data[key]}")
    if "message_id" in data and not -(2**63) <= data["message_id"] < 2**63:
        found.append(f"message_id is {data['message_id']}")
    if "message" in data and str(uuid.UUID(data["message"])) != data["message"]:
        found.append(f"message is {data['message']!r}")
    if name == "message_part_received" and not 1 <= data["number"] <= data["count"] <= 255:
        found.append(f"part {data['number']} of {data['count']}")
    return found


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _texts(inner)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
