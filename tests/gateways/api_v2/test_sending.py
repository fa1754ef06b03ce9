"""Messages, broadcasts and flow starts: what is refused, word by word, and how what was given is shown again."""

import uuid
from typing import Any

import pytest

from tests.gateways.api_v2.answering import ANNE
from tests.gateways.api_v2.client import Client

NOBODY = "10000000-0000-4000-8000-000000000000"
LONG_TEXT = {"text": ["Ensure this field has no more than 4096 characters."]}
NOT_TEXT = ["Not a valid string."]
LANGUAGE = ["Not an allowed ISO 639-3 language code."]


# ---- messages ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"contact": [ANNE]}, {"contact": ["Must be a string or integer"]}),
        ({"contact": True}, {"contact": ["Must be a string or integer"]}),
        ({"contact": 5}, {"contact": ["No such object: 5"]}),
        ({"contact": NOBODY}, {"contact": [f"No such object: {NOBODY}"]}),
        ({"contact": "tel:"}, {"contact": ["No such object: tel:"]}),
        ({"text": 5}, {"text": NOT_TEXT}),
        ({"text": "x" * 4097}, LONG_TEXT),
        ({"text": ""}, {"non_field_errors": ["Must provide either text or attachments."]}),
        ({"text": " \n"}, {"non_field_errors": ["Must provide either text or attachments."]}),
        ({"attachments": "image/jpeg:x"}, {"attachments": ['Expected a list of items but got type "str".']}),
        ({"attachments": ["a/b:c"] * 11}, {"attachments": ["Ensure this field has no more than 10 elements."]}),
        ({"quick_replies": ["x"] * 11}, {"quick_replies": ["Ensure this field has no more than 10 elements."]}),
        ({"quick_replies": [{"text": 5}]}, {"quick_replies": {"0": {"text": NOT_TEXT}}}),
        ({"quick_replies": [{"text": ["a"]}]}, {"quick_replies": {"0": {"text": NOT_TEXT}}}),
        (
            {"quick_replies": ["Yes", {"text": "x" * 65}]},
            {"quick_replies": {"1": {"text": ["Ensure this field has no more than 64 characters."]}}},
        ),
        (
            {"quick_replies": [{"type": "url", "text": "x", "extra": "x" * 1001}]},
            {"quick_replies": {"0": {"extra": ["Ensure this field has no more than 1000 characters."]}}},
        ),
        (
            {"quick_replies": [{"type": "call", "text": "x"}]},
            {"quick_replies": {"0": {"type": ['"call" is not a valid choice.']}}},
        ),
    ],
)
def test_a_message_that_can_not_be_sent_names_the_field(api: Client, body: Any, error: Any) -> None:
    answer = api.post("messages", {"contact": ANNE, "text": "Hi", **body})

    assert (answer.status, answer.body) == (400, error)


def test_a_message_to_a_number_as_it_is_written_at_home_reaches_its_contact(api: Client) -> None:
    [anne] = api.get("contacts", urn=ANNE).results

    sent = api.post("messages", {"contact": "tel:0788111111", "text": "Hi"})

    assert (sent.status, sent.body["contact"]["uuid"], sent.body["urn"]) == (201, anne["uuid"], ANNE)


def test_a_label_that_was_removed_is_on_no_message(api: Client) -> None:
    label = api.post("labels", {"name": "Passing"}).body["uuid"]
    message = next(each for each in api.get("messages").results if each["direction"] == "in")
    act = {"messages": [message["uuid"]], "action": "label", "label": label}
    assert api.post("message_actions", act).status == 204
    [labelled] = api.get("messages", label=label, uuid=message["uuid"]).results
    assert labelled["labels"] == [{"uuid": label, "name": "Passing"}]

    assert api.delete("labels", uuid=label).status == 204

    assert api.get("messages", uuid=message["uuid"]).results[0]["labels"] == []


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"messages": [[1]]}, {"messages": {"0": ["Must be a string or integer"]}}),
        ({"label_name": "x" * 65}, {"label_name": ["Ensure this field has no more than 64 characters."]}),
        ({"label_name": {"a": 1}}, {"label_name": NOT_TEXT}),
        ({"label_name": 'so "called"'}, {"label_name": ['Cannot contain the character "']}),
    ],
)
def test_an_action_on_messages_names_what_is_wrong(api: Client, body: Any, error: Any) -> None:
    answer = api.post("message_actions", {"messages": [1], "action": "label", "label_name": "x", **body})

    assert (answer.status, answer.body) == (400, error)


