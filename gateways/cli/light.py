"""Sender, effects, links, clock and starter in one process: the asynchronous ones share an event loop, the others have a thread each."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

from domain.ports.event_log import EventLog
from gateways.android.waking import Waking
from gateways.append.group_commit import GroupCommit
from gateways.append.spool import Spool
from gateways.channels.catalogue import type_of
from gateways.channels.log.recorder import Recorder
from gateways.channels.media_addresses import MediaAddresses
from gateways.cli import compose
from gateways.cli.knowing_channels import CATCH_UP_SECONDS, knowing_channels
from gateways.cli.recording import recording
from gateways.cli.working import set_with, work
from gateways.connections.catalogue import link_types
from gateways.connections.forwarding import RedisForwarding
from gateways.connections.holder import Holder
from gateways.connections.lease import RedisLeases
from gateways.connections.link_caller import LinkCaller
from gateways.connections.notes import RedisNotes
from gateways.ingest.channel_directory import ChannelDirectory
from infra.airtime.dtone import DTOneTransfers
from infra.clock import now, now_micros
from infra.event_log.shared_following import SharedFollowing
from infra.http.caller import PooledCaller
from infra.ids import uuid7
from infra.mail.smtp import SmtpSender, SmtpServer
from infra.postgres.airtime_accounts import PostgresAirtimeAccounts
from infra.postgres.feed_cursor import PostgresFeedCursor
from infra.postgres.language_models import PostgresLanguageModels
from infra.postgres.relayers import PostgresRelayers
from infra.redis.connection import connect as connect_redis
from infra.redis.fair_queue import RedisFairQueue
from infra.redis.feed_cursor import RedisFeedCursor
from infra.settings import Settings
from projections.messages.last_received import last_received
from projections.messages.unsent import unsent_messages
from workers.clock.clock import Clock
from workers.effects.calls import Calls
from workers.effects.effects import Effects
from workers.sender.sender import Sender
from workers.starter.starter import Starter

CONFIGURED_SECONDS = 10.0
"""How long the sender waits with what was decided after something was configured until it knows its channels as they are now."""


def run(name: str, settings: Settings, ready: Callable[[], None], stop: threading.Event) -> None:
    event_log = SharedFollowing(compose.open_log(settings))
    with (
        knowing_channels(event_log, settings, name) as directory,
        recording(settings, name) as recorder,
        _threads(event_log, settings, stop),
    ):
        directory.caught_up.wait(CATCH_UP_SECONDS)
        ready()
        import uvloop

        uvloop.run(_asynchronous(event_log, settings, directory, recorder, name, stop))
    event_log.close()


@contextlib.contextmanager
def _threads(event_log: EventLog, settings: Settings, stop: threading.Event) -> Iterator[None]:
    def connect() -> Any:
        return compose.connect_database(settings)

    workers: list[Any] = [Clock(connect, event_log.append, now), Starter(event_log, connect, event_log.append, now)]
    threads = [threading.Thread(target=work, args=(worker.step, stop), daemon=True) for worker in workers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(5)
        for worker in workers:
            worker.close()


async def _asynchronous(
    event_log: EventLog,
    settings: Settings,
    directory: ChannelDirectory,
    recorder: Recorder,
    name: str,
    stop: threading.Event,
) -> None:
    def connect() -> Any:
        return compose.connect_database(settings)

    client = connect_redis(settings.redis_url)
    http = PooledCaller(settings.allowed_hosts)
    commit = GroupCommit(event_log, Spool(settings.state / "spool" / name), now_micros)
    commit.start()
    life = f"{name}/{uuid7()}"  # a process that starts again is another holder: it has to learn what the dead one knew
    holder = Holder(
        directory,
        link_types(
            settings.allowed_hosts,
            http,
            lambda channel: last_received(connect, channel.org_uuid, channel.uuid),
            MediaAddresses(settings.base_url),
        ),
        RedisLeases(client),
        RedisNotes(client),
        commit,
        name=life,
        now=now,
        new_id=uuid7,
        queue=RedisFairQueue(client),
        recorder=recorder,
    )
    forwarding = RedisForwarding(client, RedisLeases(client), holder.link_of, name=life, now=now)
    relayers = PostgresRelayers(connect)
    waking = Waking(relayers, compose.open_push(settings), event_log.append, now=now, new_id=uuid7)
    sender = Sender(
        event_log,
        RedisFairQueue(client),
        RedisFeedCursor(client),
        directory,
        LinkCaller(http, holder.link_of, forwarding),
        type_of,
        name=name,
        now=now,
        new_id=uuid7,
        installation=compose.channel_installation(settings),
        unsent=lambda: unsent_messages(connect),  # type: ignore[arg-type,return-value]
        hand_over=waking.hand_over,
        recorder=recorder,
        catch_up=lambda positions: directory.await_reached(positions, CONFIGURED_SECONDS),
    )
    mail = SmtpSender(SmtpServer.at(settings.smtp_url)) if settings.smtp_url else None
    airtime = DTOneTransfers(http, PostgresAirtimeAccounts(connect))
    calls = Calls(http, mail=mail, models=PostgresLanguageModels(connect), airtime=airtime)
    effects = Effects(event_log, PostgresFeedCursor(connect, "effects"), calls, name=name, micros=now_micros)
    stopping = set_with(stop)
    try:
        await asyncio.gather(
            sender.run(stopping),
            effects.run(stopping),
            holder.run(stopping),
            forwarding.run(stopping),
            waking.run(stopping),
        )
    finally:
        await asyncio.to_thread(commit.stop)
        await http.close()
        relayers.close()
