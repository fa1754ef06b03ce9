"""Whatever a flow says and whoever answers: only declared errors, bounded output, nothing changed for the caller."""

import base64
import json
from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import EvenkeelError
from domain.flow.engine.services import NoServices, Services
from tests.domain.flow.engine.conversation import Conversation, flow_of, node_of, uuid_of, waiting

NODES = 5
TEMPLATES = st.sampled_from(
    ["", "hi", "@contact", "@contact.fields.age", "@(1 / 0)", "@results", "@input.text", "@(", "@webhook.json", "@child",
     "@parent.results.x", "@webhook", "@(webhook.json.a.b[0])", "@(json(webhook))",
     "@locals", "@node.visit_count", "@trigger.params", "@legacy_extra", "@urns.tel", "@globals", "@ticket.topic"]
) | st.text(max_size=12)  # fmt: skip
TEXT = TEMPLATES.filter(bool)
GROUP = {"uuid": uuid_of(0xA1), "name": "Young"}
OTHER = {"uuid": uuid_of(0xF1), "name": "Other"}
LLM = {"uuid": uuid_of(0xD1), "name": "Model"}
ACTIONS = st.one_of(
    TEXT.map(lambda text: {"type": "send_msg", "text": text, "quick_replies": [text]}),
    TEMPLATES.map(lambda text: {"type": "set_contact_name", "name": text}),
    TEMPLATES.map(lambda text: {"type": "set_contact_field", "field": {"key": "age", "name": "Age"}, "value": text}),
    TEMPLATES.map(lambda text: {"type": "set_contact_language", "language": text}),
    TEMPLATES.map(lambda text: {"type": "set_contact_timezone", "timezone": text}),
    TEMPLATES.map(lambda text: {"type": "set_run_result", "name": "x", "value": text}),
    TEMPLATES.map(lambda text: {"type": "set_run_local", "local": "n", "value": text, "operation": "increment"}),
    TEXT.map(lambda text: {"type": "add_contact_urn", "scheme": "tel", "path": text}),
    TEXT.map(lambda text: {"type": "call_webhook", "method": "POST", "url": text, "body": text}),
    TEXT.map(lambda text: {"type": "send_email", "addresses": [text], "subject": text, "body": text}),
    TEMPLATES.map(lambda text: {"type": "open_ticket", "topic": None, "note": text}),
    TEXT.map(lambda text: {"type": "send_broadcast", "text": text, "legacy_vars": [text], "contact_query": text}),
    st.just({"type": "add_contact_groups", "groups": [GROUP]}),
    st.just({"type": "remove_contact_groups", "all_groups": True}),
    st.sampled_from(["active", "blocked", "stopped"]).map(
        lambda status: {"type": "set_contact_status", "status": status}
    ),
    TEXT.map(
        lambda text: {
            "type": "start_session",
            "flow": OTHER,
            "legacy_vars": [text],
            "contact_query": text,
            "exclusions": {},
        }
    ),
    TEXT.map(
        lambda text: {"type": "call_llm", "llm": LLM, "instructions": text, "input": text, "output_local": "said"}
    ),
    TEMPLATES.map(lambda text: {"type": "call_classifier", "input": text, "result_name": "intent", "classifier": LLM}),
    TEXT.map(lambda text: {"type": "add_input_labels", "labels": [{"name_match": text}]}),
    st.just({"type": "call_resthook", "resthook": "hook", "result_name": "x"}),
    st.just({"type": "transfer_airtime", "amounts": {"RWF": 100}}),
    st.just({"type": "set_contact_channel", "channel": {"uuid": uuid_of(0xE1), "name": "Gone"}}),
    st.just({"type": "set_run_local", "local": "n", "operation": "clear"}),
    st.just({"type": "enter_flow", "flow": {"uuid": uuid_of(0xF1), "name": "Other"}, "terminal": True}),
    st.just({"type": "enter_flow", "flow": {"uuid": uuid_of(0xF1), "name": "Other"}}),
)


TESTS = st.sampled_from(
    [("has_any_word", 1), ("has_number_between", 2), ("has_pattern", 1), ("has_date_lt", 1), ("has_phone", 0), ("has_group", 1),
     ("has_category", 1), ("has_district", 1), ("has_ward", 2), ("has_error", 0), ("has_email", 0), ("has_beginning", 1)]
)  # fmt: skip


@st.composite
def routers(draw: Any, number: int) -> dict[str, Any]:
    """A router that picks by chance, or puts anything to any tests, with or without a wait."""
    exit_uuid = uuid_of(0x1000 + number)
    categories = [
        {"uuid": uuid_of(0x3000 + number * 16 + n), "name": f"C{n}", "exit_uuid": exit_uuid} for n in range(2)
    ]
    if draw(st.integers(0, 4)) == 0:
        return {"type": "random", "categories": categories, "result_name": "Lot"}
    cases = []
    for place, (name, count) in enumerate(draw(st.lists(TESTS, max_size=3))):
        arguments = [draw(TEMPLATES) for _ in range(count)]
        uuid = uuid_of(0x9000 + number * 16 + place)
        cases.append({"uuid": uuid, "type": name, "arguments": arguments, "category_uuid": categories[0]["uuid"]})
    router: dict[str, Any] = {"type": "switch", "operand": draw(TEXT), "cases": cases, "categories": categories}
    if draw(st.booleans()):
        router["result_name"] = draw(st.sampled_from(["x", "Answer"]))
    if draw(st.integers(0, 5)) > 0:
        router["default_category_uuid"] = categories[1]["uuid"]
    if draw(st.booleans()):
        router["wait"] = {"type": "msg", "timeout": {"seconds": 60, "category_uuid": categories[1]["uuid"]}}
    return router


