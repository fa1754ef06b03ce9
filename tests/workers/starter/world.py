"""A decider, a projector and a starter over one log, with what an organization needs to start flows."""

from collections.abc import Callable, Sequence
from typing import Any

from psycopg2.extensions import connection as Connection

from domain.errors import Unavailable
from domain.events.record import Position, Record
from tests.examples.installation import Installation, Workspace
from workers.projector.projector import Projector
from workers.starter.starter import Starter

Data = dict[str, Any]

HELLO = {
    "uuid": "8f1c3c3e-6a55-4b53-9a0e-6f5f4e9a7f01",
    "name": "Hello",
    "spec_version": "14.4.0",
    "language": "eng",
    "type": "messaging",
    "revision": 1,
    "expire_after_minutes": 60,
    "localization": {},
    "nodes": [
        {
            "uuid": "3d0c7a6b-1c52-4f0e-8f3b-5a9f1f5e2c01",
            "actions": [{"uuid": "3d0c7a6b-1c52-4f0e-8f3b-5a9f1f5e2c02", "type": "send_msg", "text": "Muraho!"}],
            "exits": [{"uuid": "3d0c7a6b-1c52-4f0e-8f3b-5a9f1f5e2c03"}],
        }
    ],
}


class Crash(Exception):
    """The starter dies here."""


class World:
    """Nothing happens by itself: `decide`, `project` and `start` let each worker do what there is."""

    def __init__(self, connect: Callable[[], Connection], installation: Installation | None = None) -> None:
        self.connect = connect
        self.installation = installation or Installation()
        self.workspace = Workspace(self.installation)
        self.org = self.workspace.org
        self.flow = str(self.workspace.must("save_flow", definition=HELLO)["uuid"])
        self.projector = Projector(self.installation.log, connect)
        self.crash: str | None = None
        self.starter = self.new_starter()
        self.project()

    def new_starter(self, **options: Any) -> Starter:
        return Starter(self.installation.log, self.connect, self._append, lambda: self.installation.now, **options)

    def _append(self, records: Sequence[Record]) -> Sequence[Position]:
        if self.crash == "before":
            raise Unavailable("The log is away.")
        positions = self.installation.log.append(records)
        if self.crash == "after":
            raise Unavailable("The answer was lost.")
        return positions

    def contact(self, name: str, *urns: str, groups: Sequence[str] = ()) -> str:
        contact = {"uuid": self.installation.new_id(), "name": name, "urns": list(urns), "groups": list(groups)}
        return str(self.workspace.must("create_contact", contact=contact)["uuid"])

    def contacts(self, number: int, groups: Sequence[str] = ()) -> list[str]:
        return [self.contact(f"contact {each}", f"tel:+2507880{each:05}", groups=groups) for each in range(number)]

    def group(self, name: str, **rest: Any) -> str:
        return str(
            self.workspace.must("add_group", group={"uuid": self.installation.new_id(), "name": name, **rest})["uuid"]
        )

    def ask(self, **wanted: Any) -> str:
        """Somebody creates a flow start; its uuid."""
        start = {
            "uuid": self.installation.new_id(),
            "flow": self.flow,
            "contacts": [],
            "groups": [],
            "urns": [],
            **wanted,
        }
        return str(self.workspace.must("create_flow_start", flow_start=start)["uuid"])

    def broadcast(self, text: str, **wanted: Any) -> str:
        made = {"uuid": self.installation.new_id(), "translations": {"eng": {"text": text}}, "base_language": "eng"}
        return str(self.workspace.must("create_broadcast", broadcast={**made, **wanted})["uuid"])

    def project(self) -> None:
        while self.projector.step(0):
            pass

    def decide(self) -> None:
        self.installation.run()

    def start(self, steps: int = 4) -> int:
        """The starter works alone; how many recipients it appended."""
        return sum(self.starter.step(0) for _ in range(steps))

    def run(self) -> None:
        """Everybody works until nothing is left to do."""
        idle = 0
        while idle < 3:
            self.project()
            done = self.start(2)
            self.decide()
            idle = 0 if done else idle + 1

    def row(self, sql: str, *parameters: Any) -> tuple[Any, ...]:
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return tuple(cursor.fetchone() or ())

    def inputs(self, name: str) -> list[Data]:
        log = self.installation.log
        stored = [each for partition in range(log.partitions) for each in log.read(partition, -1, 1_000_000)]
        return [event for each in stored for event in each.record.events if event["type"] == name]

    def reached(self, uuid: str) -> list[Data]:
        """What the decider said about the recipients of a start or broadcast."""
        names = ("start_contact_done", "broadcast_contact_done")
        return [
            e["data"] for name in names for e in self.installation.events(self.org, name) if e["data"]["origin"] == uuid
        ]

    def progress(self, start: str) -> tuple[int, int]:
        """(total, handled) in the read model."""
        self.project()
        total, handled = self.row(
            "select (doc->>'total')::int, coalesce(handled, 0) from flow_starts.flow_starts s"
            " left join flow_starts.flow_start_progress p using (org, uuid) where uuid = %s",
            start,
        )
        return total, handled

    def close(self) -> None:
        self.starter.close()
        self.projector.close()
