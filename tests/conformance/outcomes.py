"""Small words for kinds: run one case, compare, never let one case's crash hide the rest."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.conformance.runner import Outcome


def read_json(path: Path) -> Any:
    """A file of cases; floats stay as written only where the case keeps them as text."""
    return json.loads(path.read_text(encoding="utf-8"))


def compared(name: str, actual: Callable[[], object], expected: object) -> Outcome:
    """The outcome of a case whose actual value comes from a call; an exception is a disagreement."""
    try:
        found = actual()
    except Exception as error:
        return name, False, f"raised {type(error).__name__}: {error}; expected {expected!r}"
    return name, found == expected, "" if found == expected else f"got {found!r}; expected {expected!r}"


def checked(name: str, difference: Callable[[], str]) -> Outcome:
    """The outcome of a case whose check answers "" when it agrees and what differs when it doesn't."""
    try:
        found = difference()
    except Exception as error:
        return name, False, f"raised {type(error).__name__}: {error}"
    return name, not found, found


def equal(actual: object, expected: object) -> str:
    """What a check answers that compares two values."""
    return "" if actual == expected else f"got {actual!r}, expected {expected!r}"


def numbered(section: str, cases: list[Any]) -> Iterator[tuple[str, Any]]:
    """Names for the cases of a section: its place in the original where known, else the index."""
    for index, case in enumerate(cases):
        source = case.get("source", "") if isinstance(case, dict) else ""
        yield f"{section}[{index}] {source}".strip(), case


def described(folder: Path) -> Iterator[tuple[str, Any]]:
    """Names and cases of a folder whose files are lists of cases with a description."""
    for path in sorted(folder.glob("[a-z]*.json")):
        for index, case in enumerate(read_json(path)):
            yield f"{path.stem}[{index}] {case['description']}", case