@st.composite
def flows(draw: Any, uuid: str, first: int) -> dict[str, Any]:
    nodes = []
    for number in range(first, first + NODES):
        to = draw(st.none() | st.integers(first, first + NODES - 1))
        router = draw(st.none() | st.just(waiting(number, timeout=60)) | routers(number))
        nodes.append(node_of(number, *draw(st.lists(ACTIONS, max_size=3)), to=to, router=router))
    return flow_of(*nodes, uuid=uuid)


ASSETS: dict[str, Any] = {
    "groups": [GROUP, {"uuid": uuid_of(0xA2), "name": "Old", "query": "age > 30"}],
    "fields": [{"uuid": uuid_of(0xB1), "key": "age", "name": "Age", "type": "number"}],
    "topics": [{"uuid": uuid_of(0xC1), "name": "General"}],
    "llms": [{**LLM, "type": "openai", "roles": ["engine"]}],
    "resthooks": [{"slug": "hook", "subscribers": ["http://localhost/", "no url"]}],
}


BODIES = st.one_of(
    st.sampled_from(
        ["", "null", "[", '{"a": 1e400}', "[" * 300 + "]" * 300, '{"a": {"b": [1, 2.50, "x"]}}', '"\\u0000"', "{}"]
    ),
    st.text(max_size=20),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5), st.lists, max_leaves=5
    ).map(lambda document: json.dumps(document)),
)
ANSWERS = st.one_of(
    BODIES.map(lambda body: {"status": 200, "headers": [["x-a", "b"]], "body": body}),
    st.sampled_from([204, 301, 404, 410, 500, 999]).map(lambda status: {"status": status, "headers": [], "body": "no"}),
    st.binary(max_size=20).map(lambda raw: {"status": 200, "body_base64": base64.b64encode(raw).decode()}),
    st.just({"status": 200, "too_large": True, "size": 10**9}),
    st.just({"error": "connection refused"}),
)


class AnyAnswers:
    """An outside that answers anything, from a list that is used over and over."""

    def __init__(self, webhooks: list[Any], text: str) -> None:
        self.webhooks, self.text, self.calls = webhooks, text, 0

    def call_webhook(self, request: dict[str, Any]) -> dict[str, Any]:
        self.calls += 1
        answer: dict[str, Any] = self.webhooks[self.calls % len(self.webhooks)]
        return answer

    def send_email(self, request: dict[str, Any]) -> dict[str, Any]:
        return {}

    def call_llm(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"output": self.text, "tokens": {"input": 1, "output": 1}}

    def transfer_airtime(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"external_id": "1", "currency": "RWF", "amount": "100"}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    main=flows("b1a2c3d4-0000-4000-8000-000000000001", 1),
    other=flows(uuid_of(0xF1), 0x80),
    answers=st.lists(st.text(max_size=20) | st.none(), max_size=4),
    outside=st.just(NoServices())
    | st.builds(AnyAnswers, st.lists(ANSWERS, min_size=1, max_size=3), st.text(max_size=10)),
)
def test_any_flow_is_bounded(
    main: dict[str, Any], other: dict[str, Any], answers: list[str | None], outside: Services
) -> None:
    conversation = Conversation(main, other, **ASSETS)
    sprint = conversation.start(outside)
    for answer in [None, *answers]:
        assert len(sprint.events) < 5_000
        assert len(sprint.steps) == len(sprint.events)
        orjson.dumps([sprint.events, sprint.segments, sprint.session.to_json(), sprint.contact.to_json()])
        assert sprint.status in ("waiting", "completed", "failed")
        if sprint.status != "waiting":
            assert all(run.exited_on for run in sprint.session.runs)
            return
        before = orjson.dumps([sprint.session.to_json(), sprint.contact.to_json()])
        after = sprint
        try:
            sprint = conversation.answer(answer, outside) if answer is not None else conversation.time_out(outside)
        except EvenkeelError:
            return
        assert orjson.dumps([after.session.to_json(), after.contact.to_json()]) == before


def test_flow_that_says_too_much_in_one_breath_fails() -> None:
    message = {"type": "send_msg", "text": "x" * 9_000}
    conversation = Conversation(flow_of(node_of(1, *[message] * 16, to=2), node_of(2, *[message] * 16, to=1)))

    sprint = conversation.start(NoServices())

    assert sprint.status == "failed"
    said = [event["text"] for event in sprint.events if event["type"] == "failure"]
    assert said == ["Reached maximum number of characters per sprint (2000000)"]
    assert len(sprint.events) < 250


def test_flow_that_makes_nothing_but_errors_fails() -> None:
    message = {"type": "send_msg", "text": "@contact.x" * 900}
    conversation = Conversation(flow_of(node_of(1, *[message] * 16, to=2), node_of(2, *[message] * 16, to=1)))

    sprint = conversation.start(NoServices())

    assert sprint.status == "failed"
    assert len(sprint.events) < 12_000
