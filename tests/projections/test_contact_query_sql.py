"""Queries over the read model of contacts answer what the engine answers for the same contacts."""

import random
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.contact.contact import Contact
from domain.contact.query.contact_values import contact_reader
from domain.contact.query.errors import QueryError
from domain.contact.query.match import ReadValues, Value, text_key
from domain.contact.query.order import read_order
from domain.contact.query.query import Query, parse_query
from domain.contact.query.resolver import CatalogueResolver
from domain.contact.query.syntax_tree import Condition, escape_value
from domain.contact.reference_code import reference_code
from domain.environment.environment import Environment
from domain.flow.assets import Assets
from projections.contact_order_sql import list_contacts
from projections.contact_query_sql import contact_condition, count_contacts, find_contacts
from tests.projections.conftest import Tables
from tests.projections.examples import Story, uuid_of

ENVIRONMENT = Environment.from_json({"timezone": "Africa/Kigali", "date_format": "DD-MM-YYYY", "default_country": "RW"})
FIELDS = {"age": "number", "joined": "datetime", "color": "text", "home": "state", "part": "district", "sector": "ward"}
CONTACTS = 120

NAMES = (
    "Bob",
    "bob  ",
    "Ann Lee",
    "ANN-LEE",
    "Élodie O'Brien",
    "李 小龙",
    "İsmail Straße",
    "",
    "Σίσυφος",
    "Al",
    "   ",
    "x_1 y%z",
    "สมชาย Bob",
    'צה"ל',
    "カタカナ２ B🏽",
    "Maximilian-Alexandros",
    "ǅemal ﬁnn",
)
TEXTS = ("red", " RED ", "Red Wine", "10", "İ", "ß", "ΣΑΣ", "a%b_c\\", 'say "hi"', "\u2003wide\u00a0", "Kigali", "",
         "ſtraße", "ﬀ", "ΐ", "Ǆ", "\u00adx", "ẞ", "K", "0", "false")  # fmt: skip
NUMBERS = ("10", "10.0", "-5", "0.1", ".1", "36", "123456789012345678901234567890", "0.12345678901234567890123", "1e5",
           "99999999999999999999999999999999999999", "0", "-0.0", " 36 ")  # fmt: skip
DAYS = ("2024-02-29", "31-12-2023", "01-01-2024", "2024-01-01T23:59:59.999999+02:00", "2023-12-31T22:00:00Z",
        "31-12-49", "1.1.24", "30-02-2024", "01-01-0001", "31-12-9999", "2024-01-01 23:59")  # fmt: skip
PLACES = ("Rwanda > Kigali City", "Rwanda > Kigali City > Gasabo", "Rwanda > Eastern > Bugesera > Rilima", "Rwanda")
URNS = ("tel:+250788123123", "tel:+250788383383", "tel:8282", "mailto:Ann@Example.com", "telegram:12345678", "ext:AbC 1",
        "viber:xYz==", "whatsapp:250788123123", "twitter:bobby")  # fmt: skip
LANGUAGES = ("", "eng", "fra", "kin")
STATUSES = ("active", "active", "active", "blocked", "stopped", "archived")
GROUPS = {"Testers": uuid_of("testers"), "Youth": uuid_of("youth")}


