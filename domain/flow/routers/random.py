"""The router that picks by chance."""

from __future__ import annotations

from decimal import Decimal

from domain.expressions.values.number import number_text
from domain.flow.definition.model import Flow, RandomRouter
from domain.flow.engine.execution import Execution
from domain.flow.routers.choosing import ResultSaver


class RandomChoice:
    """Picks each category with the same chance."""

    __slots__ = ("_categories", "_saver", "_timeout")

    def __init__(self, router: RandomRouter, node_uuid: str, flow: Flow) -> None:
        self._categories = tuple(category.uuid for category in router.categories)
        self._timeout = router.timeout.category_uuid if router.timeout is not None else ""
        self._saver = ResultSaver(router, node_uuid, flow)

    def route(self, x: Execution) -> tuple[str, str]:
        drawn = Decimal(repr(x.world.random()))
        place = int(drawn * len(self._categories))
        return self._saver.save(x, self._categories[place], str(place), number_text(drawn))

    def route_timeout(self, x: Execution) -> tuple[str, str]:
        return self._saver.save(x, self._timeout, "", "")
