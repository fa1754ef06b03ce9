"""Starts and broadcasts reach everybody once, in slices, whatever happens in between."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from domain.errors import UnknownEvent
from domain.events.partitioning import partition_of
from domain.events.record import Record
from tests.examples.installation import Workspace
from tests.workers.starter.world import HELLO, World
from workers.starter import plans, starter

SLICE = 5


@pytest.fixture
def connect(postgres_database: str) -> Callable[[], Connection]:
    return lambda: psycopg2.connect(postgres_database)


@pytest.fixture
def world(connect: Callable[[], Connection], monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """With slices of 5 and a window of 10."""
    monkeypatch.setattr(plans, "SLICE", SLICE)
    monkeypatch.setattr(starter, "SLICE", SLICE)
    made = World(connect)
    made.starter.close()
    made.starter = made.new_starter(window=2 * SLICE)
    yield made
    made.close()


def test_a_start_reaches_contacts_groups_and_urns_each_once(world: World) -> None:
    group = world.group("Farmers")
    ann = world.contact("Ann", "tel:+250788000001", groups=[group])
    ben = world.contact("Ben", "tel:+250788000002", groups=[group])
    world.project()
    start = world.ask(contacts=[ann], groups=[group], urns=["tel:+250788000002", "tel:0788000003", "tel:+250788000003"])

    world.run()

    reached = world.reached(start)
    assert {each["contact"]["uuid"] for each in reached} > {ann, ben}
    assert [each["outcome"] for each in reached] == ["started"] * 3
    assert world.progress(start) == (3, 3)
    assert world.installation.replies(world.org, "tel:+250788000003") == ["Muraho!"]


def test_the_total_is_told_before_anybody_is_reached(world: World) -> None:
    start = world.ask(contacts=world.contacts(2))
    world.project()

    world.start()
    world.decide()
    world.project()

    names = [event["type"] for event in world.installation.events(world.org)]
    assert names.index("flow_start_begun") < names.index("start_contact_done")
    assert world.progress(start) == (2, 2)


def test_it_waits_until_the_read_models_show_what_was_written_before(world: World) -> None:
    contact = world.contact("Ann", "tel:+250788000001")
    start = world.ask(contacts=[contact])

    assert world.start() == 0
    world.project()
    assert world.start() == 1
    world.decide()
    assert [each["contact"]["uuid"] for each in world.reached(start)] == [contact]


def test_many_are_reached_in_slices_that_leave_gaps(world: World) -> None:
    start = world.ask(contacts=world.contacts(23))
    world.project()

    assert world.start() == 2 * SLICE  # the window is full: nobody has decided yet
    world.decide()
    assert world.start() == 0  # the read models don't know yet
    world.project()
    assert world.start() == 2 * SLICE
    world.run()
    assert world.progress(start) == (23, 23)
    assert [event["data"]["nth"] for event in world.inputs("start_contact")] == list(range(23))


def test_starts_of_one_organization_share_its_window_and_take_turns(world: World) -> None:
    first, second = world.ask(contacts=world.contacts(12)), world.ask(urns=[f"tel:+25072000{n:04}" for n in range(12)])
    world.project()

    assert world.start() == 2 * SLICE

    asked = [event["data"]["flow_start"] for event in world.inputs("start_contact")]
    assert asked == [first] * SLICE + [second] * SLICE


def test_another_organization_s_flood_of_starts_delays_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starter, "AT_ONCE", 3)
    for number in range(10):
        world.ask(urns=[f"tel:+2507{number}00{each:05}" for each in range(12)])
    flooding, quiet = world.workspace, Workspace(world.installation, "Harvest Co-op")
    flow = quiet.must("save_flow", definition=HELLO)["uuid"]
    asked = {
        "uuid": world.installation.new_id(),
        "flow": flow,
        "contacts": [],
        "groups": [],
        "urns": ["tel:+573101234567"],
    }
    quiet.must("create_flow_start", flow_start=asked)
    world.project()

    world.start(2)

    asked_by = [event["data"]["flow_start"] for event in world.inputs("start_contact")]
    assert asked["uuid"] in asked_by
    assert len(asked_by) == 1 + 2 * SLICE
    assert flooding.org != quiet.org


def test_who_leaves_the_group_meanwhile_is_reached_all_the_same(world: World) -> None:
    group = world.group("Farmers")
    contacts = world.contacts(12, groups=[group])
    start = world.ask(groups=[group])
    world.project()
    world.start()
    for contact in contacts:
        world.workspace.must("change_contact", contact=contact, changes={"groups": []})

    world.run()

    assert {each["contact"]["uuid"] for each in world.reached(start)} == set(contacts)
    assert world.progress(start) == (12, 12)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("slices_before", [0, 1, 2])
def test_a_crash_around_an_append_reaches_everybody_once(world: World, moment: str, slices_before: int) -> None:
    contacts = world.contacts(14)
    start = world.ask(contacts=contacts, urns=["tel:+250720000001"])
    for _ in range(slices_before):
        world.project()
        world.starter.step(0)
        world.decide()
    world.project()
    world.crash = moment
    world.start(2)
    world.crash = None
    world.starter.close()
    world.starter = world.new_starter(window=2 * SLICE)

    world.run()

    reached = [each["contact"]["uuid"] for each in world.reached(start)]
    assert len(reached) == len(set(reached)) == 15
    assert set(contacts) < set(reached)
    assert world.progress(start) == (15, 15)


def test_nobody_to_reach_is_told_too(world: World) -> None:
    start = world.ask(groups=[world.group("Nobody")])

    world.run()

    assert world.progress(start) == (0, 0)


def test_a_query_finds_its_recipients(world: World) -> None:
    ann = world.contact("Ann", "tel:+250788000001")
    world.contact("Ben", "tel:+250788000002")
    start = world.ask(contact_query='name = "ann"')

    world.run()

    assert [each["contact"]["uuid"] for each in world.reached(start)] == [ann]


def test_a_new_group_with_a_query_takes_in_who_is_there_already(world: World) -> None:
    ann = world.contact("Ann", "tel:+250788000001")
    world.contact("Ben", "tel:+250788000002")
    group = world.group("Anns", query='name = "ann"')

    world.run()

    joined = world.installation.events(world.org, "contact_groups_changed")
    assert [(event["of"], event["data"]["groups_added"][0]["uuid"]) for event in joined] == [(ann, group)]
    total, handled = world.row(
        "select (doc->>'total')::int, handled from groups.groups join groups.group_progress using (org, uuid)"
    )
    assert (total, handled) == (1, 1)


def test_a_character_that_postgres_does_not_know_stops_nobody(world: World) -> None:
    ann = world.contact("Ann", "tel:+250788000001")
    world.ask(urns=["tel:+25078\x00"])
    start = world.ask(contacts=[ann])

    world.run()

    assert [each["contact"]["uuid"] for each in world.reached(start)] == [ann]


def test_a_group_whose_query_can_not_be_read_is_refused(world: World) -> None:
    group = {"uuid": world.installation.new_id(), "name": "Big feet", "query": "shoe_size = 40"}

    outcome = world.installation.command(world.org, "add_group", {"group": group})

    assert (outcome["field"], "shoe_size" in outcome["sentence"]) == ("query", True)


@pytest.mark.parametrize("wanted", [{"contact_query": "shoe_size = 40"}, {"contacts": ["not a uuid"]}])
def test_recipients_that_make_no_sense_stop_nobody_else(world: World, wanted: dict[str, Any]) -> None:
    bad = world.ask(**wanted)
    good = world.ask(contacts=world.contacts(1))

    world.run()

    assert world.progress(bad) == (0, 0)
    assert world.progress(good) == (1, 1)


def test_who_is_not_active_or_was_in_the_flow_before_is_left_out(world: World) -> None:
    ann, ben, cat = world.contacts(3)
    world.workspace.must("change_contact", contact=ben, changes={"status": "blocked"})
    world.ask(contacts=[cat])
    world.run()
    start = world.ask(contacts=[ann, ben, cat], restart_participants=False)

    world.run()

    assert [each["contact"]["uuid"] for each in world.reached(start)] == [ann]
    assert world.progress(start) == (1, 1)


def test_a_broadcast_reaches_its_recipients(world: World) -> None:
    group = world.group("Farmers")
    world.contacts(7, groups=[group])
    broadcast = world.broadcast("It will rain", groups=[group], urns=["tel:+250720000001"])

    world.run()

    assert len(world.reached(broadcast)) == 8
    assert world.installation.replies(world.org) == ["It will rain"] * 8
    world.project()
    total, handled = world.row(
        "select (doc->>'total')::int, handled from broadcasts.broadcasts join broadcasts.broadcast_progress using (org, uuid)"
        " where uuid = %s",
        broadcast,
    )
    assert (total, handled) == (8, 8)


def test_two_starters_reach_everybody_once(world: World) -> None:
    start = world.ask(contacts=world.contacts(23))
    other = world.new_starter(window=2 * SLICE)
    for _ in range(20):
        world.project()
        world.starter.step(0)
        other.step(0)
        world.decide()
    other.close()

    assert len(world.reached(start)) == 23
    assert len(world.inputs("start_contact")) == 23


def test_a_starter_whose_tables_are_lost_repeats_nothing(world: World) -> None:
    world.ask(contacts=world.contacts(3))
    world.run()
    world.starter.close()
    with world.connect() as connection, connection.cursor() as cursor:
        cursor.execute("drop schema starter cascade")
    world.starter = world.new_starter(window=2 * SLICE)
    late = world.ask(urns=["tel:+250720000001"])

    world.run()

    assert len(world.inputs("start_contact")) == 4
    assert world.progress(late) == (1, 1)


def test_a_start_that_was_put_off_does_not_hold_up_the_rest(world: World) -> None:
    """Eight of the first ten are never counted as handled: once the decider is past them, the rest goes on."""
    start = world.ask(contacts=world.contacts(14))
    world.project()
    world.start()
    world.decide()
    with world.connect() as connection, connection.cursor() as cursor:
        world.project()
        cursor.execute("update flow_starts.flow_start_progress set handled = 2 where uuid = %s", (start,))
    assert world.start() == 0

    world.installation.pass_time(6)
    world.start()

    assert len(world.inputs("start_contact")) == 14


def test_a_start_from_a_newer_program_stops_the_starter(world: World) -> None:
    world.starter.step(0)
    log, partition = world.installation.log, partition_of(world.org, world.installation.log.partitions)
    start = {"uuid": world.installation.new_id(), "flow": {"uuid": world.flow, "name": "Hello"}}
    event = {"type": "flow_start_created", "version": 99, "id": start["uuid"], "of": start["uuid"], "n": 1}
    world.installation.crash_decider()
    newer = log.own("newer")
    newer.assignment()
    record = Record(world.org, "configuration", (event | {"data": {"flow_start": start}},), 1, "decider")
    newer.commit(partition, [record], b"")

    with pytest.raises(UnknownEvent, match="flow_start_created version 99"):
        world.starter.step(0)


def test_while_the_decider_is_away_the_log_is_not_filled(world: World) -> None:
    world.ask(contacts=world.contacts(30))
    world.project()
    for _ in range(5):
        world.start()
        world.installation.pass_time(60)

    assert len(world.inputs("start_contact")) == 2 * SLICE


def test_a_lost_database_connection_is_taken_up_again(world: World) -> None:
    world.starter.step(0)
    start = world.ask(contacts=world.contacts(3))
    world.project()
    with world.connect() as admin, admin.cursor() as cursor:
        cursor.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where pid <> pg_backend_pid() and datname = current_database()"
        )

    assert world.starter.step(0) == 0
    world.run()
    assert world.progress(start) == (3, 3)
