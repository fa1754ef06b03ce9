"""14.4.1: every split right after a webhook looks at its status, whatever it looked at before."""

from collections.abc import Callable

from domain.flow.definition.migrations.walk import (
    WEBHOOK_ACTIONS,
    Object,
    languages_of,
    objects_in,
    split_after,
    split_on_webhook_status,
)


def migrate(flow: Object, ids: Callable[[], str]) -> None:
    for _, router in split_after(flow, *WEBHOOK_ACTIONS):
        before = [case.get("uuid") for case in objects_in(router, "cases")]
        if split_on_webhook_status(router):
            for uuid in before:
                _forget_arguments(flow, uuid)


def _forget_arguments(flow: Object, case_uuid: object) -> None:
    """Drops translated arguments, which were for another test."""
    if not isinstance(case_uuid, str):
        return
    for items in languages_of(flow).values():
        item = items.get(case_uuid)
        if isinstance(item, dict):
            item.pop("arguments", None)
            if not item:
                del items[case_uuid]
