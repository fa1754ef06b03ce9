"""Every template of a flow with the place it has there, in the order that authors read them.

Per node: its actions, each with its templates as they are declared, then the operand of the router, the arguments of its
cases, and the number that its wait dials. Translations follow what they translate, by language.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from domain.flow.definition.actions import Action
from domain.flow.definition.localization import Localization
from domain.flow.definition.model import DialWait, Node, SwitchRouter
from domain.flow.definition.shapes import ListSpec, ObjectSpec, Spec, specs_of


class PlacedTemplate(NamedTuple):
    """A template of a node. `action_uuid` is empty for those of the router, `language` for those that are no translation."""

    text: str
    action_uuid: str = ""
    language: str = ""


def templates_of_node(node: Node, localization: Localization) -> Iterator[PlacedTemplate]:
    """Every template of a node, translations too; empty texts are none."""
    for action in node.actions:
        yield from templates_of_action(action, localization)
    if node.router is None:
        return
    if isinstance(node.router, SwitchRouter):
        yield from templates_of_switch(node.router, localization)
    if isinstance(node.router.wait, DialWait):
        yield PlacedTemplate(node.router.wait.phone)


def templates_of_action(action: Action, localization: Localization) -> Iterator[PlacedTemplate]:
    """The templates of an action, each property followed by its translations."""
    for name, spec in specs_of(type(action)):
        if not spec.template:
            continue
        for text in _texts(spec, getattr(action, name)):
            yield PlacedTemplate(text, action.uuid)
        if spec.localizable:
            for language, texts in localization.each_translation(action.uuid, name):
                for text in texts:
                    if text:
                        yield PlacedTemplate(text, action.uuid, language)


def templates_of_switch(router: SwitchRouter, localization: Localization) -> Iterator[PlacedTemplate]:
    """The operand of a switch and the arguments of its cases."""
    yield PlacedTemplate(router.operand)
    for case in router.cases:
        for argument in case.arguments:
            if argument:
                yield PlacedTemplate(argument)
        for language, texts in localization.each_translation(case.uuid, "arguments"):
            for text in texts:
                if text:
                    yield PlacedTemplate(text, language=language)


def _texts(spec: Spec, value: Any) -> Iterator[str]:
    """The templates that a property of that spec holds."""
    if not value:
        return
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for text in value.values() if text)
    elif isinstance(spec, ListSpec):
        for member in value:
            yield from _texts(spec.each, member)
    elif isinstance(spec, ObjectSpec):
        for name, inner in specs_of(spec.of):
            if inner.template:
                yield from _texts(inner, getattr(value, name))
