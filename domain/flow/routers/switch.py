"""The router that puts its operand to tests."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from domain.expressions.calls import call
from domain.expressions.router_tests import ROUTER_TESTS
from domain.expressions.template import Template, compile_template
from domain.expressions.values.conversions import to_boolean, to_text
from domain.expressions.values.json_text import to_json
from domain.expressions.values.kinds import (
    MISSING,
    EvaluationError,
    TooComplex,
    Value,
    XError,
    XFunction,
    kind_of,
    object_property,
    unwrapped,
)
from domain.flow.definition.model import Case, Flow, SwitchRouter
from domain.flow.engine.execution import Execution
from domain.flow.engine.localisation import Localised, Templates, localised_templates
from domain.flow.routers.choosing import ResultSaver


class Match(NamedTuple):
    """What the routing came to: the category, the text that matched and what came with it."""

    category_uuid: str
    text: str
    extra: Any = None


class CompiledCase:
    """One test of a switch."""

    __slots__ = ("_arguments", "_test", "_test_name", "category_uuid")

    def __init__(self, case: Case, flow: Flow) -> None:
        self._test_name = case.type.lower()
        self._test: XFunction = ROUTER_TESTS[self._test_name]
        self._arguments: Localised[Templates] = localised_templates(flow, case.uuid, "arguments", case.arguments)
        self.category_uuid = case.category_uuid

    def match(self, x: Execution, operand: Value) -> Match | None:
        """What the test makes of the operand; None when it doesn't hold."""
        native = self._arguments.native
        templates, _ = self._arguments.choose(x.languages)
        if len(templates) != len(native):
            templates = native
        arguments = [operand, *(x.value(template) for template in templates)]
        result = self._call(x, arguments)
        if result.__class__ is XError:
            x.log_error(f"Error calling test {self._test_name.upper()}(...): {result.message}")
            return None
        if not to_boolean(result):
            return None
        return Match(self.category_uuid, _text_or_nothing(_part(result, "match")), _extra(x, _part(result, "extra")))

    def _call(self, x: Execution, arguments: list[Value]) -> Value:
        scope = x.evaluation.scope
        scope.begin()
        try:
            return call(scope, self._test, arguments)
        except TooComplex as error:
            return XError(str(error), too_complex=True)


def _part(result: Value, name: str) -> Value:
    if kind_of(result) != "object":
        return None
    found = object_property(result, name)
    return None if found is MISSING else unwrapped(found)


def _extra(x: Execution, extra: Value) -> Any:
    if extra is None:
        return None
    if kind_of(extra) != "object":
        x.log_error(f"test returned non-object extra: {_text_or_nothing(extra)}")
        return None
    text = to_json(extra)
    x.written += len(text)
    return orjson.loads(text)


def _text_or_nothing(value: Value) -> str:
    if value.__class__ is str:
        return value
    try:
        return to_text(value)
    except EvaluationError:
        return ""


class Switch:
    """Puts the operand to each case in turn; the first that holds gives the category, else the default one."""

    __slots__ = ("_cases", "_default", "_operand", "_saver", "_timeout")

    def __init__(self, router: SwitchRouter, node_uuid: str, flow: Flow) -> None:
        self._operand: Template = compile_template(router.operand)
        self._cases = tuple(CompiledCase(case, flow) for case in router.cases)
        self._default = router.default_category_uuid or ""
        self._timeout = router.timeout.category_uuid if router.timeout is not None else ""
        self._saver = ResultSaver(router, node_uuid, flow)

    def route(self, x: Execution) -> tuple[str, str]:
        operand = x.value(self._operand)
        text = _text_or_nothing(operand)
        match = self._match(x, operand, text)
        return self._saver.save(x, match.category_uuid, match.text, text, match.extra)

    def route_timeout(self, x: Execution) -> tuple[str, str]:
        return self._saver.save(x, self._timeout, "", "")

    def _match(self, x: Execution, operand: Value, text: str) -> Match:
        for case in self._cases:
            match = case.match(x, operand)
            if match is not None:
                return match
        if self._default and operand.__class__ is XError:
            x.log_error(operand.message)
        return Match(self._default, text)
