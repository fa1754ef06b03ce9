"""Modifiers: what changes, what is said about it, and what is left alone."""

from typing import Any

import pytest

from domain.contact.contact import Contact
from domain.contact.modifiers import ContactRules, apply_modifier, read_modifier
from domain.contact.world import SeededWorld
from domain.environment.environment import Environment
from domain.errors import Invalid
from domain.flow.assets import Assets

NEXMO = {"uuid": "3a05eaf5-cb1b-4246-bef1-f277419c83a7", "name": "Other Line"}
ASSETS = Assets.from_json(
    {
        "channels": [{**NEXMO, "address": "+250788000222", "schemes": ["tel"]}],
        "fields": [{"key": "age", "name": "Age", "type": "number"}, {"key": "born", "name": "Born", "type": "datetime"}],
        "groups": [
            {"uuid": "a0000000-0000-4000-8000-000000000001", "name": "Testers"},
            {"uuid": "a0000000-0000-4000-8000-000000000002", "name": "Old", "query": "age > 30"},
        ],
        "topics": [{"uuid": "a0000000-0000-4000-8000-00000000000a", "name": "General"}],
    }
)  # fmt: skip


def contact_with(**changes: Any) -> Contact:
    document = {"uuid": "c", "created_on": "2024-01-01T00:00:00Z", "status": "active", **changes}
    return Contact.from_json(document, ASSETS)


def applied(document: dict[str, Any], contact: Contact, rules: ContactRules | None = None) -> tuple[Contact, list[Any]]:
    modifier = read_modifier(document, ASSETS)
    assert modifier is not None
    world = SeededWorld(1, 10**18)
    return apply_modifier(modifier, contact, Environment(), ASSETS, world, rules or ContactRules())


def types_and_errors(events: list[Any]) -> list[str]:
    return [event.get("text") or event["type"] for event in events]


def test_same_name_changes_nothing() -> None:
    contact = contact_with(name="Bob")
    after, events = applied({"type": "name", "name": "Bob"}, contact)
    assert (after.to_json(), events) == (contact.to_json(), [])


def test_long_name_is_cut() -> None:
    after, events = applied({"type": "name", "name": "x" * 200}, contact_with())
    assert after.name == events[0]["name"] == "x" * 128


def test_original_is_not_changed() -> None:
    contact = contact_with(name="Bob", fields={"age": {"text": "20", "number": 20}})
    applied({"type": "field", "field": {"key": "age", "name": ""}, "value": "40"}, contact)
    assert contact.fields["age"].text == "20"
    assert contact.groups == {}


def test_field_value_moves_the_contact_into_its_group() -> None:
    after, events = applied({"type": "field", "field": {"key": "age", "name": "Age"}, "value": "40"}, contact_with())
    assert types_and_errors(events) == ["contact_field_changed", "contact_groups_changed"]
    assert [group.name for group in after.groups.values()] == ["Old"]


def test_date_is_understood_to_the_microsecond() -> None:
    after, _ = applied(
        {"type": "field", "field": {"key": "born", "name": ""}, "value": "1977-06-23 15:34"}, contact_with()
    )
    assert after.fields["born"].datetime == "1977-06-23T15:34:00.000000Z"


@pytest.mark.parametrize(
    ("zone", "entered"), [("America/Guayaquil", "9999-12-31 20:00"), ("Africa/Kigali", "0001-01-01 01:00")]
)
def test_contact_with_a_date_at_the_end_of_the_calendar_can_be_read_again(zone: str, entered: str) -> None:
    modifier = read_modifier({"type": "field", "field": {"key": "born", "name": ""}, "value": entered}, ASSETS)
    assert modifier is not None
    environment = Environment.from_json({"timezone": zone})

    after, _ = apply_modifier(modifier, contact_with(), environment, ASSETS, SeededWorld(1, 10**18), ContactRules())

    assert Contact.from_json(after.to_json(), ASSETS).fields == after.fields


def test_blocked_contact_leaves_every_group() -> None:
    groups = [{"uuid": "a0000000-0000-4000-8000-000000000001", "name": "Testers"}]
    contact = contact_with(groups=groups, fields={"age": {"text": "40", "number": 40}})
    after, events = applied({"type": "status", "status": "blocked"}, contact)
    assert after.groups == {}
    assert types_and_errors(events) == ["contact_status_changed", "contact_groups_changed"]


def test_query_group_can_not_be_joined_by_hand() -> None:
    group = {"uuid": "a0000000-0000-4000-8000-000000000002", "name": "Old"}
    _, events = applied({"type": "groups", "groups": [group], "modification": "add"}, contact_with())
    assert types_and_errors(events) == ["Can't add contacts to the query based group 'Old'"]


def test_urn_of_somebody_else_is_not_taken_but_the_others_are() -> None:
    rules = ContactRules(claim_urn=lambda contact, identity: identity != "tel:+250788123123")
    document = {"type": "urns", "urns": ["tel:+250788123123", "tel:+250788456456"], "modification": "append"}
    after, events = applied(document, contact_with(), rules)
    assert [urn.identity for urn in after.urns] == ["tel:+250788456456"]
    assert types_and_errors(events) == ["URN is taken by another contact", "contact_urns_changed"]


def test_channel_is_preferred_for_the_urns_it_serves() -> None:
    contact = contact_with(urns=["telegram:123", "tel:+250788123123"])
    after, _ = applied({"type": "channel", "channel": NEXMO}, contact)
    assert [urn.encoded for urn in after.urns] == [f"tel:+250788123123?channel={NEXMO['uuid']}", "telegram:123"]


def test_second_ticket_is_not_opened_while_one_is_open() -> None:
    topic = {"uuid": "a0000000-0000-4000-8000-00000000000a", "name": "General"}
    first, events = applied({"type": "ticket_open", "topic": topic, "note": "help"}, contact_with())
    assert types_and_errors(events) == ["ticket_opened", "ticket_note_added"]
    assert applied({"type": "ticket_open", "topic": topic}, first)[1] == []


def test_last_seen_never_moves_back() -> None:
    contact = contact_with(last_seen_on="2025-06-01T12:00:00+02:00")
    assert applied({"type": "seen", "seen_on": "2025-06-01T09:59:59Z"}, contact)[1] == []
    assert (
        applied({"type": "seen", "seen_on": "2025-06-01T10:00:01Z"}, contact)[0].last_seen_on == "2025-06-01T10:00:01Z"
    )


def test_modifier_of_something_gone_is_none() -> None:
    assert read_modifier({"type": "field", "field": {"key": "gone", "name": ""}, "value": "x"}, ASSETS) is None


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"type": "status", "status": "asleep"}, "status"),
        ({"type": "groups", "groups": [], "modification": "swap"}, "modification"),
        ({"type": "juggle"}, "type"),
        ({"type": "affinity", "urn": "0788123123", "channel": None}, "urn"),
        ({"type": "timezone", "timezone": "Africa/Nowhere"}, "timezone"),
        ({"type": "seen", "seen_on": "yesterday"}, "seen_on"),
        ({}, "type"),
    ],
)
def test_unreadable_modifier_is_refused(document: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_modifier(document, ASSETS)
    assert refused.value.field == field
