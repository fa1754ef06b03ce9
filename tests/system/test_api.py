"""The API over a running installation: shapes, filters, errors, and that a client reads what it wrote."""

import uuid
from typing import Any

import pytest

from tests.system.aggregator import Aggregator
from tests.system.api_client import ApiClient
from tests.system.installation import await_, post
from tests.system.workspace import SystemWorkspace

CONTACT_KEYS = {
    "uuid", "name", "status", "language", "urns", "groups", "notes", "fields", "flow", "created_on", "modified_on",
    "last_seen_on", "blocked", "stopped",
}  # fmt: skip
MESSAGE_KEYS = {
    "id", "uuid", "contact", "urn", "channel", "direction", "type", "status", "visibility", "archived", "text", "labels",
    "flow", "attachments", "media", "quick_replies", "broadcast", "created_on", "sent_on", "modified_on",
}  # fmt: skip
RUN_KEYS = {
    "id", "uuid", "flow", "contact", "start", "responded", "path", "values", "created_on", "modified_on", "exited_on",
    "exit_type",
}  # fmt: skip


@pytest.fixture
def api(workspace: SystemWorkspace) -> ApiClient:
    return ApiClient(workspace.installation.base_url, workspace.token)


def number() -> str:
    return f"+25078{uuid.uuid4().int % 10_000_000:07}"


# ---- who may -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("token", "says"), [("nonsense", "Invalid token"), ("", "credentials were not provided")])
def test_without_a_right_token_nothing_is_shown(api: ApiClient, token: str, says: str) -> None:
    answer = ApiClient(api.base_url, token).get("contacts")

    assert answer.status == 403
    assert says in answer.body["detail"]


def test_one_workspace_does_not_see_another(
    api: ApiClient, workspace: SystemWorkspace, submit: Any, aggregator: Aggregator
) -> None:
    other = SystemWorkspace(workspace.installation, submit, aggregator, name="Another")
    contact = api.post("contacts", {"name": "Anne", "urns": [f"tel:{number()}"]}).body["uuid"]
    stranger = ApiClient(api.base_url, other.token)

    assert stranger.get("contacts", uuid=contact).results == []
    assert stranger.post("contacts", {"name": "Mine"}, uuid=contact).status == 404
    assert stranger.delete("contacts", uuid=contact).status == 404
    assert stranger.post("messages", {"contact": contact, "text": "hi"}).status == 400
    assert api.get("contacts", uuid=contact).results[0]["name"] == "Anne"


def test_the_root_lists_the_endpoints(api: ApiClient) -> None:
    answer = api.follow(f"{api.base_url}/api/v2/.json")

    assert answer.body["contacts"] == f"{api.base_url}/api/v2/contacts.json"


def test_the_workspace_describes_itself(api: ApiClient, workspace: SystemWorkspace) -> None:
    answer = api.get("workspace")

    assert answer.headers["x-temba-workspace"] == workspace.org
    assert answer.body["uuid"] == workspace.org
    assert (answer.body["timezone"], answer.body["country"]) == ("Africa/Kigali", "RW")


# ---- contacts ------------------------------------------------------------------------------------------------------------------


def test_a_contact_is_read_as_it_was_written(api: ApiClient) -> None:
    urn = f"tel:{number()}"
    made = api.post("contacts", {"name": "Zoë", "language": "fra", "urns": [urn], "fields": {"household": "6"}})

    assert made.status == 201
    assert set(made.body) == CONTACT_KEYS
    [read] = api.get("contacts", uuid=made.body["uuid"]).results
    assert read == made.body
    assert (read["name"], read["language"], read["urns"], read["fields"]) == ("Zoë", "fra", [urn], {"household": "6"})
    assert api.get("contacts", urn=urn).results == [read]


def test_a_contact_is_changed_by_uuid_or_urn(api: ApiClient) -> None:
    urn = f"tel:{number()}"
    contact = api.post("contacts", {"name": "Anne", "urns": [urn]}).body["uuid"]

    assert api.post("contacts", {"name": "Anna"}, uuid=contact).body["name"] == "Anna"
    changed = api.post("contacts", {"fields": {"household": "3"}, "note": "likes water"}, urn=urn)
    assert (changed.status, changed.body["uuid"]) == (200, contact)
    assert changed.body["notes"][0]["text"] == "likes water"


def test_an_unknown_urn_in_the_address_makes_a_contact(api: ApiClient) -> None:
    urn = f"tel:{number()}"

    made = api.post("contacts", {"name": "New"}, urn=urn)

    assert (made.status, made.body["urns"]) == (201, [urn])
    assert api.post("contacts", {"urns": [urn]}, urn=urn).body == {"urns": ["Field not allowed when using URN in URL"]}


