"""The flows of a drill: a poll of two questions, and an answer to whoever says something."""

import uuid
from typing import Any

Json = dict[str, Any]

QUESTIONS = ("Do you have clean water at home? Yes or no.", "How many people live in your household?")
ANSWERS = ("yes", "4")
ECHO = "We have heard you."


def poll(flow: str) -> Json:
    """Ask, wait, ask, wait, end. `flow` is its uuid."""
    nodes: list[Json] = []
    for number, question in enumerate(QUESTIONS):
        after = _uuid(flow, f"ask {number + 1}") if number + 1 < len(QUESTIONS) else None
        nodes.append(_ask(flow, f"ask {number}", question, _uuid(flow, f"wait {number}")))
        nodes.append(_wait(flow, f"wait {number}", f"Answer {number + 1}", after))
    return _flow(flow, "Poll", nodes)


def echo(flow: str) -> Json:
    return _flow(flow, "Echo", [_ask(flow, "say", ECHO, None)])


def _flow(flow: str, name: str, nodes: list[Json]) -> Json:
    return {
        "uuid": flow, "name": name, "spec_version": "14.4.2", "language": "eng", "type": "messaging", "revision": 1,
        "expire_after_minutes": 10080, "localization": {}, "nodes": nodes,
    }  # fmt: skip


def _ask(flow: str, name: str, text: str, after: str | None) -> Json:
    action = {
        "uuid": _uuid(flow, f"{name} text"),
        "type": "send_msg",
        "text": text,
        "attachments": [],
        "quick_replies": [],
    }
    return {"uuid": _uuid(flow, name), "actions": [action], "exits": [_exit(flow, name, after)]}


def _wait(flow: str, name: str, result: str, after: str | None) -> Json:
    category = {"uuid": _uuid(flow, f"{name} any"), "name": "Any", "exit_uuid": _uuid(flow, f"{name} exit")}
    router = {
        "type": "switch", "operand": "@input.text", "cases": [], "categories": [category],
        "default_category_uuid": category["uuid"], "result_name": result, "wait": {"type": "msg"},
    }  # fmt: skip
    return {"uuid": _uuid(flow, name), "actions": [], "router": router, "exits": [_exit(flow, name, after)]}


def _exit(flow: str, name: str, after: str | None) -> Json:
    return {"uuid": _uuid(flow, f"{name} exit"), "destination_uuid": after}


def _uuid(flow: str, name: str) -> str:
    return str(uuid.uuid5(uuid.UUID(flow), name))
