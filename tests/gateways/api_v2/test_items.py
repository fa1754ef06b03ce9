"""Groups, labels, topics, fields, globals and users."""

from typing import Any

import pytest

from gateways.api_v2.resources import catalogue_changes
from tests.gateways.api_v2.client import Client


@pytest.mark.parametrize("endpoint", ["groups", "labels", "topics", "fields", "globals"])
@pytest.mark.parametrize(
    ("name", "says"),
    [
        (None, "This field is required."),
        (5, "Not a valid string."),
        (" ", "This field may not be blank."),
        ("x" * 65, "Ensure this field has no more than {most} characters."),
        ('the "best"', 'Cannot contain the character "'),
        ("a\\b", "Cannot contain the character \\"),
        ("a\0b", "Null characters are not allowed."),
    ],
)
def test_what_can_be_no_name_is_refused(api: Client, endpoint: str, name: Any, says: str) -> None:
    answer = api.post(endpoint, {"name": name, "value": "x", "type": "text"})

    most = 36 if endpoint in ("fields", "globals") else 64
    assert (answer.status, answer.body) == (400, {"name": [says.format(most=most)]})


@pytest.mark.parametrize("endpoint", ["groups", "labels", "topics", "fields", "globals"])
def test_a_name_stands_for_one_thing_in_any_case(api: Client, endpoint: str) -> None:
    body = {"name": f" Wells of {endpoint} ", "value": "x", "type": "text"}
    made = api.post(endpoint, body)
    assert (made.status, made.body["name"]) == (201, body["name"].strip())

    again = api.post(endpoint, {**body, "name": body["name"].upper(), "value": "y"})

    assert (again.status, list(again.body)) == (400, ["name"])
    if endpoint == "globals":
        assert api.get("globals", key=made.body["key"]).results[0]["value"] == "x"


@pytest.mark.parametrize(("endpoint", "kind"), [("groups", "group"), ("labels", "label"), ("topics", "topic")])
def test_what_belongs_to_the_system_is_neither_changed_nor_deleted(api: Client, endpoint: str, kind: str) -> None:
    item = {"uuid": api.answering.at.new_id(), "name": f"System {kind}", "system": True}
    api.answering.mine.must(f"add_{kind}", **{kind: item})
    api.answering._show()

    changed = api.post(endpoint, {"name": "Mine"}, uuid=item["uuid"])
    deleted = api.delete(endpoint, uuid=item["uuid"])

    assert (changed.status, changed.body) == (403, {"detail": "Cannot modify system object."})
    if endpoint != "topics":
        assert (deleted.status, deleted.body) == (403, {"detail": "Cannot delete system object."})


def test_a_group_that_a_trigger_needs_is_not_deleted(api: Client) -> None:
    group = api.post("groups", {"name": "Needed"}).body["uuid"]
    at, flow = api.answering, api.answering.known[0]
    trigger = {"uuid": at.at.new_id(), "type": "keyword", "keywords": ["need"], "match": "first", "flow": flow}
    at.mine.must("add_trigger", trigger={**trigger, "groups": [group]})

    answer = api.delete("groups", uuid=group)

    assert answer.status == 400
    assert answer.body == {"detail": "Group is being used by triggers which must be archived first."}


def test_groups_are_listed_when_it_is_known_whom_they_concern(api: Client) -> None:
    group = {"uuid": api.answering.at.new_id(), "name": "Called Anne", "query": "name = anne"}
    api.answering.mine.must("add_group", group=group)
    api.answering._show()
    assert api.get("groups", uuid=group["uuid"]).results == []

    api.answering.at.append(api.answering.mine.org, "fact", "group_counted", {"group": group["uuid"], "total": 1})
    api.answering.at.run()
    api.answering._show()

    assert api.get("groups", uuid=group["uuid"]).results[0]["status"] == "evaluating"
    names = {each["name"] for each in api.get("groups", manual_only="1").results}
    assert "Anne group" in names and "Called Anne" not in names
    assert api.get("groups", name="ANNE GROUP").results[0]["name"] == "Anne group"