# ---- broadcasts --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (
            {"urns": ["tel:+250788111111", "x"]},
            {"urns": {"1": ["Invalid URN: x. Ensure phone numbers contain country codes."]}},
        ),
        ({"contacts": [{"uuid": NOBODY}]}, {"contacts": ["Must be a string or integer"]}),
        ({"contacts": [NOBODY]}, {"contacts": [f"No such object: {NOBODY}"]}),
        ({"contacts": ["x"]}, {"contacts": ["No such object: x"]}),
        ({"groups": [5]}, {"groups": ["No such object: 5"]}),
        ({"groups": [None]}, {"groups": ["Must be a string or integer"]}),
        ({"urns": ["x"] * 101}, {"urns": ["Ensure this field has no more than 100 elements."]}),
        ({"text": {"eng": "x" * 4097}}, LONG_TEXT),
        ({"text": {"eng": 5}}, {"text": NOT_TEXT}),
        ({"text": ["Hi"]}, {"text": NOT_TEXT}),
        ({"text": {"english": "Hi"}}, {"text": LANGUAGE}),
        ({"base_language": "english"}, {"base_language": LANGUAGE}),
        ({"base_language": ["eng"]}, {"base_language": LANGUAGE}),
        ({"attachments": {"e": []}}, {"attachments": LANGUAGE}),
        ({"text": {"eng": " "}}, {"non_field_errors": ["Must provide either text or attachments."]}),
        ({"text": {}}, {"non_field_errors": ["Must provide either text or attachments."]}),
        (
            {"text": {"eng": "Hi"}, "base_language": "fra", "quick_replies": {"fra": ["Oui"]}},
            {"non_field_errors": ["No text translation provided in base language."]},
        ),
        (
            {"text": {"eng": "Hi", "fra": "Salut"}, "quick_replies": {"fra": ["Oui"]}},
            {"non_field_errors": ["No quick replies translation provided in base language."]},
        ),
    ],
)
def test_a_broadcast_that_can_not_be_sent_names_the_field(api: Client, body: Any, error: Any) -> None:
    answer = api.post("broadcasts", {"urns": [ANNE], "text": "Hi", **body})

    assert (answer.status, answer.body) == (400, error)


def test_more_than_fifty_languages_are_too_many(api: Client) -> None:
    languages = [f"a{first}{second}" for first in "abcdefgh" for second in "abcdefghi"][:51]

    answer = api.post("broadcasts", {"urns": [ANNE], "text": dict.fromkeys(languages, "Hi")})

    assert answer.body == {"text": ["Ensure this field has no more than 50 elements."]}


def test_a_broadcast_shows_each_urn_once_and_in_full(api: Client) -> None:
    sent = api.post(
        "broadcasts", {"urns": ["tel:0788111111", ANNE], "contacts": ["tel:+250788111111"], "text": {"fra": "Salut"}}
    )

    assert (sent.status, sent.body["urns"], sent.body["base_language"]) == (201, [ANNE], "fra")
    assert api.get("broadcasts", uuid=sent.body["uuid"]).results == [sent.body]


# ---- flow starts -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def flow(api: Client) -> str:
    return api.answering.known[0]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"flow": NOBODY}, {"flow": [f"No such object: {NOBODY}"]}),
        ({"flow": None}, {"flow": ["This field is required."]}),
        ({"restart_participants": "maybe"}, {"restart_participants": ["Must be a valid boolean."]}),
        ({"exclude_active": [1]}, {"exclude_active": ["Must be a valid boolean."]}),
        ({"params": [1]}, {"params": ["Must be a valid JSON object"]}),
        ({"params": {"x": "y" * 10_000}}, {"params": ["Ensure this field has no more than 10000 characters."]}),
        ({"extra": "x"}, {"extra": ["Must be a valid JSON object"]}),
        ({"urns": []}, {"non_field_errors": ["Must specify at least one group, contact or URN"]}),
    ],
)
def test_a_start_that_can_not_be_made_names_the_field(api: Client, flow: str, body: Any, error: Any) -> None:
    answer = api.post("flow_starts", {"flow": flow, "urns": [ANNE], **body})

    assert (answer.status, answer.body) == (400, error)


@pytest.mark.parametrize(
    ("written", "meant"), [(1, True), (0, False), ("True", True), ("false", False), ("1", True), (None, None)]
)
def test_booleans_are_taken_as_clients_write_them(api: Client, flow: str, written: Any, meant: bool | None) -> None:
    body = {"flow": flow, "urns": [ANNE], "restart_participants": written, "exclude_active": written}

    start = api.post("flow_starts", body).body

    expected = (True, False) if meant is None else (meant, meant)
    assert (start["restart_participants"], start["exclude_active"]) == expected


def test_the_old_extra_becomes_names_and_short_texts(api: Client, flow: str) -> None:
    extra = {"first name": "x" * 700, "list": ["a", {"b-c": 1}], "n": 1.5, "k" * 300: None}

    start = api.post("flow_starts", {"flow": flow, "urns": [ANNE], "extra": extra}).body

    assert start["params"] == {"first_name": "x" * 640, "list": {"0": "a", "1": {"b_c": 1}}, "n": 1.5, "k" * 255: None}
    assert start["extra"] == start["params"]


def test_params_win_over_extra_and_are_taken_as_they_are(api: Client, flow: str) -> None:
    params = {"first name": ["a"], "of": str(uuid.uuid4())}

    start = api.post("flow_starts", {"flow": flow, "urns": [ANNE], "params": params, "extra": {"x": 1}}).body

    assert start["params"] == params
