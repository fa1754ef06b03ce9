"""The drill: a poll of N contacts in one organization while quiet ones exchange single messages; then the audit."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

import orjson

from domain.contact.world import SeededChance
from domain.errors import Unavailable
from gateways.cli.compose import Submit, connect_database, open_log, submitting
from gateways.cli.drill import flows
from gateways.cli.drill.audit import Audit, audit, read_log
from gateways.cli.drill.measuring import Costs, processes
from infra.embedded.child_process import free_port
from infra.ids import uuid7
from infra.settings import Settings
from projections.catalogue import CATALOGUE
from projections.rebuild import rebuild

URNS_OF_A_START = 2_000
CALLBACKS_OF_A_CONTACT = 6
KILL_EVERY = 3.0
LOOK_SECONDS = 1.0
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class PollPlan:
    """`give_up` seconds without any progress end the drill (and the audit finds what is missing)."""

    contacts: int = 1_000
    quiet: int = 20
    quiet_every: float = 1.0
    kill: bool = False
    seed: int = 2026
    rebuild: bool = True
    give_up: float = 120.0


@dataclass(slots=True)
class PollResult:
    plan: PollPlan
    audit: Audit
    seconds: float
    timeline: list[dict[str, float]]
    quiet: list[tuple[float, float]]
    costs: Costs
    killed: dict[str, int]
    book: dict[str, Any]


@dataclass(slots=True)
class _Scene:
    org: str
    channel: str
    flow: str
    quiet: list[str] = field(default_factory=list)


def run_poll(settings: Settings, plan: PollPlan, progress: Progress = lambda done, total: None) -> PollResult:
    """Against a running installation. Raises Unavailable when it can't be reached."""
    listen = free_port()
    with TemporaryDirectory(prefix="evenkeel-drill-") as folder, submitting(settings, "drill") as submit:
        scene = _prepare(submit, plan, listen)
        book = Path(folder) / "book.json"
        costs = Costs(settings.data, {"drill": os.getpid()})
        said = {
            "port": settings.port, "listen": listen, "poll": scene.channel, "quiet": scene.quiet, "book": str(book),
            "quiet_every": plan.quiet_every, "seed": plan.seed,
        }  # fmt: skip
        with _aggregator(said) as (aggregator, told):
            costs.others["aggregator"] = aggregator.pid
            costs.start()
            began = time.monotonic()
            with _killing(settings, plan) as killed:
                _start(submit, scene, plan)
                timeline = _watch(settings, scene, plan, told, costs, progress, killed)
            seconds = time.monotonic() - began
        costs.look()
        kept = orjson.loads(book.read_bytes())
    result = _audit(settings, scene, plan, kept)
    quiet = [(said, latency) for said, latency in kept["quiet"]]
    return PollResult(plan, result, seconds, timeline, quiet, costs, dict(killed.counts), kept)


# ---- before ------------------------------------------------------------------------------------------------------------------


def _prepare(submit: Submit, plan: PollPlan, listen: int) -> _Scene:
    scene = _Scene(*(_workspace(submit, "Drill poll", listen, flows.poll, keyword=None)))
    for number in range(plan.quiet):
        scene.quiet.append(_workspace(submit, f"Drill quiet {number + 1}", listen, flows.echo, keyword="hello")[1])
    return scene


def _workspace(
    submit: Submit, name: str, listen: int, flow_of: Callable[[str], Any], keyword: str | None
) -> tuple[str, str, str]:
    """An organization with a KN channel to the drill's aggregator and a flow: their uuids."""
    org, channel, flow = uuid7(), uuid7(), uuid7()
    profile = {"uuid": org, "name": name, "timezone": "Africa/Kigali", "country": "RW", "languages": ["eng"]}
    submit(org, "create_workspace", {"workspace": {**profile, "date_style": "day_first", "anon": False}})
    config = {"send_url": f"http://127.0.0.1:{listen}/send", "username": "drill", "password": "drill"}
    added = {"uuid": channel, "type": "KN", "name": "Drill", "address": "2020", "country": "RW", "config": config}
    submit(org, "add_channel", {"channel": {**added, "schemes": ["tel"], "roles": ["send", "receive"]}})
    submit(org, "save_flow", {"definition": flow_of(flow)})
    if keyword:
        trigger = {"uuid": uuid7(), "type": "keyword", "keywords": [keyword], "match": "first", "flow": flow}
        submit(org, "add_trigger", {"trigger": trigger})
    return org, channel, flow


def _start(submit: Submit, scene: _Scene, plan: PollPlan) -> None:
    numbers = [f"tel:+25078{number:07}" for number in range(plan.contacts)]
    for first in range(0, len(numbers), URNS_OF_A_START):
        start = {"uuid": uuid7(), "flow": scene.flow, "urns": numbers[first : first + URNS_OF_A_START]}
        wanted = {**start, "contacts": [], "groups": [], "restart_participants": True, "exclude_active": False}
        submit(scene.org, "create_flow_start", {"flow_start": wanted})


# ---- meanwhile ---------------------------------------------------------------------------------------------------------------


