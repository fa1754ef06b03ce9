"""13.4.0: the variables of a message template belong to its components; so far there was the body only."""

from collections.abc import Callable

from domain.flow.definition.migrations.walk import Object, actions_of, languages_of


def migrate(flow: Object, ids: Callable[[], str]) -> None:
    for action in actions_of(flow, "send_msg"):
        templating = action.get("templating")
        if isinstance(templating, dict):
            _give_components(flow, templating, ids)


def _give_components(flow: Object, templating: Object, ids: Callable[[], str]) -> None:
    old_uuid = templating.pop("uuid", None)
    variables = templating.pop("variables", None)
    if not isinstance(templating.get("components"), list):
        templating["components"] = []
    if not isinstance(variables, list) or not variables:
        return
    uuid = ids()
    templating["components"].append({"uuid": uuid, "name": "body", "params": variables})
    if not isinstance(old_uuid, str):
        return
    for items in languages_of(flow).values():
        translated = items.pop(old_uuid, None)
        if isinstance(translated, dict) and isinstance(translated.get("variables"), list):
            items[uuid] = {"params": translated["variables"]}
