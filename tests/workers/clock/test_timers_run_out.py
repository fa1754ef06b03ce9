"""From a question that nobody answers to what the flow says then: sender's report, read model, clock and decider together."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from tests.examples.installation import Installation, Workspace
from workers.clock.clock import Clock
from workers.projector.projector import Projector

ANNE = "tel:+250788111111"


def _id(number: int) -> str:
    return f"4c1f0c2e-7d40-4a54-9b1e-0000000000{number:02}"


def _says(node: int, text: str, then: int | None = None) -> dict[str, Any]:
    way_out = {"uuid": _id(node + 2)} | ({"destination_uuid": _id(then)} if then else {})
    return {
        "uuid": _id(node),
        "actions": [{"uuid": _id(node + 1), "type": "send_msg", "text": text}],
        "exits": [way_out],
    }


def _question(wait: dict[str, Any]) -> dict[str, Any]:
    router = {
        "type": "switch", "operand": "@input.text", "default_category_uuid": _id(21), "wait": wait, "cases": [],
        "categories": [
            {"uuid": _id(21), "name": "All", "exit_uuid": _id(23)},
            {"uuid": _id(22), "name": "No Response", "exit_uuid": _id(24)},
        ],
    }  # fmt: skip
    exits = [{"uuid": _id(23), "destination_uuid": _id(30)}, {"uuid": _id(24), "destination_uuid": _id(40)}]
    asked = {"uuid": _id(20), "router": router, "exits": exits}
    return {
        "uuid": _id(1), "name": "Question", "spec_version": "14.4.0", "language": "eng", "type": "messaging",
        "revision": 1, "expire_after_minutes": 30, "localization": {},
        "nodes": [_says(10, "Are you there?", then=20), asked, _says(30, "Good."), _says(40, "Too late.")],
    }  # fmt: skip


WITH_TIMEOUT = {"type": "msg", "timeout": {"seconds": 300, "category_uuid": _id(22)}}


class Patience:
    """Anne was asked a question."""

    def __init__(self, connect: Callable[[], Connection], wait: dict[str, Any]) -> None:
        self.at = Installation()
        self.workspace = Workspace(self.at)
        flow = self.workspace.must("save_flow", definition=_question(wait))["uuid"]
        trigger = {"uuid": self.at.new_id(), "type": "keyword", "keywords": ["ask"], "match": "first", "flow": flow}
        self.workspace.must("add_trigger", trigger=trigger)
        self.projector = Projector(self.at.log, connect)
        self.clock = Clock(connect, self.at.log.append, lambda: self.at.now)
        self.said = self.workspace.texts(ANNE, "ask")

    def wait(self, seconds: float) -> list[str]:
        """Time passes; what was said to Anne then."""
        before = len(self.at.replies(self.workspace.org, ANNE))
        self.at.pass_time(seconds)
        for _ in range(3):
            while self.projector.step(0):
                pass
            self.at.pass_time(1)
            self.clock.step(0)
            self.at.run()
        return self.at.replies(self.workspace.org, ANNE)[before:]

    def question_leaves(self) -> None:
        message: dict[str, Any] = self.at.events(self.workspace.org, "message_created")[-1]["data"]["message"]
        report = {
            "message": message["uuid"], "id": message["id"], "channel": self.workspace.channel, "status": "wired",
            "contact": message["contact"]["uuid"], "external_ids": [], "error_count": 0, "sent_on": self.at.now_text,
        }  # fmt: skip
        self.at.append(self.workspace.org, "report", "message_sent", report)

    def runs_ended(self) -> list[str]:
        return [event["data"]["status"] for event in self.at.events(self.workspace.org, "run_ended")]

    def close(self) -> None:
        self.clock.close()
        self.projector.close()


@pytest.fixture
def patient(postgres_database: str) -> Iterator[Callable[[dict[str, Any]], Patience]]:
    made: list[Patience] = []

    def make(wait: dict[str, Any]) -> Patience:
        made.append(Patience(lambda: psycopg2.connect(postgres_database), wait))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def patience(patient: Callable[[dict[str, Any]], Patience]) -> Patience:
    return patient(WITH_TIMEOUT)


def test_a_question_that_nobody_answers_times_out(patience: Patience) -> None:
    assert patience.said == ["Are you there?"]
    patience.question_leaves()

    assert patience.wait(250) == []
    assert patience.wait(60) == ["Too late."]
    assert patience.runs_ended() == ["completed"]
    assert patience.wait(3_000) == []


def test_an_answer_in_time_is_the_end_of_the_timer(patience: Patience) -> None:
    patience.question_leaves()
    patience.wait(100)

    assert patience.workspace.texts(ANNE, "yes") == ["Good."]
    assert patience.wait(3_000) == []
    assert patience.runs_ended() == ["completed"]


def test_a_timer_that_fires_while_the_answer_is_under_way_is_ignored(patience: Patience) -> None:
    patience.question_leaves()
    patience.wait(1)
    patience.workspace.texts(ANNE, "yes")  # decided, but the read models don't know yet
    patience.at.pass_time(400)
    patience.clock.step(0)

    assert patience.at.run() > 0
    assert patience.runs_ended() == ["completed"]
    assert patience.at.replies(patience.workspace.org, ANNE) == ["Are you there?", "Good."]


def test_a_run_that_nobody_answers_expires(patient: Callable[[dict[str, Any]], Patience]) -> None:
    patience = patient({"type": "msg"})

    assert patience.wait(25 * 60) == []
    assert patience.runs_ended() == []
    patience.wait(6 * 60)
    assert patience.runs_ended() == ["expired"]
