"""The functions of version 11 in terms of those there are now."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from domain.flow.definition.legacy.migrated import (
    JOIN,
    POWER,
    SUM,
    CannotMigrate,
    Kind,
    Piece,
    binary,
    call,
)

Arguments = Sequence[Piece]
Rule = Callable[[Arguments], Piece]

_WHOLE_NUMBER = re.compile(r"-?\d+")
_WORDS_BY_SPACES = r'" \t"'


def migrate_call(name: str, arguments: Arguments) -> Piece:
    """A call of a version 11 function. Raises CannotMigrate where there was no such function."""
    rule = _RULES.get(name.lower())
    if rule is None:
        raise CannotMigrate(f"there is no function {name}")
    return rule(arguments)


def _texts(arguments: Arguments) -> list[str]:
    return [argument.text for argument in arguments]


def _to(name: str, kind: Kind = Kind.UNKNOWN) -> Rule:
    return lambda arguments: call(name, *_texts(arguments), kind=kind)


def _expect(arguments: Arguments, least: int, most: int | None = None) -> None:
    if not least <= len(arguments) <= (least if most is None else most):
        raise CannotMigrate("wrong number of arguments")


def _formatted(function: str, layout: str) -> Rule:
    def rule(arguments: Arguments) -> Piece:
        _expect(arguments, 1)
        return call(function, arguments[0].text, f'"{layout}"')

    return rule


def _time_part(layout: str) -> Rule:
    """Hours, minutes or seconds of a date with a time, as people write one; of a time only where that is sure."""

    def rule(arguments: Arguments) -> Piece:
        _expect(arguments, 1)
        function = "format_time" if arguments[0].kind is Kind.TIME else "format_datetime"
        return call(function, arguments[0].text, f'"{layout}"')

    return rule


def _keyword(word: str) -> Rule:
    def rule(arguments: Arguments) -> Piece:
        _expect(arguments, 0)
        return Piece(word)

    return rule


def _joined(operator: str, strength: int, kind: Kind = Kind.UNKNOWN) -> Rule:
    def rule(arguments: Arguments) -> Piece:
        if not arguments:
            raise CannotMigrate("needs an argument")
        made = arguments[0]
        for argument in arguments[1:]:
            made = binary(made, operator, argument, strength, kind)
        return made

    return rule


def _days(arguments: Arguments) -> Piece:
    _expect(arguments, 2)
    return call("datetime_diff", arguments[1].text, arguments[0].text, '"D"', kind=Kind.NUMBER)


def _edate(arguments: Arguments) -> Piece:
    _expect(arguments, 2)
    return call("datetime_add", *_texts(arguments), '"M"', kind=Kind.DATETIME)


def _exp(arguments: Arguments) -> Piece:
    _expect(arguments, 1)
    return binary(Piece("2.718281828459045"), "^", arguments[0], POWER)


def _power(arguments: Arguments) -> Piece:
    _expect(arguments, 2)
    return binary(arguments[0], "^", arguments[1], POWER)


def _first_word(arguments: Arguments) -> Piece:
    _expect(arguments, 1)
    return call("word", arguments[0].text, "0")


def _fixed(arguments: Arguments) -> Piece:
    """The third argument said whether to leave out separators of thousands; now it says whether to have them."""
    _expect(arguments, 1, 3)
    texts = _texts(arguments)
    places = texts[1] if len(texts) > 1 else "2"
    if len(texts) < 3:
        return call("format_number", texts[0], places)
    opposite = {"true": "false", "false": "true"}.get(texts[2].lower(), f"if({texts[2]}, false, true)")
    return call("format_number", texts[0], places, opposite)


def _left(arguments: Arguments) -> Piece:
    _expect(arguments, 2)
    return call("text_slice", arguments[0].text, "0", arguments[1].text)


def _right(arguments: Arguments) -> Piece:
    _expect(arguments, 2)
    return call("text_slice", arguments[0].text, _negated(arguments[1]))


def _negated(piece: Piece) -> str:
    return f"-{piece.within(POWER + 1)}"


def _weekday(arguments: Arguments) -> Piece:
    _expect(arguments, 1)
    return Piece(f"weekday({arguments[0].text}) + 1", SUM)


def _index(argument: Piece) -> str:
    """Counting began at one and now begins at zero; counting from the end is as it was."""
    if _WHOLE_NUMBER.fullmatch(argument.text):
        number = int(argument.text)
        return str(number - 1 if number >= 0 else number)
    return f"{argument.within(SUM)} - 1"


def _delimiters(by_spaces: Piece) -> str:
    return _WORDS_BY_SPACES if by_spaces.text.lower() == "true" else "NULL"


def _word(arguments: Arguments) -> Piece:
    _expect(arguments, 2, 3)
    return call("word", arguments[0].text, _index(arguments[1]), *map(_delimiters, arguments[2:]))


def _word_count(arguments: Arguments) -> Piece:
    _expect(arguments, 1, 2)
    return call("word_count", arguments[0].text, *map(_delimiters, arguments[1:]), kind=Kind.NUMBER)


def _word_slice(arguments: Arguments) -> Piece:
    _expect(arguments, 2, 4)
    bounds = [_index(argument) for argument in arguments[1:3]]
    return call("word_slice", arguments[0].text, *bounds, *map(_delimiters, arguments[3:]))


def _field(arguments: Arguments) -> Piece:
    _expect(arguments, 2, 3)
    delimiter = arguments[2].text if len(arguments) > 2 else '" "'
    return call("field", arguments[0].text, _index(arguments[1]), delimiter)


def _if(arguments: Arguments) -> Piece:
    """What wasn't given was 0 for the first answer and false for the second."""
    _expect(arguments, 1, 3)
    texts = _texts(arguments)
    return call("if", texts[0], *(texts[1:] + ["0", "false"][len(texts) - 1 :]))


