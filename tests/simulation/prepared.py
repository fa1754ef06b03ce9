"""Three organizations with a channel and the survey each: made once, copied for every run."""

from dataclasses import dataclass
from functools import lru_cache

from gateways.ingest.channel_directory import ChannelDirectory
from infra.event_log.memory import MemoryEventLog
from infra.memory.state_store import MemoryStateStore
from tests.examples.installation import BEGIN, Installation
from tests.simulation.survey import definition

START = BEGIN
PARTITIONS = 2
ORGS = 3


@dataclass(frozen=True, slots=True)
class Prepared:
    log: MemoryEventLog
    store: MemoryStateStore
    orgs: tuple[str, ...]
    channels: tuple[str, ...]
    directory: ChannelDirectory
    heads: dict[int, int]

    def copy_log(self, log: MemoryEventLog) -> MemoryEventLog:
        """Give an empty log what was prepared."""
        for new, made in zip(log._partitions, self.log._partitions, strict=True):
            new.offsets, new.entries = list(made.offsets), list(made.entries)
            new.next_offset, new.inputs, new.cursor = made.next_offset, made.inputs, made.cursor
        return log

    def copy_directory(self) -> ChannelDirectory:
        new = ChannelDirectory()
        new.load(list(self.directory._raw.values()))
        return new

    def copy_store(self) -> MemoryStateStore:
        new, made = MemoryStateStore(), self.store
        new._positions, new._conversations = dict(made._positions), dict(made._conversations)
        new._holders, new._items = dict(made._holders), dict(made._items)
        return new


@lru_cache(maxsize=1)
def prepared() -> Prepared:
    log, store = MemoryEventLog(PARTITIONS), MemoryStateStore()
    at = Installation(log, store)
    orgs, channels = [], []
    for number in range(ORGS):
        org, channel = at.new_id(), at.new_id()
        orgs.append(org)
        channels.append(channel)
        profile = {
            "uuid": org,
            "name": f"Org {number}",
            "timezone": "Africa/Kigali",
            "country": "RW",
            "languages": ["eng"],
        }
        _must(at, org, "create_workspace", workspace={**profile, "date_style": "day_first", "anon": False})
        config = {"username": "u", "password": "secret", "send_url": f"http://aggregator/{number}"}
        made = {
            "uuid": channel,
            "type": "KN",
            "name": "SMS",
            "address": str(2020 + number),
            "country": "RW",
            "config": config,
        }
        _must(at, org, "add_channel", channel={**made, "schemes": ["tel"], "roles": ["send", "receive"]})
        flow = _must(at, org, "save_flow", definition=definition(org))["uuid"]
        trigger = {"uuid": at.new_id(), "type": "keyword", "keywords": ["survey"], "match": "first", "flow": flow}
        _must(at, org, "add_trigger", trigger=trigger)
    at.decider.close()
    directory = ChannelDirectory()
    for partition in range(PARTITIONS):
        directory.take(log.read(partition, -1, 100_000, ("configuration",)))
    return Prepared(log, store, tuple(orgs), tuple(channels), directory, dict(log.heads()))


def _must(at: Installation, org: str, name: str, **data: object) -> dict[str, object]:
    outcome = at.command(org, name, data)
    assert "result" in outcome, outcome
    return dict(outcome["result"])