def test_a_deleted_contact_is_only_listed_among_the_deleted(api: ApiClient) -> None:
    contact = api.post("contacts", {"name": "Gone", "urns": [f"tel:{number()}"]}).body["uuid"]

    assert api.delete("contacts", uuid=contact).status == 204
    assert api.get("contacts", uuid=contact).results == []
    [deleted] = api.get("contacts", deleted="true", uuid=contact).results
    assert (deleted["name"], deleted["urns"], deleted["fields"]) == (None, [], {})
    assert api.delete("contacts", uuid=contact).status == 404


def test_groups_hold_contacts_and_count_them(api: ApiClient) -> None:
    name = f"Farmers {uuid.uuid4().hex[:6]}"
    group = api.post("groups", {"name": name}).body["uuid"]
    contact = api.post("contacts", {"name": "Anne", "urns": [f"tel:{number()}"], "groups": [name]}).body

    assert contact["groups"] == [{"uuid": group, "name": name}]
    assert [each["uuid"] for each in api.get("contacts", group=group).results] == [contact["uuid"]]
    assert api.get("groups", uuid=group).results[0]["count"] == 1
    assert api.post("groups", {"name": name}).status == 400


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"urns": ["nonsense"]}, {"urns": {"0": ["URN is not valid."]}}),
        ({"fields": {"nope": "1"}}, {"fields": ["Invalid contact field key: nope"]}),
        ({"groups": ["Nobody"]}, {"groups": ["No such object: Nobody"]}),
        ({"language": "xx"}, {"language": ["Not a valid ISO639-3 language code."]}),
        ({"name": "x" * 65}, {"name": ["Ensure this field has no more than 64 characters."]}),
        ({"name": 5}, {"name": ["Not a valid string."]}),
    ],
)
def test_a_wrong_body_names_the_field(api: ApiClient, body: dict[str, Any], error: dict[str, Any]) -> None:
    answer = api.post("contacts", body)

    assert (answer.status, answer.body) == (400, error)


def test_a_urn_belongs_to_one_contact(api: ApiClient) -> None:
    urn = f"tel:{number()}"
    api.post("contacts", {"urns": [urn]})

    again = api.post("contacts", {"urns": [urn]})

    assert (again.status, again.body) == (400, {"urns": {"0": ["URN is in use by another contact."]}})


@pytest.mark.parametrize(
    ("method", "body", "status"), [("POST", b"{nonsense", 400), ("POST", b"[1]", 400), ("PUT", b"{}", 405)]
)
def test_what_is_no_call_is_told_so(api: ApiClient, method: str, body: bytes, status: int) -> None:
    assert api.raw(method, "contacts", body).status == status


@pytest.mark.parametrize(
    ("params", "detail"),
    [
        ({"uuid": "xyz"}, "Param 'uuid': xyz is not a valid UUID."),
        ({"cursor": "nonsense"}, "Invalid cursor"),
    ],
)
def test_a_wrong_parameter_is_named(api: ApiClient, params: dict[str, str], detail: str) -> None:
    assert api.get("contacts", **params).body == {"detail": detail}


# ---- messages, runs, starts ----------------------------------------------------------------------------------------------------


def test_a_message_is_sent_and_its_status_followed(api: ApiClient, aggregator: Aggregator) -> None:
    to = number()

    sent = api.post("messages", {"contact": f"tel:{to}", "text": "Hello there"})

    assert sent.status == 201
    assert set(sent.body) == MESSAGE_KEYS
    await_("the aggregator has it", lambda: aggregator.texts_to(to) == ["Hello there"])
    await_("it is wired", lambda: api.get("messages", uuid=sent.body["uuid"]).results[0]["status"] == "wired")
    assert [each["text"] for each in api.get("messages", folder="sent").results][:1] == ["Hello there"]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"text": "to whom?"}, {"contact": ["This field is required."]}),
        ({"contact": "nobody", "text": "x"}, {"contact": ["No such object: nobody"]}),
        ({"contact": "tel:+250788999999"}, {"non_field_errors": ["Must provide either text or attachments."]}),
    ],
)
def test_a_message_that_can_not_be_sent_names_the_field(api: ApiClient, body: Any, error: Any) -> None:
    answer = api.post("messages", body)

    assert (answer.status, answer.body) == (400, error)


