"""The ingest door: what an aggregator posts is durable before it is answered, and what is wrong changes nothing."""

import asyncio
import errno
import hmac
import os
import uuid
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateways.append.group_commit import GroupCommit
from gateways.append.spool import Spool
from gateways.channels.contract import Installation
from gateways.ingest.app import MAX_BODY, IngestDoor
from gateways.ingest.channel_directory import ChannelDirectory
from tests.examples.doors import LogThatGoesAway, call

ORG = "7b5ae1dc-6bcb-4a3d-9a43-1a0d0b3dd7c1"
CHANNEL = "e4bb1578-29da-4fa5-a214-9da19dd24230"
RECEIVE = f"/c/ex/{CHANNEL}/receive"
MESSAGE = {"from": "+250788123123", "text": "Muraho"}
PARTS = "e4bb1578-29da-4fa5-a214-9da19dd24231"
WHATSAPP = "e4bb1578-29da-4fa5-a214-9da19dd24232"
WHATSAPP_TOO = "e4bb1578-29da-4fa5-a214-9da19dd24233"
SHARED = Installation("evenkeel.example", "app secret", "webhook secret", "token")
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


class Door:
    """An ingest door over a memory log, with one EX channel."""

    def __init__(self, folder: Path) -> None:
        self.log = LogThatGoesAway(2)
        self.spool = Spool(folder / "spool")
        self.commit = GroupCommit(self.log, self.spool, lambda: 1)
        self.commit.start()
        self.given = 0
        self._append, self.commit.append = self.commit.append, self._count  # type: ignore[method-assign]
        directory = ChannelDirectory()
        channel = {"uuid": CHANNEL, "type": "EX", "name": "Code", "address": "2020", "country": "RW"}
        directory.caught_up.set()
        directory.load([(ORG, {**channel, "schemes": ["tel"], "config": {}})])
        directory.load([(ORG, {**channel, "uuid": PARTS, "type": "MT", "schemes": ["tel"], "config": {}})])
        for uuid_, number in ((WHATSAPP, "1234"), (WHATSAPP_TOO, "5678")):
            whatsapp = {"uuid": uuid_, "type": "WAC", "address": number, "schemes": ["whatsapp"]}
            directory.load([(ORG, {**channel, **whatsapp})])
        self.directory = directory
        self.app = IngestDoor(directory, self.commit, lambda: str(uuid.uuid4()), lambda: NOW, SHARED)

    def _count(self, *arguments: Any) -> Any:
        self.given += 1
        return self._append(*arguments)

    def run(self, work: Callable[[], Awaitable[Any]]) -> Any:
        return asyncio.run(_ended(work))

    def post(self, path: str = RECEIVE, **request: Any) -> Any:
        return self.run(lambda: call(self.app, request.pop("method", "POST"), path, **request))

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for record in self.log.inputs() for event in record.events]


async def _ended(work: Callable[[], Awaitable[Any]]) -> Any:
    return await work()


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    made = Door(tmp_path)
    yield made
    made.commit.stop()


def test_a_message_is_in_the_log_when_it_is_answered(door: Door) -> None:
    answer = door.post(form=MESSAGE)

    assert answer.status == 200
    [event] = door.events
    assert event["type"] == "message_received"
    assert (event["data"]["urn"], event["data"]["text"]) == ("tel:+250788123123", "Muraho")


def test_a_delivery_report_is_a_report(door: Door) -> None:
    answer = door.post(f"/c/ex/{CHANNEL}/delivered?id=12345", method="GET")

    assert answer.status == 200
    [record] = door.log.inputs()
    assert record.kind == "report"
    assert record.events[0]["data"]["message_id"] == 12345
    assert record.events[0]["data"]["status"] == "delivered"


def test_what_comes_together_is_one_record(door: Door) -> None:
    door.log.may_write.clear()

    async def many() -> list[Any]:
        calls = [
            asyncio.create_task(call(door.app, "POST", RECEIVE, form={**MESSAGE, "external_id": str(n)}))
            for n in range(200)
        ]
        while door.given < 200:
            await asyncio.sleep(0)
        door.log.may_write.set()
        return await asyncio.gather(*calls)

    answers = door.run(many)

    assert {answer.status for answer in answers} == {200}
    assert len(door.events) == 200
    assert len(door.log.inputs()) <= 2, "the first write has those that were there, the next all others"


@pytest.mark.parametrize(
    ("path", "request_", "status", "says"),
    [
        ("/c/ex/b06c1a51-2e3a-4d0c-8c9e-1f3c5d7e9a01/receive", {"form": MESSAGE}, 400, "channel not found"),
        (f"/c/kn/{CHANNEL}/receive", {"form": MESSAGE}, 400, "channel not found"),
        (f"/c/ex/{CHANNEL}/nonsense", {"form": MESSAGE}, 404, "nonsense"),
        ("/c/ex", {"form": MESSAGE}, 404, "/c/<type>/<channel uuid>/<action>"),
        (RECEIVE, {"form": {"text": "who?"}}, 400, "from"),
        (RECEIVE, {"form": {"from": "not a number", "text": "x"}}, 400, ""),
        (RECEIVE, {"method": "DELETE"}, 405, "DELETE"),
        (RECEIVE, {"body": b"x" * (MAX_BODY + 1)}, 413, str(MAX_BODY)),
        (f"/c/ex/{CHANNEL}/delivered", {}, 400, "id"),
    ],
)
def test_a_wrong_request_is_told_so_and_changes_nothing(
    door: Door, path: str, request_: dict[str, Any], status: int, says: str
) -> None:
    answer = door.post(path, **dict(request_))

    assert answer.status == status
    assert says in answer.body.decode()
    assert door.events == []


