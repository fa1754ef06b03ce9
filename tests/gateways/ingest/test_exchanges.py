"""Every request to a door is told to the channel's log: what it was, what it was about, and what was wrong with it."""

import asyncio
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from domain.ports.channel_log import Exchange, Question
from gateways.append.group_commit import GroupCommit
from gateways.append.spool import Spool
from gateways.channels.contract import Installation
from gateways.channels.log.figures import Figures
from gateways.channels.log.recorder import Recorder
from gateways.channels.log.writer import ChannelLogWriter
from gateways.ingest.app import MAX_BODY, IngestDoor
from gateways.ingest.channel_directory import ChannelDirectory
from infra.memory.channel_log import MemoryChannelLog
from tests.examples.doors import Answer, LogThatGoesAway, call

ORG = "7b5ae1dc-6bcb-4a3d-9a43-1a0d0b3dd7c1"
CODE = "e4bb1578-29da-4fa5-a214-9da19dd24230"
PLIVO = "e4bb1578-29da-4fa5-a214-9da19dd24231"
FIREBASE = "e4bb1578-29da-4fa5-a214-9da19dd24232"
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


class Door:
    def __init__(self, folder: Path) -> None:
        self.log = LogThatGoesAway(2)
        self.commit = GroupCommit(self.log, Spool(folder / "spool"), lambda: 1)
        self.commit.start()
        directory = ChannelDirectory()
        directory.caught_up.set()
        for channel, kind in ((CODE, "EX"), (PLIVO, "PL"), (FIREBASE, "FCM")):
            config = {"auth_token": "pl1vo-s3cret", "send_authorization": "Token ex-s3cret"}
            details = {"uuid": channel, "type": kind, "address": "2020", "country": "RW", "config": config}
            directory.load([(ORG, {"name": "Code", "schemes": ["fcm" if kind == "FCM" else "tel"], **details})])
        self.kept = MemoryChannelLog()
        self.writer = ChannelLogWriter(self.kept, lambda: NOW, days=7)
        self.figures = Figures()
        new_id = lambda: str(uuid.uuid4())  # noqa: E731
        recorder = Recorder(self.writer, self.figures, new_id, lambda: NOW, Installation())
        self.app = IngestDoor(directory, self.commit, new_id, lambda: NOW, Installation(), recorder=recorder)

    def post(self, path: str, method: str = "POST", **request: Any) -> Answer:
        return asyncio.run(call(self.app, method, path, **request))

    def exchanges(self) -> list[Exchange]:
        self.writer.flush()
        return self.kept.find(Question(ORG))

    def counts(self, channel: str = CODE) -> dict[str, int]:
        return dict(self.figures.as_json().get(channel, {"counts": {}})["counts"])


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    made = Door(tmp_path)
    yield made
    made.commit.stop()


def test_a_message(door: Door) -> None:
    answer = door.post(f"/c/ex/{CODE}/receive?token=ex-s3cret", form={"from": "+250788123123", "text": "Muraho"})

    [kept] = door.exchanges()
    [record] = door.log.inputs()
    assert (kept.channel, kept.kind, kept.direction, kept.status, kept.error) == (
        CODE,
        "message_receive",
        "in",
        200,
        "",
    )
    assert kept.messages == (record.events[0]["data"]["message"],)
    assert kept.urns == ("tel:+250788123123",)
    assert kept.request.startswith(f"POST /c/ex/{CODE}/receive?token=********** HTTP/1.1\r\n")
    assert kept.request.endswith("from=%2B250788123123&text=Muraho")
    assert kept.response.startswith("HTTP/1.1 200\r\n") and kept.response.endswith(answer.body.decode())
    assert door.counts() == {"received": 1}


def test_a_delivery_report_names_the_message_as_the_aggregator_did(door: Door) -> None:
    door.post(f"/c/ex/{CODE}/delivered?id=12345", method="GET")

    [kept] = door.exchanges()
    assert (kept.kind, kept.messages) == ("message_status", ("id:12345",))
    assert door.counts() == {"statuses": 1}


def test_a_device_s_token_is_not_kept(door: Door) -> None:
    form = {"urn": "dev1", "fcm_token": "the-device-t0ken", "name": "Aline"}
    door.post(f"/c/fcm/{FIREBASE}/register", form=form)

    [kept] = door.exchanges()
    assert (kept.kind, kept.urns) == ("event_receive", ("fcm:dev1",))
    assert "t0ken" not in kept.request + kept.response
    assert door.counts(FIREBASE) == {"events": 1}


@pytest.mark.parametrize(
    ("path", "request_", "status", "kind", "error"),
    [
        (f"/c/ex/{CODE}/receive", {"form": {"text": "who?"}}, 400, "message_receive", "must have one of"),
        (f"/c/ex/{CODE}/delivered", {}, 400, "message_status", ""),
        (f"/c/ex/{CODE}/receive", {"body": b"x" * (MAX_BODY + 1)}, 413, "message_receive", f"larger than {MAX_BODY}"),
    ],
)
def test_what_was_refused_says_why(
    door: Door, path: str, request_: dict[str, Any], status: int, kind: str, error: str
) -> None:
    door.post(path, **request_)

    [kept] = door.exchanges()
    assert (kept.status, kept.kind) == (status, kind)
    assert kept.error and error in kept.error
    assert door.counts() == {"refused": 1}
    assert not door.log.inputs()


def test_a_repetition_is_told_as_one(door: Door) -> None:
    form = {"From": "250788123123", "To": "2020", "Text": "Hi", "MessageUUID": "u-1"}

    async def twice() -> None:
        for _ in range(2):
            await call(door.app, "POST", f"/c/pl/{PLIVO}/receive", form=form)

    asyncio.run(twice())

    assert len(door.log.inputs()) == 1
    again, first = sorted(door.exchanges(), key=lambda each: len(each.messages))
    assert again.messages == ("external:u-1",)
    assert "external:u-1" in first.messages and len(first.messages) == 2
    assert door.counts(PLIVO) == {"received": 1, "repeated": 1}


def test_what_nobody_could_take_is_an_error(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError("No space left on device")

    door.log.away = True
    monkeypatch.setattr(Spool, "write", full)
    answer = door.post(f"/c/ex/{CODE}/receive", form={"from": "+250788123123", "text": "Muraho"})

    [kept] = door.exchanges()
    assert answer.status == kept.status == 503
    assert "Neither the log nor the local spool" in kept.error
    assert door.counts() == {"refused": 1}


def test_a_fault_of_ours_is_an_error_that_keeps_its_request(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(door.app._facts), "of", lambda *_: 1 / 0)
    answer = door.post(f"/c/ex/{CODE}/receive", form={"from": "+250788123123", "text": "Muraho"})

    [kept] = door.exchanges()
    assert (answer.status, kept.status, "text=Muraho" in kept.request) == (500, 500, True)
    assert "not recorded" in kept.error


def test_channels_that_there_are_not_have_no_log(door: Door) -> None:
    door.post(f"/c/ex/{uuid.uuid4()}/receive", form={"from": "+250788123123", "text": "Muraho"})

    assert door.exchanges() == []
    assert orjson.dumps(door.figures.as_json()) == b"{}"