def test_a_run_shows_path_and_values(api: ApiClient, workspace: SystemWorkspace, aggregator: Aggregator) -> None:
    flow = workspace.add_survey()
    sender = number()
    for count, text in enumerate(("survey", "Anne", "4"), 1):
        assert post(workspace.receive_url, {"from": sender, "text": text}) == 200
        await_(f"answer {count}", lambda count=count: len(aggregator.texts_to(sender)) == count)

    [run] = await_(
        "the run", lambda: [run for run in api.get("runs", flow=flow).results if "household" in run["values"]]
    )

    assert set(run) == RUN_KEYS
    assert run["contact"]["urn"] == f"tel:{sender}"
    assert run["values"]["household"]["value"] == "4"
    assert run["values"]["household"]["category"] == "Number"
    assert (run["responded"], run["exit_type"], run["exited_on"]) == (True, None, None)
    assert len(run["path"]) == 6
    [shown] = api.get("flows", uuid=flow).results
    assert shown["runs"]["waiting"] == 1
    assert [result["key"] for result in shown["results"]] == ["name", "household", "water", "minutes"]
    incoming = api.get("messages", contact=run["contact"]["uuid"]).results
    assert [each["text"] for each in reversed(incoming) if each["direction"] == "in"] == ["survey", "Anne", "4"]


def test_a_flow_start_reaches_groups_contacts_and_urns(
    api: ApiClient, workspace: SystemWorkspace, aggregator: Aggregator
) -> None:
    flow, group = workspace.add_survey(), f"Group {uuid.uuid4().hex[:6]}"
    api.post("groups", {"name": group})
    numbers = [number() for _ in range(4)]
    for each in numbers[:2]:
        api.post("contacts", {"urns": [f"tel:{each}"], "groups": [group]})
    contact = api.post("contacts", {"urns": [f"tel:{numbers[2]}"]}).body["uuid"]

    start = api.post(
        "flow_starts", {"flow": flow, "groups": [group], "contacts": [contact], "urns": [f"tel:{numbers[3]}"]}
    )

    assert start.status == 201
    await_("all have heard", lambda: all(len(aggregator.texts_to(each)) == 1 for each in numbers))
    done = await_("completed", lambda: completed(api, "flow_starts", start.body["uuid"]))
    assert done["progress"] == {"total": 4, "started": 4}
    assert api.post("flow_starts", {"flow": flow}).status == 400
    assert api.post("flow_starts", {"flow": str(uuid.uuid4()), "groups": [group]}).status == 400


def test_a_broadcast_reaches_its_group(api: ApiClient, aggregator: Aggregator) -> None:
    group, to = f"Group {uuid.uuid4().hex[:6]}", number()
    made = api.post("groups", {"name": group}).body["uuid"]
    api.post("contacts", {"name": "Anne", "urns": [f"tel:{to}"], "groups": [group]})

    sent = api.post("broadcasts", {"text": "Water at 9, @contact.name", "groups": [made]})

    assert (sent.status, sent.body["text"]) == (201, {"eng": "Water at 9, @contact.name"})
    await_("it arrived", lambda: aggregator.texts_to(to) == ["Water at 9, Anne"])
    assert await_("completed", lambda: completed(api, "broadcasts", sent.body["uuid"]))
    [message] = api.get("messages", broadcast=sent.body["uuid"]).results
    assert message["text"] == "Water at 9, Anne"


def completed(api: ApiClient, endpoint: str, uuid: str) -> dict[str, Any] | None:
    [found] = api.get(endpoint, uuid=uuid).results
    return found if found["status"] == "completed" else None


def test_pages_follow_each_other(api: ApiClient, workspace: SystemWorkspace) -> None:
    for each in range(255):
        workspace.must_later("create_contact", contact={"uuid": str(uuid.uuid4()), "name": f"c{each}", "urns": []})
    await_("all are there", lambda: api.get("contacts").body["next"] and total(api) == 255)

    first = api.get("contacts", reverse="true")
    second = api.follow(first.body["next"])

    assert (len(first.results), len(second.results), second.body["next"]) == (250, 5, None)
    names = [each["name"] for each in [*first.results, *second.results]]
    assert names == [f"c{each}" for each in range(255)]


def total(api: ApiClient) -> int:
    page = api.get("contacts")
    count = len(page.results)
    while page.body["next"]:
        page = api.follow(page.body["next"])
        count += len(page.results)
    return count


# ---- actions on many -----------------------------------------------------------------------------------------------------------


def test_a_group_is_renamed_emptied_and_removed(api: ApiClient) -> None:
    group = api.post("groups", {"name": f"Farmers {number()}"}).body
    contact = api.post("contacts", {"urns": [f"tel:{number()}"]}).body["uuid"]
    act = {"contacts": [contact], "group": group["uuid"]}

    assert api.post("contact_actions", {**act, "action": "add"}).status == 204
    assert api.get("groups", uuid=group["uuid"]).results[0]["count"] == 1
    assert api.post("contact_actions", {**act, "action": "remove"}).status == 204
    assert api.post("groups", {"name": f"Fishers {number()}"}, uuid=group["uuid"]).body["name"].startswith("Fishers")
    assert api.delete("groups", uuid=group["uuid"]).status == 204
    assert api.get("groups", uuid=group["uuid"]).results == []


