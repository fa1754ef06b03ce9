"""14.2.0: the body of a new ticket is its first note; translations are filed under three-letter codes only."""

from collections.abc import Callable

from domain.flow.definition.migrations.walk import Object, actions_of


def migrate(flow: Object, ids: Callable[[], str]) -> None:
    for action in actions_of(flow, "open_ticket"):
        if "body" in action:
            action["note"] = action.pop("body")
    localization = flow.get("localization")
    if isinstance(localization, dict):
        for language in [language for language in localization if len(language) != 3]:
            del localization[language]
