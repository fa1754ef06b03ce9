"""Whatever comes to the doors of phones: never a 500, never another workspace's data, nothing the decider can't take."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import orjson
import psycopg2
import pytest
from hypothesis import given

from gateways.android.door import RelayerDoor
from infra.postgres.relayers import PostgresRelayers
from tests.gateways.android.scene import Scene, events
from tests.gateways.fuzz.doors import called, shape_faults
from tests.gateways.fuzz.hostile import BODIES, JSON, Hostile, as_json, by_chance, damaged, examples, spoiled

STATUS = {
    "cmd": "status", "p_id": 2, "p_sts": "CHA", "p_src": "BAT", "p_lvl": "60", "net": "WIFI", "pending": [7], "retry": [8], "cc": "RW",
    "dev": "Nexus", "os": "9", "app_version": "1.2", "org_id": 12,
}  # fmt: skip
FCM = {"cmd": "fcm", "p_id": 1, "fcm_id": "fDx:APA91b", "uuid": "5f3c-device"}
COMMANDS = [
    FCM, STATUS, {"cmd": "mo_sms", "phone": "+250788123123", "msg": "Muraho", "ts": 1795510800000, "p_id": 3},
    {"cmd": "call", "phone": "0788123123", "type": "mo_miss", "ts": 1795510800000, "dur": 3, "p_id": 4},
    {"cmd": "mt_sent", "msg_id": 7, "ts": 1795510800000, "p_id": 5}, {"cmd": "mt_dlvd", "msg_id": -2, "ts": 1795510800000, "p_id": 6},
    {"cmd": "mt_fail", "msg_id": "8", "ts": 1, "p_id": 7}, {"cmd": "gcm", "gcm_id": "x", "uuid": "y", "p_id": 8}, {"cmd": "what", "p_id": 9},
]  # fmt: skip


class Phones:
    """A claimed phone, and one of another workspace for which a message waits."""

    def __init__(self, database: str, folder: Path) -> None:
        self.scene = Scene(PostgresRelayers(lambda: psycopg2.connect(database)), folder)
        self.scene.phone.register()
        self.channel = self.scene.claim()
        self.scene.phone.sync()
        self.scene.queue(self.channel, 7)
        self.loop = asyncio.new_event_loop()
        self.seen = len(events(self.scene.log))
        self.door: RelayerDoor = self.scene.door
        self.door._number_seconds = 0.0

    def call(self, path: str, body: bytes, query: bytes = b"ts=1795510800&signature=x") -> tuple[int, bytes, list[Any]]:
        hostile = Hostile("POST", query, ((b"content-type", JSON.encode()),), body)
        answer = self.loop.run_until_complete(called(self.door, path, hostile))
        found = events(self.scene.log)[self.seen :]
        self.seen += len(found)
        return answer.status, answer.body, found

    def close(self) -> None:
        self.loop.close()
        self.scene.commit.stop()
        self.scene.relayers.close()


@pytest.fixture
def phones(postgres_database: str, tmp_path: Path) -> Iterator[Phones]:
    made = Phones(postgres_database, tmp_path)
    yield made
    made.close()


def bodies(chance: Random) -> bytes:
    said = spoiled({"cmds": [FCM, STATUS, *chance.choices(COMMANDS, k=chance.randint(0, 5))]}, chance)
    body = as_json(said)
    if chance.random() < 0.15:
        body = chance.choice((chance.choice(BODIES), damaged(body, chance)))
    return body


def test_a_sync_bears_whatever_a_phone_says(phones: Phones, signed: None) -> None:
    taken = []

    @examples(250)
    @given(body=by_chance(bodies))
    def sync(body: bytes) -> None:
        path = f"/relayers/relayer/sync/{phones.scene.phone.relayer_id}/"
        status, answered, found = phones.call(path, body)
        assert status in (200, 400, 401), answered
        assert isinstance(orjson.loads(answered)["cmds"], list)
        assert status == 200 or not found
        for event in found:
            if event["type"] == "remove_channel":
                continue
            assert event["data"]["channel"] == phones.channel
            assert not shape_faults(event["type"], event["data"])
        taken.extend(found)

    sync()
    assert {event["type"] for event in taken} >= {
        "message_received",
        "delivery_reported",
        "phone_synced",
        "channel_event_occurred",
    }


def test_registering_bears_whatever_comes(phones: Phones) -> None:
    @examples(80)
    @given(body=by_chance(bodies))
    def register(body: bytes) -> None:
        status, answered, found = phones.call("/relayers/relayer/register/", body)
        assert status in (200, 400), answered
        assert isinstance(orjson.loads(answered)["cmds"], list)
        assert not found

    register()


@pytest.mark.parametrize(
    "path",
    [
        "sync/0/",
        "sync/99999999999/",
        "sync/²/",
        "sync/-1/",
        "sync/1/x",
        "sync//",
        "register",
        "",
        "sync/1%00/",
        "sync/1",
    ],
)
def test_addresses_that_nobody_has_are_refused(phones: Phones, path: str) -> None:
    for query in (
        b"",
        b"ts=x",
        b"ts=1795510800&signature=\xff",
        b"ts=" + b"9" * 400,
        b"ts=1795510800",
        b"ts=%00&signature=",
    ):
        status, answered, found = phones.call(f"/relayers/relayer/{path}", as_json({"cmds": [FCM, STATUS]}), query)
        assert status in (200, 400, 401, 404), (query, answered)
        assert not found
        assert b"Muraho" not in answered


def test_without_a_right_signature_nothing_is_said_or_taken(phones: Phones) -> None:
    path = f"/relayers/relayer/sync/{phones.scene.phone.relayer_id}/"

    @examples(40)
    @given(body=by_chance(bodies))
    def sync(body: bytes) -> None:
        status, answered, found = phones.call(path, body)
        assert status in (400, 401)
        assert not found and b"mt_bcast" not in answered

    sync()
