"""Flow starts on an embedded Postgres: what the starter takes of them (recipients resolved, written down, appended as commands), and how
many a decider, a projector and a starter get done together, each a process of its own."""

import multiprocessing
import os
import tempfile
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection

from domain.events.partitioning import partition_of
from domain.events.record import Record
from infra.collecting import settle_memory
from infra.embedded.postgres_server import EmbeddedPostgres
from infra.event_log import postgres
from infra.event_log.postgres import PostgresEventLog
from infra.postgres import state_store
from infra.postgres.state_store import PostgresStateStore
from projections.catalogue import CATALOGUE
from projections.installing import install
from tests.workers.starter.world import HELLO
from workers.decider.decider import Decider
from workers.projector.projector import Projector
from workers.starter.starter import Starter

CONTACTS = 100_000
SMALL_STARTS = 400
STARTED = 20_000
WORKERS = ("decider", "projector", "starter")
ORG = str(uuid.UUID(int=1))
GROUP = str(uuid.UUID(int=2))
FLOW = {"uuid": str(uuid.UUID(int=3)), "name": "Survey"}
PARTITIONS = 8

_CONTACTS = """
insert into contacts.contacts (org, id, uuid, name, status, created_on, modified_on, tickets, fields, notes)
select %(org)s, n, md5(n::text)::uuid, 'contact ' || n, 'active', now(), now(), 0, '{}', '[]' from generate_series(1, %(count)s) n
"""
_MEMBERS = (
    "insert into contacts.contact_groups select %(org)s, n, %(group)s, now() from generate_series(1, %(count)s) n"
)
_WORKSPACE = """
insert into workspaces.workspaces (org, uuid, doc, created_on, modified_on, removed)
values (%(org)s, %(org)s, '{"country": "RW"}', now(), now(), false)
"""
_APPLIED = "insert into projections.cursors select 'live', n, 1000000000 from generate_series(0, %s) n"


def run() -> list[tuple[str, float, str]]:
    return [*run_alone(), *run_together()]


def run_alone() -> list[tuple[str, float, str]]:
    """A start for a group of 100,000; and 400 starts for one contact each."""
    with _installation() as (log, connection, url):
        starter = Starter(log, lambda: psycopg2.connect(url), log.append, lambda: datetime.now(UTC), window=10**9)
        session = log.own("bench")
        session.assignment()
        starter.step(0)
        _create(log, session, [{"groups": [GROUP]}])
        large = _measure(starter, CONTACTS)
        contacts = _some_contacts(connection)
        _create(log, session, [{"contacts": [contact]} for contact in contacts])
        small = _measure(starter, SMALL_STARTS)
        starter.close()
        session.close()
    return [
        ("recipients of a large start", CONTACTS / large[0], "recipients/s"),
        ("starter's CPU", large[1] / CONTACTS * 1e6, "µs/recipient"),
        ("starts for one contact", SMALL_STARTS / small[0], "starts/s"),
        ("starter's CPU", small[1] / SMALL_STARTS * 1e6, "µs/start"),
    ]


def run_together() -> list[tuple[str, float, str]]:
    """Contacts that got their flow's message, from the command of the API to the read models; nothing is sent."""
    with _server() as url:
        postgres.install(url, PARTITIONS)
        state_store.install(url)
        connection = psycopg2.connect(url)
        install(connection, CATALOGUE)
        connection.autocommit = True
        log = PostgresEventLog(url)
        context = multiprocessing.get_context("spawn")
        stop = context.Event()
        workers = [context.Process(target=work, args=(role, url, stop), daemon=True) for role in WORKERS]
        for worker in workers:
            worker.start()
        try:
            _submit(log, _workspace_commands())
            _submit(log, _contact_commands())
            _await(connection, "select count(*) from contacts.contacts", STARTED)
            begun, cpu = time.perf_counter(), _cpu(workers)
            start = {"uuid": str(uuid.UUID(int=9)), "flow": FLOW["uuid"], "contact_query": 'name != ""'}
            _submit(log, [("create_flow_start", {"flow_start": start})])
            _await(connection, "select sum(handled) from flow_starts.flow_start_progress", STARTED)
            wall, spent = time.perf_counter() - begun, _cpu(workers)
        finally:
            stop.set()
            for worker in workers:
                worker.join(10)
            log.close()
            connection.close()
    rows = [("flow starts, all together", STARTED / wall, "starts/s")]
    return rows + [
        (f"{role}'s CPU", (after - before) / STARTED * 1e6, "µs/start")
        for role, before, after in zip(WORKERS, cpu, spent, strict=True)
    ]


