"""13.2.0: the language of a flow is a three-letter code; what was `base` becomes `und`."""

from collections.abc import Callable

from domain.flow.definition.migrations.walk import Object


def migrate(flow: Object, ids: Callable[[], str]) -> None:
    language = flow.get("language")
    if isinstance(language, str) and len(language) == 3:
        return
    flow["language"] = "und"
    localization = flow.get("localization")
    if isinstance(localization, dict):
        localization.pop("und", None)
