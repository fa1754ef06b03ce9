"""Each of the 26 actions in a flow that a message starts: what it leaves in the log."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.examples.installation import Installation, Workspace
from tests.workers.decider.flows import Data, flow_of_actions, last_note, notes

ANNE = "tel:+250788000001"


class Ministry(Workspace):
    """A workspace with one of each thing that actions name."""

    def __init__(self) -> None:
        super().__init__(Installation())
        self.farmers = self.made("group", name="Farmers")
        self.spam = self.made("label", name="Spam")
        self.general = self.made("topic", name="General")
        self.age = self.made("field", key="age", name="Age", type="number")
        self.model = self.made("llm", name="Small", url="http://models.example/v1", model="small-1")
        self.reply: Data = {"type": "send_msg", "text": "from the other flow, after @parent.flow.name"}
        self.other = {"uuid": flow_of_actions(self, "other", self.reply, name="Other"), "name": "Other"}

    def made(self, kind: str, **item: Any) -> Data:
        uuid = self.at.new_id()
        self.must(f"add_{kind}", **{kind: {"uuid": uuid, **item}})
        return {"key": item["key"], "name": item["name"]} if kind == "field" else {"uuid": uuid, "name": item["name"]}

    def does(self, *actions: Data, answer: Data | None = None) -> None:
        """Anne writes `go`, and a flow does this."""
        flow_of_actions(self, "go", *actions)
        self.texts(ANNE, "go")
        if answer is not None:
            self.at.answer_service(self.org, answer)

    def last(self, name: str) -> Data:
        """The data of the last event of that name."""
        return dict(self.at.events(self.org, name)[-1]["data"])

    def asked(self) -> Data:
        return dict(self.last("service_requested")["request"])


@pytest.fixture
def ministry() -> Ministry:
    return Ministry()


CHANGES: list[tuple[Callable[[Ministry], Data], str, Callable[[Ministry], Data]]] = [
    (lambda m: {"type": "add_contact_groups", "groups": [m.farmers]},
     "contact_groups_changed", lambda m: {"groups_added": [m.farmers]}),
    (lambda m: {"type": "add_contact_urn", "scheme": "mailto", "path": "Anne@Example.org"},
     "contact_urns_changed", lambda m: {"urns": [f"{ANNE}?channel={m.channel}", "mailto:anne@example.org"]}),
    (lambda m: {"type": "set_contact_name", "name": " Anne "}, "contact_name_changed", lambda m: {"name": "Anne"}),
    (lambda m: {"type": "set_contact_language", "language": "kin"},
     "contact_language_changed", lambda m: {"language": "kin"}),
    (lambda m: {"type": "set_contact_timezone", "timezone": "Africa/Kigali"},
     "contact_timezone_changed", lambda m: {"timezone": "Africa/Kigali"}),
    (lambda m: {"type": "set_contact_status", "status": "blocked"},
     "contact_status_changed", lambda m: {"status": "blocked"}),
    (lambda m: {"type": "set_contact_field", "field": m.age, "value": "36"},
     "contact_field_changed", lambda m: {"field": m.age, "value": {"text": "36", "number": 36}}),
    (lambda m: {"type": "set_contact_channel", "channel": None}, "contact_urns_changed", lambda m: {"urns": [ANNE]}),
]  # fmt: skip


@pytest.mark.parametrize(("action", "name", "data"), CHANGES, ids=[row[0](Ministry())["type"] for row in CHANGES])
def test_the_contact_is_changed(
    ministry: Ministry, action: Callable[[Ministry], Data], name: str, data: Callable[[Ministry], Data]
) -> None:
    ministry.does(action(ministry))
    assert ministry.last(name) == data(ministry)


def test_groups_are_left(ministry: Ministry) -> None:
    ministry.does(
        {"type": "add_contact_groups", "groups": [ministry.farmers]},
        {"type": "remove_contact_groups", "all_groups": True},
    )
    assert ministry.last("contact_groups_changed") == {"groups_removed": [ministry.farmers]}


def test_a_message_is_queued_for_the_one_who_wrote(ministry: Ministry) -> None:
    ministry.does({"type": "send_msg", "text": "Hi @contact", "quick_replies": ["Yes"]})
    message = ministry.last("message_created")["message"]
    assert (message["text"], message["urn"], message["status"], message["priority"]) == (
        "Hi (+250) 788 000 001".replace("(+250) ", "0"), ANNE, "queued", "high")  # fmt: skip
    assert message["quick_replies"] == [{"type": "text", "text": "Yes"}]


def test_a_broadcast_is_made_for_others(ministry: Ministry) -> None:
    ministry.does(
        {"type": "send_broadcast", "text": "Rain!", "groups": [ministry.farmers], "legacy_vars": ["0788000009"]}
    )
    broadcast = ministry.last("broadcast_created")["broadcast"]
    assert (broadcast["origin"], broadcast["groups"], broadcast["urns"]) == (
        "flow", [ministry.farmers], ["tel:+250788000009"])  # fmt: skip
    assert broadcast["translations"] == {"eng": {"text": "Rain!"}}


def test_a_start_is_made_for_others(ministry: Ministry) -> None:
    ministry.does({"type": "start_session", "flow": ministry.other, "groups": [ministry.farmers], "exclusions": {}})
    start = ministry.last("flow_start_created")["flow_start"]
    assert (start["origin"], start["flow"], start["groups"]) == ("flow", ministry.other, [ministry.farmers])
    assert start["run_summary"]["flow"]["name"] == "Flow go"
    assert start["history"]["ancestors_since_input"] == 0


def test_another_flow_is_entered(ministry: Ministry) -> None:
    ministry.does({"type": "enter_flow", "flow": ministry.other})
    assert [event["data"]["flow"]["name"] for event in ministry.at.events(ministry.org, "run_ended")] == [
        "Other",
        "Flow go",
    ]
    assert ministry.at.replies(ministry.org, ANNE) == ["from the other flow, after Flow go"]


def test_a_result_is_kept_with_the_run(ministry: Ministry) -> None:
    ministry.does({"type": "set_run_result", "name": "Crop", "value": "maize", "category": "Cereal"})
    result = ministry.last("run_result_changed")
    assert (result["name"], result["value"], result["category"]) == ("Crop", "maize", "Cereal")


def test_a_local_lives_as_long_as_the_run(ministry: Ministry) -> None:
    local = {"type": "set_run_local", "local": "n", "value": "2", "operation": "increment"}
    ministry.does(local, local, {"type": "send_msg", "text": "@locals.n"})
    assert ministry.at.replies(ministry.org, ANNE) == ["4"]


def test_the_message_that_came_is_labelled(ministry: Ministry) -> None:
    ministry.does({"type": "add_input_labels", "labels": [ministry.spam]})
    noted = last_note(ministry, "input_labels_added")
    assert noted["labels"] == [ministry.spam]
    assert noted["input_uuid"] == ministry.last("message_handled")["message"]["uuid"]


def test_mail_is_asked_for_and_noted(ministry: Ministry) -> None:
    ministry.does({"type": "send_email", "addresses": ["a@b.c"], "subject": "Sub", "body": "Body"}, answer={})
    asked = ministry.asked()
    assert (asked["kind"], asked["to"], asked["subject"], asked["body"]) == ("email", ["a@b.c"], "Sub", "Body")
    assert last_note(ministry, "email_sent")["to"] == ["a@b.c"]


def test_a_webhook_is_called_and_its_answer_read(ministry: Ministry) -> None:
    call = {
        "type": "call_webhook",
        "method": "POST",
        "url": "http://example.org/",
        "body": "@contact.urn",
        "result_name": "Call",
    }
    ministry.does(call, {"type": "send_msg", "text": "@webhook.json.n"}, answer={"status": 200, "body": '{"n": 5}'})
    asked = ministry.asked()
    assert (asked["kind"], asked["method"], asked["url"], asked["body"]) == (
        "webhook",
        "POST",
        "http://example.org/",
        ANNE,
    )
    assert ministry.at.replies(ministry.org, ANNE) == ["5"]
    assert last_note(ministry, "webhook_called")["status"] == "success"
    assert ministry.last("run_result_changed")["category"] == "Success"


def test_a_webhook_that_may_not_be_called_fails_and_the_flow_goes_on(ministry: Ministry) -> None:
    call = {"type": "call_webhook", "method": "GET", "url": "http://10.0.0.1/"}
    refused = {"error": "10.0.0.1 is not a public address"}
    ministry.does(call, {"type": "send_msg", "text": "got @webhook.status"}, answer=refused)
    assert last_note(ministry, "webhook_called")["status"] == "connection_error"
    assert ministry.at.replies(ministry.org, ANNE) == ["got 0"]


def test_a_resthook_that_the_workspace_does_not_have_is_passed_by(ministry: Ministry) -> None:
    ministry.does({"type": "call_resthook", "resthook": "new-farmer", "result_name": "Hook"})
    assert notes(ministry) == []
    assert ministry.last("run_ended")["status"] == "completed"


def test_a_language_model_is_asked_and_its_answer_read(ministry: Ministry) -> None:
    call = {
        "type": "call_llm",
        "llm": ministry.model,
        "instructions": "Sort",
        "input": "@input.text",
        "output_local": "o",
    }
    ministry.does(
        call,
        {"type": "send_msg", "text": "@locals.o"},
        answer={"output": "greeting", "tokens": {"input": 1, "output": 2}},
    )
    asked = ministry.asked()
    assert (asked["kind"], asked["llm"]["uuid"], asked["input"]) == ("llm", ministry.model["uuid"], "go")
    assert ministry.at.replies(ministry.org, ANNE) == ["greeting"]
    assert last_note(ministry, "llm_called")["output"] == "greeting"


def test_a_language_model_that_fails_is_told(ministry: Ministry) -> None:
    call = {"type": "call_llm", "llm": ministry.model, "instructions": "Sort", "input": "x", "output_local": "o"}
    ministry.does(call, {"type": "send_msg", "text": "@locals.o"}, answer={"error": "The language model answered 500."})
    assert last_note(ministry, "error")["text"] == "The language model answered 500."
    assert ministry.at.replies(ministry.org, ANNE) == ["<ERROR>"]


def test_a_classifier_always_fails_for_there_are_none_any_more(ministry: Ministry) -> None:
    ministry.does({"type": "call_classifier", "input": "@input.text", "result_name": "Intent"})
    assert last_note(ministry, "warning")["text"] == "NLU classifiers are no longer supported"
    result = ministry.last("run_result_changed")
    assert (result["value"], result["category"], result["input"]) == ("0", "Failure", "go")


def test_a_ticket_is_opened_with_its_note(ministry: Ministry) -> None:
    ministry.does(
        {"type": "open_ticket", "topic": None, "note": "No water"}, {"type": "send_msg", "text": "@locals._new_ticket"}
    )
    opened = ministry.last("ticket_opened")["ticket"]
    assert opened["topic"] == ministry.general
    assert ministry.last("ticket_note_added") == {"ticket_uuid": opened["uuid"], "note": "No water"}
    assert ministry.at.replies(ministry.org, ANNE) == [opened["uuid"]]


def test_a_workspace_has_the_topic_that_tickets_without_one_get(ministry: Ministry) -> None:
    stranger = Workspace(ministry.at, "Rain Ministry")
    for keyword in ("go", "again"):
        flow_of_actions(stranger, keyword, {"type": "open_ticket", "topic": None, "note": "No water"})
    (topic,) = (event["data"]["topic"] for event in ministry.at.events(stranger.org, "topic_added"))

    stranger.texts(ANNE, "go")

    (opened,) = (event["data"]["ticket"] for event in ministry.at.events(stranger.org, "ticket_opened"))
    assert (topic["name"], opened["topic"]["uuid"]) == ("General", topic["uuid"])


def test_opt_ins_are_no_longer_asked_for(ministry: Ministry) -> None:
    ministry.does({"type": "request_optin", "optin": {"uuid": ministry.at.new_id(), "name": "Jokes"}})
    assert last_note(ministry, "error")["code"] == "action:unsupported"


def test_airtime_is_asked_for_and_noted(ministry: Ministry) -> None:
    transfer = {"type": "transfer_airtime", "amounts": {"RWF": 500}}
    answer = {"external_id": "1001", "currency": "RWF", "amount": "500", "http_logs": []}
    ministry.does(transfer, {"type": "send_msg", "text": "@locals._new_transfer"}, answer=answer)
    asked, noted = ministry.asked(), last_note(ministry, "airtime_created")
    assert (asked["kind"], asked["recipient"], asked["amounts"]) == ("airtime", ANNE, {"RWF": "500"})
    assert (noted["external_id"], noted["currency"], noted["amount"]) == ("1001", "RWF", 500)
    assert ministry.at.replies(ministry.org, ANNE) == [noted["uuid"]] == [asked["transfer"]]


def test_airtime_that_can_not_be_sent_is_told(ministry: Ministry) -> None:
    transfer = {"type": "transfer_airtime", "amounts": {"RWF": 500}}
    ministry.does(transfer, {"type": "send_msg", "text": "sent: @locals._new_transfer"}, answer={"error": "no credit"})
    assert last_note(ministry, "error")["text"] == "no credit"
    assert ministry.at.replies(ministry.org, ANNE) == ["sent: "]


@pytest.mark.parametrize(
    "action", [{"type": "say_msg", "text": "Hi"}, {"type": "play_audio", "audio_url": "http://x/"}]
)
def test_speech_is_for_voice_flows(ministry: Ministry, action: Data) -> None:
    definition = {
        "uuid": ministry.at.new_id(), "name": "Call", "spec_version": "14.4.2", "type": "messaging", "language": "eng",
        "nodes": [{"uuid": ministry.at.new_id(), "actions": [{"uuid": ministry.at.new_id(), **action}],
                   "exits": [{"uuid": ministry.at.new_id()}]}],
    }  # fmt: skip
    outcome = ministry.at.command(ministry.org, "save_flow", {"definition": definition})
    assert f"action type '{action['type']}' is not allowed in a flow of type 'messaging'" in outcome["sentence"]
    assert "result" in ministry.at.command(ministry.org, "save_flow", {"definition": {**definition, "type": "voice"}})


def test_what_another_workspace_has_is_not_found(ministry: Ministry) -> None:
    stranger = Workspace(ministry.at, "Rain Ministry")
    flow_of_actions(
        stranger,
        "go",
        {"type": "add_contact_groups", "groups": [ministry.farmers, {"name_match": "Farmers"}]},
        {"type": "add_input_labels", "labels": [ministry.spam]},
        {"type": "set_contact_field", "field": ministry.age, "value": "3"},
        {"type": "open_ticket", "topic": ministry.general, "note": "x"},
        {"type": "call_llm", "llm": ministry.model, "instructions": "x", "input": "x", "output_local": "o"},
        {
            "type": "start_session",
            "flow": ministry.other,
            "groups": [ministry.farmers],
            "create_contact": True,
            "exclusions": {},
        },
        {"type": "set_contact_channel", "channel": {"uuid": ministry.channel, "name": "Short code"}},
        {"type": "enter_flow", "flow": ministry.other},
    )
    stranger.texts(ANNE, "go")

    told = [note.get("code") or note["text"] for note in notes(stranger)]
    assert told == [
        "dependency:missing", "group:missing", "dependency:missing", "dependency:missing", "dependency:missing",
        "dependency:missing", "dependency:missing", "dependency:missing", "dependency:missing",
        "Unable to find flow 'Other'"]  # fmt: skip
    assert stranger.at.events(stranger.org, "service_requested") == []
    assert stranger.at.events(stranger.org, "flow_start_created") == []
