"""The expression language: scanning, parsing, evaluating, converting, comparing, rewriting."""

from collections.abc import Iterator
from pathlib import Path

from tests.conformance.kinds.expressions import numbers, syntax, templates, translation, values
from tests.conformance.kinds.expressions.templates import budget
from tests.conformance.outcomes import checked, numbered, read_json
from tests.conformance.runner import Outcome

CHECKS = templates.CHECKS | syntax.CHECKS | values.CHECKS | numbers.CHECKS | translation.CHECKS


def run(folder: Path) -> Iterator[Outcome]:
    document = read_json(folder / "expressions.json")
    for section, checks in CHECKS.items():
        if section not in document:
            continue
        given = document[section]
        check = checks(given, folder)
        for name, case in numbered(section, given.get("cases", [])):
            yield checked(name, lambda check=check, case=case: check(case))  # type: ignore[misc]
    yield from budget(document["budget"], folder)
