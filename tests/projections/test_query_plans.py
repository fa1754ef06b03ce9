"""What is asked of read models costs the same however large a workspace is: by index only, and a bounded number of rows.

Every statement that an endpoint runs is explained over one giant workspace and twenty small ones; what is rare stands at the far end of its
order, so that a plan that walks there would be seen.
"""

from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import make_dsn
from psycopg2.extras import RealDictCursor

from gateways.api_v2.calls import Call, Caller
from gateways.api_v2.catalogue import ENDPOINTS
from gateways.cli.drill.past import Past, fill_past
from gateways.cli.history import BY_URN, BY_UUID, EVENTS_OF
from gateways.http.read_pool import Reader
from projections.catalogue import CATALOGUE
from projections.due_timers.queries import COUNT, NEXT, OF_MANY
from projections.installing import install
from tests.projections.examples import uuid_of

CONTACTS = 12_000
SMALL = 20
LARGE = 3_000  # rows: a table with fewer is read whole, and may be
MOST = 1_500  # rows that one step of a plan may touch; a page has 250

Plan = dict[str, Any]
GIANT = Past(*(uuid_of(f"giant {part}") for part in ("org", "channel", "flow", "group")))
CONTACT = "00000007-c000-7000-8000-" + GIANT.org[-12:]
RUN = "00000007-b000-7000-8000-" + GIANT.org[-12:]
MESSAGE = "00000007-a001-7000-8000-" + GIANT.org[-12:]
LABELLED = "00000009-a001-7000-8000-" + GIANT.org[-12:]
LONG_AGO = "2000-01-01T00:00:00Z"
LABEL, TOPIC, BROADCAST, FEW = uuid_of("label"), uuid_of("topic"), uuid_of("broadcast"), uuid_of("few")

# Of 24,000 messages: the 2,000 newest deleted, the oldest few in each rare folder, a third in one broadcast, half with one label.
_SKEW = f"""
update messages.messages set visibility = 'deleted' where org = %(org)s and id < -22000;
update messages.messages set visibility = 'archived' where org = %(org)s and direction = 'in' and id > -100;
update messages.messages set flow_uuid = null where org = %(org)s and direction = 'in' and id between -200 and -100;
update messages.messages set status = 'failed' where org = %(org)s and direction = 'out' and id > -100;
update messages.messages set status = 'queued', sent_on = null where org = %(org)s and direction = 'out' and id between -200 and -100;
update messages.messages set broadcast_uuid = '{BROADCAST}' where org = %(org)s and direction = 'out' and id > -16000;
insert into labels.labels values (%(org)s, '{LABEL}', 1, '{{"name": "Urgent"}}', now(), now(), false);
update messages.messages set labels = array['{LABEL}'::uuid] where org = %(org)s and direction = 'in' and id > -12000;
insert into messages.message_labels select org, '{LABEL}', created_on, id from messages.messages where org = %(org)s and labels <> '{{}}';
insert into messages.message_label_counts select org, label, count(*) from messages.message_labels group by org, label;
update contacts.contacts set status = null where org = %(org)s and id < -11000;
update runs.runs set responded = false where org = %(org)s and id < -100;
insert into groups.groups values (%(org)s, %(group)s, 2, '{{"name": "All"}}', now(), now(), false);
insert into groups.groups values (%(org)s, '{FEW}', 5, '{{"name": "Few"}}', now(), now(), false);
insert into contacts.contact_groups select org, id, '{FEW}' from contacts.contacts where org = %(org)s and id > -20;
insert into contacts.contact_group_counts values (%(org)s, '{FEW}', 19);
insert into due_timers.due_timers select org, uuid, 'wait_expiration', uuid, null, null, modified_on - interval '1 day' from contacts.contacts;
insert into topics.topics values (%(org)s, '{TOPIC}', 3, '{{"name": "Water"}}', now(), now(), false);
insert into tickets.tickets select org, uuid, null, jsonb_build_object('contact', uuid, 'status', 'open', 'topic', jsonb_build_object(
    'uuid', '{TOPIC}')), modified_on, modified_on, false from contacts.contacts where org = %(org)s;
insert into flow_starts.flow_starts select org, uuid, -id, jsonb_build_object('origin', case when id < -2000 then 'flow' else 'api' end,
    'flow', jsonb_build_object('uuid', %(flow)s, 'name', 'Poll')),
    modified_on, modified_on, false from contacts.contacts where org = %(org)s;
insert into broadcasts.broadcasts select org, uuid, -id, '{{}}', modified_on, modified_on, false from contacts.contacts where org = %(org)s;
"""


