"""The sync door of Android phones: pairing, messages both ways, and nothing lost or doubled when answers are."""

import asyncio
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from domain.ports.relayers import Waiting
from gateways.android.door import MOST_AT_ONCE, RelayerDoor
from gateways.append.group_commit import GroupCommit
from gateways.append.spool import Spool
from gateways.channels.log.figures import Figures
from gateways.ingest.channel_directory import ChannelDirectory
from infra.postgres.relayers import PostgresRelayers
from tests.examples.doors import LogThatGoesAway, call
from tests.fakes.android_phone import AndroidPhone

ORG, CONTACT = "7b5ae1dc-6bcb-4a3d-9a43-1a0d0b3dd7c1", "00000000-0000-4000-8000-000000000001"
START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


class Numbers:
    """The read model: messages that were decided have a number."""

    def __init__(self, log: LogThatGoesAway) -> None:
        self._log = log

    def of_messages(self, org: str, uuids: Any) -> dict[str, int]:
        received = [each["data"]["message"] for each in events(self._log) if each["type"] == "message_received"]
        return {each: 77_000 + received.index(each) for each in uuids if each in received}

    def of_organization(self, org: str) -> int:
        return 12


def events(log: LogThatGoesAway) -> list[dict[str, Any]]:
    return [event for record in log.inputs() for event in record.events]


