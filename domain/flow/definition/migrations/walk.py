"""Ways through a definition that is still JSON and may be anything: what isn't of the expected shape is passed by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Object = dict[str, Any]
Step = Callable[[Object, Callable[[], str]], None]

WEBHOOK_ACTIONS = ("call_webhook", "call_resthook")


def objects_in(container: Any, key: str) -> list[Object]:
    """The objects in the list that `container` holds under `key`."""
    members = container.get(key) if isinstance(container, dict) else None
    return [member for member in members if isinstance(member, dict)] if isinstance(members, list) else []


def strings_in(container: Any, key: str) -> list[str] | None:
    """The list of strings under `key`; None if there is something else or nothing."""
    members = container.get(key) if isinstance(container, dict) else None
    if isinstance(members, list) and all(isinstance(member, str) for member in members):
        return members
    return None


def nodes_of(flow: Object) -> list[Object]:
    return objects_in(flow, "nodes")


def actions_of(flow: Object, *types: str) -> Iterator[Object]:
    """Every action of the flow that has one of these types."""
    for node in nodes_of(flow):
        for action in objects_in(node, "actions"):
            if action.get("type") in types:
                yield action


def routers_of(flow: Object) -> Iterator[Object]:
    for node in nodes_of(flow):
        router = node.get("router")
        if isinstance(router, dict):
            yield router


def split_after(flow: Object, *types: str) -> Iterator[tuple[Object, Object]]:
    """Action and router of every node that has one action only, of one of these types, and then a switch."""
    for node in nodes_of(flow):
        actions, router = node.get("actions"), node.get("router")
        if not isinstance(actions, list) or len(actions) != 1 or not isinstance(actions[0], dict):
            continue
        if actions[0].get("type") in types and isinstance(router, dict) and router.get("type") == "switch":
            yield actions[0], router


def languages_of(flow: Object) -> dict[str, Object]:
    """The translations per language."""
    localization = flow.get("localization")
    if not isinstance(localization, dict):
        return {}
    return {language: items for language, items in localization.items() if isinstance(items, dict)}


def translations_of(flow: Object, item_uuid: Any) -> Iterator[Object]:
    """What each language has for an item."""
    localization = flow.get("localization")
    if not isinstance(item_uuid, str) or not isinstance(localization, dict):
        return
    for items in localization.values():
        if isinstance(items, dict) and item_uuid in items and isinstance(items[item_uuid], dict):
            yield items[item_uuid]


def is_split_on_result(router: Object) -> bool:
    operand = router.get("operand")
    return isinstance(operand, str) and operand.startswith("@results.")


def keep_one_case(router: Object, test: str, arguments: list[str]) -> bool:
    """Leaves the first case only, and makes it that test. False if there is no case."""
    cases = objects_in(router, "cases")
    if not cases:
        return False
    first = cases[0]
    first["type"] = test
    first["arguments"] = arguments
    router["cases"] = [first]
    return True


def split_on_webhook_status(router: Object) -> bool:
    """Makes a router tell answers of 200 to 299 from others. False if it has no case."""
    if not keep_one_case(router, "has_number_between", ["200", "299"]):
        return False
    router["operand"] = "@webhook.status"
    return True
