"""`evenkeel up`: servers, processes and the demo, in the foreground until Ctrl-C or SIGTERM."""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from domain.errors import Conflict, EvenkeelError, Unavailable
from gateways.cli import taking_over
from gateways.cli.taking_over import HandedOver
from infra.embedded.child_process import is_port_free
from infra.kafka_settings import kafka_variables
from infra.settings import Settings
from infra.supervisor.leftovers import stop_leftovers
from infra.supervisor.listening import listen
from infra.supervisor.run_folder import RunFolder
from infra.supervisor.signals import ASKED, let_through, on_signals, stop_on_signals
from infra.supervisor.supervisor import Process, Server, Supervisor

READY_SECONDS = 60.0
QUIET = {"MALLOC_ARENA_MAX": "2", "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": ""}


def up(settings: Settings, say: Callable[[str], None], *, demo: bool = True) -> int:
    """Run until told to stop. Raises Conflict if somebody else has the folder or the port, Unavailable if a part does not start."""
    stop, asked = stop_on_signals(), on_signals(ASKED)
    let_through()
    folder = RunFolder(settings.data)
    given = taking_over.handed_over()
    _take_folder(folder, settings, given, say)
    supervisor = Supervisor(
        folder,
        settings.data / "logs",
        os.getpid(),
        servers=_servers(settings),
        server_logs=_server_logs(settings),
    )
    try:
        if given is None:
            _begin(settings, supervisor, stop, say, demo)
        else:
            _go_on(settings, supervisor, given, stop, say)
        while not stop.is_set():
            supervisor.watch(lambda: stop.is_set() or asked.is_set())
            if asked.is_set() and not stop.is_set():
                asked.clear()
                taking_over.give_way(settings, supervisor, stop.is_set, say)
        say("Stopping …")
    finally:
        supervisor.stop()
    return 0


def _begin(
    settings: Settings, supervisor: Supervisor, stop: threading.Event, say: Callable[[str], None], demo: bool
) -> None:
    """Start everything."""
    began = time.monotonic()
    supervisor.start_servers(say)
    running = _with_addresses(settings, supervisor.servers)
    _install(running, supervisor.folder)
    supervisor.environment = _environment(running)
    supervisor.processes = _processes(running, {})
    supervisor.start_processes()
    supervisor.await_ready(READY_SECONDS, stop.is_set)
    if demo and not stop.is_set():
        _set_up_demo(running, say)
    if not stop.is_set():
        say(f"Ready after {time.monotonic() - began:.1f} s: {running.base_url}  (stop with Ctrl-C or `make down`)")


def _go_on(
    settings: Settings,
    supervisor: Supervisor,
    given: HandedOver,
    stop: threading.Event,
    say: Callable[[str], None],
) -> None:
    """In the place of the program before: with its servers, and its processes until they are replaced."""
    supervisor.processes, sockets = taking_over.adopt(given, _commands(settings))
    _adopt_servers(supervisor, stop, say)
    running = _with_addresses(settings, supervisor.servers)
    supervisor.environment = _environment(running)

    def wanted() -> list[Process]:
        _install(running, supervisor.folder)
        return _processes(running, sockets)

    taking_over.take_over(given, supervisor, wanted, stop.is_set, say)


def _adopt_servers(supervisor: Supervisor, stop: threading.Event, say: Callable[[str], None]) -> None:
    """One that died just now is started again, as always."""
    while not stop.is_set():
        try:
            supervisor.start_servers(say)
            return
        except Unavailable as error:
            say(error.sentence)
            stop.wait(1.0)


def _take_folder(folder: RunFolder, settings: Settings, given: HandedOver | None, say: Callable[[str], None]) -> None:
    if given is not None:
        folder.adopt(given.lock)
    else:
        folder.take()
        for name in stop_leftovers(folder):
            say(f"The process {name} of a killed Evenkeel was still there; it is stopped")
        if not is_port_free(settings.port):
            raise Conflict(
                f"Port {settings.port} is taken by another program. Stop it, or choose another port:"
                f" EVENKEEL_PORT={settings.port + 10} make up"
            )
    folder.write("supervisor.json", {"code": os.fspath(taking_over.CODE), "protocol": taking_over.PROTOCOL})


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
        **kafka_variables(settings.kafka),
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
    return taking_over.with_code(kept | QUIET | _addresses(settings))


def _commands(settings: Settings) -> list[Process]:
    """Every process there is to be, without sockets."""
    found = []
    for role, count in settings.processes.items():
        for number in range(1, count + 1):
            name = role if number == 1 else f"{role}-{number}"  # the first keeps its spool when others join
            found.append(Process(name, role, taking_over.command("gateways.cli.role_main", role, name)))
    return found


def _processes(settings: Settings, sockets: dict[str, socket.socket]) -> list[Process]:
    """With the sockets of those that listen: the ones there are, or new ones."""
    found = _commands(settings)
    for process in found:
        if process.role == "web":
            process.listening = sockets.get(process.name) or listen(settings.host, settings.port)
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
