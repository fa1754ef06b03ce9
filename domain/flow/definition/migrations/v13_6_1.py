"""13.6.1: expressions name results by the shortened names of 13.6.0."""

from collections.abc import Callable

from domain.flow.definition.migrations.refactor import shorten_result_names
from domain.flow.definition.migrations.templates import BEFORE_13_6, rewrite_templates
from domain.flow.definition.migrations.walk import Object


def migrate(flow: Object, ids: Callable[[], str]) -> None:
    rewrite_templates(flow, BEFORE_13_6, shorten_result_names)
