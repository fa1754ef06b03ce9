"""The members of each group in the order of their contacts' changes, however the log is cut."""

import random

import pytest

from tests.projections.conftest import Tables
from tests.projections.examples import Story, uuid_of

pytestmark = pytest.mark.postgres

GROUPS = [{"uuid": uuid_of(f"group {name}"), "name": name} for name in ("Farmers", "Nurses", "Teachers")]
LISTED = "select contact_id, group_uuid::text, modified_on from contact_groups order by 1, 2"
MEMBERS = """
select c.id as contact_id, g.group_uuid::text, c.modified_on from contacts c join contact_groups g on g.contact_id = c.id order by 1, 2
"""


def lives(seed: int) -> Story:
    """Contacts that write, change their names, join and leave groups and are deleted at random."""
    story, chance = Story().configured(), random.Random(seed)
    contacts = [story.contact(name, groups=chance.sample(GROUPS, 2)) for name in ("Ann", "Bob", "Cat", "Dan")]
    for _ in range(120):
        contact = chance.choice(contacts)
        happens = chance.choice(("writes", "writes", "renamed", "joins", "leaves"))
        if happens == "writes":
            story.incoming(contact, "Hi")
        elif happens == "renamed":
            story.tell("decision", story.event("contact_name_changed", {"name": "Eve"}, contact))
        else:
            what = "groups_added" if happens == "joins" else "groups_removed"
            story.change(contact, "contact_groups_changed", **{what: chance.sample(GROUPS, 1)})
    return story.change(contacts[3], "contact_deleted", urns=[])


@pytest.mark.parametrize(("seed", "batch"), [(1, 1), (2, 7), (3, 1000)])
def test_members_are_listed_by_when_their_contacts_changed(tables: Tables, seed: int, batch: int) -> None:
    tables.project(lives(seed), batch=batch)

    assert tables.rows(LISTED) == tables.rows(MEMBERS) != []
