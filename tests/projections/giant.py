"""A giant workspace among twenty small ones, and how to look at the plans of what is asked about it."""

from collections.abc import Iterator
from typing import Any

from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

from gateways.api_v2.calls import Call, Caller
from gateways.api_v2.catalogue import ENDPOINTS
from gateways.cli.drill.past import Past, fill_past
from gateways.http.read_pool import Reader
from tests.projections.examples import uuid_of

CONTACTS = 12_000
ALIVE = 11_000  # the newest are deleted
SMALL = 20
LARGE = 3_000  # rows: a table with fewer is read whole, and may be
MOST = 1_500  # rows that one step of a plan may touch; a page has 250

Plan = dict[str, Any]
GIANT = Past(*(uuid_of(f"giant {part}") for part in ("org", "channel", "flow", "group")))
CONTACT = "00000007-c000-7000-8000-" + GIANT.org[-12:]
RUN = "00000007-b000-7000-8000-" + GIANT.org[-12:]
MESSAGE = "00000007-a001-7000-8000-" + GIANT.org[-12:]
LABELLED = "00000009-a001-7000-8000-" + GIANT.org[-12:]
ANSWERED = 6_000  # runs: all but the 3 oldest and those after them
LONG_AGO = "2000-01-01T00:00:00Z"
LABEL, TOPIC, BROADCAST = uuid_of("label"), uuid_of("topic"), uuid_of("broadcast")
FEW, SOME = uuid_of("few"), uuid_of("some")

PAGE = 250

# Lists that clients ask for, and how many rows they find on the first page.
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
    ("messages", {"broadcast": "77777"}, PAGE),
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
    ("runs", {"responded": "true"}, PAGE),
    ("runs", {"responded": "false"}, PAGE),
    ("runs", {"contact": CONTACT, "responded": "false"}, 0),
    ("runs", {"flow": GIANT.flow, "responded": "true"}, PAGE),
    ("runs", {"flow": GIANT.flow, "responded": "false"}, PAGE),
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
    ("groups", {}, 3),
    ("labels", {}, 1),
    ("topics", {}, 1),
]

# Of 24,000 messages: the 2,000 newest deleted, the oldest few in each rare folder, a third in one broadcast, half with one label.
SKEW = f"""
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
update contacts.contacts set status = null where org = %(org)s and id < -{ALIVE};
delete from contacts.contact_groups where org = %(org)s and contact_id < -{ALIVE};
update contacts.contact_group_counts set count = {ALIVE} where org = %(org)s;
update runs.runs set responded = false where org = %(org)s and (id < -{ANSWERED} or id > -4);
insert into groups.groups values (%(org)s, %(group)s, 2, '{{"name": "All"}}', now(), now(), false);
insert into groups.groups values (%(org)s, '{FEW}', 5, '{{"name": "Few"}}', now(), now(), false);
insert into contacts.contact_groups select org, id, '{FEW}', modified_on from contacts.contacts where org = %(org)s and id > -20;
insert into contacts.contact_group_counts values (%(org)s, '{FEW}', 19);
insert into groups.groups values (%(org)s, '{SOME}', 6, '{{"name": "Some"}}', now(), now(), false);
insert into contacts.contact_groups select org, id, '{SOME}', modified_on from contacts.contacts where org = %(org)s and id > -3000;
insert into contacts.contact_group_counts values (%(org)s, '{SOME}', 2999);
insert into due_timers.due_timers select org, uuid, 'wait_expiration', uuid, null, null, modified_on - interval '1 day' from contacts.contacts;
insert into topics.topics values (%(org)s, '{TOPIC}', 3, '{{"name": "Water"}}', now(), now(), false);
insert into tickets.tickets select org, uuid, null, jsonb_build_object('contact', uuid, 'status', 'open', 'topic', jsonb_build_object(
    'uuid', '{TOPIC}')), modified_on, modified_on, false from contacts.contacts where org = %(org)s;
insert into flow_starts.flow_starts select org, uuid, -id, jsonb_build_object('origin', case when id < -2000 then 'flow' else 'api' end,
    'flow', jsonb_build_object('uuid', %(flow)s, 'name', 'Poll')),
    modified_on, modified_on, false from contacts.contacts where org = %(org)s;
insert into broadcasts.broadcasts values (%(org)s, '{BROADCAST}', 77777, '{{}}', now(), now(), false);
insert into broadcasts.broadcasts select org, uuid, -id, '{{}}', modified_on, modified_on, false from contacts.contacts where org = %(org)s;
"""


def fill(connection: Connection) -> None:
    """Read models that are installed get their rows."""
    fill_past(connection, GIANT, CONTACTS)
    for number in range(SMALL):
        fill_past(connection, Past(*(uuid_of(f"{part} {number}") for part in ("org", "channel", "flow", "group"))), 50)
    with connection.cursor() as cursor:
        cursor.execute(SKEW, {"org": GIANT.org, "group": GIANT.group, "flow": GIANT.flow})


def moment_of(connection: Connection, table: str, column: str, number: int) -> str:
    """A time of a row of the giant's, as parameters take it."""
    with connection.cursor() as cursor:
        cursor.execute(f"select {column} from {table}.{table} where org = %s and id = %s", (GIANT.org, number))
        (moment,) = cursor.fetchone() or ()
    return str(moment.isoformat())


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


WORKSPACE = {"uuid": GIANT.org, "name": "Giant", "country": "RW", "languages": [], "timezone": "UTC"}
CALLER = Caller(GIANT.org, "ann@example.com", uuid_of("ann"), "administrator", WORKSPACE)


def called(reader: Reader, endpoint: str, **params: str) -> dict[str, Any]:
    get = ENDPOINTS[endpoint].get
    assert get is not None
    answer: dict[str, Any] = get(reader, Call(CALLER, params, "http://localhost/list.json", {}, lambda: ""))
    return answer
