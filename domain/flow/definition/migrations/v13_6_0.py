"""13.6.0: names of results have 64 characters at most, and those of categories 36."""

from collections.abc import Callable

from domain.flow.definition.migrations.walk import Object, actions_of, objects_in, routers_of

MAX_RESULT_NAME = 64
MAX_CATEGORY_NAME = 36


def migrate(flow: Object, ids: Callable[[], str]) -> None:
    for action in actions_of(flow, "set_run_result"):
        _shorten(action, "name", MAX_RESULT_NAME)
        _shorten(action, "category", MAX_CATEGORY_NAME)
    for action in actions_of(
        flow, "call_webhook", "call_resthook", "call_classifier", "transfer_airtime", "open_ticket"
    ):
        _shorten(action, "result_name", MAX_RESULT_NAME)
    for router in routers_of(flow):
        _shorten(router, "result_name", MAX_RESULT_NAME)
        for category in objects_in(router, "categories"):
            _shorten(category, "name", MAX_CATEGORY_NAME)


def _shorten(thing: Object, key: str, limit: int) -> None:
    """Cuts a text of more than `limit` *bytes* to that many characters: flows in the wild were cut that way."""
    text = thing.get(key)
    if isinstance(text, str) and len(text.encode(errors="replace")) > limit:
        thing[key] = text[:limit].strip()