class Scene:
    """A door with a phone before it. `directory` is what the log says of channels."""

    def __init__(self, relayers: PostgresRelayers, folder: Path) -> None:
        self.now = START
        self.log = LogThatGoesAway(2)
        self.commit = GroupCommit(self.log, Spool(folder / "spool"), lambda: 1)
        self.commit.start()
        self.directory = ChannelDirectory()
        self.directory.caught_up.set()
        self.relayers = relayers
        numbers: Any = Numbers(self.log)
        self.figures = Figures()
        self.door = RelayerDoor(
            relayers,
            self.directory,
            self.commit,
            numbers,
            lambda: str(uuid.uuid4()),
            lambda: self.now,
            figures=self.figures,
        )
        self.phone = AndroidPhone(self.carry, lambda: self.now.timestamp())

    def carry(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        answer = asyncio.run(call(self.door, method, path, body=body))
        return answer.status, answer.body

    def claim(self) -> str:
        """As `evenkeel channel claim` does: the channel gets into the log."""
        relayer = self.relayers.find_by_code(self.phone.claim_code)
        assert relayer is not None
        channel = {"uuid": relayer.channel, "type": "A", "name": "Phone", "address": "+250788000000", "country": "RW"}
        self.directory.load([(ORG, {**channel, "schemes": ["tel"], "config": {"relayer_id": relayer.relayer_id}})])
        return relayer.channel

    def release(self, channel: str) -> None:
        self.directory._take_event(ORG, {"type": "channel_removed", "data": {"channel": channel}})

    def queue(self, channel: str, number: int, text: str = "Muraho", phone: str = "+250788123123") -> None:
        """As the sender hands it over."""
        waiting = Waiting(channel, number, str(uuid.UUID(int=number)), ORG, CONTACT, phone, text, self.now)
        self.relayers.hand_over([waiting])

    def events(self, name: str) -> list[dict[str, Any]]:
        return [event["data"] for event in events(self.log) if event["type"] == name]


@pytest.fixture
def scene(postgres_database: str, tmp_path: Path) -> Iterator[Scene]:
    relayers = PostgresRelayers(lambda: psycopg2.connect(postgres_database))
    scene = Scene(relayers, tmp_path)
    yield scene
    scene.commit.stop()
    relayers.close()


@pytest.fixture
def channel(scene: Scene) -> str:
    """Of a phone that is claimed and has synced once."""
    scene.phone.register()
    channel = scene.claim()
    scene.phone.sync()
    return channel


# ---- pairing -----------------------------------------------------------------------------------------------------------------


def test_a_phone_that_registers_gets_an_id_a_secret_and_a_claim_code(scene):
    assert scene.phone.register() == 200

    assert scene.phone.relayer_id > 0
    assert len(scene.phone.secret) == 64
    assert len(scene.phone.claim_code) == 9
    assert not set(scene.phone.claim_code + scene.phone.secret) & set("01IOabcdefghijklmnopqrstuvwxyz")


def test_an_unclaimed_phone_is_told_its_code_again(scene):
    scene.phone.register()
    code, secret = scene.phone.claim_code, scene.phone.secret

    assert scene.phone.sync() == 200

    assert (scene.phone.claim_code, scene.phone.secret) == (code, secret)


def test_a_claimed_phone_learns_its_organization_with_the_next_sync(scene, channel):
    assert scene.phone.org_id == 12


def test_a_phone_installed_anew_keeps_its_channel_and_gets_another_secret(scene, channel):
    number, secret = scene.phone.relayer_id, scene.phone.secret
    scene.phone.org_id = -1

    scene.phone.register()
    scene.phone.sync()

    assert scene.phone.relayer_id == number
    assert scene.phone.secret != secret
    assert scene.phone.org_id == 12


def test_a_phone_whose_channel_was_removed_is_released_and_may_register_as_a_new_one(scene, channel):
    number = scene.phone.relayer_id
    scene.release(channel)

    assert scene.phone.sync() == 200
    assert (scene.phone.relayer_id, scene.phone.org_id) == (-1, -1)
    scene.phone.register()

    assert scene.phone.relayer_id not in (-1, number)


def test_a_code_claims_only_once(scene, channel):
    assert scene.relayers.find_by_code(scene.phone.claim_code) is None


def test_an_app_that_push_cant_reach_any_more_gets_a_code_of_stars(scene):
    body = json.dumps({"cmds": [{"cmd": "gcm", "gcm_id": "old"}, {"cmd": "status"}]}).encode()

    status, answer = scene.carry("POST", "/relayers/relayer/register/", body)

    assert status == 200
    assert json.loads(answer)["cmds"][0] == {
        "cmd": "reg", "relayer_claim_code": "*********", "relayer_secret": "0" * 64, "relayer_id": -1,
    }  # fmt: skip


# ---- refusals ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "secret", "body", "error_id"),
    [
        (16 * 60, None, None, 3),
        (-16 * 60, None, None, 3),
        (0, "another", None, 1),
        (0, None, b'{"cmds":[{"cmd":"status"}]}', 4),
        (0, None, b'{"cmds":[]}', 4),
    ],
    ids=["too old", "from the future", "another secret", "no fcm command", "no command"],
)
def test_what_is_not_as_it_should_be_is_refused_and_changes_nothing(scene, channel, seconds, secret, body, error_id):
    before = len(events(scene.log))
    phone = scene.phone
    body = (
        body
        or b'{"cmds":[{"cmd":"fcm","fcm_id":"x","uuid":"5f3c-device"},{"cmd":"mo_sms","phone":"+250788","msg":"x","ts":1}]}'
    )
    phone.secret = secret or phone.secret
    ts = str(int(scene.now.timestamp()) - seconds)

    path = f"/relayers/relayer/sync/{phone.relayer_id}/?ts={ts}&signature={phone.sign(ts, body)}"
    status, answer = scene.carry("POST", path, body)

    assert status == 401
    assert json.loads(answer)["error_id"] == error_id
    assert len(events(scene.log)) == before


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/relayers/relayer/register/", b"", 500),
        ("POST", "/relayers/relayer/register/", b"no json", 400),
        ("POST", "/relayers/relayer/register/", b'{"cmds":[7]}', 400),
        ("POST", "/relayers/relayer/register/", b'{"cmds":[{"cmd":"fcm","uuid":"x"}]}', 400),
        ("POST", "/relayers/relayer/elsewhere/", b"{}", 404),
        ("POST", "/relayers/relayer/register/", b" " * ((1 << 20) + 1), 413),
    ],
)
def test_a_request_that_is_none_gets_a_clear_answer(scene, method, path, body, status):
    assert scene.carry(method, path, body)[0] == status


