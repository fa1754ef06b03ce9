"""Everything around expressions: formats, dates, places, words, collation, locales, phones, URNs, attachments."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from domain.contact.field_values import FieldValue
from domain.contact.reference_code import contact_id_of, reference_code
from domain.contact.understood_values import understood
from domain.environment.collation import COLLATIONS, skeleton
from domain.environment.date_text import date_from_text, datetime_from_text, time_from_text
from domain.environment.environment import Environment, NumberFormat
from domain.environment.layouts import LayoutError, format_datetime, parse_date, parse_datetime, parse_time
from domain.environment.locales import best_locale
from domain.environment.locations import LocationHierarchy, name_of_path, normalized_path
from domain.environment.moments import epoch_nanos, from_epoch_nanos
from domain.environment.segments import segments_of
from domain.environment.words import (
    indent,
    nesting_exceeds,
    prefix_overlap,
    snakify,
    split_on,
    truncate,
    truncate_with_ellipsis,
    words_of,
)
from domain.environment.zones import zone_named
from domain.errors import EvenkeelError
from domain.expressions.functions.dates import datetime_diff, week_of_year
from domain.expressions.router_tests.numbers import parse_written_number
from domain.expressions.scope import Scope
from domain.expressions.values.number import number_text, parse_number
from domain.flow.engine.answer_json import json_of_body
from domain.message.content import attachment_parts, is_attachment, read_quick_reply
from domain.urn.errors import InvalidUrn
from domain.urn.normalise import format_urn, normalise_urn, urn_from_parts, validate_urn
from domain.urn.parse import parse_urn
from domain.urn.phones import country_of_number, find_phones, local_number, normalise_number, parse_phone
from tests.conformance.kinds.engine import execution_of
from tests.conformance.outcomes import checked, numbered, read_json
from tests.conformance.runner import Outcome
from tests.conformance.typed_values import nanos_of_iso
from tests.conformance.universe import Universe

Check = Callable[[Any], str]
CLOCK = nanos_of_iso("2018-09-13T13:36:30.123456789Z")
MONTHS_LAYOUT = "%d-%m-%Y %H:%M:%S"


def run(folder: Path) -> Iterator[Outcome]:
    document = read_json(folder / "envs.json")
    for section, given in document.items():
        checks = CHECKS.get(section) or CHECKS.get(section.split(":")[0] + ":" + section.split(":")[-1])
        if section == "meta" or checks is None:
            if section != "meta":
                yield section, False, "there is no check for this section"
            continue
        check = checks(given, folder)
        for name, case in numbered(section, given.get("cases", [])):
            yield checked(name, lambda check=check, case=case: check(case))  # type: ignore[misc]
    yield from _parse_number_errors(document["parse_number"].get("errors", []))


def now() -> datetime:
    return from_epoch_nanos(CLOCK, UTC)


def _equal(actual: object, expected: object) -> str:
    return "" if actual == expected else f"got {actual!r}, expected {expected!r}"


def _fails(action: Callable[[], object], errors: tuple[type[Exception], ...] = (ValueError, EvenkeelError)) -> bool:
    try:
        action()
    except errors:
        return True
    return False


def _error_of(action: Callable[[], object]) -> str:
    try:
        action()
    except (ValueError, EvenkeelError) as error:
        return str(error)
    return ""


def _function(function: Callable[..., object]) -> Callable[[Any, Path], Check]:
    """Sections of arguments and what comes of them."""
    return lambda given, folder: lambda case: _equal(function(*case["args"]), case["expected"])


def _datetime_from_string(given: Any, folder: Path) -> Check:
    def check(case: Any) -> str:
        def read() -> datetime:
            zone = zone_named(case["Timezone"])
            return datetime_from_text(case["Value"], case["DateFormat"], zone, now, fill_time=case["FillTime"])

        if case["Error"]:
            return _equal(_fails(read), True)
        return _equal(epoch_nanos(read()), _nanos_of_go_time(case["Expected"]))

    return check


def _nanos_of_go_time(text: str) -> int:
    day, clock, offset = text.split(" ")[:3]
    clock, _, fraction = clock.partition(".")
    moment = datetime.strptime(f"{day} {clock} {offset}", f"{MONTHS_LAYOUT} %z")
    return epoch_nanos(moment) + int(fraction.ljust(9, "0") if fraction else 0)


def _date_from_string(given: Any, folder: Path) -> Check:
    def check(case: Any) -> str:
        if case["hasError"]:
            return _equal(_fails(lambda: date_from_text(case["value"], case["dateFormat"], now)), True)
        return _equal(date_from_text(case["value"], case["dateFormat"], now).isoformat(), case["expected"])

    return check


def _nine_digits(value: Any) -> str:
    return f"{value.hour:02d}:{value.minute:02d}:{value.second:02d}.{value.microsecond:06d}{getattr(value, 'nanos', 0):03d}"


def _time_from_string(given: Any, folder: Path) -> Check:
    def check(case: Any) -> str:
        if case["hasError"]:
            return _equal(_fails(lambda: time_from_text(case["value"])), True)
        return _equal(_nine_digits(time_from_text(case["value"])), case["expected"])

    return check


def _collation(given: Any, folder: Path) -> Check:
    def check(case: Any) -> str:
        collate = COLLATIONS[case["collation"]]
        key = collate(case["input"])
        equals = {other: collate(other) == key for other in case["equals"]}
        return _equal((key, equals), (case["transform"], case["equals"]))

    return check


def _environment_json(given: Any, folder: Path) -> Check:
    defaults = Environment.from_json(None).to_json()
    expected_defaults = {key: value for key, value in given["defaults"].items() if key != "default_country"}

    def check(case: Any) -> str:
        if defaults != expected_defaults:
            return f"defaults are {defaults}, expected {expected_defaults}"
        example = json.loads(given["marshaled_example"])
        if (written := Environment.from_json(example).to_json()) != example:
            return f"wrote {written}, expected {example}"
        return _equal(not _fails(lambda: Environment.from_json(json.loads(case["json"]))), case["valid"])

    return check


def _locations(given: Any, folder: Path) -> Check:
    places = LocationHierarchy.from_json(given["hierarchy"], COLLATIONS["default"])
    paths = {
        "rwanda": "Rwanda",
        "kigali": "Rwanda > Kigali City",
        "gasabo": "Rwanda > Kigali City > Gasabo",
        "gisozi": "Rwanda > Kigali City > Gasabo > Gisozi",
        "ndera": "Rwanda > Kigali City > Gasabo > Ndera",
    }

    def check(case: Any) -> str:
        for example in given["path_examples"]:
            if "normalized" in example and normalized_path(example["path"]) != example["normalized"]:
                return f"path {example['path']!r} became {normalized_path(example['path'])!r}"
            if "name" in example and name_of_path(example["path"]) != example["name"]:
                return f"name of {example['path']!r} is {name_of_path(example['path'])!r}"
        if case["find"] == "path":
            place = places.at_path(case["path"])
            return _equal(place.path if place else None, paths[case["expected"]] if case["expected"] else None)
        parent = places.at_path(paths[case["parent"]]) if case["parent"] else None
        found = places.named(case["name"], case["level"], parent)
        return _equal([place.path for place in found], [paths[name] for name in case["expected"]])

    return check


def _field_parse(given: Any, folder: Path) -> Check:
    x = execution_of(read_json(folder / "functions.json")["context"], Universe(folder), redact_urns=False)

    def check(case: Any) -> str:
        field = x.assets.fields[case["field"]]
        value = understood(case["value"], field, x.contact, x.environment, x.assets, now, 640)
        return _equal(_field_json(value), case["expected"])

    return check


def _field_json(value: FieldValue | None) -> dict[str, str] | None:
    if value is None:
        return None
    written = {
        "text": value.text,
        "number": "" if value.number is None else number_text(value.number),
        "datetime": value.datetime or "",
        "state": value.state,
        "district": value.district,
        "ward": value.ward,
    }
    return {name: text for name, text in written.items() if text}


def _quick_replies(given: Any, folder: Path) -> Check:
    def check(case: Any) -> str:
        reply = read_quick_reply(case["text"] if "text" in case else json.loads(case["json"]))
        expected = case["expected"]
        wanted = expected.get("Type", "text"), expected.get("Text", ""), expected.get("Extra", "")
        return _equal((reply.type, reply.text, reply.extra), wanted)

    return check


def _attachments(given: Any, folder: Path) -> Check:
    def check(case: Any) -> str:
        content_type, url = attachment_parts(case["attachment"])
        found = content_type, url, is_attachment(case["attachment"])
        return _equal(found, (case["content_type"], case["url"], case["valid"]))

    return check


def _obfuscated_ids(given: Any, folder: Path) -> Check:
    key = tuple(given["key"])

    def check(case: Any) -> str:
        if readable := [code for code in given["invalid"] if not _fails(lambda code=code: contact_id_of(code, key))]:  # type: ignore[misc]
            return f"{readable} were read"
        code = reference_code(case["id"], key)
        return _equal((code, contact_id_of(code, key)), (case["expected"], case["id"]))

    return check


def _bytes(encoded: Any) -> bytes:
    return bytes.fromhex(encoded["hex"]) if isinstance(encoded, dict) else encoded.encode()


def _extract_json(given: Any, folder: Path) -> Check:
    def check(case: Any) -> str:
        found, _ = json_of_body(_bytes(case["body"]))
        wanted = json.loads(_bytes(case["json"])) if case["json"] else None
        return _equal(found, wanted)

    return check


def _parse_number(given: Any, folder: Path) -> Check:
    def check(case: Any) -> str:
        found = parse_written_number(case["input"], NumberFormat(**case["format"]))
        expected = case["expected"]["value"] if case["expected"] else None
        return _equal(None if found is None else number_text(found), expected)

    return check


def _parse_number_errors(cases: list[Any]) -> Iterator[Outcome]:
    for index, case in enumerate(cases):
        name = f"parse_number error[{index}]"
        yield checked(name, lambda c=case: _equal(_error_of(lambda: parse_number(c["input"])), c["error"]))  # type: ignore[misc]


def _dates_format(given: Any, folder: Path) -> Check:
    def check(case: Any) -> str:
        written = case["value"]
        zone = datetime.fromisoformat(written[:19] + written[29:].replace("Z", "+00:00")).tzinfo
        moment = from_epoch_nanos(nanos_of_iso(written), zone or UTC)
        try:
            found, error = format_datetime(moment, case["layout"], case["locale"]), ""
        except LayoutError as refused:
            found, error = "", str(refused)
        return _equal((found, error), (case["expected"], case["err"]))

    return check


def _dates_parse(read: Callable[[Any], str]) -> Callable[[Any, Path], Check]:
    def checks(given: Any, folder: Path) -> Check:
        def check(case: Any) -> str:
            error = _error_of(lambda: read(case))
            if case["err"]:
                return _equal(error, case["err"])
            return error or _equal(read(case), case["expected"])

        return check

    return checks


def _read_datetime(case: Any) -> str:
    moment = parse_datetime(case["value"], case["layout"], zone_named(case["tz"]))
    return moment.isoformat().replace("+00:00", "Z")


def _scope(environment: Environment) -> Scope:
    return Scope(environment, {}, now, lambda: 0.5)


def _difference(unit: str) -> Callable[[Any, Path], Check]:
    def checks(given: Any, folder: Path) -> Check:
        def check(case: Any) -> str:
            found = datetime_diff(_scope(Environment()), case["d2"], case["d1"], unit)
            return _equal(int(found), case["expected"])

        return check

    return checks


def _calendar(given: Any, folder: Path) -> Check:
    def check(case: Any) -> str:
        day = date.fromisoformat(case["date"])
        found = day.isoweekday() % 7, week_of_year(day), day.timetuple().tm_yday
        return _equal(found, (case["weekday"], case["weekNum"], case["yearDay"]))

    return check


def _urn_properties(given: Any, folder: Path) -> Check:
    def check(case: Any) -> str:
        urn = parse_urn(case["urn"])
        found = format_urn(case["urn"]).replace("\xa0", " "), urn.display, urn.query, urn.parameters
        return _equal(found, (case["format"], case["display"], case["rawQuery"], case["query"]))

    return check


def _urn_from_parts(given: Any, folder: Path) -> Check:
    def check(case: Any) -> str:
        try:
            urn = urn_from_parts(case["scheme"]["Prefix"], case["path"], case["query"] or {}, case["display"])
        except InvalidUrn:
            return _equal(True, case["hasError"])
        return _equal((str(urn), urn.identity, False), (case["expected"], case["identity"], case["hasError"]))

    return check


def _urn_parse(given: Any, folder: Path) -> Check:
    def check(case: Any) -> str:
        error = _error_of(lambda: parse_urn(case["input"]))
        if error or case["expectedError"]:
            return _equal(error, case["expectedError"])
        return _equal(str(parse_urn(case["input"])), case["urn"])

    return check


def _urn_validate(given: Any, folder: Path) -> Check:
    return lambda case: _equal(_error_of(lambda: validate_urn(case["urn"])), case["expectedError"])


def _urn_and_back(given: Any, folder: Path) -> Check:
    def check(case: Any) -> str:
        if case.get("error") or case.get("hasError"):
            return _equal(_fails(lambda: parse_urn(case["input"])), True)
        urn = parse_urn(case["input"])
        found = urn.scheme, urn.path, urn.query, urn.display, str(urn)
        wanted = case["scheme"], case["path"], case.get("query", ""), case.get("fragment", ""), case["input"]
        return _equal(found, wanted)

    return check


def _phone(key: str, error_key: str, prefix: str) -> Callable[[Any, Path], Check]:
    def checks(given: Any, folder: Path) -> Check:
        def check(case: Any) -> str:
            def read() -> str:
                number = normalise_number(
                    case["input"], case["country"], short_codes=case["allowShort"], sender_ids=case["allowSenderID"]
                )
                return f"{prefix}{number}"

            error = _error_of(read)
            if error or case[error_key]:
                return _equal(error, case[error_key])
            return _equal(read(), case[key])

        return check

    return checks


def _local_phone(given: Any, folder: Path) -> Check:
    return lambda case: _equal(local_number(case["urn"].partition(":")[2], case["country"]), case["expected"])


CHECKS: dict[str, Callable[[Any, Path], Check]] = {
    "datetime_from_string": _datetime_from_string,
    "date_from_string": _date_from_string,
    "time_from_string": _time_from_string,
    "collation": _collation,
    "environment_json": _environment_json,
    "locations": _locations,
    "snakify": lambda given, folder: lambda case: _equal(snakify(case["input"]), case["expected"]),
    "tokenize": lambda given, folder: lambda case: _equal(words_of(case["text"]), case["result"]),
    "tokenize_by_chars": lambda given, folder: (
        lambda case: _equal(split_on(case["text"], case["chars"]), case["result"])
    ),
    "tokenize_by_unicode_seg": lambda given, folder: lambda case: _equal(segments_of(case["text"]), case["result"]),
    "prefix_overlap": _function(prefix_overlap),
    "indent": _function(indent),
    "nesting_depth_exceeds": _function(nesting_exceeds),
    "parse_phone": _function(parse_phone),
    "find_phones": _function(find_phones),
    "attachments": _attachments,
    "obfuscated_ids": _obfuscated_ids,
    "extract_json": _extract_json,
    "parse_number": _parse_number,
    "quick_replies": _quick_replies,
    "field_parse": _field_parse,
    "gocommon_dates_format:TestFormat": _dates_format,
    "gocommon_dates_parse:TestParseDateTime": _dates_parse(_read_datetime),
    "gocommon_dates_parse:TestParseDate": _dates_parse(lambda c: parse_date(c["value"], c["layout"]).isoformat()),
    "gocommon_dates_parse:TestParseTimeOfDay": _dates_parse(
        lambda c: _nine_digits(parse_time(c["value"], c["layout"]))
    ),
    "gocommon_dates_utils:TestDaysBetween": _difference("D"),
    "gocommon_dates_utils:TestMonthsBetween": _difference("M"),
    "gocommon_date:TestDateCalendarMethods": _calendar,
    "gocommon_urns:TestURNProperties": _urn_properties,
    "gocommon_urns:TestNewFromParts": _urn_from_parts,
    "gocommon_urns:TestNormalize": lambda given, folder: (
        lambda case: _equal(normalise_urn(case["rawURN"]), case["expected"])
    ),
    "gocommon_urns:TestParse": _urn_parse,
    "gocommon_urns:TestValidate": _urn_validate,
    "gocommon_phone:TestParsePhone": _phone("expectedURN", "expectedErr", "tel:"),
    "gocommon_phone:TestParseNumber": _phone("expectedNum", "expectedErr", ""),
    "gocommon_phone:TestToLocalPhone": _local_phone,
    "gocommon_country:DeriveCountryFromTel": _function(country_of_number),
    "gocommon_locale:TestBCP47Matcher": lambda given, folder: (
        lambda case: _equal(best_locale(case["preferred"], case["available"]), case["best"])
    ),
    "gocommon_confusables:Skeleton": _function(skeleton),
    "gocommon_confusables:Confusable": _function(lambda a, b: skeleton(a) == skeleton(b)),
    "gocommon_truncate:TruncateEllipsis": _function(truncate_with_ellipsis),
    "gocommon_truncate:Truncate": _function(truncate),
    "gocommon_urn_parser:TestParseURNAndBack": _urn_and_back,
}
