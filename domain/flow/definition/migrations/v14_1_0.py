"""14.1.0: a split after a webhook looks at its status; messages have ten quick replies at most."""

from collections.abc import Callable

from domain.flow.definition.migrations.walk import (
    WEBHOOK_ACTIONS,
    Object,
    actions_of,
    is_split_on_result,
    split_after,
    split_on_webhook_status,
    translations_of,
)

MAX_QUICK_REPLIES = 10


def migrate(flow: Object, ids: Callable[[], str]) -> None:
    for _, router in split_after(flow, *WEBHOOK_ACTIONS):
        if is_split_on_result(router):
            split_on_webhook_status(router)
    for action in actions_of(flow, "send_msg", "send_broadcast"):
        for holder in (action, *translations_of(flow, action.get("uuid"))):
            replies = holder.get("quick_replies")
            if isinstance(replies, list) and len(replies) > MAX_QUICK_REPLIES:
                holder["quick_replies"] = replies[:MAX_QUICK_REPLIES]
