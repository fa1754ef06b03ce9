"""The log and the decider in one process, on memory adapters and a clock of its own: for tests of what decisions come of what inputs."""

import json
import random
import uuid
from concurrent.futures import Executor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

from domain.events.partitioning import partition_of
from domain.events.record import INPUT_KINDS, Event, Kind, Record
from domain.ports.event_log import EventLog
from domain.ports.state_store import StateStore
from infra.event_log.memory import MemoryEventLog
from infra.memory.state_store import MemoryStateStore
from workers.decider.decider import Decider

Data = dict[str, Any]

SURVEY = Path(__file__).parents[2] / "gateways" / "cli" / "demo" / "water_survey.json"
GIVE_UP = 60.0
BEGIN = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


class Installation:
    """Time passes only when told (`pass_time`). On other adapters if they are given; `patience`: seconds that the log may take to hand
    over what was written to it."""

    def __init__(
        self,
        log: EventLog | None = None,
        store: StateStore | None = None,
        *,
        patience: float = 0.0,
        beside: Executor | None = None,
    ) -> None:
        self.patience = patience
        self.beside = beside
        self.log = log or MemoryEventLog(2)
        self.store = store or MemoryStateStore()
        self.now = BEGIN
        self._random = random.Random(7)
        self._lives = 0
        self.decider = self._new_decider()

    def _new_decider(self) -> Decider:
        self._lives += 1
        return Decider(self.log, self.store, lambda: self.now, f"decider-{self._lives}", self.beside)

    def crash_decider(self) -> None:
        """Its memory is gone; another takes over."""
        self.decider._session.close()  # type: ignore[union-attr]  # a dead process leaves its group, sooner or later
        self.decider = self._new_decider()

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @property
    def now_text(self) -> str:
        return self.now.isoformat().replace("+00:00", "Z")

    def new_id(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    # ---- writing -----------------------------------------------------------------------------------------------------------

    def append(self, org: str, kind: Kind, name: str, data: Data) -> str:
        """One input; its event's id."""
        event: Event = {"type": name, "version": 1, "id": self.new_id(), "data": data}
        self.log.append([Record(org, kind, (event,), int(self.now.timestamp() * 1e6), "test")])
        return event["id"]

    def command(self, org: str, name: str, data: Data) -> Data:
        """Carry out a command; the data of its command_accepted, or of its command_refused (has "sentence")."""
        command = self.append(org, "command", name, data)
        deadline = monotonic() + GIVE_UP * bool(self.patience)
        while True:
            self.run()
            said = [e["data"] for e in self.events(org) if e["type"] in ("command_accepted", "command_refused")]
            found = next((data for data in said if data["command"] == command), None)
            if found is not None:
                return found
            assert monotonic() < deadline, f"{name} was not decided"

    def run(self) -> int:
        """Decide until nothing is left."""
        decided = 0
        while step := self.decider.step(self.patience) or self.decider.step(self.patience):
            decided += step
        return decided

    def receive(self, org: str, channel: str, urn: str, text: str, **more: Any) -> str:
        """A message comes in; its uuid."""
        data = {"channel": channel, "urn": urn, "text": text, "attachments": [], "received_on": self.now_text}
        data |= {"message": self.new_id(), **more}
        self.append(org, "fact", "message_received", data)
        self.run()
        return str(data["message"])

    # ---- looking -----------------------------------------------------------------------------------------------------------

    def events(self, org: str, name: str | None = None) -> list[Event]:
        """What was decided in an organization."""
        partition = partition_of(org, self.log.partitions)
        records = [stored.record for stored in self.log.read(partition, -1, 100_000)]
        return [
            event
            for record in records
            if record.org == org and record.kind not in INPUT_KINDS
            for event in record.events
            if name is None or event["type"] == name
        ]

    def replies(self, org: str, urn: str | None = None) -> list[str]:
        """Texts written to contacts."""
        messages = [event["data"]["message"] for event in self.events(org, "message_created")]
        return [message["text"] for message in messages if urn is None or message.get("urn") == urn]

    def answer_service(self, org: str, answer: Data) -> None:
        """The newest outside call gets its answer."""
        asked = self.events(org, "service_requested")[-1]
        data = {"contact": asked["of"], "request": asked["data"]["request"]["uuid"], "answer": answer}
        self.append(org, "fact", "service_answered", data)
        self.run()


class Workspace:
    """An organization with an EX channel, in an installation."""

    def __init__(self, installation: Installation, name: str = "Water Ministry") -> None:
        self.at = installation
        self.org = installation.new_id()
        profile = {"uuid": self.org, "name": name, "timezone": "Africa/Kigali", "country": "RW", "languages": ["eng"]}
        self.must("create_workspace", workspace={**profile, "date_style": "day_first", "anon": False})
        self.channel = installation.new_id()
        channel = {"uuid": self.channel, "type": "EX", "name": "Short code", "address": "2020", "country": "RW"}
        self.must("add_channel", channel={**channel, "schemes": ["tel"], "roles": ["send", "receive"], "config": {}})

    def must(self, name: str, **data: Any) -> Data:
        """Carry out a command that has to be accepted; its result."""
        outcome = self.at.command(self.org, name, data)
        assert "result" in outcome, outcome
        return dict(outcome["result"])

    def add_survey(self) -> str:
        """The water survey with its field, global and the keyword `survey`; the flow's uuid."""
        definition = json.loads(SURVEY.read_bytes())["flows"][0]
        field = {"uuid": self.at.new_id(), "key": "household", "name": "Household", "type": "number"}
        self.must("add_field", field=field)
        url = {"uuid": self.at.new_id(), "key": "survey_url", "name": "Survey URL", "value": "http://127.0.0.1/survey"}
        self.must("set_global", **{"global": url})
        flow = str(self.must("save_flow", definition=definition)["uuid"])
        trigger = {"uuid": self.at.new_id(), "type": "keyword", "keywords": ["survey"], "match": "first", "flow": flow}
        self.must("add_trigger", trigger=trigger)
        return flow

    def texts(self, urn: str, *texts: str) -> list[str]:
        """A contact writes; what the workspace has said since."""
        before = len(self.at.replies(self.org, urn))
        for text in texts:
            self.at.receive(self.org, self.channel, urn, text, external_id=self.at.new_id())
        return self.at.replies(self.org, urn)[before:]
