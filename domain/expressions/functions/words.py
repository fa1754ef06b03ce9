"""Functions of a text's words, or of its pieces between delimiters."""

from decimal import Decimal

from domain.environment.words import ASCII_WORD, SPACES, WORD, split_on, words_of
from domain.expressions.functions.conversions import check_items
from domain.expressions.scope import Scope
from domain.expressions.values.conversions import to_integer, to_text
from domain.expressions.values.kinds import EvaluationError, Value


def words_between(text: str, delimiters: Value) -> list[str]:
    """The words of a text, or its pieces between any of the delimiting characters if there are any."""
    signs = to_text(delimiters)
    return split_on(text, signs) if signs else words_of(text)


def split(scope: Scope, text: Value, delimiters: Value = None) -> Value:
    pieces = words_between(to_text(text), delimiters)
    check_items(len(pieces))
    return pieces


def word(scope: Scope, text: Value, index: Value, delimiters: Value = None) -> Value:
    """The word at an index, negatives from the end."""
    characters, place = to_text(text), to_integer(index)
    found = words_between(characters, delimiters)
    if not -len(found) <= place < len(found):
        raise EvaluationError(f"index {place} is out of range for the number of words {len(found)}")
    return found[place]


def word_count(scope: Scope, text: Value, delimiters: Value = None) -> Value:
    return Decimal(len(words_between(to_text(text), delimiters)))


def word_slice(scope: Scope, text: Value, start: Value, end: Value = None, delimiters: Value = None) -> Value:
    """The words from start up to end (all the rest where that is zero or less), joined by spaces."""
    characters, first = to_text(text), to_integer(start)
    last = 0 if end is None else to_integer(end)
    if first < 0:
        raise EvaluationError("must start with a positive index")
    if 0 < last <= first:
        raise EvaluationError("must have a end which is greater than the start")
    found = words_between(characters, delimiters)
    return " ".join(found[first : last if last > 0 else None])


def remove_first_word(scope: Scope, text: Value) -> Value:
    """The text from its second word on, as it is written."""
    characters = to_text(text).lstrip(SPACES)
    pattern = ASCII_WORD if characters.isascii() else WORD
    first = pattern.search(characters)
    second = pattern.search(characters, first.end()) if first else None
    return characters[second.start() :] if second else ""


def field(scope: Scope, text: Value, index: Value, delimiter: Value) -> Value:
    """The field at an index of a text separated by a delimiter; runs of spaces count as one."""
    characters, place, sign = to_text(text), to_integer(index), to_text(delimiter)
    if place < 0:
        raise EvaluationError("cannot use a negative index to FIELD")
    fields = characters.split(sign) if sign else list(characters)
    if sign == " ":
        fields = [piece for piece in fields if piece]
    return fields[place].strip(SPACES) if place < len(fields) else ""
