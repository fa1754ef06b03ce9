"""14.0.0: expiration is limited by the type of flow, and categories have names."""

from collections.abc import Callable

from domain.flow.definition.migrations.walk import Object, objects_in, routers_of

MAX_MINUTES = {"messaging": 20_160, "voice": 15}


def migrate(flow: Object, ids: Callable[[], str]) -> None:
    minutes, flow_type = flow.get("expire_after_minutes"), flow.get("type")
    if isinstance(minutes, int | float) and not isinstance(minutes, bool):
        limit = MAX_MINUTES.get(flow_type, 0) if isinstance(flow_type, str) else 0
        if minutes > limit:
            flow["expire_after_minutes"] = limit
    for router in routers_of(flow):
        for category in objects_in(router, "categories"):
            if category.get("name") in (None, ""):
                category["name"] = "Match"