class People:
    """Contacts in a read model and as the engine holds them, with what only lists may ask."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.story = Story()
        chance = random.Random(20261124)
        self.assets = Assets.from_json(
            {
                "fields": [
                    {"key": key, "name": key, "type": kind, "uuid": uuid_of(key)} for key, kind in FIELDS.items()
                ],
                "groups": [{"uuid": uuid, "name": name} for name, uuid in GROUPS.items()],
            }
        )
        self.resolver = CatalogueResolver(self.assets.fields, self.assets.groups.values(), [_Flow(self.story.flow)])
        self.contacts: dict[str, Contact] = {}
        self.flows: dict[str, tuple[str | None, bool]] = {}
        free_urns = [f"{urn}{n}" if n else urn for n in range(6) for urn in URNS]
        for n in range(CONTACTS):
            self._add(n, chance, free_urns)
        tables.project(self.story)

    def _add(self, n: int, chance: random.Random, free_urns: list[str]) -> None:
        story = self.story
        document: dict[str, Any] = {
            "language": chance.choice(LANGUAGES),
            "status": chance.choice(STATUSES),
            "created_on": chance.choice(
                ("2023-12-31T21:59:59.999999Z", "2023-12-31T22:00:00Z", "2024-02-29T12:00:00Z")
            ),
            "fields": {key: value for key, kind in FIELDS.items() if (value := _field(kind, chance)) is not None},
            "groups": [{"uuid": GROUPS[name], "name": name} for name in GROUPS if chance.random() < 0.3],
        }
        if chance.random() < 0.5:
            document["last_seen_on"] = chance.choice(("2024-01-01T21:59:59Z", "2024-01-01T22:00:00Z"))
        urns = [free_urns.pop(chance.randrange(len(free_urns))) for _ in range(chance.choice((0, 0, 1)))]
        uuid = story.contact(f"{n}", *urns, **document)
        told = story.records[-1].events[0]["data"]["contact"]
        name = chance.choice(NAMES)
        story.tell("decision", story.event("contact_name_changed", {"name": name}, uuid))
        opened = chance.choice((0, 0, 1, 2))
        tickets = [{"uuid": uuid_of(f"{n} ticket {k}"), "status": "open"} for k in range(opened)]
        for ticket in tickets:
            story.change(uuid, "ticket_opened", ticket=ticket)
        waits = chance.choice((None, False, True))
        if waits is not None:
            run = story.run(uuid)
            if not waits:
                story.answered(uuid, run, "red")
        self.flows[uuid] = (story.flow["name"] if waits else None, waits is not None)
        self.contacts[uuid] = Contact.from_json({**told, "name": name, "tickets": tickets}, self.assets)

    def parse(self, text: str) -> Query:
        return parse_query(text, ENVIRONMENT, self.resolver)

    def matching(self, query: Query) -> set[str]:
        """As the engine answers, in every status."""
        matches = query.matcher(ENVIRONMENT, self._reader)
        return {uuid for uuid, contact in self.contacts.items() if matches(contact)}

    def _reader(self, condition: Condition) -> ReadValues[Contact]:
        listed = self._listed(condition.key) if condition.is_attribute(condition.key) else None
        return contact_reader(condition) if listed is None else listed

    def _listed(self, key: str) -> ReadValues[Contact] | None:
        def flow_of(contact: Contact) -> Sequence[Value]:
            flow = self.flows[contact.uuid][0]
            return (flow,) if flow else ()

        reads: dict[str, ReadValues[Contact]] = {
            "id": lambda contact: (str(contact.id),),
            "ref": lambda contact: (reference_code(contact.id, ENVIRONMENT.obfuscation_key),),
            "status": lambda contact: (contact.status,),
            "group": lambda contact: [group.name for group in contact.groups.values()],
            "flow": flow_of,
            "history": lambda contact: (self.story.flow["name"],) if self.flows[contact.uuid][1] else (),
        }
        return reads.get(key)

    def found(self, query: Query) -> set[str]:
        """As the database answers, in every status."""
        condition = contact_condition(query, ENVIRONMENT)
        sql = f"select c.uuid::text from contacts c where c.org = %s and {condition.sql}"
        return set(self.tables.values(sql, self.story.org, *condition.parameters))


class _Flow:
    def __init__(self, reference: dict[str, str]) -> None:
        self.uuid, self.name = reference["uuid"], reference["name"]


def _field(kind: str, chance: random.Random) -> dict[str, Any] | None:
    if chance.random() < 0.35:
        return None
    if kind == "number":
        text = chance.choice((*NUMBERS, "ten"))
        return {"text": text} if text in ("ten", "1e5") else {"text": text, "number": _number(text)}
    if kind == "datetime":
        moment = chance.choice(
            (
                "2024-02-29T10:00:00.000000+02:00",
                "2023-12-31T23:59:59.999999+02:00",
                "2024-01-01T00:00:00Z",
                "9999-12-31T23:59:00.000000-05:00",
                "0001-01-01T00:00:00.000000+02:00",
            )
        )
        return {"text": "some day", "datetime": moment}
    if kind in ("state", "district", "ward"):
        place = chance.choice(PLACES)
        return {"text": place, kind: place}
    return {"text": chance.choice([text for text in TEXTS if text])}


def _number(text: str) -> float | int:
    """As a JSON reader on the way may have rounded it."""
    return int(text) if len(text) < 15 and text.lstrip("-").isdigit() else float(Decimal(text))


@pytest.fixture
def people(tables: Tables) -> People:
    return People(tables)


def _queries() -> st.SearchStrategy[str]:
    values = st.sampled_from(
        (
            *NAMES,
            *TEXTS,
            *NUMBERS,
            *DAYS,
            "Kigali City",
            "Gasabo",
            "250",
            "12345",
            "active",
            "eng",
            "bob lee",
            "alexandros",
            "max",
            "+250 788",
            "Ann@Example.com",
            "8282 ",
        )
    )
    equalities = st.sampled_from(("=", "!="))
    any_operator = st.sampled_from(("=", "!=", ">", ">=", "<", "<=", "~"))
    keys = st.sampled_from(
        ("name", "uuid", "id", "ref", "status", "language", "urn", "tel", "ext", "mailto", "viber", "tickets", "created_on",
         "last_seen_on", *FIELDS)
    )  # fmt: skip
    known = st.sampled_from(
        ("id = 8", "status = blocked", "status != active", "flow = registration", "flow != Registration", 'flow = ""',
         'history != ""', "history = registration", "history != registration", "group = testers", "group != youth",
         'group = ""', 'group != ""', "tickets = 0", "tickets > 1", 'tel = ""', 'urn != ""', "urn ~ 788", "tel ~ 250788")
    )  # fmt: skip
    compared = st.builds(
        lambda key, operator, value: f"{key} {operator} {escape_value(value)}", keys, any_operator, values
    )
    anything = st.text(alphabet="aB1 é%_\\'İßσ李ส🏽\u00ad\x00-\"", max_size=6)
    free = st.builds(lambda key, operator, value: f"{key} {operator} {escape_value(value)}", keys, equalities, anything)
    single = st.one_of(known, compared, compared, free)
    return st.recursive(
        single, lambda inner: st.builds(lambda a, word, b: f"({a} {word} {b})", inner, st.sampled_from(("AND", "OR")), inner),
        max_leaves=4,
    )  # fmt: skip


def test_the_database_finds_whom_the_engine_matches(people: People) -> None:
    understood = 0

    @settings(max_examples=600, deadline=None, database=None, derandomize=True)
    @given(_queries())
    def agrees(text: str) -> None:
        nonlocal understood
        try:
            query = people.parse(text)
        except QueryError:
            return
        understood += 1
        assert people.found(query) == people.matching(query), str(query)

    agrees()
    assert understood > 200


def test_fields_nobody_knew_are_compared_as_what_they_hold(people: People) -> None:
    for text in ("age = 10", "age > 5", "age != 10", "joined > 31-12-2023", "joined = red", 'color != ""', 'color = ""',
                 "color = red", "color != RED", "age < 2030-01-01", "color > 3", "unheard = 1", "unheard != 1"):  # fmt: skip
        query = parse_query(text, ENVIRONMENT, None)

        assert people.found(query) == people.matching(query), text


def test_what_no_database_can_hold_is_found_nowhere(people: People) -> None:
    for text in (r'name = "\x00"', r'name != "\x00"', r'color = "re\x00d"', r'tel ~ "\x00\x00\x00"', r'urns.ext = "\x00AbC 1"',
                 r'name ~ "bo\x00b"'):  # fmt: skip
        query = people.parse(text)

        assert people.found(query) == people.matching(query), text


def test_reference_codes_and_ids_find_one_contact(people: People) -> None:
    uuid, contact = next(iter(people.contacts.items()))
    code = reference_code(contact.id, ENVIRONMENT.obfuscation_key)

    for text in (f"ref = {code}", f"ref = {code.lower()}", f"id = {contact.id}", f"uuid = {uuid.upper()}"):
        assert people.found(people.parse(text)) == {uuid}, text


def test_lists_are_of_one_status_and_come_in_pages(people: People) -> None:
    query = people.parse('name != ""')
    active = sorted(c.id for u, c in people.contacts.items() if c.status == "active" and u in people.matching(query))

    first = find_contacts(people.tables.connection, people.story.org, query, ENVIRONMENT, limit=10)
    rest = find_contacts(people.tables.connection, people.story.org, query, ENVIRONMENT, after=first[-1].id)

    assert [row.id for row in (*first, *rest)] == active
    assert count_contacts(people.tables.connection, people.story.org, query, ENVIRONMENT) == len(active)
    everybody = count_contacts(people.tables.connection, people.story.org, Query(None), ENVIRONMENT, status=None)
    assert everybody == CONTACTS


def test_lists_are_in_the_order_that_is_wanted(people: People) -> None:
    def listed(order: str, offset: int = 0, limit: int = 500) -> list[Contact]:
        by, connection = read_order(order, people.resolver), people.tables.connection
        rows = list_contacts(
            connection, people.story.org, Query(None), ENVIRONMENT, status=None, order=by, offset=offset, limit=limit
        )
        return [people.contacts[row.uuid] for row in rows]

    everybody = list(people.contacts.values())
    by_age = [c for c in everybody if "age" in c.fields and c.fields["age"].number is not None]
    expected = sorted(by_age, key=lambda c: (c.fields["age"].number, -c.id))

    assert listed("age")[: len(by_age)] == expected
    assert listed("-age")[: len(by_age)] == sorted(by_age, key=lambda c: (-(c.fields["age"].number or 0), -c.id))
    assert listed("") == sorted(everybody, key=lambda c: -c.id)
    assert [c.created_on for c in listed("created_on")] == sorted(c.created_on for c in everybody)
    named = [c for c in listed("name") if c.name]
    assert [c.name for c in named] == [c.name for c in sorted(named, key=lambda c: (text_key(c.name), -c.id))]
    assert listed("age", offset=10, limit=5) == listed("age")[10:15]
    with pytest.raises(QueryError, match="no such field with key: height"):
        read_order("-height", people.resolver)


def test_deleted_contacts_and_other_organizations_are_never_found(people: People) -> None:
    uuid, contact = next((u, c) for u, c in people.contacts.items() if c.status == "active" and c.name)
    query = people.parse(f"id = {contact.id}")
    neighbour = Story("huye")
    neighbour.contact("somebody", "tel:+250788999999")
    people.tables.project(neighbour)
    assert find_contacts(people.tables.connection, people.story.org, query, ENVIRONMENT)[0].uuid == uuid

    people.story.change(uuid, "contact_deleted", urns=[])
    people.tables.project(people.story)

    assert find_contacts(people.tables.connection, people.story.org, query, ENVIRONMENT, status=None) == []
    assert find_contacts(people.tables.connection, neighbour.org, query, ENVIRONMENT) == []
