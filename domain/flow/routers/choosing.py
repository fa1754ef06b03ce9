"""What all routers do once they know the category: save the result."""

from __future__ import annotations

from typing import Any

from domain.flow.definition.model import Category, Flow, RandomRouter, SwitchRouter
from domain.flow.engine.execution import Execution
from domain.flow.engine.localisation import Localised, localised_text
from domain.flow.engine.session import Result


class ResultSaver:
    """Saves what a router chose under the router's result name, if it has one."""

    __slots__ = ("_categories", "_names", "_node_uuid", "_result_name")

    def __init__(self, router: SwitchRouter | RandomRouter, node_uuid: str, flow: Flow) -> None:
        self._result_name = router.result_name
        self._node_uuid = node_uuid
        self._categories: dict[str, Category] = {category.uuid: category for category in router.categories}
        self._names: dict[str, Localised[str]] = {
            category.uuid: localised_text(flow, category.uuid, "name", category.name)
            for category in (router.categories if router.result_name else ())
        }

    def save(self, x: Execution, category_uuid: str, match: str, operand: str, extra: Any = None) -> tuple[str, str]:
        """Saves a choice.

        Returns:
            The category's uuid, "" when the router has no such category, and the operand.
        """
        category = self._categories.get(category_uuid)
        if category is None:
            return "", operand
        if self._result_name:
            name = self._names[category_uuid]
            localised, language = name.choose(x.languages)
            x.save_result(
                Result(
                    name=self._result_name,
                    value=match[: x.options.max_result_chars],
                    created_on=x.now(),
                    category=category.name,
                    category_localized=localised if language != name.language else "",
                    node_uuid=self._node_uuid,
                    input=operand,
                    extra=extra,
                )
            )
        return category_uuid, operand
