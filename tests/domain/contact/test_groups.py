"""Query groups: asking only those that read what changed gives what asking all of them gives."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.contact.contact import Contact
from domain.contact.groups import regrouped
from domain.contact.modifiers import apply_modifier, read_modifier
from domain.contact.world import SeededWorld
from domain.environment.environment import Environment
from domain.flow.assets import Assets

QUERIES = ["age > 30", "age < 20", "name = bob", "language = fra", "tel ~ 788", 'name = "" AND age > 10', "tickets > 0",
           "last_seen_on > 2024-01-01", "urn != \"\"", "age = \"\" OR language = eng"]  # fmt: skip
ASSETS = Assets.from_json(
    {
        "fields": [{"key": "age", "name": "Age", "type": "number"}],
        "groups": [
            {"uuid": f"a0000000-0000-4000-8000-{place:012d}", "name": query, "query": query}
            for place, query in enumerate([*QUERIES, "no sense at = all ="])
        ],
        "topics": [{"uuid": "a0000000-0000-4000-8000-00000000000a", "name": "General"}],
    }
)  # fmt: skip
TOPIC = {"uuid": "a0000000-0000-4000-8000-00000000000a", "name": "General"}
MODIFIERS = st.one_of(
    st.sampled_from(["", "bob", "Ann"]).map(lambda name: {"type": "name", "name": name}),
    st.sampled_from(["", "eng", "fra"]).map(lambda language: {"type": "language", "language": language}),
    st.sampled_from(["", "15", "25", "45"]).map(
        lambda age: {"type": "field", "field": {"key": "age", "name": "Age"}, "value": age}
    ),
    st.sampled_from([[], ["tel:+250788123123"], ["telegram:12345"]]).map(
        lambda urns: {"type": "urns", "urns": urns, "modification": "set"}
    ),
    st.sampled_from(["active", "blocked"]).map(lambda status: {"type": "status", "status": status}),
    st.just({"type": "seen", "seen_on": "2025-01-01T00:00:00Z"}),
    st.just({"type": "ticket_open", "topic": TOPIC}),
)


def test_group_whose_query_makes_no_sense_is_not_there() -> None:
    assert len(ASSETS.groups) == len(QUERIES)


@settings(max_examples=80, deadline=None)
@given(st.lists(MODIFIERS, max_size=6))
def test_asking_what_changed_is_asking_all(documents: list[dict[str, Any]]) -> None:
    environment, world = Environment(), SeededWorld(1, 10**18)
    contact = Contact.from_json({"uuid": "c", "created_on": "2024-01-01T00:00:00Z"}, ASSETS)
    contact = regrouped(contact, environment, ASSETS.query_groups, None)[0]
    for document in documents:
        modifier = read_modifier(document, ASSETS)
        assert modifier is not None
        contact, _ = apply_modifier(modifier, contact, environment, ASSETS, world)
        asked_all, added, removed = regrouped(
            contact.with_changes(checked_by=None), environment, ASSETS.query_groups, None
        )
        assert (added, removed) == ([], [])
        assert asked_all.groups == contact.groups


def _read(document: dict[str, Any], assets: Assets, groups_checked: str) -> Contact:
    return Contact.from_json(document, assets, groups_checked=groups_checked)


def test_contact_whose_groups_are_known_to_be_right_is_not_asked_again() -> None:
    document = {"uuid": "c", "created_on": "2024-01-01T00:00:00Z", "name": "bob"}
    as_it_was = _read(document, ASSETS, ASSETS.query_groups.fingerprint)
    just_read = _read(document, ASSETS, "")

    assert regrouped(as_it_was, Environment(), ASSETS.query_groups, None)[1] == []
    assert [group.name for group in regrouped(just_read, Environment(), ASSETS.query_groups, None)[1]] != []


def test_contact_is_asked_again_once_a_group_or_a_field_changed() -> None:
    document = {"uuid": "c", "created_on": "2024-01-01T00:00:00Z", "name": "bob"}
    before = Assets.from_json({"groups": [{"uuid": "g", "name": "Bobs", "query": "name = ann"}]})
    after = Assets.from_json({"groups": [{"uuid": "g", "name": "Bobs", "query": "name = bob"}]})
    contact = _read(document, after, before.query_groups.fingerprint)

    _, added, _ = regrouped(contact, Environment(), after.query_groups, None)

    assert [group.name for group in added] == ["Bobs"]


def test_same_groups_have_the_same_fingerprint() -> None:
    document = {
        "groups": [{"uuid": "g", "name": "Bobs", "query": "name = bob"}],
        "fields": [{"key": "age", "name": "Age"}],
    }
    as_number = {**document, "fields": [{"key": "age", "name": "Age", "type": "number"}]}

    assert Assets.from_json(document).query_groups.fingerprint == Assets.from_json(document).query_groups.fingerprint
    assert Assets.from_json(document).query_groups.fingerprint != Assets.from_json(as_number).query_groups.fingerprint