def test_an_unknown_relayer_is_told_to_forget_its_pairing(scene):
    status, answer = scene.carry("POST", "/relayers/relayer/sync/99/?ts=1&signature=x", b"{}")

    assert (status, json.loads(answer)) == (200, {"cmds": [{"cmd": "rel", "relayer_id": "99"}]})


# ---- messages in -------------------------------------------------------------------------------------------------------------


def test_a_message_is_durable_acknowledged_and_numbered(scene, channel):
    scene.phone.sms_arrives("0788123123", "JOIN")

    scene.phone.sync()

    (received,) = scene.events("message_received")
    assert received["urn"] == "tel:+250788123123"
    assert received["text"] == "JOIN"
    assert received["channel"] == channel
    assert scene.phone.queued == []
    assert scene.phone.inbox_ids == {"JOIN": 77_000}


def test_a_week_of_messages_comes_in_order_and_once_although_answers_are_lost(scene, channel):
    for number in range(120):
        scene.phone.sms_arrives("+250788123123", f"SMS {number}", scene.now.timestamp() + number * 5000)
    scene.now += timedelta(days=7)

    scene.phone.loses_answers = True
    scene.phone.sync()
    scene.phone.loses_answers = False
    while scene.phone.queued:
        assert scene.phone.sync() == 200

    assert [each["text"] for each in scene.events("message_received")] == [f"SMS {number}" for number in range(120)]
    assert scene.figures.as_json()[channel]["counts"]["received"] == 120


def test_the_same_text_a_second_later_is_another_message(scene, channel):
    scene.phone.sms_arrives("+250788123123", "1", scene.now.timestamp())
    scene.phone.sms_arrives("+250788123123", "1", scene.now.timestamp() + 1)

    scene.phone.sync()

    assert len(scene.events("message_received")) == 2


def test_a_message_without_a_usable_number_is_acknowledged_and_dropped(scene, channel):
    scene.phone.sms_arrives("", "from nobody")
    scene.phone.sms_arrives("+250788123123", "")

    scene.phone.sync()

    assert scene.phone.queued == []
    assert scene.events("message_received") == []


def test_a_text_with_bytes_that_are_no_characters_is_taken_without_them(scene, channel):
    phone = scene.phone
    body = b'{"cmds":[{"cmd":"fcm","fcm_id":"x","uuid":"5f3c-device"},{"cmd":"mo_sms","phone":"+250788123123","msg":"a\xff\\ud83db","ts":1000}]}'
    ts = str(int(scene.now.timestamp()))

    status, _ = scene.carry(
        "POST", f"/relayers/relayer/sync/{phone.relayer_id}/?ts={ts}&signature={phone.sign(ts, body)}", body
    )

    assert status == 200
    assert [each["text"] for each in scene.events("message_received")] == ["ab"]


def test_while_log_and_spool_are_away_nothing_is_acknowledged(scene, channel, monkeypatch):
    scene.log.away = True
    monkeypatch.setattr(scene.commit._spool, "write", _full_disk)
    scene.phone.sms_arrives("+250788123123", "JOIN")

    assert scene.phone.sync() == 503
    assert len(scene.phone.queued) == 1
    scene.log.away = False
    assert scene.phone.sync() == 200

    assert len(scene.events("message_received")) == 1


def _full_disk(records: Any) -> None:
    raise OSError("No space left on device")


def test_a_missed_call_is_an_event_once_however_often_it_is_told(scene, channel):
    scene.phone.call_missed("0788555555")

    scene.phone.loses_answers = True
    scene.phone.sync()
    scene.phone.loses_answers = False
    scene.phone.sync()

    (call,) = scene.events("channel_event_occurred")
    assert (call["type"], call["urn"]) == ("mo_miss", "tel:+250788555555")
    assert scene.phone.queued == []


# ---- messages out ------------------------------------------------------------------------------------------------------------


