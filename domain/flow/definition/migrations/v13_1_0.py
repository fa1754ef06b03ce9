"""13.1.0: the templating of a message has a uuid, so that it can be translated."""

from collections.abc import Callable

from domain.flow.definition.migrations.walk import Object, actions_of


def migrate(flow: Object, ids: Callable[[], str]) -> None:
    for action in actions_of(flow, "send_msg"):
        templating = action.get("templating")
        if isinstance(templating, dict):
            templating["uuid"] = ids()
