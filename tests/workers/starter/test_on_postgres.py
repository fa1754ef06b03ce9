"""A start over the real log and state store, with deciders and starters that die on the way."""

import psycopg2

from infra.event_log import postgres as postgres_log
from infra.event_log.postgres import PostgresEventLog
from infra.postgres import state_store
from infra.postgres.state_store import PostgresStateStore
from tests.examples.installation import Installation
from tests.workers.starter.world import World

CONTACTS = 1_203


def test_a_start_goes_on_over_crashes(postgres_database: str) -> None:
    postgres_log.install(postgres_database, 2)
    state_store.install(postgres_database)
    log = PostgresEventLog(postgres_database)
    installation = Installation(log, PostgresStateStore(postgres_database))
    world = World(lambda: psycopg2.connect(postgres_database), installation)
    start = world.ask(urns=[f"tel:+2507880{each:05}" for each in range(CONTACTS)])

    for crash in ("before", "after", None, "after", None, None, None):
        world.project()
        world.crash = crash
        world.start(2)
        world.starter.close()
        world.starter = world.new_starter()
        world.decide()
        installation.crash_decider()
    world.crash = None
    world.run()

    reached = [each["contact"]["uuid"] for each in world.reached(start)]
    assert len(reached) == len(set(reached)) == CONTACTS
    assert world.progress(start) == (CONTACTS, CONTACTS)
    world.close()
    log.close()