def test_invalid_utf8_does_not_get_in(door: Door) -> None:
    answer = door.post(
        body=b"from=%2B250788123123&text=\xff\xfe%ff", headers={"content-type": "application/x-www-form-urlencoded"}
    )

    assert answer.status in (200, 400)
    assert all("\udcff" not in event["data"]["text"] for event in door.events)


def test_while_the_log_is_away_messages_are_spooled_and_drained_in_order(door: Door, tmp_path: Path) -> None:
    door.log.away = True
    for number in range(5):
        assert door.post(form={**MESSAGE, "text": f"text {number}"}).status == 200
    assert door.events == []

    door.log.away = False
    door.post(form={**MESSAGE, "text": "text 5"})

    assert [event["data"]["text"] for event in door.events] == [f"text {number}" for number in range(6)]
    assert door.spool.pending == 0


def test_a_door_that_was_killed_leaves_its_spool_to_the_next(door: Door, tmp_path: Path) -> None:
    door.log.away = True
    door.post(form=MESSAGE)
    door.spool.close()  # as its end would
    log = LogThatGoesAway(2)

    after = GroupCommit(log, Spool(tmp_path / "spool"), lambda: 2)
    after.start()
    assert log.follow({0: -1, 1: -1}).poll(60)
    after.stop()

    assert [event["data"]["text"] for record in log.inputs() for event in record.events] == ["Muraho"]


def test_a_full_disk_is_answered_with_503_and_keeps_what_was_there(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    door.log.away = True
    door.post(form=MESSAGE)

    def full(handle: int, data: Any) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as disk:
        disk.setattr(os, "write", full)
        answer = door.post(form={**MESSAGE, "text": "too much"})
    door.log.away = False
    door.post(form={**MESSAGE, "text": "and on"})

    assert answer.status == 503
    assert [event["data"]["text"] for event in door.events] == ["Muraho", "and on"]


def test_an_append_that_may_have_worked_is_repeated_under_the_same_ids(door: Door) -> None:
    door.log.lose_answer = True

    assert door.post(form=MESSAGE).status == 200
    door.post(form={**MESSAGE, "text": "next"})

    first, again, _ = door.events
    assert first["id"] == again["id"] and first["data"]["message"] == again["data"]["message"]


def test_a_piece_of_a_long_message_is_kept(door: Door) -> None:
    piece = {
        "Msisdn": "+250788123123",
        "Content": "Mura",
        "msglong.id": "7",
        "msglong.msgcount": "2",
        "msglong.msgref": "1",
    }

    assert door.post(f"/c/mt/{PARTS}/receive", form=piece).status == 200

    kept = door.events[0]
    assert kept["type"] == "message_part_received"
    assert (kept["data"]["text"], kept["data"]["number"], kept["data"]["count"]) == ("Mura", 1, 2)


def test_meta_s_challenge_is_answered_without_a_channel(door: Door) -> None:
    query = "hub.mode=subscribe&hub.verify_token=webhook%20secret&hub.challenge=c4711"

    answer = door.post(f"/c/wac/receive?{query}", method="GET")

    assert (answer.status, answer.body) == (200, b"c4711")


def post_from_meta(door: Door, *numbers: str, key: bytes = b"app secret") -> Any:
    """One request with a message to each of these numbers."""
    entries = [
        {
            "changes": [
                {
                    "value": {
                        "metadata": {"phone_number_id": number},
                        "messages": [
                            {
                                "id": f"wamid.{number}",
                                "from": "250788123123",
                                "timestamp": "1795510800",
                                "type": "text",
                                "text": {"body": "hi"},
                            }
                        ],
                    }
                }
            ]
        }
        for number in numbers
    ]
    body = orjson.dumps({"object": "whatsapp_business_account", "entry": entries})
    headers = {"x-hub-signature-256": "sha256=" + hmac.new(key, body, "sha256").hexdigest()}
    return door.post("/c/wac/receive", body=body, headers={**headers, "content-type": "application/json"})


@pytest.mark.parametrize(("number", "signed", "events"), [("1234", True, 1), ("9999", True, 0), ("1234", False, 0)])
def test_what_meta_posts_reaches_the_channel_it_names(door: Door, number: str, signed: bool, events: int) -> None:
    post_from_meta(door, number, key=b"app secret" if signed else b"another")

    assert len(door.events) == events
    assert all(each["data"]["channel"] == WHATSAPP for each in door.events)


def test_each_of_several_numbers_gets_what_meta_posts_for_it(door: Door) -> None:
    answer = post_from_meta(door, "1234", "5678", "9999")

    assert answer.status == 200
    told = {each["data"]["channel"]: each["data"]["external_id"] for each in door.events}
    assert told == {WHATSAPP: "wamid.1234", WHATSAPP_TOO: "wamid.5678"}


def test_meta_is_not_told_of_a_number_that_nobody_here_has(door: Door) -> None:
    answer = post_from_meta(door, "9999")

    assert (answer.status, orjson.loads(answer.body)["message"]) == (200, "Ignored")


def test_meta_is_asked_to_repeat_while_the_door_has_not_read_its_channels(door: Door) -> None:
    door.directory.caught_up.clear()

    assert post_from_meta(door, "1234", "9999").status == 503
    assert door.events == []
    assert post_from_meta(door, "1234").status == 200