@pytest.fixture(scope="module")
def connection(postgres_url: str) -> Iterator[Connection]:
    admin = psycopg2.connect(postgres_url)
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute("create database query_plans template template0 strategy file_copy")
    connection = psycopg2.connect(make_dsn(postgres_url, dbname="query_plans"))
    install(connection, CATALOGUE)
    fill_past(connection, GIANT, CONTACTS)
    for number in range(SMALL):
        fill_past(connection, Past(*(uuid_of(f"{part} {number}") for part in ("org", "channel", "flow", "group"))), 50)
    with connection.cursor() as cursor:
        cursor.execute(_SKEW, {"org": GIANT.org, "group": GIANT.group, "flow": GIANT.flow})
    connection.commit()
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze")
    yield connection
    connection.close()
    with admin.cursor() as cursor:
        cursor.execute("drop database query_plans with (force)")
    admin.close()


class Explained(Reader):
    """Answers as a reader does, and keeps the plan of every statement."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection.cursor(cursor_factory=RealDictCursor))
        self.plans: list[Plan] = []

    def rows(self, statement: str, *arguments: Any) -> list[dict[str, Any]]:
        self._cursor.execute(f"explain (analyze, timing off, format json) {statement}", arguments)
        self.plans.append(self._cursor.fetchone()["QUERY PLAN"][0]["Plan"])
        return super().rows(statement, *arguments)


def steps(plan: Plan) -> Iterator[Plan]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from steps(part)


def touched(step: Plan) -> float:
    """Rows that a step gave or threw away, over all its loops."""
    thrown = sum(step.get(f"Rows Removed by {what}", 0) for what in ("Filter", "Index Recheck", "Join Filter"))
    return float((step["Actual Rows"] + thrown) * step["Actual Loops"])


def large_tables(connection: Connection) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("select relname from pg_class where relkind = 'r' and reltuples >= %s", (LARGE,))
        return {name for (name,) in cursor.fetchall()}


def faults(plans: list[Plan], large: set[str]) -> list[str]:
    found = []
    for step in (step for plan in plans for step in steps(plan)):
        if step["Node Type"] == "Seq Scan" and step["Relation Name"] in large:
            found.append(f"reads {step['Relation Name']} from end to end")
        if touched(step) > MOST:
            found.append(f"{step['Node Type']} {step.get('Index Name', '')} touches {touched(step):.0f} rows")
    return found


def called(reader: Reader, endpoint: str, **params: str) -> dict[str, Any]:
    workspace = {"uuid": GIANT.org, "name": "Giant", "country": "RW", "languages": [], "timezone": "UTC"}
    caller = Caller(GIANT.org, "ann@example.com", uuid_of("ann"), "administrator", workspace)
    get = ENDPOINTS[endpoint].get
    assert get is not None
    answer: dict[str, Any] = get(reader, Call(caller, params, "http://localhost/list.json", {}, lambda: ""))
    return answer


PAGE = 250
ASKED = [
    ("messages", {}, PAGE),
    ("messages", {"folder": "inbox"}, 50),
    ("messages", {"folder": "flows"}, PAGE),
    ("messages", {"folder": "archived"}, 50),
    ("messages", {"folder": "outbox"}, 51),
    ("messages", {"folder": "sent"}, PAGE),
    ("messages", {"folder": "failed"}, 49),
    ("messages", {"label": "urgent"}, PAGE),
    ("messages", {"label": "urgent", "uuid": LABELLED}, 1),
    ("messages", {"label": "urgent", "id": "-9"}, 1),
    ("messages", {"folder": "inbox", "uuid": MESSAGE}, 0),
    ("messages", {"contact": CONTACT, "after": LONG_AGO}, 2),
    ("messages", {"contact": CONTACT}, 2),
    ("messages", {"broadcast": BROADCAST}, PAGE),
    ("messages", {"uuid": MESSAGE}, 1),
    ("messages", {"id": "-9"}, 1),
    ("contacts", {}, PAGE),
    ("contacts", {"reverse": "true"}, PAGE),
    ("contacts", {"deleted": "true"}, PAGE),
    ("contacts", {"uuid": CONTACT}, 1),
    ("contacts", {"urn": "tel:+250780000007"}, 1),
    ("contacts", {"group": GIANT.group}, PAGE),
    ("contacts", {"group": FEW}, 19),
    ("contacts", {"group": FEW, "reverse": "true"}, 19),
    ("contacts", {"group": FEW, "before": LONG_AGO}, 0),
    ("contacts", {"group": FEW, "deleted": "true"}, 0),
    ("contacts", {"group": FEW, "uuid": CONTACT}, 1),
    ("contacts", {"deleted": "true", "urn": "tel:+250780000007"}, 0),
    ("contacts", {"after": LONG_AGO, "reverse": "true"}, PAGE),
    ("runs", {}, PAGE),
    ("runs", {"reverse": "true"}, PAGE),
    ("runs", {"flow": GIANT.flow}, PAGE),
    ("runs", {"responded": "true"}, 100),
    ("runs", {"responded": "false"}, PAGE),
    ("runs", {"contact": CONTACT, "responded": "false"}, 0),
    ("runs", {"flow": GIANT.flow, "responded": "true"}, 100),
    ("runs", {"contact": CONTACT}, 1),
    ("runs", {"uuid": RUN}, 1),
    ("runs", {"id": "-8"}, 1),
    ("tickets", {}, PAGE),
    ("tickets", {"contact": CONTACT}, 1),
    ("tickets", {"uuid": CONTACT}, 1),
    ("tickets", {"uuid": CONTACT, "contact": CONTACT}, 1),
    ("flow_starts", {}, PAGE),
    ("flow_starts", {"id": "7"}, 1),
    ("flow_starts", {"uuid": CONTACT}, 1),
    ("flow_starts", {"after": LONG_AGO}, PAGE),
    ("broadcasts", {}, PAGE),
    ("broadcasts", {"id": "7"}, 1),
    ("broadcasts", {"uuid": CONTACT}, 1),
    ("broadcasts", {"after": LONG_AGO}, PAGE),
    ("groups", {}, 2),
    ("labels", {}, 1),
    ("topics", {}, 1),
]
NAMES = [" ".join((name, *(f"{key}={value[:9]}" for key, value in params.items()))) for name, params, _ in ASKED]


@pytest.mark.parametrize(("endpoint", "params", "found"), ASKED, ids=NAMES)
def test_a_list_of_the_api_is_read_by_index(
    connection: Connection, endpoint: str, params: dict[str, str], found: int
) -> None:
    reader = Explained(connection)

    answer = called(reader, endpoint, **params)

    assert len(answer["results"]) == found
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
    assert called(reader, endpoint, **params, after="2000-01-01T00:00:00Z")["next"] is not None
    with connection.cursor() as cursor:
        cursor.execute("select created_on from messages.messages where org = %s and id = -600", (GIANT.org,))
        (moment,) = cursor.fetchone()

    answer = called(reader, endpoint, **params, before=moment.isoformat())

    assert answer["results"]
    assert faults(reader.plans, large_tables(connection)) == []


def test_counts_are_kept_and_not_counted(connection: Connection) -> None:
    reader = Explained(connection)

    assert {group["count"] for group in called(reader, "groups")["results"]} == {CONTACTS, 19}
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
