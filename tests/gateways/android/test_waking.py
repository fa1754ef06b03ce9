"""Waking phones: at once for a message, now and then when silent, through a real client of FCM and a fake server of it."""

import asyncio
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from domain.errors import Unavailable
from domain.ports.relayers import Registration, Waiting
from gateways.android.waking import Waking
from infra.fcm.push import FcmPush
from infra.postgres.relayers import PostgresRelayers
from tests.fakes.fcm import FakeFcm

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
CHANNEL, ORG, CONTACT = (str(uuid.UUID(int=number)) for number in (1, 2, 3))


@pytest.fixture
def fcm(tmp_path: Path) -> Iterator[FakeFcm]:
    fake = FakeFcm(tmp_path)
    yield fake
    fake.close()


@pytest.fixture
def relayers(postgres_database: str) -> Iterator[PostgresRelayers]:
    relayers = PostgresRelayers(lambda: psycopg2.connect(postgres_database))
    relayers.register(Registration("device", "token-1", "RW", "Phone", "S" * 64, "ABCDEFGHJ", CHANNEL))
    yield relayers
    relayers.close()


def waiting(created_on: datetime = NOW) -> Waiting:
    return Waiting(CHANNEL, 9001, str(uuid.UUID(int=9001)), ORG, CONTACT, "+250788123123", "Muraho", created_on)


def waking(relayers: PostgresRelayers, fcm: FakeFcm | None, records: list[Any] | None = None) -> Waking:
    push = FcmPush(fcm.service_account, fcm.url) if fcm else None
    append = (records if records is not None else []).extend
    return Waking(relayers, push, append, now=lambda: NOW, new_id=lambda: str(uuid.uuid4()), look_seconds=0.1)


def run_until(waking: Waking, done: Any) -> None:
    async def scene() -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(waking.run(stop))
        async with asyncio.timeout(60):
            while not done():
                await asyncio.sleep(0.01)
        stop.set()
        await running

    asyncio.run(scene())


def test_a_phone_is_told_to_sync_when_a_message_waits_for_it(relayers, fcm):
    wakes = waking(relayers, fcm)
    wakes.hand_over([waiting()])

    run_until(wakes, lambda: fcm.pushed)

    assert fcm.pushed == [
        {"token": "token-1", "data": {"msg": "sync"}, "android": {"priority": "high", "collapse_key": "sync"}}
    ]


def test_a_token_that_fcm_does_not_know_is_forgotten(relayers, fcm):
    fcm.unknown.add("token-1")
    wakes = waking(relayers, fcm)
    wakes.hand_over([waiting()])

    run_until(wakes, lambda: wakes.unknown)

    assert relayers.to_wake([CHANNEL]) == {}


def test_an_fcm_that_fails_is_unavailable(fcm):
    fcm.status = 500

    with pytest.raises(Unavailable, match="FCM"):
        FcmPush(fcm.service_account, fcm.url).sync("token-1")


def test_a_claimed_phone_that_is_silent_is_woken_once_in_a_while(relayers, postgres_database):
    relayers.mark_claimed(1)
    with psycopg2.connect(postgres_database) as connection:
        connection.cursor().execute("update android.relayers set last_seen = now() - interval '20 minutes'")

    first, second = relayers.sleeping(600, 900, 86_400), relayers.sleeping(600, 900, 86_400)

    assert (first, second) == ({CHANNEL: "token-1"}, {})


def test_without_an_fcm_account_messages_wait_for_the_next_poll(relayers):
    waking(relayers, None).hand_over([waiting()])

    assert [each.id for each in relayers.waiting(CHANNEL, [], 10)] == [9001]


def test_what_waited_for_a_week_has_failed(relayers):
    records: list[Any] = []
    wakes = waking(relayers, None, records)
    wakes.hand_over([waiting(NOW - timedelta(days=8))])

    run_until(wakes, lambda: records)

    (event,) = records[0].events
    assert (event["data"]["id"], event["data"]["status"], event["data"]["failed_reason"]) == (9001, "failed", "too_old")
    assert relayers.waiting(CHANNEL, [], 10) == []
