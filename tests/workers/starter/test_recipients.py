"""Who a start reaches, as the read models know them."""

from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from domain.contact.query.errors import QueryError
from domain.errors import Invalid
from projections.catalogue import CATALOGUE
from projections.contacts.recipients import Wanted, count_recipients, resolve_recipients
from projections.installing import install, live_set
from tests.projections.examples import Story, uuid_of

FARMERS = {"uuid": uuid_of("farmers"), "name": "Farmers"}


class Directory:
    """Ann, Ben and Cat are farmers; Ben waits in a flow, Cat is blocked, Dan was in the flow; Eve lives elsewhere."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        install(connection, CATALOGUE)
        self.live = live_set(CATALOGUE)
        self.live.use(connection)
        story = self.story = Story("kigali").configured()
        story.item("group", "Farmers")
        story.item("field", "Age", key="age", type="number")
        ages = {"age": {"text": "36", "number": 36}}
        self.ann = story.contact("Ann", "tel:+250788000001", groups=[FARMERS], fields=ages)
        self.ben = story.contact("Ben", "tel:+250788000002", groups=[FARMERS])
        self.cat = story.contact("Cat", "tel:+250788000003", groups=[FARMERS])
        self.dan = story.contact("Dan", "tel:+250788000004", "mailto:dan@example.com")
        story.run(self.ben)
        story.change(self.cat, "contact_status_changed", status="blocked")
        story.answered(self.dan, story.run(self.dan), "red")
        other = self.other = Story("quito").configured()
        self.eve = other.contact("Eve", "tel:+250788000009", groups=[FARMERS])
        for each in (story, other):
            stored = each.stored()
            self.live.apply(connection, stored, {stored[-1].partition: stored[-1].offset})

    def reached(self, **wanted: Any) -> tuple[list[str], tuple[str, ...]]:
        """(names, new URNs)"""
        asked = Wanted(**{key: tuple(value) if isinstance(value, list) else value for key, value in wanted.items()})
        found = resolve_recipients(self.connection, self.story.org, asked)
        names = f"select c.name from contacts.contacts c join ({found.select.sql}) r on r.uuid = c.uuid order by c.id"
        with self.connection.cursor() as cursor:
            cursor.execute(names, found.select.parameters)
            rows = [name for (name,) in cursor.fetchall()]
        assert count_recipients(self.connection, self.story.org, asked) == len(rows) + len(found.new_urns)
        return rows, found.new_urns


@pytest.fixture
def directory(postgres_database: str) -> Iterator[Directory]:
    connection = psycopg2.connect(postgres_database)
    yield Directory(connection)
    connection.close()


def test_nobody_is_reached_when_nobody_is_wanted(directory: Directory) -> None:
    assert directory.reached() == ([], ())


def test_each_is_reached_once_however_often_wanted(directory: Directory) -> None:
    wanted = {"contacts": [directory.ann, directory.ann], "groups": [FARMERS["uuid"]], "urns": ["tel:+250788000001"]}

    assert directory.reached(**wanted, query="age = 36") == (["Ann", "Ben"], ())


def test_who_is_not_active_is_never_reached_by_any_name(directory: Directory) -> None:
    wanted = {"contacts": [directory.cat], "groups": [FARMERS["uuid"]], "urns": ["tel:+250788000003"]}

    assert directory.reached(**wanted, query="name = cat") == (["Ann", "Ben"], ())


def test_another_organization_s_contacts_are_out_of_reach(directory: Directory) -> None:
    names, new = directory.reached(contacts=[directory.eve], query="name = eve", urns=["tel:+250788000009"])

    assert names == []
    assert new == ("tel:+250788000009",)  # here the number is nobody's yet


@pytest.mark.parametrize(
    ("urns", "names", "new"),
    [
        (["tel:0788000001"], ["Ann"], ()),
        (["tel:0788000007", "tel:+250788000007"], [], ("tel:+250788000007",)),
        (["mailto:Dan@Example.com"], ["Dan"], ()),
        (["nonsense", "", "tel:", "xyz:1"], [], ()),
        (["tel:+250788000008", "tel:+250788000001"], ["Ann"], ("tel:+250788000008",)),
    ],
)
def test_urns_are_found_in_any_spelling(directory: Directory, urns: list[str], names: list[str], new: Any) -> None:
    assert directory.reached(urns=urns) == (names, new)


def test_who_is_in_a_flow_can_be_left_out(directory: Directory) -> None:
    assert directory.reached(groups=[FARMERS["uuid"]], in_a_flow=True) == (["Ann"], ())


def test_who_was_in_the_flow_can_be_left_out(directory: Directory) -> None:
    wanted = {"contacts": [directory.ann, directory.dan], "started_previously": True}
    long_ago = "update runs.runs set created_on = now() - interval '91 days'"
    with directory.connection.cursor() as cursor:
        cursor.execute("update runs.runs set created_on = now() - interval '89 days'")

    assert directory.reached(**wanted, flow=directory.story.flow["uuid"]) == (["Ann"], ())
    assert directory.reached(**wanted, flow=uuid_of("another flow")) == (["Ann", "Dan"], ())
    with directory.connection.cursor() as cursor:
        cursor.execute(long_ago)
    assert directory.reached(**wanted, flow=directory.story.flow["uuid"]) == (["Ann", "Dan"], ())


def test_who_was_not_seen_for_long_can_be_left_out(directory: Directory) -> None:
    with directory.connection.cursor() as cursor:
        cursor.execute(
            "update contacts.contacts set last_seen_on = now() - make_interval(days => case name when 'Ann' then 9 else 11 end)"
        )

    assert directory.reached(groups=[FARMERS["uuid"]], not_seen_since_days=10) == (["Ann"], ())


@pytest.mark.parametrize(
    ("query", "names"), [("age > 30", ["Ann"]), ('group = "Farmers"', []), ('name != ""', ["Ann", "Ben", "Dan"])]
)
def test_a_query_is_asked_in_the_organization_s_own_terms(directory: Directory, query: str, names: list[str]) -> None:
    """The story's contacts belong to a group that the catalogue knows under another uuid: names are looked up in the catalogue."""
    assert directory.reached(query=query) == (names, ())


def test_a_query_that_makes_no_sense_is_refused(directory: Directory) -> None:
    with pytest.raises(QueryError):
        directory.reached(query="shoe_size = 40")


def test_an_unknown_organization_has_no_recipients(directory: Directory) -> None:
    with pytest.raises(Invalid, match="There is no workspace"):
        resolve_recipients(directory.connection, uuid_of("nowhere"), Wanted(query="name = ann"))


@pytest.mark.parametrize(
    ("document", "wanted"),
    [
        ({"contacts": ["a"], "groups": [{"uuid": "g", "name": "G"}]}, Wanted(contacts=("a",), groups=("g",))),
        ({"flow": {"uuid": "f", "name": "F"}, "exclude_active": True}, Wanted(flow="f", in_a_flow=True)),
        ({"flow": "f", "restart_participants": False}, Wanted(flow="f", started_previously=True)),
        ({"contact_query": "age > 1", "exclusions": {"in_a_flow": True}}, Wanted(query="age > 1", in_a_flow=True)),
        ({"exclusions": {"not_seen_since_days": 7, "started_previously": False}}, Wanted(not_seen_since_days=7)),
        ({"urns": ["tel:1", 5], "restart_participants": True}, Wanted(urns=("tel:1",))),
    ],
)
def test_a_start_says_whom_it_wants(document: dict[str, Any], wanted: Wanted) -> None:
    assert Wanted.of_start(document) == wanted