def test_waiting_messages_are_offered_in_order_and_equal_neighbours_together(scene, channel):
    for number, (text, phone) in enumerate([("Hi", "+1"), ("Hi", "+2"), ("Bye", "+3"), ("Hi", "+4")], 9001):
        scene.queue(channel, number, text, phone)

    scene.phone.sync()

    assert scene.phone.sends_all() == [("+1", "Hi"), ("+2", "Hi"), ("+3", "Bye"), ("+4", "Hi")]


def test_a_paused_channel_offers_its_phone_nothing_until_it_is_resumed(scene, channel):
    scene.queue(channel, 9001, "Hi", "+1")
    org, raw = scene.directory._raw[channel]
    scene.directory.load([(org, {**raw, "paused_on": "2026-11-28T03:00:00Z"})])
    scene.phone.sync()
    assert scene.phone.sends_all() == []

    scene.directory.load([(org, raw)])
    scene.phone.sync()

    assert scene.phone.sends_all() == [("+1", "Hi")]


def test_what_the_phone_has_is_not_offered_again_until_it_forgets_it(scene, channel):
    scene.queue(channel, 9001)
    scene.phone.sync()
    offered = scene.relayers.waiting(channel, scene.phone.pending, 10)

    assert offered == []
    assert len(scene.relayers.waiting(channel, [], 10)) == 1


def test_a_message_is_sent_once_although_the_report_is_lost_and_repeated(scene, channel):
    scene.queue(channel, 9001)
    scene.phone.sync()
    sent = scene.phone.sends_all()

    scene.phone.loses_answers = True
    scene.phone.sync()
    scene.phone.loses_answers = False
    scene.phone.sync()

    assert sent == [("+250788123123", "Muraho")] and scene.phone.sends_all() == []
    assert {(each["message_id"], each["status"]) for each in scene.events("delivery_reported")} == {(9001, "sent")}
    assert scene.phone.queued == []


def test_handing_a_message_over_again_after_it_was_sent_is_no_second_text(scene, channel):
    scene.queue(channel, 9001)
    scene.phone.sync()
    scene.phone.sends_all()
    scene.phone.sync()

    scene.queue(channel, 9001)
    scene.phone.sync()
    scene.phone.sync()

    assert scene.phone.sends_all() == []
    assert scene.relayers.waiting(channel, [], 10) == []


@pytest.mark.parametrize(
    ("said", "status"), [("mt_sent", "sent"), ("mt_dlvd", "delivered"), ("mt_fail", "failed"), ("mt_error", "errored")]
)
def test_what_became_of_a_message_is_reported_by_its_number(scene, channel, said, status):
    scene.phone.says(said, 9001 - (1 << 32))  # as a 32-bit app says it

    scene.phone.sync()

    assert [(each["message_id"], each["status"]) for each in scene.events("delivery_reported")] == [(9001, status)]
    assert scene.phone.queued == []


def test_an_answer_is_bounded_and_the_rest_follows(scene, channel):
    for number in range(MOST_AT_ONCE + 20):
        scene.queue(channel, 9001 + number, f"Text {number}")

    scene.phone.sync()
    first = len(scene.phone.sends_all())
    scene.phone.sync()
    second = len(scene.phone.sends_all())

    assert (first, second) == (MOST_AT_ONCE, 20)


# ---- the phone's own state ---------------------------------------------------------------------------------------------------


def test_a_sync_reports_how_the_phone_is(scene, channel):
    scene.phone.pending = [5, 6]

    scene.phone.sync()

    synced = scene.events("phone_synced")[-1]
    assert (synced["power_level"], synced["power_status"], synced["network_type"], synced["pending"]) == (
        81,
        "DIS",
        "LTE",
        2,
    )


def test_a_phone_that_is_reset_gives_its_channel_back(scene, channel):
    scene.phone.queued.append({"cmd": "reset"})

    scene.phone.sync()

    assert [each["channel"] for each in scene.events("remove_channel")] == [channel]
    assert scene.phone.queued == []
