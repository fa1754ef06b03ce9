"""Functions that write values the way people of the organization do, and that take apart what they are made of."""

import re
from typing import Final

from domain.environment import layouts
from domain.environment.locations import name_of_path
from domain.environment.moments import in_zone
from domain.expressions.functions.dates import zone_argument
from domain.expressions.scope import Scope
from domain.expressions.values import json_text
from domain.expressions.values.conversions import (
    to_boolean,
    to_date,
    to_datetime,
    to_integer,
    to_number,
    to_text,
    to_time,
)
from domain.expressions.values.kinds import EvaluationError, Value
from domain.expressions.values.number import format_number as number_with_symbols
from domain.expressions.values.rendering import pretty, raise_if_error
from domain.message import content
from domain.urn.errors import InvalidUrn
from domain.urn.normalise import format_urn as display_of_urn
from domain.urn.parse import URN, parse_urn

MAX_PLACES: Final = 9
PLACEHOLDER: Final = re.compile(r"\{\{-?\s*\.(\w+)\s*-?\}\}")
NO_VALUE: Final = "<no value>"


def format_(scope: Scope, value: Value) -> Value:
    """The value as people write it; nothing for null and errors."""
    return pretty(value, scope.environment)


def format_date(scope: Scope, date: Value, layout: Value = None) -> Value:
    environment = scope.environment
    day = to_date(date, scope)
    written = environment.date_format if layout is None else to_text(layout)
    try:
        return layouts.format_date(day, written, environment.default_locale)
    except layouts.LayoutError as error:
        raise EvaluationError(str(error)) from None


def format_datetime(scope: Scope, moment: Value, layout: Value = None, zone: Value = None) -> Value:
    """The moment on the clock of a zone, the organization's unless told."""
    environment = scope.environment
    value = to_datetime(moment, scope)
    written = environment.datetime_format if layout is None else to_text(layout)
    shown = in_zone(value, zone_argument(scope, zone, environment.timezone))
    try:
        return layouts.format_datetime(shown, written, environment.default_locale)
    except layouts.LayoutError as error:
        raise EvaluationError(str(error)) from None


def format_time(scope: Scope, time: Value, layout: Value = None) -> Value:
    environment = scope.environment
    clock = to_time(time)
    written = environment.time_format if layout is None else to_text(layout)
    try:
        return layouts.format_time(clock, written, environment.default_locale)
    except layouts.LayoutError as error:
        raise EvaluationError(str(error)) from None


def format_number(scope: Scope, number: Value, places: Value = None, humanize: Value = True) -> Value:
    """The number at so many places (as many as it has unless told), its digits grouped unless told."""
    value = to_number(number)
    shown = -1 if places is None else to_integer(places)
    if shown > MAX_PLACES or (places is not None and shown < 0):
        raise EvaluationError(f"must take 0-{MAX_PLACES} number of places, got {shown}")
    return number_with_symbols(value, scope.environment.number_format, shown, to_boolean(humanize))


def format_location(scope: Scope, location: Value) -> Value:
    """The last part of a place's path."""
    return name_of_path(to_text(location))


def format_urn(scope: Scope, urn: Value) -> Value:
    """A contact's address as people write it."""
    text = to_text(urn)
    _parsed(text)
    return display_of_urn(text)


def urn_parts(scope: Scope, urn: Value) -> Value:
    parsed = _parsed(to_text(urn))
    return {"scheme": parsed.scheme, "path": parsed.path, "display": parsed.display}


def _parsed(text: str) -> URN:
    try:
        return parse_urn(text)
    except InvalidUrn as error:
        raise EvaluationError(f"{text} is not a valid URN: {error}") from None


def attachment_parts(scope: Scope, attachment: Value) -> Value:
    """Its media type and where it is; a text that is no attachment is all URL."""
    parts = content.attachment_parts(to_text(attachment))
    return {"content_type": parts.content_type, "url": parts.url}


def json(scope: Scope, value: Value) -> Value:
    raise_if_error(value)
    return json_text.to_json(value)


def parse_json(scope: Scope, text: Value) -> Value:
    return json_text.from_json(to_text(text))


def prompt(scope: Scope, name: Value, *arguments: Value) -> Value:
    """One of the host's prompts with arg1, arg2, … put into it."""
    wanted = to_text(name)
    template = scope.environment.prompts.get(wanted)
    texts = {f"arg{place}": to_text(argument) for place, argument in enumerate(arguments, 1)}
    if template is None:
        raise EvaluationError(f"unknown LLM prompt {wanted}")
    longest = max(map(len, texts.values()), default=0)
    scope.reserve(len(template) + template.count("{{") * longest)
    return PLACEHOLDER.sub(lambda match: texts.get(match[1], NO_VALUE), template)
