"""What is asked of read models costs the same however large a workspace is: by index only, and a bounded number of rows.

Every statement that an endpoint runs is explained over one giant workspace and twenty small ones; what is rare stands at the far end of its
order, so that a plan that walks there would be seen.
"""

import base64
from collections.abc import Iterator
from typing import Any

import orjson
import psycopg2
import pytest
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import make_dsn

from gateways.api_v2.calls import Call
from gateways.api_v2.catalogue import ENDPOINTS
from gateways.cli.history import BY_URN, BY_UUID, EVENTS_OF
from projections.catalogue import CATALOGUE
from projections.due_timers.queries import COUNT, NEXT, OF_MANY
from projections.installing import install
from tests.projections.examples import uuid_of
from tests.projections.giant import (
    ALIVE,
    ANSWERED,
    ASKED,
    BROADCAST,
    CALLER,
    CONTACT,
    FEW,
    GIANT,
    LABEL,
    LABELLED,
    LONG_AGO,
    PAGE,
    SMALL,
    SOME,
    Explained,
    called,
    faults,
    fill,
    large_tables,
    moment_of,
    steps,
    touched,
)


@pytest.fixture(scope="module")
def connection(postgres_url: str) -> Iterator[Connection]:
    admin = psycopg2.connect(postgres_url)
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute("create database query_plans template template0 strategy file_copy")
    connection = psycopg2.connect(make_dsn(postgres_url, dbname="query_plans"))
    install(connection, CATALOGUE)
    fill(connection)
    connection.commit()
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze")
    yield connection
    connection.close()
    with admin.cursor() as cursor:
        cursor.execute("drop database query_plans with (force)")
    admin.close()


NAMES = [" ".join((name, *(f"{key}={value[:9]}" for key, value in params.items()))) for name, params, _ in ASKED]


@pytest.mark.parametrize(("endpoint", "params", "found"), ASKED, ids=NAMES)
def test_a_list_of_the_api_is_read_by_index(
    connection: Connection, endpoint: str, params: dict[str, str], found: int
) -> None:
    reader = Explained(connection)

    answer = called(reader, endpoint, **params)

    assert len(answer["results"]) == found
    assert faults(reader.plans, large_tables(connection)) == []


URN = "tel:+250780000007"


