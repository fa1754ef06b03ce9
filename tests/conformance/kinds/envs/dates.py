"""Dates and times: read, written, counted."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from domain.environment.date_text import date_from_text, datetime_from_text, time_from_text
from domain.environment.environment import Environment
from domain.environment.layouts import LayoutError, format_datetime, parse_date, parse_datetime, parse_time
from domain.environment.moments import epoch_nanos, from_epoch_nanos
from domain.environment.zones import zone_named
from domain.expressions.functions.dates import datetime_diff, week_of_year
from domain.expressions.scope import Scope
from tests.conformance.kinds.envs.checking import Check, Checks, error_of, fails, now
from tests.conformance.outcomes import equal
from tests.conformance.typed_values import nanos_of_iso

MONTHS_LAYOUT = "%d-%m-%Y %H:%M:%S"


def _datetime_from_string(given: Any, folder: Path) -> Check:
    def check(case: Any) -> str:
        def read() -> datetime:
            zone = zone_named(case["Timezone"])
            return datetime_from_text(case["Value"], case["DateFormat"], zone, now, fill_time=case["FillTime"])

        if case["Error"]:
            return equal(fails(read), True)
        return equal(epoch_nanos(read()), _nanos_of_go_time(case["Expected"]))

    return check


def _nanos_of_go_time(text: str) -> int:
    day, clock, offset = text.split(" ")[:3]
    clock, _, fraction = clock.partition(".")
    moment = datetime.strptime(f"{day} {clock} {offset}", f"{MONTHS_LAYOUT} %z")
    return epoch_nanos(moment) + int(fraction.ljust(9, "0") if fraction else 0)


def _date_from_string(given: Any, folder: Path) -> Check:
    def check(case: Any) -> str:
        if case["hasError"]:
            return equal(fails(lambda: date_from_text(case["value"], case["dateFormat"], now)), True)
        return equal(date_from_text(case["value"], case["dateFormat"], now).isoformat(), case["expected"])

    return check


def _nine_digits(value: Any) -> str:
    return f"{value.hour:02d}:{value.minute:02d}:{value.second:02d}.{value.microsecond:06d}{getattr(value, 'nanos', 0):03d}"


def _time_from_string(given: Any, folder: Path) -> Check:
    def check(case: Any) -> str:
        if case["hasError"]:
            return equal(fails(lambda: time_from_text(case["value"])), True)
        return equal(_nine_digits(time_from_text(case["value"])), case["expected"])

    return check


def _dates_format(given: Any, folder: Path) -> Check:
    def check(case: Any) -> str:
        written = case["value"]
        zone = datetime.fromisoformat(written[:19] + written[29:].replace("Z", "+00:00")).tzinfo
        moment = from_epoch_nanos(nanos_of_iso(written), zone or UTC)
        try:
            found, error = format_datetime(moment, case["layout"], case["locale"]), ""
        except LayoutError as refused:
            found, error = "", str(refused)
        return equal((found, error), (case["expected"], case["err"]))

    return check


def _dates_parse(read: Callable[[Any], str]) -> Checks:
    def checks(given: Any, folder: Path) -> Check:
        def check(case: Any) -> str:
            error = error_of(lambda: read(case))
            if case["err"]:
                return equal(error, case["err"])
            return error or equal(read(case), case["expected"])

        return check

    return checks


def _read_datetime(case: Any) -> str:
    moment = parse_datetime(case["value"], case["layout"], zone_named(case["tz"]))
    return moment.isoformat().replace("+00:00", "Z")


def _scope(environment: Environment) -> Scope:
    return Scope(environment, {}, now, lambda: 0.5)


def _difference(unit: str) -> Checks:
    def checks(given: Any, folder: Path) -> Check:
        def check(case: Any) -> str:
            found = datetime_diff(_scope(Environment()), case["d2"], case["d1"], unit)
            return equal(int(found), case["expected"])

        return check

    return checks


def _calendar(given: Any, folder: Path) -> Check:
    def check(case: Any) -> str:
        day = date.fromisoformat(case["date"])
        found = day.isoweekday() % 7, week_of_year(day), day.timetuple().tm_yday
        return equal(found, (case["weekday"], case["weekNum"], case["yearDay"]))

    return check


CHECKS: dict[str, Checks] = {
    "datetime_from_string": _datetime_from_string,
    "date_from_string": _date_from_string,
    "time_from_string": _time_from_string,
    "gocommon_dates_format:TestFormat": _dates_format,
    "gocommon_dates_parse:TestParseDateTime": _dates_parse(_read_datetime),
    "gocommon_dates_parse:TestParseDate": _dates_parse(lambda c: parse_date(c["value"], c["layout"]).isoformat()),
    "gocommon_dates_parse:TestParseTimeOfDay": _dates_parse(
        lambda c: _nine_digits(parse_time(c["value"], c["layout"]))
    ),
    "gocommon_dates_utils:TestDaysBetween": _difference("D"),
    "gocommon_dates_utils:TestMonthsBetween": _difference("M"),
    "gocommon_date:TestDateCalendarMethods": _calendar,
}
