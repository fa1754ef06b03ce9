"""13.3.0: what @webhook was is now @webhook.json."""

from collections.abc import Callable

from domain.flow.definition.migrations.refactor import rename_webhook
from domain.flow.definition.migrations.templates import BEFORE_13_3, rewrite_templates
from domain.flow.definition.migrations.walk import Object


def migrate(flow: Object, ids: Callable[[], str]) -> None:
    rewrite_templates(flow, BEFORE_13_3, rename_webhook)
