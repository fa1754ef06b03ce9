"""The API with the log, the decider and the read models in this process: a command is decided, shown and answered at once."""

import asyncio
import hashlib
import uuid
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import psycopg2

from domain.events.record import Record
from gateways.api_v2.app import create_api
from infra.postgres import channel_log
from projections.command_outcomes.waiting import Outcome
from tests.examples.installation import Installation, Workspace
from workers.projector.projector import Projector

MARK = "OtherPeoplesBusiness"
ANNE, THEIRS = "tel:+250788111111", "tel:+250788999999"


class Answering:
    """`mine` is the workspace whose token is `token`, `theirs` another; `known`: uuids and names of things in either."""

    def __init__(self, database: str) -> None:
        self.at = Installation()
        self.mine, self.theirs = Workspace(self.at, "Water Ministry"), Workspace(self.at, MARK)
        self.token = self._token(self.mine)
        self._token(self.theirs)
        self.known = [*self._filled(self.mine, ANNE, "Anne"), *self._filled(self.theirs, THEIRS, MARK)]
        self.database = database
        channel_log.install(database)
        self.projector = Projector(self.at.log, lambda: psycopg2.connect(database))
        self._show()
        self._awaited: dict[str, Future[Outcome]] = {}
        self.commands = 0
        self.app = create_api(
            read_database=lambda: psycopg2.connect(database),
            appender=self,
            outcomes=self,  # type: ignore[arg-type]
            new_id=lambda: str(uuid.uuid4()),
            base_url="https://evenkeel.example",
        )

    def _token(self, workspace: Workspace) -> str:
        token = workspace.org
        user = {"uuid": self.at.new_id(), "email": f"{workspace.org}@x.example", "name": "Ada", "role": "administrator"}
        workspace.must("add_user", user=user)
        token_hash = hashlib.sha256(token.encode()).hexdigest()
        reference = {"uuid": user["uuid"], "email": user["email"]}
        workspace.must("issue_api_token", token_hash=token_hash, user=reference, role="administrator")
        return token

    def _filled(self, workspace: Workspace, urn: str, name: str) -> Iterator[str]:
        """A contact, messages, a run and one of everything; yields their uuids and names."""
        flow = workspace.add_survey()
        workspace.texts(urn, "survey", name, "4", f"{name} says")
        contact = str(self.at.events(workspace.org, "contact_created")[0]["data"]["contact"]["uuid"])
        group, label, topic = (self.at.new_id() for _ in range(3))
        workspace.must("add_group", group={"uuid": group, "name": f"{name} group"})
        workspace.must("add_label", label={"uuid": label, "name": f"{name} label"})
        workspace.must("add_topic", topic={"uuid": topic, "name": f"{name} topic"})
        shared = {
            "uuid": self.at.new_id(),
            "key": f"{name.lower()}_key",
            "name": f"{name} global",
            "value": f"{name} value",
        }
        workspace.must("set_global", **{"global": shared})
        message = str(self.at.events(workspace.org, "message_handled")[0]["data"]["message"]["uuid"])
        yield from (
            flow,
            contact,
            group,
            label,
            topic,
            message,
            workspace.channel,
            urn,
            f"{name} group",
            f"{name} label",
        )

    # ---- what the API is given -------------------------------------------------------------------------------------------------

    def expect(self, command: str) -> "Future[Outcome]":
        self._awaited[command] = Future()
        return self._awaited[command]

    def forget(self, command: str) -> None:
        self._awaited.pop(command, None)

    def append(self, org: str, kind: Any, actor: str, events: Any) -> "asyncio.Future[None]":
        self.commands += 1
        assert org == self.mine.org, "a command for another workspace"
        self.at.log.append([Record(org, kind, tuple(events), 1, actor)])
        self.at.run()
        self._show()
        for event in self.at.events(org)[-400:]:
            data = event["data"]
            if event["type"] == "command_accepted" and data["command"] in self._awaited:
                self._awaited[data["command"]].set_result(Outcome("accepted", data["result"]))
            elif event["type"] == "command_refused" and data["command"] in self._awaited:
                self._awaited[data["command"]].set_result(Outcome("refused", {}, data.get("field"), data["sentence"]))
            elif event["type"] == "input_refused" and data["input"]["id"] in self._awaited:
                raise AssertionError(f"{events} was set aside: {data}")
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    def _show(self) -> None:
        while self.projector.step(0):
            pass
