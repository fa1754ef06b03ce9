"""The composition root: what the settings name, as ports and adapters. The only place that knows everybody.

Heavy modules are imported where they are used, so that each process loads only what its role needs.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from domain.errors import Unavailable
from domain.events.record import Record
from domain.events.versions import version_of
from domain.ports.event_log import EventLog
from gateways.channels.contract import Installation
from infra.settings import Settings

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

    from domain.ports.channel_log import ChannelLog
    from domain.ports.fair_queue import FairQueue
    from domain.ports.state_store import StateStore
    from infra.fcm.push import FcmPush

OUTCOME_SECONDS = 20.0  # how long the command line waits for what becomes of a command


def install(settings: Settings) -> None:
    """Make log, state store and read models where they are missing; run again, it changes nothing.

    Raises Unavailable where log or database can't be reached, or Redis does not let us in.
    """
    from infra.postgres import channel_log, state_store
    from projections.catalogue import CATALOGUE
    from projections.installing import install as install_read_models
    from projections.translated import database_errors

    if settings.log_url.startswith("kafka://"):
        from infra.event_log import kafka

        kafka.install(settings.log_url, settings.partitions, security=settings.kafka)
    else:
        from infra.event_log import postgres

        postgres.install(settings.log_url, settings.partitions)
    with database_errors():
        state_store.install(settings.database_url)
        channel_log.install(settings.database_url)
    connection = connect_database(settings)
    try:
        install_read_models(connection, CATALOGUE)
    finally:
        connection.close()
    _knock_at_redis(settings)


def _knock_at_redis(settings: Settings) -> None:
    """A Redis that is away may come later: everything in it can be made anew."""
    from infra.redis.connection import Refused, connect
    from infra.redis.fair_queue import RedisFairQueue

    client = connect(settings.redis_url)
    try:
        RedisFairQueue(client).generation()
    except Refused:
        raise
    except Unavailable:
        pass
    finally:
        client.close()


def open_log(settings: Settings) -> EventLog:
    if settings.log_url.startswith("kafka://"):
        from infra.event_log.kafka import KafkaEventLog

        return KafkaEventLog(settings.log_url, security=settings.kafka)
    from infra.event_log.postgres import PostgresEventLog

    run = settings.data / "run"
    return PostgresEventLog(settings.log_url, wakes=run / "wake" if run.is_dir() else None)


def open_state_store(settings: Settings) -> "StateStore":
    from infra.postgres.state_store import PostgresStateStore

    return PostgresStateStore(settings.database_url)


def open_queue(settings: Settings) -> "FairQueue":
    from infra.redis.connection import connect
    from infra.redis.fair_queue import RedisFairQueue

    return RedisFairQueue(connect(settings.redis_url))


def open_channel_log(settings: Settings) -> "ChannelLog":
    from infra.postgres.channel_log import PostgresChannelLog

    return PostgresChannelLog(lambda: connect_database(settings))


def connect_database(settings: Settings) -> "Connection":
    """A new connection to the database of the read models. Raises Unavailable."""
    import psycopg2
    from psycopg2.extensions import parse_dsn

    from projections.translated import database_errors

    with database_errors():
        given = parse_dsn(settings.database_url).get("options", "")
        return psycopg2.connect(
            settings.database_url, fallback_application_name="evenkeel", options=f"{given} -c jit=off".strip()
        )


Submit = Callable[[str, str, Mapping[str, Any]], dict[str, Any]]
"""(organization, command, data) -> what came of it. Raises Invalid when it is refused."""


@contextmanager
def submitting(settings: Settings, actor: str, patience: float = OUTCOME_SECONDS) -> Iterator[Submit]:
    """A way to submit commands: each is appended, and waited for until the read models show it, `patience` seconds at most."""
    from domain.errors import Invalid
    from infra.clock import now_micros
    from infra.ids import uuid7
    from projections.command_outcomes.waiting import OutcomeListener

    log = open_log(settings)
    listener = OutcomeListener(lambda: connect_database(settings))
    listener.start()

    def submit(org: str, name: str, data: Mapping[str, Any]) -> dict[str, Any]:
        event: dict[str, Any] = {"type": name, "version": version_of(name), "id": uuid7(), "data": dict(data)}
        expected = listener.expect(event["id"])
        log.append([Record(org, "command", (event,), now_micros(), actor)])
        try:
            outcome = expected.result(patience)
        except TimeoutError:
            raise Unavailable(
                f"The command {name} is in the log, but nobody decided it within {patience:.0f} s."
                " Are the decider and the projector running? See `evenkeel status`."
            ) from None
        if not outcome.accepted:
            raise Invalid(outcome.sentence or "The command was refused.", field=outcome.field)
        return outcome.result

    try:
        yield submit
    finally:
        listener.close()
        log.close()


def channel_installation(settings: Settings) -> Installation:
    """What all channels share: how the world calls this installation, and the secrets of its Meta app."""
    return Installation(
        domain=urlsplit(settings.base_url).netloc,
        meta_app_secret=settings.meta_app_secret,
        meta_webhook_secret=settings.meta_webhook_secret,
        meta_system_user_token=settings.meta_system_user_token,
    )


def open_push(settings: Settings) -> "FcmPush | None":
    """How Android phones are woken; None if the installation has no FCM account."""
    if not settings.fcm_service_account:
        return None
    from infra.fcm.push import FcmPush

    return FcmPush(Path(settings.fcm_service_account), settings.fcm_url)