def work(role: str, url: str, stop: Any) -> None:
    """One worker, in its own process."""
    log = PostgresEventLog(url)

    def connect() -> Connection:
        return psycopg2.connect(url)

    def now() -> datetime:
        return datetime.now(UTC)

    worker: Any
    if role == "decider":
        worker = Decider(log, PostgresStateStore(url), now, "bench", ThreadPoolExecutor(1))
    elif role == "projector":
        worker = Projector(log, connect)
    else:
        worker = Starter(log, connect, log.append, now)
    settle_memory()
    while not stop.is_set():
        worker.step(0.2)
    worker.close()
    log.close()


def _workspace_commands() -> list[tuple[str, dict[str, Any]]]:
    profile = {"uuid": ORG, "name": "Bench", "timezone": "UTC", "country": "RW", "languages": [], "anon": False}
    channel = {"uuid": str(uuid.UUID(int=4)), "type": "EX", "name": "EX", "address": "2020", "country": "RW"}
    return [
        ("create_workspace", {"workspace": {**profile, "date_style": "day_first"}}),
        ("add_channel", {"channel": {**channel, "schemes": ["tel"], "roles": ["send", "receive"], "config": {}}}),
        ("save_flow", {"definition": HELLO | {"uuid": FLOW["uuid"]}}),
    ]


def _contact_commands() -> list[tuple[str, dict[str, Any]]]:
    return [
        ("create_contact", {"contact": {"uuid": str(uuid.UUID(int=1_000 + n)), "name": f"c {n}", "urns": [f"tel:+25078{n:07}"]}})
        for n in range(STARTED)
    ]  # fmt: skip


def _submit(log: PostgresEventLog, commands: list[tuple[str, dict[str, Any]]]) -> None:
    events = [{"type": name, "version": 1, "id": str(uuid.uuid4()), "data": data} for name, data in commands]
    for begin in range(0, len(events), 500):
        log.append([Record(ORG, "command", tuple(events[begin : begin + 500]), 1, "bench")])


def _await(connection: Connection, sql: str, wanted: int) -> None:
    for _ in range(6_000):
        with connection.cursor() as cursor:
            cursor.execute(sql)
            (count,) = cursor.fetchone() or (0,)
        if (count or 0) >= wanted:
            return
        time.sleep(0.02)
    raise TimeoutError(sql)


def _cpu(workers: list[Any]) -> list[float]:
    """Seconds of CPU that each process has used."""
    seconds = []
    for worker in workers:
        fields = Path(f"/proc/{worker.pid}/stat").read_text().rpartition(")")[2].split()
        seconds.append((int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"))
    return seconds


@contextmanager
def _server() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="evenkeel-") as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres", durable=True, die_with_parent=True)
        try:
            yield server.start()
        finally:
            server.stop()


@contextmanager
def _installation() -> Iterator[tuple[PostgresEventLog, Connection, str]]:
    with _server() as url:
        postgres.install(url, PARTITIONS)
        connection = psycopg2.connect(url)
        install(connection, CATALOGUE)
        with connection, connection.cursor() as cursor:
            parameters = {"org": ORG, "group": GROUP, "count": CONTACTS}
            for statement in (_CONTACTS, _MEMBERS, _WORKSPACE):
                cursor.execute(statement, parameters)
            cursor.execute(_APPLIED, (PARTITIONS - 1,))
            cursor.execute("analyze contacts.contacts, contacts.contact_groups")
        log = PostgresEventLog(url)
        yield log, connection, url
        log.close()
        connection.close()


def _some_contacts(connection: Connection) -> list[str]:
    with connection, connection.cursor() as cursor:
        cursor.execute("select uuid::text from contacts.contacts order by id limit %s", (SMALL_STARTS,))
        return [contact for (contact,) in cursor.fetchall()]


def _create(log: PostgresEventLog, session: Any, wanted: list[dict[str, Any]]) -> None:
    """As the decider would."""
    records = []
    for each in wanted:
        start = {"uuid": str(uuid.uuid4()), "flow": FLOW, **each}
        event = {"type": "flow_start_created", "version": 1, "id": start["uuid"], "of": start["uuid"], "n": 1}
        records.append(Record(ORG, "configuration", ({**event, "data": {"flow_start": start}},), 1, "decider"))
    session.commit(partition_of(ORG, PARTITIONS), records, b"")


def _measure(starter: Starter, recipients: int) -> tuple[float, float]:
    wall, cpu, done = time.perf_counter(), time.process_time(), 0
    while done < recipients:
        done += starter.step(0)
    return time.perf_counter() - wall, time.process_time() - cpu
