"""An app that registers a device is told whose contact it is, as soon as that is known."""

import asyncio
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from domain.errors import Unavailable
from gateways.append.group_commit import GroupCommit
from gateways.append.spool import Spool
from gateways.ingest import registrations
from gateways.ingest.app import IngestDoor
from gateways.ingest.channel_directory import ChannelDirectory
from tests.examples.doors import LogThatGoesAway, call
from tests.gateways.ingest.test_ingest_door import NOW, ORG

APP = "e4bb1578-29da-4fa5-a214-9da19dd24234"
DEVICE = {"urn": "device 1", "fcm_token": "t1", "name": "Aline"}


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registrations, "PAUSE", 0.0)


def answer(
    folder: Path, contact_of: Callable[[str, str], str | None], action: str = "register", form: Any = DEVICE
) -> tuple[int, Any]:
    log = LogThatGoesAway(1)
    commit = GroupCommit(log, Spool(folder / "spool"), lambda: 1)
    commit.start()
    directory = ChannelDirectory()
    directory.load([(ORG, {"uuid": APP, "type": "FCM", "name": "App", "schemes": ["fcm"], "config": {}})])
    door = IngestDoor(directory, commit, lambda: str(uuid.uuid4()), lambda: NOW, contact_of=contact_of)
    answered = asyncio.run(call(door, "POST", f"/c/fcm/{APP}/{action}", form=form))
    commit.stop()
    assert len(log.inputs()) == 1
    return answered.status, orjson.loads(answered.body)


def test_the_app_is_told_the_contact_once_it_is_known(tmp_path: Path) -> None:
    asked: list[tuple[str, str]] = []

    def contact_of(org: str, urn: str) -> str | None:
        asked.append((org, urn))
        return "c1" if len(asked) == 3 else None

    assert answer(tmp_path, contact_of) == (200, {"contact_uuid": "c1"})
    assert set(asked) == {(ORG, "fcm:device 1")}


def test_a_contact_that_is_not_known_in_time_is_not_waited_for(tmp_path: Path) -> None:
    status, document = answer(tmp_path, lambda org, urn: None)

    assert (status, document["message"]) == (200, "Event Accepted")


def test_a_registration_counts_though_the_read_models_are_away(tmp_path: Path) -> None:
    def contact_of(org: str, urn: str) -> str | None:
        raise Unavailable("The database is away.")

    assert answer(tmp_path, contact_of)[0] == 200


def test_messages_are_answered_without_asking(tmp_path: Path) -> None:
    def contact_of(org: str, urn: str) -> str | None:
        raise AssertionError("nobody registered")

    status, document = answer(tmp_path, contact_of, "receive", {"from": "device 1", "msg": "Hi"})

    assert (status, document["message"]) == (200, "Message Accepted")
