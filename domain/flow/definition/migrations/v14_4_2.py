"""14.4.2: a webhook that got no answer has no status, so a split on it takes 0 instead."""

from collections.abc import Callable

from domain.flow.definition.migrations.walk import WEBHOOK_ACTIONS, Object, split_after


def migrate(flow: Object, ids: Callable[[], str]) -> None:
    for _, router in split_after(flow, *WEBHOOK_ACTIONS):
        if router.get("operand") == "@webhook.status":
            router["operand"] = "@(default(webhook.status, 0))"