@pytest.mark.parametrize("endpoint", ["groups", "labels", "topics", "fields", "globals"])
def test_a_workspace_that_has_enough_of_them_makes_no_more(
    api: Client, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = api.post(endpoint, {"name": f"Last of {endpoint}", "value": "x"}).body
    own = [each for each in api.get(endpoint).results if not each["name"].startswith("System")]
    monkeypatch.setitem(catalogue_changes.LIMITS, endpoint, len(own))

    answer = api.post(endpoint, {"name": f"One more of {endpoint}", "value": "x"})

    assert (answer.status, answer.body) == (
        409,
        {"detail": "Cannot create object because workspace has reached limit."},
    )
    lookup = {"uuid": made["uuid"]} if "uuid" in made else {"key": made["key"]}
    assert api.post(endpoint, {"name": f"Still of {endpoint}", "value": "y"}, **lookup).status == 200


# ---- fields and globals ------------------------------------------------------------------------------------------------------


def test_a_change_of_a_fields_name_leaves_its_type(api: Client) -> None:
    made = api.post("fields", {"label": "Year of birth", "value_type": "numeric"}).body
    assert (made["key"], made["type"], made["value_type"]) == ("year_of_birth", "number", "numeric")

    changed = api.post("fields", {"name": "Born in"}, key="year_of_birth")

    assert (changed.status, changed.body) == (200, {**made, "name": "Born in", "label": "Born in"})
    assert api.post("fields", {"name": "Born in", "type": "text"}, key="year_of_birth").body["type"] == "text"
    assert api.post("fields", {"name": "x"}, key="nobody").status == 404


def test_a_field_tells_how_many_flows_and_groups_need_it(api: Client) -> None:
    assert api.get("fields", key="household").results[0]["usages"] == {"campaign_events": 0, "flows": 1, "groups": 0}
    for name, query in (
        ("Large", "household > 5 or household < 1"),
        ("Odd", "fields.household = 3"),
        ("X", "name = x"),
    ):
        group = {"uuid": api.answering.at.new_id(), "name": f"{name} households", "query": query}
        api.answering.mine.must("add_group", group=group)
    api.answering._show()

    [field] = api.get("fields", key="household").results

    assert field["usages"] == {"campaign_events": 0, "flows": 1, "groups": 2}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"name": "Has"}, {"name": ['Generated key "has" is invalid or a reserved name.']}),
        ({"name": "2 wells"}, {"name": ['Generated key "2_wells" is invalid or a reserved name.']}),
        ({"name": "Wells", "type": "date"}, {"type": ['"date" is not a valid choice.']}),
        ({"name": "Wells", "type": ["text"]}, {"type": ["\"['text']\" is not a valid choice."]}),
    ],
)
def test_what_can_be_no_field_is_refused(api: Client, body: Any, error: Any) -> None:
    answer = api.post("fields", body)

    assert (answer.status, answer.body) == (400, error)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "This field is required."),
        ("", "This field may not be blank."),
        (5, "Not a valid string."),
        ("x" * 10_001, "Ensure this field has no more than 10000 characters."),
    ],
)
def test_a_global_needs_a_value(api: Client, value: Any, says: str) -> None:
    answer = api.post("globals", {"name": "Fee", "value": value})

    assert (answer.status, answer.body) == (400, {"value": [says]})


def test_only_the_value_of_a_global_changes(api: Client) -> None:
    api.post("globals", {"name": "Price", "value": "5"})
    api.answering.at.pass_time(60)

    changed = api.post("globals", {"name": "Cost", "value": "6"}, key="PRICE")

    assert (changed.status, changed.body["key"], changed.body["name"], changed.body["value"]) == (
        200,
        "price",
        "Price",
        "6",
    )
    assert api.get("globals").results[0]["key"] == "price"
    assert api.post("globals", {"value": "6"}, key="nobody").status == 404


# ---- users -------------------------------------------------------------------------------------------------------------------


def test_users_are_asked_for_by_several_values(api: Client) -> None:
    at = api.answering
    for name in ("ben", "carla"):
        user = {"uuid": at.at.new_id(), "email": f"{name}@water.example", "name": name, "role": "editor"}
        at.mine.must("add_user", user=user)
    at._show()

    found = api.get("users", email=["BEN@water.example", "carla@water.example", "x"]).results

    assert {each["name"] for each in found} == {"ben", "carla"}
    assert len(api.get("users", role=["editor", "administrator"]).results) == 3
    assert len(api.get("users", role="editor", uuid=[found[0]["uuid"].upper()]).results) == 1
