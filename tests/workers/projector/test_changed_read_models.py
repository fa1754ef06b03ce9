"""A read model of another version is built beside the one that is read, which is kept current; then it is switched, and nothing is missing."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event as Signal

import pytest
from psycopg2.extensions import connection as Connection

from domain.errors import UnknownEvent
from infra.event_log.memory import MemoryEventLog
from projections.building import build_outdated
from projections.catalogue import CATALOGUE, read_model
from projections.projection import LoggedEvent, Projection
from tests.projections.examples import Story
from tests.workers.projector.stories import busy_story, run_dry, write
from workers.projector.projector import Projector

Apply = Callable[[Sequence[LoggedEvent], Connection], None]

NEW_TABLE = (
    "\ncreate table message_lengths (org uuid not null, uuid uuid not null, letters int, primary key (org, uuid));\n"
)


def changed(folder: Path, meanwhile: Callable[[], None] = lambda: None) -> tuple[Projection, ...]:
    """The catalogue of a newer program: `messages` has a table more. `meanwhile` is called as soon as it begins to build."""
    before = read_model("messages")
    (folder / "tables.sql").write_text(before.tables_sql + NEW_TABLE)

    def apply(events: Sequence[LoggedEvent], connection: Connection) -> None:
        before.apply(events, connection)
        with connection.cursor() as database:
            database.execute("select exists (select 1 from message_lengths), current_schema()")
            [(begun, schema)] = database.fetchall()
            if not begun and schema != "messages":
                meanwhile()
            database.execute(
                "insert into message_lengths select org, uuid, length(text) from messages on conflict do nothing"
            )

    new = replace(
        before, version=before.version + 1, folder=folder, apply=apply, tables=(*before.tables, "message_lengths")
    )
    return tuple(new if each is before else each for each in CATALOGUE)


def the_old_projector(log: MemoryEventLog, connect: Callable[[], Connection]) -> Projector:
    """One of this program, which has taken in what there is."""
    old = Projector(log, connect)
    write(log, busy_story("kigali").records)
    run_dry(old)
    return old


def one(connect: Callable[[], Connection], sql: str) -> int:
    connection = connect()
    try:
        with connection.cursor() as database:
            database.execute(sql)
            [(value,)] = database.fetchall()
        return int(value)
    finally:
        connection.close()


MESSAGES = "select count(*) from messages.messages"
LENGTHS = "select count(*) from messages.message_lengths"
VERSION = "select version from projections.read_models where name = 'messages'"


def test_the_old_rows_are_kept_current_while_the_new_ones_are_built(
    log: MemoryEventLog, connect: Callable[[], Connection], tmp_path: Path
) -> None:
    old = the_old_projector(log, connect)
    seen = []

    def meanwhile() -> None:
        write(log, busy_story("huye").records)
        run_dry(old)
        seen.append(one(connect, MESSAGES))

    catalogue = changed(tmp_path, meanwhile)

    [built] = build_outdated(log, connect, catalogue)

    assert seen == [80]
    assert built.switched and not built.differences
    assert one(connect, LENGTHS) == 80
    assert one(connect, VERSION) == read_model("messages").version + 1
    old.close()


def test_the_old_projector_stops_at_the_switch_and_the_new_one_goes_on(
    log: MemoryEventLog, connect: Callable[[], Connection], tmp_path: Path
) -> None:
    old = the_old_projector(log, connect)
    catalogue = changed(tmp_path)
    build_outdated(log, connect, catalogue)
    write(log, busy_story("huye").records)

    with pytest.raises(UnknownEvent, match="messages stands at version"):
        old.step(0.01)
    old.close()
    assert one(connect, MESSAGES) == 40

    new = Projector(log, connect, projections=catalogue)
    run_dry(new)
    new.close()
    assert one(connect, MESSAGES) == one(connect, LENGTHS) == 80


def test_an_old_program_does_not_begin_on_newer_read_models(
    log: MemoryEventLog, connect: Callable[[], Connection], tmp_path: Path
) -> None:
    the_old_projector(log, connect).close()
    build_outdated(log, connect, changed(tmp_path))

    with pytest.raises(UnknownEvent, match="upgrade"):
        Projector(log, connect).step(0.01)


def test_a_projector_that_starts_on_old_read_models_keeps_the_others_current_meanwhile(
    log: MemoryEventLog, connect: Callable[[], Connection], tmp_path: Path
) -> None:
    the_old_projector(log, connect).close()
    building, may_go_on = Signal(), Signal()

    def meanwhile() -> None:
        building.set()
        assert may_go_on.wait(120)

    new = Projector(log, connect, projections=changed(tmp_path, meanwhile))
    new.step(0.01)
    assert building.wait(120)
    write(log, busy_story("huye").records)
    run_dry(new)
    assert one(connect, "select count(*) from contacts.contacts") == 40
    assert one(connect, MESSAGES) == 40, "the old ones are read as they were"

    may_go_on.set()
    deadline = time.monotonic() + 120
    while one(connect, VERSION) == read_model("messages").version:
        assert time.monotonic() < deadline
        new.step(0.01)
    write(log, Story("butare").configured().records)
    run_dry(new)
    new.close()
    assert one(connect, MESSAGES) == one(connect, LENGTHS) == 80


def test_what_another_built_is_not_built_again(
    log: MemoryEventLog, connect: Callable[[], Connection], tmp_path: Path
) -> None:
    the_old_projector(log, connect).close()
    catalogue = changed(tmp_path)

    assert [each.switched for each in build_outdated(log, connect, catalogue)] == [True]
    assert build_outdated(log, connect, catalogue) == []


def test_rows_that_a_new_version_means_to_change_are_named_and_switched(
    log: MemoryEventLog, connect: Callable[[], Connection]
) -> None:
    the_old_projector(log, connect).close()
    before = read_model("messages")

    def louder(events: Sequence[LoggedEvent], connection: Connection) -> None:
        before.apply(events, connection)
        with connection.cursor() as database:
            database.execute("update messages set text = upper(text)")

    new = replace(before, version=before.version + 1, apply=louder)

    [built] = build_outdated(log, connect, (new,))

    assert built.switched and "messages" in [each.table for each in built.differences]
    assert one(connect, "select count(*) from messages.messages where text = 'HI'") == 16  # of twenty, four are wiped
