"""URNs, phone numbers, codes of contacts."""

from pathlib import Path
from typing import Any

from domain.contact.reference_code import contact_id_of, reference_code
from domain.urn.errors import InvalidUrn
from domain.urn.normalise import format_urn, normalise_urn, urn_from_parts, validate_urn
from domain.urn.parse import parse_urn
from domain.urn.phones import country_of_number, find_phones, local_number, normalise_number, parse_phone
from tests.conformance.kinds.envs.checking import Check, Checks, error_of, fails, of_function
from tests.conformance.outcomes import equal


def _obfuscated_ids(given: Any, folder: Path) -> Check:
    key = tuple(given["key"])

    def check(case: Any) -> str:
        if readable := [code for code in given["invalid"] if not fails(lambda code=code: contact_id_of(code, key))]:  # type: ignore[misc]
            return f"{readable} were read"
        code = reference_code(case["id"], key)
        return equal((code, contact_id_of(code, key)), (case["expected"], case["id"]))

    return check


def _urn_properties(given: Any, folder: Path) -> Check:
    def check(case: Any) -> str:
        urn = parse_urn(case["urn"])
        found = format_urn(case["urn"]).replace("\xa0", " "), urn.display, urn.query, urn.parameters
        return equal(found, (case["format"], case["display"], case["rawQuery"], case["query"]))

    return check


def _urn_from_parts(given: Any, folder: Path) -> Check:
    def check(case: Any) -> str:
        try:
            urn = urn_from_parts(case["scheme"]["Prefix"], case["path"], case["query"] or {}, case["display"])
        except InvalidUrn:
            return equal(True, case["hasError"])
        return equal((str(urn), urn.identity, False), (case["expected"], case["identity"], case["hasError"]))

    return check


def _urn_parse(given: Any, folder: Path) -> Check:
    def check(case: Any) -> str:
        error = error_of(lambda: parse_urn(case["input"]))
        if error or case["expectedError"]:
            return equal(error, case["expectedError"])
        return equal(str(parse_urn(case["input"])), case["urn"])

    return check


def _urn_validate(given: Any, folder: Path) -> Check:
    return lambda case: equal(error_of(lambda: validate_urn(case["urn"])), case["expectedError"])


def _urn_and_back(given: Any, folder: Path) -> Check:
    def check(case: Any) -> str:
        if case.get("error") or case.get("hasError"):
            return equal(fails(lambda: parse_urn(case["input"])), True)
        urn = parse_urn(case["input"])
        found = urn.scheme, urn.path, urn.query, urn.display, str(urn)
        wanted = case["scheme"], case["path"], case.get("query", ""), case.get("fragment", ""), case["input"]
        return equal(found, wanted)

    return check


def _phone(key: str, error_key: str, prefix: str) -> Checks:
    def checks(given: Any, folder: Path) -> Check:
        def check(case: Any) -> str:
            def read() -> str:
                number = normalise_number(
                    case["input"], case["country"], short_codes=case["allowShort"], sender_ids=case["allowSenderID"]
                )
                return f"{prefix}{number}"

            error = error_of(read)
            if error or case[error_key]:
                return equal(error, case[error_key])
            return equal(read(), case[key])

        return check

    return checks


def _local_phone(given: Any, folder: Path) -> Check:
    return lambda case: equal(local_number(case["urn"].partition(":")[2], case["country"]), case["expected"])


CHECKS: dict[str, Checks] = {
    "parse_phone": of_function(parse_phone),
    "find_phones": of_function(find_phones),
    "obfuscated_ids": _obfuscated_ids,
    "gocommon_urns:TestURNProperties": _urn_properties,
    "gocommon_urns:TestNewFromParts": _urn_from_parts,
    "gocommon_urns:TestNormalize": lambda given, folder: (
        lambda case: equal(normalise_urn(case["rawURN"]), case["expected"])
    ),
    "gocommon_urns:TestParse": _urn_parse,
    "gocommon_urns:TestValidate": _urn_validate,
    "gocommon_phone:TestParsePhone": _phone("expectedURN", "expectedErr", "tel:"),
    "gocommon_phone:TestParseNumber": _phone("expectedNum", "expectedErr", ""),
    "gocommon_phone:TestToLocalPhone": _local_phone,
    "gocommon_country:DeriveCountryFromTel": of_function(country_of_number),
    "gocommon_urn_parser:TestParseURNAndBack": _urn_and_back,
}
