"""`evenkeel up`: servers, processes and the demo, in the foreground until Ctrl-C or SIGTERM."""

import logging
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from domain.errors import Conflict, EvenkeelError
from infra.embedded.child_process import is_port_free
from infra.settings import Settings
from infra.supervisor.leftovers import stop_leftovers
from infra.supervisor.run_folder import RunFolder
from infra.supervisor.signals import stop_on_signals
from infra.supervisor.supervisor import Process, Server, Supervisor

READY_SECONDS = 60.0
QUIET = {"MALLOC_ARENA_MAX": "2", "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": ""}


def up(settings: Settings, say: Callable[[str], None], *, demo: bool = True) -> int:
    """Run until told to stop. Raises Conflict if somebody else has the folder or the port, Unavailable if a part does not start."""
    began = time.monotonic()
    stop = stop_on_signals()
    folder = RunFolder(settings.data)
    folder.take()
    for name in stop_leftovers(folder):
        say(f"The process {name} of a killed Evenkeel was still there; it is stopped")
    if not is_port_free(settings.port):
        raise Conflict(
            f"Port {settings.port} is taken by another program. Stop it, or choose another port:"
            f" EVENKEEL_PORT={settings.port + 10} make up"
        )
    supervisor = Supervisor(
        folder,
        settings.data / "logs",
        os.getpid(),
        servers=_servers(settings),
        server_logs=_server_logs(settings),
    )
    try:
        supervisor.start_servers(say)
        running = _with_addresses(settings, supervisor.servers)
        _install(running, folder)
        supervisor.environment = _environment(running)
        supervisor.processes = _processes(running)
        supervisor.start_processes()
        supervisor.await_ready(READY_SECONDS, stop.is_set)
        if demo and not stop.is_set():
            _set_up_demo(running, say)
        if not stop.is_set():
            say(f"Ready after {time.monotonic() - began:.1f} s: {running.base_url}  (stop with Ctrl-C or `make down`)")
        supervisor.watch(stop.is_set)
        say("Stopping …")
    finally:
        supervisor.stop()
    return 0


def _servers(settings: Settings) -> dict[str, Server]:
    from infra.embedded.postgres_server import EmbeddedPostgres
    from infra.embedded.redis_server import EmbeddedRedis

    servers: dict[str, Server] = {}
    if not settings.database_url or (settings.log == "postgres" and not settings.log_url):
        servers["postgres"] = EmbeddedPostgres(settings.state / "postgres", die_with_parent=True)
    if not settings.redis_url:
        servers["redis"] = EmbeddedRedis(settings.state / "redis", die_with_parent=True)
    if settings.log == "kafka":
        from infra.embedded.kafka_server import EmbeddedKafka

        servers["kafka"] = EmbeddedKafka(settings.state / "kafka", die_with_parent=True)
    return servers


def _server_logs(settings: Settings) -> list[Path]:
    names = ("postgres/postgres.log", "redis/redis.log", "kafka/broker-1/broker.log")
    return [settings.state / name for name in names]


def _with_addresses(settings: Settings, servers: Any) -> Settings:
    """The settings with the addresses of the embedded servers."""
    database = settings.database_url or servers["postgres"].url
    redis = settings.redis_url or servers["redis"].url
    log = settings.log_url
    if not log:
        log = servers["kafka"].url if settings.log == "kafka" else database
    return replace(settings, database_url=database, redis_url=redis, log_url=log)


def _install(settings: Settings, folder: RunFolder) -> None:
    from gateways.cli.compose import install

    install(settings)
    folder.write("installation.json", _addresses(settings))


def _addresses(settings: Settings) -> dict[str, str]:
    """As environment variables: what another program needs to work on this installation."""
    return {
        "EVENKEEL_DATA": os.fspath(settings.data),
        "EVENKEEL_HOST": settings.host,
        "EVENKEEL_PORT": str(settings.port),
        "EVENKEEL_BASE_URL": settings.base_url,
        "EVENKEEL_LOG": settings.log_url,
        "EVENKEEL_DATABASE": settings.database_url,
        "EVENKEEL_REDIS": settings.redis_url,
        "EVENKEEL_PARTITIONS": str(settings.partitions),
        "EVENKEEL_ALLOWED_HOSTS": ",".join(sorted(settings.allowed_hosts)),
        "EVENKEEL_SMTP": settings.smtp_url,
        "EVENKEEL_FCM_SERVICE_ACCOUNT": settings.fcm_service_account,
        "EVENKEEL_FCM_URL": settings.fcm_url,
        "EVENKEEL_META_APP_SECRET": settings.meta_app_secret,
        "EVENKEEL_META_WEBHOOK_SECRET": settings.meta_webhook_secret,
        "EVENKEEL_META_SYSTEM_USER_TOKEN": settings.meta_system_user_token,
        "EVENKEEL_API_CALLS_PER_HOUR": str(settings.api_calls_per_hour),
        "EVENKEEL_CHANNEL_LOG_DAYS": str(settings.channel_log_days),
        "EVENKEEL_CHANNEL_LOG_PER_MINUTE": str(settings.channel_log_per_minute),
        "EVENKEEL_STATE": os.fspath(settings.state),
        "EVENKEEL_PROCESSES": ",".join(f"{role}={count}" for role, count in settings.processes.items()),
    }


def _environment(settings: Settings) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EVENKEEL_")}
    return kept | QUIET | _addresses(settings)


def _processes(settings: Settings) -> list[Process]:
    found = []
    for role, count in settings.processes.items():
        for number in range(1, count + 1):
            name = role if number == 1 else f"{role}-{number}"  # the first keeps its spool when others join
            found.append(Process(name, role, [sys.executable, "-m", "gateways.cli.role_main", role, name]))
    return found


def _set_up_demo(settings: Settings, say: Callable[[str], None]) -> None:
    from gateways.cli.compose import submitting
    from gateways.cli.demo.set_up import set_up

    try:
        with submitting(settings, "demo") as submit:
            set_up(settings.state, settings.base_url, submit)
        if settings.state != settings.data:
            (settings.data / "demo.json").write_bytes((settings.state / "demo.json").read_bytes())
    except EvenkeelError as error:
        logging.getLogger(__name__).error("The demo was not set up: %s", error)
        say(f"The demo could not be set up: {error.sentence}")
