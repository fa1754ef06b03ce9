"""What a body says of a contact."""

from typing import Any

from domain.flow.definition.language_codes import is_language_code
from gateways.api_v2.answers import Refused, check_reference, wrong_body, wrong_field
from gateways.api_v2.calls import Call, is_uuid
from gateways.api_v2.urns import is_urn
from gateways.http.read_pool import Reader

Data = dict[str, Any]

MAX_NAME = 64
MAX_LIST = 100
MAX_NOTE = 10_000
FIELDS = {"name", "language", "urns", "groups", "fields", "note"}


def read_changes(reader: Reader, call: Call) -> Data:
    body = call.body
    """{name?, language?, urns?, groups?: [uuid], fields?: {key: text or null}, note?} of a body, checked as far as that needs no decision."""
    changes: Data = {}
    unknown = set(body) - FIELDS - {"uuid", "status"}
    if unknown and not set(body) & FIELDS:
        raise wrong_body(f"Unknown field {sorted(unknown)[0]}: expected {', '.join(sorted(FIELDS))}.")
    if "name" in body:
        name = body["name"]
        changes["name"] = _short_text(name.strip() if isinstance(name, str) else name, "name", MAX_NAME)
    if "language" in body:
        language = body["language"]
        if language and not (isinstance(language, str) and is_language_code(language)):
            raise wrong_field("language", "Not a valid ISO639-3 language code.")
        changes["language"] = language or None
    if "urns" in body:
        changes["urns"] = _list(body["urns"], "urns")
        for place, urn in enumerate(changes["urns"]):
            if not is_urn(call, urn):
                raise wrong_field(f"urns.{place}", "URN is not valid.")
    if "groups" in body:
        changes["groups"] = [_group_uuid(reader, call, value) for value in _list(body["groups"], "groups")]
    if "fields" in body:
        changes["fields"] = _field_values(body["fields"])
    if body.get("note"):
        changes["note"] = _short_text(body["note"], "note", MAX_NOTE)
    return changes


def _field_values(given: Any) -> Data:
    if not isinstance(given, dict):
        raise wrong_field("fields", 'Expected a dictionary of items but got type "' + type(given).__name__ + '".')
    if len(given) > MAX_LIST:
        raise wrong_field("fields", f"Ensure this field has no more than {MAX_LIST} elements.")
    for key, value in given.items():
        if isinstance(value, bool | dict | list):
            raise Refused(400, {"fields": {key: ["Not a valid string."]}})
    return {key: None if value in (None, "") else str(value) for key, value in given.items()}


def _short_text(value: Any, field: str, most: int) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise wrong_field(field, "Not a valid string.")
    if len(value) > most:
        raise wrong_field(field, f"Ensure this field has no more than {most} characters.")
    return value


def _list(value: Any, field: str) -> list[Any]:
    if not isinstance(value, list):
        raise wrong_field(field, f'Expected a list of items but got type "{type(value).__name__}".')
    if len(value) > MAX_LIST:
        raise wrong_field(field, f"Ensure this field has no more than {MAX_LIST} elements.")
    return value


def _group_uuid(reader: Reader, call: Call, value: Any) -> str:
    check_reference(value, "groups")
    group = find_group(reader, call, str(value))
    if group is None:
        raise wrong_field("groups", f"No such object: {value}")
    return str(group["uuid"])


def find_group(reader: Reader, call: Call, value: str) -> Data | None:
    """By uuid or name."""
    condition = "uuid = %s::uuid" if is_uuid(value) else "lower(doc->>'name') = lower(%s)"
    return reader.row(
        f"select uuid, doc from groups.groups where org = %s and not removed and {condition}", call.org, value
    )
