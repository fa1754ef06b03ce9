"""How the sections of envs.json are checked: a section gives a check of its cases."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from domain.environment.moments import from_epoch_nanos
from domain.errors import EvenkeelError
from tests.conformance.outcomes import equal
from tests.conformance.typed_values import nanos_of_iso

Check = Callable[[Any], str]
Checks = Callable[[Any, Path], Check]

CLOCK = nanos_of_iso("2018-09-13T13:36:30.123456789Z")


def now() -> datetime:
    return from_epoch_nanos(CLOCK, UTC)


def fails(action: Callable[[], object], errors: tuple[type[Exception], ...] = (ValueError, EvenkeelError)) -> bool:
    try:
        action()
    except errors:
        return True
    return False


def error_of(action: Callable[[], object]) -> str:
    try:
        action()
    except (ValueError, EvenkeelError) as error:
        return str(error)
    return ""


def of_function(function: Callable[..., object]) -> Checks:
    """Sections of arguments and what comes of them."""
    return lambda given, folder: lambda case: equal(function(*case["args"]), case["expected"])