_NUMBER = Kind.NUMBER
_RULES: dict[str, Rule] = {
    "abs": _to("abs", _NUMBER),
    "and": _to("and"),
    "average": _to("mean", _NUMBER),
    "char": _to("char"),
    "clean": _to("clean"),
    "code": _to("code", _NUMBER),
    "concatenate": _joined("&", JOIN),
    "date": _to("date_from_parts", Kind.DATE),
    "datedif": _to("datetime_diff", _NUMBER),
    "datevalue": _to("date", Kind.DATE),
    "day": _formatted("format_date", "D"),
    "days": _days,
    "edate": _edate,
    "epoch": _to("epoch", _NUMBER),
    "exp": _exp,
    "false": _keyword("false"),
    "field": _field,
    "first_word": _first_word,
    "fixed": _fixed,
    "format_date": _to("format_datetime"),
    "format_location": _to("format_location"),
    "hour": _time_part("tt"),
    "if": _if,
    "int": _to("round_down", _NUMBER),
    "left": _left,
    "len": _to("text_length", _NUMBER),
    "lower": _to("lower"),
    "max": _to("max", _NUMBER),
    "min": _to("min", _NUMBER),
    "minute": _time_part("m"),
    "mod": _to("mod", _NUMBER),
    "month": _formatted("format_date", "M"),
    "now": _to("now", Kind.DATETIME),
    "or": _to("or"),
    "percent": _to("percent"),
    "power": _power,
    "proper": _to("title"),
    "rand": _to("rand", _NUMBER),
    "randbetween": _to("rand_between", _NUMBER),
    "read_digits": _to("read_chars"),
    "regex_group": _to("regex_match"),
    "remove_first_word": _to("remove_first_word"),
    "rept": _to("repeat"),
    "right": _right,
    "round": _to("round", _NUMBER),
    "rounddown": _to("round_down", _NUMBER),
    "roundup": _to("round_up", _NUMBER),
    "second": _time_part("s"),
    "substitute": _to("replace"),
    "sum": _joined("+", SUM),
    "time": _to("time_from_parts", Kind.TIME),
    "timevalue": _to("time", Kind.TIME),
    "today": _to("today", Kind.DATE),
    "true": _keyword("true"),
    "trunc": _to("round_down", _NUMBER),
    "unichar": _to("char"),
    "unicode": _to("code", _NUMBER),
    "upper": _to("upper"),
    "weekday": _weekday,
    "word": _word,
    "word_count": _word_count,
    "word_slice": _word_slice,
    "year": _formatted("format_date", "YYYY"),
}
