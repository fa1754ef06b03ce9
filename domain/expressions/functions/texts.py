"""Functions of texts: their letters, their length, what is cut out of them or put into them."""

import urllib.parse
from decimal import Decimal
from typing import Final

import regex

from domain.environment import words
from domain.expressions import html_text
from domain.expressions.patterns import paid_pattern
from domain.expressions.scope import Scope
from domain.expressions.values.conversions import to_integer, to_number, to_text
from domain.expressions.values.kinds import EvaluationError, Value
from domain.expressions.values.number import multiply, number_text, round_half_away

MAX_REPEATED: Final = 10_000
REPLACEMENT_CHARACTER: Final = "\ufffd"
INVISIBLE: Final = regex.compile(r"\p{C}+")


def char(scope: Scope, code: Value) -> Value:
    """The character of a code; the replacement character where there is none."""
    number = to_integer(code)
    if not 0 <= number <= 0x10FFFF or 0xD800 <= number <= 0xDFFF:
        return REPLACEMENT_CHARACTER
    return chr(number)


def code(scope: Scope, text: Value) -> Value:
    """The code of a text's first character."""
    characters = to_text(text)
    if not characters:
        raise EvaluationError("requires a non-empty text argument")
    return Decimal(ord(characters[0]))


def trim(scope: Scope, text: Value, chars: Value = None) -> Value:
    return to_text(text).strip(_trimmed_characters(chars))


def trim_left(scope: Scope, text: Value, chars: Value = None) -> Value:
    return to_text(text).lstrip(_trimmed_characters(chars))


def trim_right(scope: Scope, text: Value, chars: Value = None) -> Value:
    return to_text(text).rstrip(_trimmed_characters(chars))


def _trimmed_characters(chars: Value) -> str:
    """White space unless told otherwise; an explicit "" trims nothing."""
    return words.SPACES if chars is None else to_text(chars)


def title(scope: Scope, text: Value) -> Value:
    return words.title(to_text(text))


def lower(scope: Scope, text: Value) -> Value:
    return words.lower(to_text(text))


def upper(scope: Scope, text: Value) -> Value:
    return words.upper(to_text(text))


def clean(scope: Scope, text: Value) -> Value:
    """Without characters that can't be seen: controls, line breaks, formatting marks."""
    return INVISIBLE.sub("", to_text(text))


def text_slice(scope: Scope, text: Value, start: Value, end: Value = None) -> Value:
    """The characters from start up to end; negatives count from the end."""
    characters = to_text(text)
    length = len(characters)
    first = _from_start(to_integer(start), length)
    last = length if end is None else _from_start(to_integer(end), length)
    return characters[first:last] if first < last else ""


def _from_start(index: int, length: int) -> int:
    return max(index + length, 0) if index < 0 else index


def text_length(scope: Scope, text: Value) -> Value:
    return Decimal(len(to_text(text)))


def text_compare(scope: Scope, text1: Value, text2: Value) -> Value:
    """-1, 0 or 1 as the first comes before, equals or comes after the second, by character codes."""
    left, right = to_text(text1), to_text(text2)
    return Decimal((left > right) - (left < right))


def repeat(scope: Scope, text: Value, count: Value) -> Value:
    characters, times = to_text(text), to_integer(count)
    if times < 0:
        raise EvaluationError("must be called with a positive integer")
    if len(characters) * times > MAX_REPEATED:
        raise EvaluationError(f"can't make a text of more than {MAX_REPEATED} characters")
    return characters * times


def replace(scope: Scope, text: Value, needle: Value, replacement: Value, count: Value = None) -> Value:
    """The first so many occurrences replaced, all of them unless told. An empty needle is between all characters."""
    characters, sought, put = to_text(text), to_text(needle), to_text(replacement)
    limit = -1 if count is None else to_integer(count)
    if put:
        times = characters.count(sought)
        scope.reserve(len(characters) + len(put) * (times if limit < 0 else min(times, limit)))
    return characters.replace(sought, put, max(limit, -1))


def regex_match(scope: Scope, text: Value, pattern: Value, group: Value = None) -> Value:
    """The first match of a pattern, or one of its groups."""
    characters, expression = to_text(text), to_text(pattern)
    compiled = paid_pattern(expression, characters, scope.labour)
    if compiled is None:
        raise EvaluationError("invalid regular expression")
    index = 0 if group is None else to_integer(group)
    match = compiled.search(characters)
    if match is None or not 0 <= index <= compiled.groups:
        raise EvaluationError("invalid regular expression group")
    return match.group(index) or ""


def percent(scope: Scope, number: Value) -> Value:
    """The number as whole per cents, of at most 64 bits."""
    rounded = round_half_away(multiply(to_number(number), Decimal(100)), 0)
    if not -(2**63) <= rounded < 2**63:
        raise EvaluationError(f"number value {number_text(rounded)} is out of range for an integer")
    return number_text(rounded) + "%"


def url_encode(scope: Scope, text: Value) -> Value:
    return urllib.parse.quote(to_text(text), safe="", errors="replace")


def html_decode(scope: Scope, text: Value) -> Value:
    """The text without HTML's escapes; a space that may not break is a space."""
    return html_text.unescaped(to_text(text)).replace("\xa0", " ")


def read_chars(scope: Scope, text: Value) -> Value:
    """A code spelled out for a voice to read: in groups of three or four where they come out even."""
    characters = to_text(text).removeprefix("+")
    length = len(characters)
    if length % 3 == 0:
        size = 3
    else:
        size = 4 if length % 4 == 0 else 1
    groups = (characters[start : start + size] for start in range(0, length, size))
    return " , ".join(" ".join(group) for group in groups)
