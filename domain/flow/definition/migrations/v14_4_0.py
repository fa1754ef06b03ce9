"""14.4.0: a message goes to one URN of the contact."""

from collections.abc import Callable

from domain.flow.definition.migrations.walk import Object, actions_of


def migrate(flow: Object, ids: Callable[[], str]) -> None:
    for action in actions_of(flow, "send_msg"):
        action.pop("all_urns", None)
