"""14.3.0: whether a ticket was opened or airtime sent is told by a local variable, no longer by a result."""

from collections.abc import Callable

from domain.flow.definition.migrations.walk import Object, is_split_on_result, keep_one_case, split_after

LOCALS = {"open_ticket": "@locals._new_ticket", "transfer_airtime": "@locals._new_transfer"}


def migrate(flow: Object, ids: Callable[[], str]) -> None:
    for action, router in split_after(flow, *LOCALS):
        if not is_split_on_result(router) or not keep_one_case(router, "has_text", []):
            continue
        router["operand"] = LOCALS[action["type"]]
        if "result_name" in action:
            router["result_name"] = action.pop("result_name")