@contextmanager
def _aggregator(plan: dict[str, Any]) -> Iterator[tuple["subprocess.Popen[bytes]", "queue.Queue[dict[str, float]]"]]:
    """The aggregator's process and what it tells; its book is written when this ends."""
    command = [sys.executable, "-m", "gateways.cli.drill.aggregator"]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin is not None and child.stdout is not None
    told: queue.Queue[dict[str, float]] = queue.Queue()
    reading = threading.Thread(target=_read, args=(child.stdout, told), daemon=True)
    child.stdin.write(orjson.dumps(plan) + b"\n")
    child.stdin.flush()
    reading.start()
    try:
        yield child, told
        child.stdin.write(b"end\n")
        child.stdin.flush()
        child.wait(30)
    finally:
        child.kill()


def _read(lines: IO[bytes], told: "queue.Queue[dict[str, float]]") -> None:
    for line in lines:
        told.put(orjson.loads(line))


class _Killer:
    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.enough = threading.Event()


@contextmanager
def _killing(settings: Settings, plan: PollPlan) -> Iterator[_Killer]:
    """Kills a random process of the installation every few seconds, until told that it is enough."""
    killer = _Killer()
    if not plan.kill:
        yield killer
        return
    chance = SeededChance(plan.seed)

    def kill() -> None:
        while not killer.enough.wait(KILL_EVERY):
            alive = sorted(name for name in processes(settings.data) if name != "supervisor")
            if alive:
                name = alive[int(chance.random() * len(alive))]
                try:
                    os.kill(processes(settings.data).get(name, 0) or -1 << 30, signal.SIGKILL)
                    killer.counts[name] = killer.counts.get(name, 0) + 1
                except (OSError, OverflowError):
                    continue

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    try:
        yield killer
    finally:
        killer.enough.set()
        thread.join(KILL_EVERY * 2)


def _watch(
    settings: Settings,
    scene: _Scene,
    plan: PollPlan,
    told: "queue.Queue[dict[str, float]]",
    costs: Costs,
    progress: Progress,
    killer: _Killer,
) -> list[dict[str, float]]:
    """Until every run is complete and every callback is in, or nothing goes on any more. The time line."""
    expected = plan.contacts * CALLBACKS_OF_A_CONTACT
    timeline: list[dict[str, float]] = []
    moved, last = time.monotonic(), (-1.0, -1.0)
    completed = delivered = 0
    while True:
        row = told.get(timeout=30)
        while not told.empty():
            row = told.get()
        costs.look()
        completed, delivered = _read_progress(settings, scene) or (completed, delivered)
        timeline.append({**row, "completed": completed, "delivered": delivered})
        progress(int(row["statuses"] + row["answers"]), expected)
        if row["distinct_answers"] > plan.contacts:  # half of all: kills in the tail would only measure restarts
            killer.enough.set()
        if completed >= plan.contacts and delivered >= plan.contacts * 2 and not row["under_way"]:
            return timeline
        now = (row["statuses"] + row["answers"] + row["taken"], float(completed + delivered))
        if now != last:
            moved, last = time.monotonic(), now
        if time.monotonic() - moved > plan.give_up:
            return timeline
        time.sleep(LOOK_SECONDS)


_DONE = """
select (select count(*) from runs.runs where org = %(org)s and status = 'completed'),
    (select count(*) from messages.messages where org = %(org)s and direction = 'out' and status = 'delivered')
"""


def _read_progress(settings: Settings, scene: _Scene) -> tuple[int, int] | None:
    """Completed runs and delivered messages of the read models; None while they can't be asked."""
    try:
        rows = _rows(settings, _DONE, {"org": scene.org})
    except Unavailable:
        return None
    return int(rows[0][0]), int(rows[0][1])


def _rows(settings: Settings, statement: str, parameters: Any) -> list[tuple[Any, ...]]:
    import psycopg2

    try:
        connection = connect_database(settings)
        try:
            with connection.cursor() as database:
                database.execute(statement, parameters)
                return list(database.fetchall())
        finally:
            connection.close()
    except psycopg2.Error as error:
        raise Unavailable(str(error)) from error


# ---- afterwards --------------------------------------------------------------------------------------------------------------


def _audit(settings: Settings, scene: _Scene, plan: PollPlan, book: dict[str, Any]) -> Audit:
    log = open_log(settings)
    try:
        logged = read_log(log, scene.org)
        differences = {}
        for projection in CATALOGUE if plan.rebuild else ():
            rebuilt = rebuild(log, lambda: connect_database(settings), projection)
            if not rebuilt.switched:
                differences[projection.name] = "; ".join(str(each) for each in rebuilt.differences[:2])[:500]
    finally:
        log.close()
    by_status = "select status, count(*) from {} where org = %s group by status"
    runs = _rows(settings, by_status.format("runs.runs"), (scene.org,))
    messages = _rows(settings, by_status.format("messages.messages"), (scene.org,))
    rows = {"runs": dict(runs), "messages": dict(messages), "differences": differences}
    return audit(book, logged, rows, contacts=plan.contacts, killed=plan.kill)
