"""How fast the log becomes rows: conversations of an organization, projected into all read models on an embedded Postgres."""

import tempfile
import time
from pathlib import Path

import psycopg2

from infra.embedded.postgres_server import EmbeddedPostgres
from projections.catalogue import CATALOGUE
from projections.installing import install, live_set
from tests.projections.examples import Story

CONTACTS = 2_000
BATCH = 2_000


def run() -> list[tuple[str, float, str]]:
    """Events per second of wall time, and the projector's own CPU per event (Postgres works beside it)."""
    story = Story().configured()
    for number in range(CONTACTS):
        contact = story.contact(f"contact {number}", f"tel:+25078{number:07}")
        story.incoming(contact, "Hi", external_id=f"in {number}")
        flow_run = story.run(contact)
        message = story.outgoing(contact, "What is your favorite color?")
        story.sent(message, external_ids=[f"out {number}"]).reported("delivered", external_id=f"out {number}")
        story.answered(contact, flow_run, "red", "Red")
    records = story.stored()
    events = sum(len(stored.record.events) for stored in records)
    with tempfile.TemporaryDirectory(prefix="evenkeel-") as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres", durable=True, die_with_parent=True)
        try:
            connection = psycopg2.connect(server.start())
            install(connection, CATALOGUE)
            live = live_set(CATALOGUE)
            live.use(connection)
            wall, cpu = time.perf_counter(), time.process_time()
            for begin in range(0, len(records), BATCH):
                part = records[begin : begin + BATCH]
                live.apply(connection, part, {part[-1].partition: part[-1].offset})
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            connection.close()
        finally:
            server.stop()
    return [
        ("projected events", events / wall, "events/s"),
        ("projector's CPU", cpu / events * 1e6, "µs/event"),
    ]
