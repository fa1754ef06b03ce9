"""Contacts: how they are looked up, what is refused, and how their values are written."""

import uuid
from typing import Any

import pytest

from gateways.api_v2.resources.contact_rows import field_value
from tests.gateways.api_v2.client import Client


def number() -> str:
    """As it is written within Rwanda."""
    return f"078{uuid.uuid4().int % 10_000_000:07}"


def in_full(local: str) -> str:
    return f"tel:+25{local}"


# ---- URNs --------------------------------------------------------------------------------------------------------------------


def test_a_urn_is_understood_as_people_of_the_country_write_it(api: Client) -> None:
    local = number()
    made = api.post("contacts", {"urns": [f"tel:{local}"]}).body

    assert made["urns"] == [in_full(local)]
    assert api.get("contacts", urn=f"tel:{local}").results == [made]
    assert api.get("contacts", urn=f"TEL: {in_full(local)[4:]}").results == [made]
    changed = api.post("contacts", {"name": "Anne"}, urn=f"tel:{local}")
    assert (changed.status, changed.body["uuid"]) == (200, made["uuid"])
    act = {"contacts": [f"tel:{local}"], "action": "block"}
    assert api.post("contact_actions", act).status == 204
    assert api.get("contacts", uuid=made["uuid"]).results[0]["status"] == "blocked"
    assert api.delete("contacts", urn=f"tel:{local}").status == 204


def test_a_contact_named_twice_is_acted_on_once(api: Client) -> None:
    local = number()
    contact = api.post("contacts", {"urns": [in_full(local)]}).body["uuid"]

    act = {"contacts": [f"tel:{local}", in_full(local), contact, contact.upper()], "action": "block"}

    assert api.post("contact_actions", act).status == 204


def test_a_path_with_signs_of_a_urn_is_shown_escaped(api: Client) -> None:
    name = f"ext:a%23b%3Fc%25{uuid.uuid4().hex}"
    made = api.post("contacts", {"urns": [name]}).body

    assert made["urns"] == [name]
    assert api.get("contacts", urn=name).results == [made]


def test_expanded_urns_have_channel_and_display(api: Client) -> None:
    urn = f"tel:{number()}"
    contact = api.post("contacts", {"urns": [urn]}).body["uuid"]

    [found] = api.get("contacts", uuid=contact, expand_urns="1").results

    assert found["urns"] == [{"channel": None, "scheme": "tel", "path": f"+25{urn[4:]}", "display": None}]


def test_an_invalid_urn_in_the_address_is_named(api: Client) -> None:
    answer = api.post("contacts", {"name": "x"}, urn="nonsense")

    assert (answer.status, answer.body) == (400, {"detail": "Param 'urn': nonsense is not a valid URN."})
    assert api.get("contacts", urn="nonsense").results == []
    assert api.delete("contacts", urn="nonsense").status == 404


# ---- changing ----------------------------------------------------------------------------------------------------------------


def test_a_uuid_may_be_written_in_capitals(api: Client) -> None:
    contact = api.post("contacts", {"name": "Anne"}).body["uuid"]

    assert api.post("contacts", {"name": "Anna"}, uuid=contact.upper()).body["name"] == "Anna"
    assert api.post("messages", {"contact": contact.upper(), "text": "Hi"}).body["contact"]["uuid"] == contact
    assert api.delete("contacts", uuid=contact.upper()).status == 204


def test_a_name_has_no_space_around_it(api: Client) -> None:
    assert api.post("contacts", {"name": f" Anne {' ' * 64}"}).body["name"] == "Anne"


def test_a_deleted_contact_cant_be_modified(api: Client) -> None:
    contact = api.post("contacts", {"name": "Anne"}).body["uuid"]
    api.delete("contacts", uuid=contact)

    answer = api.post("contacts", {"name": "Anna"}, uuid=contact)

    assert (answer.status, answer.body) == (400, {"non_field_errors": ["Deleted contacts can't be modified."]})
    assert api.get("contacts", deleted="1", group="Anne group").results == []


def test_a_note_names_who_wrote_it(api: Client) -> None:
    user = api.get("users").results[0]
    contact = api.post("contacts", {"name": "Anne"}).body["uuid"]

    [note] = api.post("contacts", {"note": "likes water"}, uuid=contact).body["notes"]

    assert (note["text"], note["created_by"]) == ("likes water", {"email": user["email"], "name": user["name"]})


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"language": "zzz"}, {"language": ["Not a valid ISO639-3 language code."]}),
        ({"language": "ENG"}, {"language": ["Not a valid ISO639-3 language code."]}),
        ({"language": ["eng"]}, {"language": ["Not a valid ISO639-3 language code."]}),
        ({"fields": {"household": True}}, {"fields": {"household": ["Not a valid string."]}}),
        ({"fields": {"household": {"a": 1}}}, {"fields": {"household": ["Not a valid string."]}}),
        ({"fields": {"a.b": []}}, {"fields": {"a.b": ["Not a valid string."]}}),
        ({"urns": ["tel:+250788111112", "x:y"]}, {"urns": {"1": ["URN is not valid."]}}),
        ({"urns": [5]}, {"urns": {"0": ["URN is not valid."]}}),
        ({"groups": [True]}, {"groups": ["Must be a string or integer"]}),
        ({"groups": ["x"] * 101}, {"groups": ["Ensure this field has no more than 100 elements."]}),
    ],
)
def test_a_wrong_body_names_the_field(api: Client, body: dict[str, Any], error: dict[str, Any]) -> None:
    answer = api.post("contacts", body)

    assert (answer.status, answer.body) == (400, error)


@pytest.mark.parametrize(
    ("contacts", "error"),
    [
        ([{"a": 1}], {"contacts": {"0": ["Must be a string or integer"]}}),
        ([True], {"contacts": {"0": ["Must be a string or integer"]}}),
        ([5], {"contacts": {"0": ["No such object: 5"]}}),
        (["tel:+250788000001"], {"contacts": {"0": ["No such object: tel:+250788000001"]}}),
        ("tel:+250788000001", {"contacts": ['Expected a list of items but got type "str".']}),
        (None, {"contacts": ["This field is required."]}),
        (["x"] * 101, {"contacts": ["Ensure this field has no more than 100 elements."]}),
    ],
)
def test_an_action_on_what_is_no_contact_names_its_place(api: Client, contacts: Any, error: Any) -> None:
    answer = api.post("contact_actions", {"contacts": contacts, "action": "block"})

    assert (answer.status, answer.body) == (400, error)


# ---- values of fields --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entered", "shown"),
    [
        (6, "6"),
        ("6.50", "6.5"),
        ("4.0", "4"),
        ("0.00001", "0.00001"),
        ("100", "100"),
        ("10000000000000000000000", "10000000000000000000000"),
        ("1234567890.123456789012", "1234567890.123456789012"),
        ("many", None),
        ("", None),
    ],
)
def test_a_number_is_shown_plain(api: Client, entered: Any, shown: str | None) -> None:
    made = api.post("contacts", {"fields": {"household": entered}}).body

    assert made["fields"]["household"] == shown


def test_a_place_is_shown_with_all_that_it_lies_in() -> None:
    place = {"text": "gasabo", "state": "Rwanda > Kigali", "district": "Rwanda > Kigali > Gasabo"}

    assert field_value("district", place) == "Rwanda > Kigali > Gasabo"
    assert field_value("state", place) == "Rwanda > Kigali"
    assert field_value("ward", place) is None
