"""14.3.1: tests on words take one text; several arguments become one."""

from collections.abc import Callable

from domain.flow.definition.migrations.walk import Object, objects_in, routers_of, strings_in, translations_of

TESTS = frozenset(
    ["has_only_text", "has_phrase", "has_only_phrase", "has_any_word", "has_all_words", "has_beginning", "has_pattern"]
)


def migrate(flow: Object, ids: Callable[[], str]) -> None:
    for router in routers_of(flow):
        for case in objects_in(router, "cases"):
            if str(case.get("type")) in TESTS and _join_arguments(case):
                for translation in translations_of(flow, case.get("uuid")):
                    _join_arguments(translation)


def _join_arguments(holder: Object) -> bool:
    arguments = strings_in(holder, "arguments")
    if arguments is None or len(arguments) < 2:
        return False
    holder["arguments"] = [" ".join(arguments)]
    return True
