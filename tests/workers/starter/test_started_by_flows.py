"""What flows start and send for others reaches them in slices, like what people start and send."""

from collections.abc import Iterator

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from tests.workers.decider.flows import flow_of_actions
from tests.workers.starter.world import World

CHIEF = "tel:+250788999999"


@pytest.fixture
def world(postgres_database: str) -> Iterator[World]:
    def connect() -> Connection:
        return psycopg2.connect(postgres_database)

    made = World(connect)
    yield made
    made.close()


def test_a_flow_starts_a_group_in_another_flow_which_knows_who_began(world: World) -> None:
    farmers = world.group("Farmers")
    contacts = world.contacts(3, groups=[farmers])
    tell = {"type": "send_msg", "text": "@parent.contact.name asks you, after @parent.flow.name: @parent.results.what"}
    told = flow_of_actions(world.workspace, "told", tell, name="Told")
    call = [
        {"type": "set_contact_name", "name": "Chief"},
        {"type": "set_run_result", "name": "What", "value": "how much rain?"},
        {
            "type": "start_session",
            "flow": {"uuid": told, "name": "Told"},
            "groups": [{"uuid": farmers, "name": "Farmers"}],
            "exclusions": {},
        },
    ]
    flow_of_actions(world.workspace, "call", *call, name="Call")
    world.project()

    world.workspace.texts(CHIEF, "call")
    world.run()

    for number in range(len(contacts)):
        replies = world.installation.replies(world.org, f"tel:+2507880{number:05}")
        assert replies == ["Chief asks you, after Call: how much rain?"]


def test_flows_that_start_one_another_are_stopped_after_five_generations(world: World) -> None:
    """Two flows that start a contact in each other: nobody writes, so it ends."""
    [contact] = world.contacts(1)
    uuid = world.installation.new_id()
    again = {
        "type": "start_session",
        "flow": {"uuid": uuid, "name": "Again"},
        "contacts": [{"uuid": contact, "name": ""}],
        "exclusions": {},
    }
    flow_of_actions(world.workspace, "again", again, uuid=uuid, name="Again")
    world.project()

    world.workspace.texts(CHIEF, "again")
    world.run()

    started = world.installation.events(world.org, "flow_start_created")
    assert [each["data"]["flow_start"]["history"]["ancestors_since_input"] for each in started] == [0, 1, 2, 3, 4]
    assert len(world.installation.events(world.org, "start_contact_done")) == 5


def test_a_contact_is_made_where_the_flow_wants_one(world: World) -> None:
    make = {
        "type": "start_session",
        "flow": {"uuid": world.flow, "name": "Hello"},
        "create_contact": True,
        "exclusions": {},
    }
    flow_of_actions(world.workspace, "make", make)
    world.project()

    world.workspace.texts(CHIEF, "make")
    world.run()

    created = world.installation.events(world.org, "contact_created")
    assert len(created) == 2
    assert created[-1]["data"]["contact"]["urns"] == []
    assert world.installation.events(world.org, "start_contact_done")[-1]["data"]["outcome"] == "started"


def test_a_flow_s_broadcast_reaches_a_group_in_each_one_s_language(world: World) -> None:
    farmers = world.group("Farmers")
    world.contacts(2, groups=[farmers])
    send = {
        "type": "send_broadcast",
        "text": "@contact.name says: rain",
        "groups": [{"uuid": farmers, "name": "Farmers"}],
    }
    flow_of_actions(world.workspace, "tell", {"type": "set_contact_name", "name": "Chief"}, send)
    world.project()

    world.workspace.texts(CHIEF, "tell")
    world.run()

    said = [world.installation.replies(world.org, f"tel:+2507880{number:05}") for number in range(2)]
    assert said == [["Chief says: rain"], ["Chief says: rain"]]


def test_a_query_that_came_to_nothing_reaches_nobody(world: World) -> None:
    world.contacts(2)
    start = {
        "type": "start_session",
        "flow": {"uuid": world.flow, "name": "Hello"},
        "contact_query": "@(1 / 0)",
        "exclusions": {},
    }
    send = {"type": "send_broadcast", "text": "hi", "contact_query": " "}
    flow_of_actions(world.workspace, "all", start, send)
    world.project()

    world.workspace.texts(CHIEF, "all")
    world.run()

    assert world.installation.events(world.org, "start_contact_done") == []
    assert world.installation.events(world.org, "broadcast_contact_done") == []
