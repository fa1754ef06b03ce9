"""How many messages the decider decides on the Postgres log: flows started and resumed, with log, state store and engine as they are."""

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from domain.events.record import Event, Record
from infra.collecting import settle_memory
from infra.embedded.postgres_server import EmbeddedPostgres
from infra.event_log import postgres
from infra.postgres import state_store
from tests.examples.installation import Installation, Workspace

CONTACTS = 3_000
IN_RECORD = 50


def run() -> list[tuple[str, float, str]]:
    """Wall time and the decider's own CPU (Postgres works beside it)."""
    with tempfile.TemporaryDirectory(prefix="evenkeel-") as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres", die_with_parent=True)
        try:
            dsn = server.start()
            postgres.install(dsn, 1)
            state_store.install(dsn)
            log = postgres.PostgresEventLog(dsn)
            workspace = Workspace(Installation(log, state_store.PostgresStateStore(dsn), beside=ThreadPoolExecutor(1)))
            settle_memory()
            workspace.add_survey()
            found = _measure(workspace, "survey", "new contact, flow started")
            found += _measure(workspace, "Anne", "flow resumed: wait, switch, name, field, message")
            found += _measure(workspace, "none", "flow resumed: wait, switch, message")
            log.close()
            return found
        finally:
            server.stop()


def _measure(workspace: Workspace, text: str, what: str) -> list[tuple[str, float, str]]:
    installation = workspace.at
    for begin in range(0, CONTACTS, IN_RECORD):
        events = tuple(_received(workspace, number, text) for number in range(begin, begin + IN_RECORD))
        installation.log.append([Record(workspace.org, "fact", events, 0, "door:EX")])
    wall, cpu = time.perf_counter(), time.process_time()
    decided = installation.run()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    assert decided == CONTACTS
    return [(f"decided, {what}", decided / wall, "per s"), ("  its CPU", cpu / decided * 1e6, "µs each")]


def _received(workspace: Workspace, number: int, text: str) -> Event:
    installation = workspace.at
    data = {"channel": workspace.channel, "urn": f"tel:+25078{number:07}", "text": text, "attachments": []}
    data |= {"received_on": installation.now_text, "message": installation.new_id(), "external_id": f"{text}{number}"}
    return {"type": "message_received", "version": 1, "id": installation.new_id(), "data": data}