@pytest.mark.parametrize(
    ("endpoint", "body", "params"),
    [
        ("contacts", {"name": "Ann", "urns": [URN], "groups": ["few"]}, {}),
        ("contacts", {"name": "Ann"}, {"uuid": CONTACT}),
        ("contacts", {"name": "Ann"}, {"urn": URN}),
        ("contact_actions", {"contacts": [CONTACT, URN], "action": "add", "group": "few"}, {}),
        ("message_actions", {"messages": [-9, LABELLED, 5], "action": "label", "label": "urgent"}, {}),
        ("ticket_actions", {"tickets": [CONTACT], "action": "close"}, {}),
        ("messages", {"contact": CONTACT, "text": "Hi"}, {}),
        ("broadcasts", {"contacts": [CONTACT, URN], "groups": ["few"], "text": "Hi"}, {}),
        ("groups", {"name": "Wells"}, {}),
        ("groups", {"name": "Wells"}, {"uuid": FEW}),
        ("labels", {"name": "Wells"}, {"uuid": LABEL}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else value,
)
def test_what_a_command_needs_to_know_is_found_by_index(
    connection: Connection, endpoint: str, body: dict[str, Any], params: dict[str, str]
) -> None:
    reader = Explained(connection)
    post = ENDPOINTS[endpoint].post
    assert post is not None

    post(reader, Call(CALLER, params, "http://localhost/list.json", body, lambda: uuid_of("new")))

    assert faults(reader.plans, large_tables(connection)) == []


@pytest.mark.parametrize("params", [{"uuid": CONTACT}, {"urn": URN}], ids=["uuid", "urn"])
def test_whoever_is_to_be_deleted_is_found_by_index(connection: Connection, params: dict[str, str]) -> None:
    reader = Explained(connection)
    delete = ENDPOINTS["contacts"].delete
    assert delete is not None

    delete(reader, Call(CALLER, params, "http://localhost/list.json", {}, lambda: ""))

    assert faults(reader.plans, large_tables(connection)) == []


@pytest.mark.parametrize(
    ("endpoint", "params"),
    [
        ("messages", {}),
        ("messages", {"folder": "flows"}),
        ("messages", {"folder": "sent"}),
        ("messages", {"label": "urgent"}),
        ("messages", {"broadcast": BROADCAST}),
        ("contacts", {}),
        ("contacts", {"group": GIANT.group}),
        ("runs", {"flow": GIANT.flow}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else value,
)
def test_the_last_pages_cost_what_the_first_costs(
    connection: Connection, endpoint: str, params: dict[str, str]
) -> None:
    reader = Explained(connection)
    assert called(reader, endpoint, **params, after=LONG_AGO)["next"] is not None
    moment = moment_of(connection, "messages", "created_on", -600)

    answer = called(reader, endpoint, **params, before=moment)
    back = base64.urlsafe_b64encode(orjson.dumps([moment, 0, True])).decode()
    before = called(reader, endpoint, **params, cursor=back)

    assert answer["results"]
    assert len(before["results"]) == PAGE
    assert faults(reader.plans, large_tables(connection)) == []


@pytest.mark.parametrize("params", [{}, {"flow": GIANT.flow}], ids=["all", "of a flow"])
def test_unanswered_runs_are_found_behind_any_others(connection: Connection, params: dict[str, str]) -> None:
    reader = Explained(connection)
    moment = moment_of(connection, "runs", "modified_on", -ANSWERED)

    answer = called(reader, "runs", **params, responded="false", before=moment)

    assert len(answer["results"]) == 3
    assert max(touched(step) for plan in reader.plans for step in steps(plan)) <= 3


@pytest.mark.parametrize(("period", "number"), [("after", -21_900), ("before", -500)])
def test_what_was_sent_of_a_period_is_found_behind_any_number_of_others(
    connection: Connection, period: str, number: int
) -> None:
    reader = Explained(connection)
    moment = moment_of(connection, "messages", "created_on", number)

    answer = called(reader, "messages", folder="sent", **{period: moment})

    assert answer["results"]
    assert max(touched(step) for plan in reader.plans for step in steps(plan)) <= PAGE + 1


@pytest.mark.parametrize("params", [{}, {"reverse": "true"}, {"before": LONG_AGO}, {"deleted": "true"}], ids=str)
@pytest.mark.parametrize("group", [FEW, SOME, GIANT.group], ids=["few", "a quarter", "all"])
def test_no_contact_outside_the_page_is_read_for_a_page_of_a_group(
    connection: Connection, group: str, params: dict[str, str]
) -> None:
    reader = Explained(connection)

    answer = called(reader, "contacts", group=group, **params)

    of_list = [step for plan in reader.plans for step in steps(plan) if step.get("Alias") in ("g", "c")]
    assert max((touched(step) for step in of_list), default=0) <= min(len(answer["results"]) + 1, PAGE + 1)


def test_counts_are_kept_and_not_counted(connection: Connection) -> None:
    reader = Explained(connection)

    assert {group["count"] for group in called(reader, "groups")["results"]} == {ALIVE, 2_999, 19}
    assert called(reader, "labels")["results"][0]["count"] == 6_000

    assert max(touched(step) for plan in reader.plans for step in steps(plan)) <= 2 * SMALL


@pytest.mark.parametrize(
    ("statement", "arguments"),
    [
        (BY_URN, ("tel", "+250780000007", GIANT.org, GIANT.org)),
        (BY_URN, ("tel", "+250780000007", None, None)),
        (BY_UUID, (CONTACT, GIANT.org, GIANT.org)),
        (BY_UUID, (CONTACT, None, None)),
        (EVENTS_OF, (CONTACT, GIANT.org)),
    ],
    ids=["urn", "urn of any workspace", "uuid", "uuid of any workspace", "events"],
)
def test_a_history_is_found_by_index(connection: Connection, statement: str, arguments: tuple[Any, ...]) -> None:
    reader = Explained(connection)

    assert reader.rows(statement, *arguments)

    assert faults(reader.plans, large_tables(connection)) == []


def test_a_flood_of_timers_is_not_put_in_order_with_every_sweep(connection: Connection) -> None:
    reader = Explained(connection)
    asked = {"now": "2100-01-01T00:00:00Z", "each": 20, "limit": 500}

    with connection.cursor() as cursor:
        for statement in (COUNT, OF_MANY):
            reader.rows(cursor.mogrify(statement, asked).decode())
    reader.rows(NEXT, asked["now"])

    assert faults(reader.plans, large_tables(connection)) == []


def test_a_plan_that_reads_everything_is_told_from_one_by_index(connection: Connection) -> None:
    reader = Explained(connection)

    reader.rows("select * from messages.messages where text = 'nothing'")
    reader.rows("select * from messages.messages where org = %s order by text limit 250", GIANT.org)

    assert any("reads messages" in fault for fault in faults(reader.plans[:1], large_tables(connection)))
    assert any("touches" in fault for fault in faults(reader.plans[1:], large_tables(connection)))
