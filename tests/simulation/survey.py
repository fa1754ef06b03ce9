"""The flow that contacts go through: two questions, a validation loop, a wait that times out, a branch. And how contacts answer."""

import random
from typing import Any
from uuid import UUID, uuid5

_NAMES = UUID("5f6b9fb0-4e4c-4f57-9f3c-5c1f1f0c9f11")

HOW_MANY = "How many people live with you?"
NUMBER_PLEASE = "Please send a number between 1 and 30."
STILL_HERE = "We are still here."
IS_IT_CLEAN = "Is your water clean?"
GOOD = "Good, @results.household of you drink well."
SORRY = "We are sorry. Somebody will come."
TIMEOUT_SECONDS = 40


def definition(org: str) -> dict[str, Any]:
    def named(name: str) -> str:
        return str(uuid5(_NAMES, f"{org} {name}"))

    def says(name: str, text: str, then: str | None) -> dict[str, Any]:
        action = {
            "uuid": named(name + " says"),
            "type": "send_msg",
            "text": text,
            "attachments": [],
            "quick_replies": [],
        }
        exits = [{"uuid": named(name + " exit"), "destination_uuid": named(then) if then else None}]
        return {"uuid": named(name), "actions": [action], "exits": exits}

    def asks(
        name: str, result: str, cases: list[tuple[str, list[str], str]], other: str, silent: str = ""
    ) -> dict[str, Any]:
        ways = [(f"case {n}", then) for n, (_, _, then) in enumerate(cases)] + [("Other", other)]
        ways += [("Silence", silent)] if silent else []
        categories = [
            {"uuid": named(f"{name} {way}"), "name": way, "exit_uuid": named(f"{name} {way} exit")} for way, _ in ways
        ]
        wait: dict[str, Any] = {"type": "msg"}
        if silent:
            wait["timeout"] = {"seconds": TIMEOUT_SECONDS, "category_uuid": named(f"{name} Silence")}
        router = {
            "type": "switch", "operand": "@input.text", "result_name": result, "wait": wait, "categories": categories,
            "default_category_uuid": named(f"{name} Other"),
            "cases": [
                {"uuid": named(f"{name} test {n}"), "type": test, "arguments": arguments, "category_uuid": categories[n]["uuid"]}
                for n, (test, arguments, _) in enumerate(cases)
            ],
        }  # fmt: skip
        exits = [{"uuid": named(f"{name} {way} exit"), "destination_uuid": named(then)} for way, then in ways]
        return {"uuid": named(name), "actions": [], "router": router, "exits": exits}

    nodes = [
        says("begin", HOW_MANY, "household"),
        asks("household", "Household", [("has_number_between", ["1", "30"], "clean")], "again", "remind"),
        says("again", NUMBER_PLEASE, "household"),
        says("remind", STILL_HERE, "clean"),
        says("clean", IS_IT_CLEAN, "water"),
        asks("water", "Water", [("has_any_word", ["yes"], "good")], "sorry"),
        says("good", GOOD, None),
        says("sorry", SORRY, None),
    ]
    return {
        "uuid": named("flow"), "name": "Water", "spec_version": "14.4.2", "language": "eng", "type": "messaging", "revision": 1,
        "expire_after_minutes": 10080, "localization": {}, "nodes": nodes,
    }  # fmt: skip


def answers(text: str, chance: random.Random) -> list[str]:
    """What a contact writes when this has arrived; sometimes nothing, sometimes two messages at once."""
    luck = chance.random()
    if text == HOW_MANY:
        if luck < 0.15:
            return []
        return ["ninety"] if luck < 0.35 else ["4", "yes"] if luck < 0.5 else [str(chance.randint(1, 30))]
    if text == NUMBER_PLEASE:
        return ["9"]
    if text == IS_IT_CLEAN:
        return [] if luck < 0.1 else ["yes"] if luck < 0.6 else ["no"]
    return ["thanks"] if luck < 0.1 else []
