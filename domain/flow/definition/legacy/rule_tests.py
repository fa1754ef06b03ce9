"""Tests of version 11 rules become cases of a switch."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from domain.errors import DefinitionError
from domain.flow.definition.legacy.expressions import migrate_template
from domain.flow.definition.legacy.texts import Translator, plain
from domain.flow.definition.migrations.walk import Object

_DAYS_FROM_TODAY = re.compile(r"@\(\s*date\.today\s*([+-])\s*(\d+)\s*\)", re.IGNORECASE)

_WITHOUT_ARGUMENT = {
    "date": "has_date",
    "has_email": "has_email",
    "not_empty": "has_text",
    "number": "has_number",
    "phone": "has_phone",
    "state": "has_state",
}
_WITH_TRANSLATED_TEXT = {
    "contains": "has_all_words",
    "contains_any": "has_any_word",
    "contains_only_phrase": "has_only_phrase",
    "contains_phrase": "has_phrase",
    "regex": "has_pattern",
    "starts": "has_beginning",
}
_WITH_ONE_ARGUMENT = {
    "district": "has_district",
    "eq": "has_number_eq",
    "gt": "has_number_gt",
    "gte": "has_number_gte",
    "lt": "has_number_lt",
    "lte": "has_number_lte",
}
_WITH_DATE = {"date_after": "has_date_gt", "date_before": "has_date_lt", "date_equal": "has_date_eq"}


def type_of_test(test: Any) -> str:
    """The type of a rule's test. Raises DefinitionError if it has none."""
    kind = test.get("type") if isinstance(test, dict) else None
    if not isinstance(kind, str):
        raise DefinitionError("a rule's test must be an object with a type")
    return kind


def migrate_test(test: Object, uuid: str, translator: Translator) -> Object:
    """Type and arguments of the case of that uuid. Raises DefinitionError for a test that never was."""
    kind = type_of_test(test)
    if kind in _WITHOUT_ARGUMENT:
        return {"type": _WITHOUT_ARGUMENT[kind]}
    if kind in _WITH_TRANSLATED_TEXT:
        convert: Callable[[str], str] = str if kind == "regex" else migrate_template
        argument = translator.file(test.get("test"), uuid, "arguments", convert)
        return {"type": _WITH_TRANSLATED_TEXT[kind], "arguments": [argument]}
    if kind in _WITH_ONE_ARGUMENT:
        return {"type": _WITH_ONE_ARGUMENT[kind], "arguments": [migrate_template(plain(test.get("test")))]}
    if kind in _WITH_DATE:
        return {"type": _WITH_DATE[kind], "arguments": [migrate_template(plain(test.get("test")), raw_dates=True)]}
    special = _SPECIAL.get(kind)
    if special is None:
        raise DefinitionError(f"unable to migrate legacy test of type '{kind}'")
    return special(test)


def days_from_today(test: Object) -> str | None:
    """The days that a test on dates adds to today, which is all that editors show of it; None for other tests."""
    if test.get("type") not in _WITH_DATE:
        return None
    found = _DAYS_FROM_TODAY.fullmatch(plain(test.get("test")))
    if found is None:
        return "0"
    return found[2] if found[1] == "+" else f"-{found[2]}"


def _between(test: Object) -> Object:
    bounds = [migrate_template(plain(test.get(key))) for key in ("min", "max")]
    return {"type": "has_number_between", "arguments": bounds}


def _in_group(test: Object) -> Object:
    group = test.get("test")
    if not isinstance(group, dict):
        raise DefinitionError("the test in_group must name a group")
    return {"type": "has_group", "arguments": [plain(group.get("uuid")), plain(group.get("name"))]}


def _ward(test: Object) -> Object:
    places = [migrate_template(plain(test.get(key))) for key in ("district", "state")]
    return {"type": "has_ward", "arguments": places}


def _subflow(test: Object) -> Object:
    return {"type": "has_only_text", "arguments": [plain(test.get("exit_type"))]}


def _webhook_status(test: Object) -> Object:
    return {"type": "has_only_text", "arguments": ["Success" if test.get("status") == "success" else "Failure"]}


def _airtime_status(test: Object) -> Object:
    return {"type": "has_category", "arguments": ["Success"]}


_SPECIAL: dict[str, Callable[[Object], Object]] = {
    "airtime_status": _airtime_status,
    "between": _between,
    "in_group": _in_group,
    "subflow": _subflow,
    "ward": _ward,
    "webhook_status": _webhook_status,
}
