"""The process that listens: ingest doors, API and pages on one port."""

import asyncio
import contextlib
import gc
import logging
import threading
from collections.abc import Callable, Iterator
from functools import cache
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

from domain.ports.event_log import EventLog
from gateways.android.door import RelayerDoor
from gateways.android.read_models import NumberReader
from gateways.append.group_commit import GroupCommit
from gateways.append.spool import Spool
from gateways.channels.catalogue import type_of
from gateways.channels.log.recorder import Recorder
from gateways.channels.media_addresses import MediaAddresses
from gateways.cli import compose
from gateways.cli.demo.survey_service import SurveyService
from gateways.cli.knowing_channels import CATCH_UP_SECONDS, knowing_channels
from gateways.cli.recording import recording
from gateways.cli.working import set_with
from gateways.ingest.app import IngestDoor
from gateways.ingest.channel_directory import ChannelDirectory
from gateways.ingest.registrations import ContactReader
from gateways.web.closing_connections import ClosingConnections
from gateways.web.front_door import FrontDoor
from gateways.web.media_door import MediaDoor
from infra.clock import now, now_micros
from infra.http.caller import PooledCaller
from infra.ids import uuid7
from infra.settings import Settings
from infra.supervisor.listening import given, listen
from infra.supervisor.signals import HAND_OVER, on_signals

if TYPE_CHECKING:
    import uvicorn

log = logging.getLogger(__name__)

LEAVE_SECONDS = 30.0  # longer than a client of the API waits for what became of its command


def run(name: str, settings: Settings, ready: Callable[[], None], stop: threading.Event) -> None:
    event_log = compose.open_log(settings)
    with (
        _appending(event_log, settings, name) as commit,
        knowing_channels(event_log, settings, name) as directory,
        recording(settings, name) as recorder,
    ):
        installation, media = compose.channel_installation(settings), MediaAddresses(settings.base_url)
        contacts = ContactReader(lambda: compose.connect_database(settings))
        ingest = IngestDoor(directory, commit, uuid7, now, installation, media, recorder, contacts.of_urn)
        with (
            contextlib.closing(contacts),
            _applications(event_log, settings, commit, ingest, directory, recorder) as web,
        ):
            directory.caught_up.wait(CATCH_UP_SECONDS)
            gc.collect()
            gc.freeze()
            serve(web, settings, ready, stop)
    event_log.close()


@contextlib.contextmanager
def _appending(event_log: EventLog, settings: Settings, name: str) -> Iterator[GroupCommit]:
    commit = GroupCommit(event_log, Spool(settings.state / "spool" / name), now_micros)
    commit.start()
    try:
        yield commit
    finally:
        commit.stop()


@contextlib.contextmanager
def _applications(
    event_log: EventLog,
    settings: Settings,
    commit: GroupCommit,
    ingest: IngestDoor,
    directory: ChannelDirectory,
    recorder: Recorder,
) -> Iterator["_Web"]:
    from gateways.api_v2.app import create_api
    from gateways.api_v2.throttle import Throttle
    from gateways.cli.page_data import PageData
    from gateways.pages.app import create_pages
    from gateways.pages.conversation import Conversation
    from infra.postgres.relayers import PostgresRelayers
    from infra.redis.connection import connect as connect_redis
    from infra.redis.rate_counter import RedisRateCounter
    from projections.command_outcomes.waiting import OutcomeListener

    def connect() -> Any:
        return compose.connect_database(settings)

    outcomes = OutcomeListener(connect)
    outcomes.start()
    data = PageData(event_log, settings)
    conversation = Conversation(connect)
    pages = create_pages(
        workspaces=data.workspaces,
        status=data.status,
        records=data.records,
        messages=conversation,
        figures=data.figures,
    )
    api = create_api(
        read_database=connect,
        appender=commit,
        outcomes=outcomes,
        new_id=uuid7,
        base_url=settings.base_url,
        throttle=Throttle(RedisRateCounter(connect_redis(settings.redis_url)), settings.api_calls_per_hour).check,
    )
    media = MediaDoor(
        directory.find,
        type_of,
        cache(lambda: PooledCaller(settings.allowed_hosts)),
        now,
        compose.channel_installation(settings),
        recorder,
    )
    relayers, numbers = PostgresRelayers(connect), NumberReader(connect)
    phones = RelayerDoor(relayers, directory, commit, numbers, uuid7, now, figures=recorder.figures)
    doors: dict[str, Any] = {"c": ingest, "relayers": phones, "api": api, "media": media, "demo": SurveyService()}
    try:
        yield _Web(
            FrontDoor(doors, pages),
            pages.state.end_streams,
        )
    finally:
        outcomes.close()
        conversation.close()
        relayers.close()
        numbers.close()


class _Web(NamedTuple):
    """`end_streams` lets browsers that watch go, in the event loop; the server would wait for them."""

    application: FrontDoor
    end_streams: Callable[[], None]


def serve(web: _Web, settings: Settings, ready: Callable[[], None], stop: threading.Event) -> None:
    """Listen until told to stop; requests under way are finished. Told to hand over, accept no more and end with the last connection."""
    import uvicorn

    hand_over = on_signals(HAND_OVER)
    closing = ClosingConnections(web.application)
    server = uvicorn.Server(
        uvicorn.Config(
            closing,
            host=settings.host,
            port=settings.port,
            loop="uvloop",
            http="httptools",
            lifespan="off",
            access_log=False,
            log_config=None,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            interface="asgi3",
            backlog=4096,
            timeout_graceful_shutdown=5,
        )
    )
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]  # this process has its own handlers

    async def main() -> None:
        serving = asyncio.create_task(server.serve([given() or listen(settings.host, settings.port)]))
        while not server.started and not serving.done():
            await asyncio.sleep(0.01)
        if server.started:
            ready()
        told = [asyncio.create_task(set_with(each).wait()) for each in (stop, hand_over)]
        await asyncio.wait([serving, *told], return_when=asyncio.FIRST_COMPLETED)
        for each in told:
            each.cancel()
        web.end_streams()
        if hand_over.is_set():
            await _leave(server, closing, stop)
            stop.set()
        server.should_exit = True
        await serving

    import uvloop

    uvloop.run(main())


async def _leave(server: "uvicorn.Server", closing: ClosingConnections, stop: threading.Event) -> None:
    """The socket is the successor's. Clients learn with their next answer that the connection ends; those that say nothing more are let go
    after the seconds a connection may be idle, as always."""
    closing.begin()
    for each in server.servers:
        each.close()
    deadline = monotonic() + LEAVE_SECONDS
    while server.server_state.connections and not stop.is_set() and monotonic() < deadline:
        await asyncio.sleep(0.05)
