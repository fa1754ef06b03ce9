"""Results kept for texts that come again, without keeping long ones: somebody may send many that never do."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Concatenate, ParamSpec, TypeVar

Other = ParamSpec("Other")
Result = TypeVar("Result")
OfText = Callable[Concatenate[str, Other], Result]


def kept_for_short_texts(count: int, longest: int) -> Callable[[OfText[Other, Result]], OfText[Other, Result]]:
    """For a pure function of a text: the last `count` results for texts of at most `longest` characters are remembered."""

    def keeping(function: OfText[Other, Result]) -> OfText[Other, Result]:
        remembered = lru_cache(maxsize=count)(function)

        @wraps(function)
        def of_text(text: str, /, *others: Other.args, **named: Other.kwargs) -> Result:
            if len(text) > longest:
                return function(text, *others, **named)
            return remembered(text, *others, **named)  # type: ignore[arg-type]

        return of_text

    return keeping
