"""Numbers: operations, range, writing, converting to them."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from domain.environment.environment import NumberFormat
from domain.expressions.values import conversions, number
from domain.expressions.values.kinds import XError
from tests.conformance.kinds.expressions.checking import Check, Checks, attempt
from tests.conformance.outcomes import equal
from tests.conformance.typed_values import decoded


def _to_number(given: dict[str, Any], folder: Path) -> Check:
    def check(case: Any) -> str:
        value = decoded(case["value"])
        as_number = attempt(lambda: conversions.to_number(value))
        as_integer = attempt(lambda: conversions.to_integer(value))
        errors = isinstance(as_number, XError) or isinstance(as_integer, XError)
        found = (
            Decimal(0) if isinstance(as_number, XError) else as_number,
            0 if isinstance(as_integer, XError) else as_integer,
            errors,
        )
        return equal(found, (decoded(case["asNumber"]), case["asInteger"], case["hasError"]))

    return check


def _number_range(given: dict[str, Any], folder: Path) -> Check:
    return lambda case: equal(not number.is_in_range(Decimal(case["value"]["decimal"])), case["isError"])


def _number_format(given: dict[str, Any], folder: Path) -> Check:
    def check(case: Any) -> str:
        symbols = NumberFormat(**case["format"])
        text = number.format_number(decoded(case["input"]), symbols, case["places"], case["groupDigits"])
        return equal(text, case["expected"])

    return check


def _number_ops(given: dict[str, Any], folder: Path) -> Check:
    operations: dict[str, Callable[..., Decimal]] = {
        "add": number.add,
        "sub": number.subtract,
        "mul": number.multiply,
        "div": number.divide,
        "mod": number.remainder,
        "pow": number.power,
        "round": number.round_half_away,
        "roundup": number.round_up,
        "rounddown": number.round_down,
    }

    def check(case: Any) -> str:
        argument = Decimal(case["arg"]["number"]) if "number" in case["arg"] else case["arg"]["int"]
        found = attempt(lambda: operations[case["op"]](Decimal(case["number"]), argument))
        if isinstance(found, XError):
            return equal(found.message, case.get("error"))
        return equal(number.number_text(found), case.get("expected"))

    return check


CHECKS: dict[str, Checks] = {
    "to_number": _to_number,
    "number_range": _number_range,
    "number_format": _number_format,
    "number_ops": _number_ops,
    "number_op_errors": _number_ops,
}
