"""Calling functions: arity, wrapped errors, the cost of results, anonymous functions and their arguments."""

from collections.abc import Callable
from typing import Final

from domain.expressions.scope import MAX_DEPTH, Scope
from domain.expressions.values.kinds import EvaluationError, TooComplex, Value, XError, XFunction
from domain.expressions.weight import LIGHT, weight_of

ANY_NUMBER: Final = 1_000_000
ANONYMOUS: Final = "<anon>"
USUAL_WORK: Final = 4
"""Units of work of a call. Those that take much longer say so in the catalogue."""


def call(scope: Scope, function: XFunction, arguments: list[Value]) -> Value:
    """The function's result, paid for; an error it gives says whose it is."""
    work = function.work
    for argument in arguments:
        if argument.__class__ is str:
            work += len(argument) >> 1
        elif argument.__class__ not in LIGHT:
            work += weight_of(argument, scope.weights)
    scope.work -= work
    if scope.work < 0:
        raise TooComplex
    try:
        result = function.run(scope, arguments)
    except EvaluationError as error:
        result = XError(f"error calling {function.name}(...): {error}")
    except (ArithmeticError, UnicodeError):  # a date before year 1 or after 9999; half of a surrogate pair from a host
        result = XError(f"error calling {function.name}(...): value out of range")
    else:
        if result.__class__ is XError:
            result = XError(f"error calling {function.name}(...): {result.message}")
    scope.charge(result)
    return result


def call_within(scope: Scope, function: XFunction, arguments: list[Value]) -> Value:
    """The result of a function that another one was given; its error is raised and so ends the other."""
    result = call(scope, function, arguments)
    if result.__class__ is XError:
        raise EvaluationError(result.message)
    return result


def check_arity(given: int, least: int, most: int) -> None:
    """Raises EvaluationError unless the number of arguments is allowed."""
    if least <= given <= most:
        return
    if least == most:
        raise EvaluationError(f"need {least} argument(s), got {given}")
    if most >= ANY_NUMBER:
        raise EvaluationError(f"need at least {least} argument(s), got {given}")
    raise EvaluationError(f"need {least} to {most} argument(s), got {given}")


def function(
    name: str, run: Callable[..., Value], least: int, most: int | None = None, *, work: int = USUAL_WORK
) -> XFunction:
    """A function of the language from `run(scope, *arguments)`, with so many arguments (`most` None: as many as `least`)."""
    limit = least if most is None else most

    def run_checked(scope: Scope, arguments: list[Value]) -> Value:
        if not least <= len(arguments) <= limit:
            check_arity(len(arguments), least, limit)
        return run(scope, *arguments)

    return XFunction(name, run_checked, work)


def anonymous_function(
    parameters: tuple[str, ...], body: Callable[[Scope], Value], work: int
) -> Callable[[Scope], Value]:
    """The closure that makes `(parameters…) => body` a value: it remembers the arguments around it."""
    count = len(parameters)

    def make(scope: Scope) -> Value:
        surrounding = scope.frame

        def run(scope: Scope, arguments: list[Value]) -> Value:
            check_arity(len(arguments), count, count)
            outer = scope.frame
            scope.depth += 1
            if scope.depth > MAX_DEPTH:
                raise TooComplex
            scope.frame = {**surrounding, **dict(zip(parameters, arguments, strict=True))}
            try:
                return body(scope)
            finally:
                scope.frame = outer
                scope.depth -= 1

        return XFunction(ANONYMOUS, run, work)

    return make
