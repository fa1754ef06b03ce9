"""Definitions for tests: a survey of today's version, and the same idea as it was written in version 11."""

from collections.abc import Callable
from itertools import count
from typing import Any

from tests.domain.flow.engine.conversation import flow_of, node_of, uuid_of

Object = dict[str, Any]

SURVEY = "5ca1ab1e-0000-4000-8000-000000000001"
GROUP = {"uuid": uuid_of(0xA1), "name": "Farmers"}
LABEL = {"uuid": uuid_of(0xA2), "name": "Complaint"}
OTHER_FLOW = {"uuid": uuid_of(0xF1), "name": "Follow-up"}
CHANNEL = {"uuid": uuid_of(0xC4), "name": "Short code"}

SEND = uuid_of(0x2010)
OTHER = uuid_of(0x3001)
YES = uuid_of(0x3002)
YES_CASE = uuid_of(0x4002)


def numbered_ids() -> Callable[[], str]:
    """Version 4 UUIDs that are numbered as they are drawn."""
    numbers = count(1)
    return lambda: f"00000000-0000-4000-8000-{next(numbers):012x}"


def send(text: str, **more: Any) -> Object:
    return {"type": "send_msg", "text": text, **more}


def switch(operand: str, *cases: Object, **more: Any) -> Object:
    """A router that knows Yes, to which all the cases lead, and Other; both leave by the exit of node 1."""
    categories = [
        {"uuid": YES, "name": "Yes", "exit_uuid": uuid_of(0x1001)},
        {"uuid": OTHER, "name": "Other", "exit_uuid": uuid_of(0x1001)},
    ]
    return {
        "type": "switch",
        "operand": operand,
        "cases": list(cases),
        "categories": categories,
        "default_category_uuid": OTHER,
        **more,
    }


def case(test: str, *arguments: str, uuid: str = YES_CASE) -> Object:
    return {"uuid": uuid, "type": test, "arguments": list(arguments), "category_uuid": YES}


def survey(version: str = "14.4.2", **more: Any) -> Object:
    """Asks for consent in two languages, waits, and thanks."""
    question = send("Shall we begin, @contact.name?", quick_replies=["Yes", "No"])
    asking = node_of(
        1, question, router=switch("@input.text", case("has_any_word", "yes yeah"), wait={"type": "msg"}), to=2
    )
    asking["router"]["result_name"] = "Consent"
    flow = flow_of(asking, node_of(2, send("Thank you!")), uuid=SURVEY)
    translations = {
        SEND: {"text": ["On commence, @contact.name ?"], "quick_replies": ["Oui", "Non"]},
        YES: {"name": ["Oui"]},
        YES_CASE: {"arguments": ["oui ouais"]},
    }
    return {**flow, "name": "Consent", "spec_version": version, "localization": {"fra": translations}, **more}


def old_survey(**more: Any) -> Object:
    """The survey as version 11 had it: an action set and a rule set."""
    rules = [
        {"uuid": uuid_of(0x1001), "category": {"eng": "Yes", "fra": "Oui"}, "destination": uuid_of(3),
         "test": {"type": "contains_any", "test": {"eng": "yes yeah", "fra": "oui"}}},
        {"uuid": uuid_of(0x1002), "category": {"eng": "Other"}, "destination": uuid_of(1), "test": {"type": "true"}},
    ]  # fmt: skip
    question = {"type": "reply", "uuid": SEND, "msg": {"eng": "Shall we begin, @contact?", "fra": "On commence ?"}}
    thanks = {"type": "reply", "uuid": uuid_of(0x2030), "msg": {"eng": "You are @contact.age, @(UPPER(contact.name))"}}
    return {
        "metadata": {"uuid": SURVEY, "name": "Consent", "revision": 3, "expires": 60},
        "base_language": "eng",
        "flow_type": "F",
        "version": "11.12",
        "entry": uuid_of(1),
        "action_sets": [
            {"uuid": uuid_of(3), "y": 300, "x": 0, "destination": None, "exit_uuid": uuid_of(13), "actions": [thanks]},
            {"uuid": uuid_of(1), "y": 0, "x": 0, "destination": uuid_of(2), "exit_uuid": uuid_of(11),
             "actions": [question]},
        ],
        "rule_sets": [
            {"uuid": uuid_of(2), "y": 100, "x": 0, "label": "Consent", "ruleset_type": "wait_message",
             "operand": "@step.value", "rules": rules, "config": {}},
        ],
        **more,
    }  # fmt: skip