@pytest.mark.parametrize(
    ("endpoint", "body", "error"),
    [
        ("contact_actions", {"contacts": [], "action": "block"}, {"contacts": ["This list may not be empty."]}),
        (
            "contact_actions",
            {"contacts": ["tel:+1"], "action": "block"},
            {"contacts": {"0": ["No such object: tel:+1"]}},
        ),
        ("message_actions", {"messages": [1], "action": "burn"}, {"action": ['"burn" is not a valid choice.']}),
        ("ticket_actions", {"tickets": ["x"], "action": "close"}, {"tickets": {"0": ["No such object: x"]}}),
    ],
)
def test_an_action_on_nothing_names_the_field(api: ApiClient, endpoint: str, body: Any, error: Any) -> None:
    answer = api.post(endpoint, body)

    assert (answer.status, answer.body) == (400, error)


def test_messages_are_labelled_archived_and_deleted(api: ApiClient, workspace: SystemWorkspace) -> None:
    sender, label = number(), f"Thanks {number()}"
    assert post(workspace.receive_url, {"from": sender, "text": "well done"}) == 200
    contact = await_("the contact", lambda: api.get("contacts", urn=f"tel:{sender}").results)[0]["uuid"]
    message = await_(
        "the message", lambda: [m for m in api.get("messages", contact=contact).results if m["direction"] == "in"]
    )[0]

    labelled = api.post("message_actions", {"messages": [message["id"], 1], "action": "label", "label_name": label})
    assert (labelled.status, labelled.body) == (200, {"failures": [1]})
    assert [each["uuid"] for each in api.get("messages", label=label).results] == [message["uuid"]]
    assert api.get("labels", name=label).results[0]["count"] == 1
    assert api.post("message_actions", {"messages": [message["uuid"]], "action": "archive"}).status == 204
    assert api.get("messages", folder="archived").results[0]["uuid"] == message["uuid"]
    assert api.post("message_actions", {"messages": [message["uuid"]], "action": "delete"}).status == 204
    assert api.get("messages", uuid=message["uuid"]).results == []


def test_a_ticket_is_listed_closed_and_counted(api: ApiClient, workspace: SystemWorkspace) -> None:
    topic = api.post("topics", {"name": f"Water {number()}"}).body
    new = [str(uuid.uuid4()) for _ in range(4)]
    actions = [{"uuid": new[0], "type": "open_ticket", "topic": {"uuid": topic["uuid"], "name": topic["name"]}}]
    definition = {
        "uuid": new[1], "name": f"Help {number()}", "spec_version": "14.0.0", "type": "messaging", "language": "eng",
        "revision": 1, "expire_after_minutes": 60, "localization": {},
        "nodes": [{"uuid": new[2], "actions": actions, "exits": [{"uuid": new[3]}]}],
    }  # fmt: skip
    flow = workspace.must("save_flow", definition=definition)["uuid"]
    keyword = f"help{number()[-6:]}"
    trigger = {"uuid": str(uuid.uuid4()), "type": "keyword", "keywords": [keyword], "match": "first", "flow": flow}
    workspace.must("add_trigger", trigger=trigger)
    assert post(workspace.receive_url, {"from": number(), "text": keyword}) == 200
    ticket = await_("ticket", lambda: [t for t in api.get("tickets").results if t["topic"] == actions[0]["topic"]])[0]

    assert (ticket["status"], ticket["opened_in"]["uuid"]) == ("open", flow)
    assert api.post("ticket_actions", {"tickets": [ticket["uuid"]], "action": "close"}).status == 204
    again = api.post("ticket_actions", {"tickets": [ticket["uuid"]], "action": "close"})
    assert (again.status, again.body) == (200, {"failures": [ticket["uuid"]]})
    assert api.get("tickets", uuid=ticket["uuid"]).results[0]["closed_on"]
    assert api.get("topics", uuid=topic["uuid"]).results[0]["counts"] == {"open": 0, "closed": 1}


def test_a_group_with_a_query_takes_in_who_is_there_already(api: ApiClient, workspace: SystemWorkspace) -> None:
    name = f"Zoe{number()[-7:]}"
    contact = api.post("contacts", {"name": name, "urns": [f"tel:{number()}"]}).body["uuid"]
    group = {"uuid": str(uuid.uuid4()), "name": f"Called {name}", "query": f'name = "{name}"'}
    workspace.must("add_group", group=group)

    ready = await_(
        "group", lambda: [g for g in api.get("groups", uuid=group["uuid"]).results if g["status"] == "ready"]
    )
    assert (ready[0]["count"], ready[0]["query"]) == (1, group["query"])
    assert api.get("contacts", group=group["uuid"]).results[0]["uuid"] == contact


def test_the_users_of_the_workspace_are_listed(api: ApiClient) -> None:
    users = api.get("users").results

    assert users and {"uuid", "name", "email", "role", "team", "created_on"} <= set(users[0])
