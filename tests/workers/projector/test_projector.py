"""From the log to the tables: nothing lost, nothing doubled, own writes readable, and a rebuild gives the same rows."""

from collections.abc import Callable
from time import monotonic, sleep

import pytest
from psycopg2.extensions import connection as Connection

from domain.errors import Unavailable, UnknownEvent
from infra.event_log.memory import MemoryEventLog
from projections.catalogue import CATALOGUE, read_model
from projections.command_outcomes import waiting
from projections.command_outcomes.waiting import OutcomeListener
from projections.rebuild import rebuild
from tests.projections.examples import Story, uuid_of
from tests.workers.projector.stories import RUNS, busy_story, drop, dump, run_dry, write
from workers.projector.projector import Projector


def test_two_projectors_on_the_same_partitions_apply_everything_once(
    log: MemoryEventLog, connect: Callable[[], Connection], projector: Projector
) -> None:
    first, second = busy_story("kigali"), busy_story("quito")
    write(log, first.records + second.records)
    other = Projector(log, connect, batch=7)
    projector.step(0.01)

    run_dry(other)
    run_dry(projector)

    with connect().cursor() as database:
        database.execute("select count(*), count(distinct org) from messages.messages")
        assert database.fetchone() == (80, 2)
        database.execute("select sum(count) from runs.flow_run_counts")
        assert database.fetchone() == (2 * RUNS,)
    other.close()


def test_rows_do_not_depend_on_how_the_log_was_cut(log: MemoryEventLog, connect: Callable[[], Connection]) -> None:
    write(log, busy_story("kigali").records)
    small = Projector(log, connect, batch=1)
    run_dry(small)
    small.close()
    one_by_one = dump(connect())
    drop(connect())
    large = Projector(log, connect, batch=10_000)
    run_dry(large)
    large.close()

    assert dump(connect()) == one_by_one


@pytest.mark.parametrize("name", [each.name for each in CATALOGUE])
def test_a_rebuild_gives_the_live_rows_and_switches(
    log: MemoryEventLog, connect: Callable[[], Connection], projector: Projector, name: str
) -> None:
    story = busy_story("kigali")
    write(log, story.records[:-10])
    run_dry(projector)
    write(log, story.records[-10:])

    rebuilt = rebuild(log, connect, read_model(name))
    run_dry(projector)

    assert rebuilt.switched
    live = dump(connect())
    again = rebuild(log, connect, read_model(name))
    assert again.switched
    assert dump(connect()) == live


def test_a_rebuild_that_differs_is_not_switched_and_says_where(
    log: MemoryEventLog, connect: Callable[[], Connection], projector: Projector
) -> None:
    write(log, busy_story("kigali").records)
    run_dry(projector)
    with connect() as connection, connection.cursor() as database:
        database.execute("update messages.messages set text = 'forged' where direction = 'in'")

    rebuilt = rebuild(log, connect, read_model("messages"))

    assert not rebuilt.switched
    assert [difference.table for difference in rebuilt.differences] == ["messages"]


def test_a_lost_database_connection_is_taken_up_again(
    log: MemoryEventLog, connect: Callable[[], Connection], projector: Projector
) -> None:
    story = busy_story("kigali")
    write(log, story.records[:30])
    run_dry(projector)
    with connect() as connection, connection.cursor() as database:
        database.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()"
        )
    write(log, story.records[30:])

    assert projector.step(0.01) == 0
    run_dry(projector)

    with connect().cursor() as database:
        database.execute("select count(*) from messages.messages")
        assert database.fetchone() == (40,)


def test_a_newer_event_stops_the_projector(log: MemoryEventLog, projector: Projector) -> None:
    story = Story()
    event = story.event("contact_name_changed", {"name": "Bo"}, uuid_of("bo")) | {"version": 99}
    write(log, story.tell("decision", event).records)

    with pytest.raises(UnknownEvent, match="contact_name_changed version 99"):
        projector.step(0.01)


def test_an_outcome_is_given_when_the_read_models_have_it(
    log: MemoryEventLog, connect: Callable[[], Connection], projector: Projector
) -> None:
    projector.step(0)
    listener = OutcomeListener(connect)
    listener.start()
    story = Story()
    command = uuid_of("command")
    outcome = listener.expect(command)
    data = {"command": command, "result": {"id": 7}}
    write(log, story.tell("decision", story.event("command_accepted", data)).records)

    run_dry(projector)

    assert outcome.result(10).result == {"id": 7}
    listener.close()


def test_the_read_models_tell_a_listener_only_while_it_awaits_something(
    log: MemoryEventLog, connect: Callable[[], Connection], projector: Projector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "_LOOK_ANYWAY", 0.2)
    projector.step(0)
    listener, watcher = OutcomeListener(connect), connect()
    watcher.autocommit = True
    listener.start()

    for number in range(2):
        command, story = uuid_of(f"command {number}"), Story()
        outcome = listener.expect(command)
        _step_until(lambda: _are_told(watcher) == 1)
        write(log, story.tell("decision", story.event("command_accepted", {"command": command})).records)
        run_dry(projector)

        assert outcome.result(10).accepted
        _step_until(lambda: _are_told(watcher) == 0)
    listener.close()
    watcher.close()


def test_a_database_that_can_not_be_reached_gives_no_error(log: MemoryEventLog) -> None:
    def refuse() -> Connection:
        raise Unavailable("the database is down")

    assert Projector(log, refuse).step(0.01) == 0


def test_projectors_that_share_apply_each_their_own_and_what_one_leaves_another_takes_up(
    connect: Callable[[], Connection],
) -> None:
    log = MemoryEventLog(partitions=8)
    first, second = (Projector(log, connect, shares=True) for _ in range(2))
    _step_until(lambda: len(first.applied) == len(second.applied) == 4, first, second)
    assert first.applied.keys().isdisjoint(second.applied)

    stories = [busy_story(org) for org in ("kigali", "quito", "lima", "oslo")]
    write(log, [record for story in stories for record in story.records])
    _step_until(lambda: _messages(connect) == (160, 4), first, second)
    second.close()
    write(log, busy_story("bern").records + busy_story("rome").records + busy_story("accra").records)
    _step_until(lambda: _messages(connect) == (280, 7), first)

    assert set(first.applied) == set(range(8))
    with connect().cursor() as database:
        database.execute("select sum(count) from runs.flow_run_counts")
        assert database.fetchone() == (7 * RUNS,)
    first.close()


def _step_until(condition: Callable[[], bool], *projectors: Projector) -> None:
    deadline = monotonic() + 120
    while not condition():
        assert monotonic() < deadline
        sleep(0.01)
        for projector in projectors:
            projector.step(0.01)


def _are_told(connection: Connection) -> int:
    """How many wait for news of the read models."""
    with connection.cursor() as database:
        database.execute(
            "select count(*) from pg_locks where locktype = 'advisory' and mode = 'ShareLock' and granted"
            " and database = (select oid from pg_database where datname = current_database())"
        )
        return int((database.fetchone() or (0,))[0])


def _messages(connect: Callable[[], Connection]) -> tuple[int, ...] | None:
    with connect() as connection, connection.cursor() as database:
        database.execute("select count(*), count(distinct org) from messages.messages")
        return database.fetchone()
