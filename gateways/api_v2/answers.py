"""Refusals with the bodies and codes that API clients know, and values as they stand on the wire."""

from datetime import UTC, datetime
from typing import Any

Data = dict[str, Any]

TRUE = frozenset({"true", "t", "y", "yes", "1"})
FALSE = frozenset({"false", "f", "n", "no", "0"})


class Refused(Exception):
    """An answer other than success."""

    def __init__(self, status: int, body: Data, headers: dict[str, str] | None = None) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body
        self.headers = headers or {}


def wrong_param(sentence: str) -> Refused:
    return Refused(400, {"detail": sentence})


def wrong_field(field: str, sentence: str) -> Refused:
    """`field` may name a place within it: "urns.1"."""
    body: Any = [sentence]
    for name in reversed(field.split(".")):
        body = {name: body}
    return Refused(400, body)


def wrong_body(sentence: str) -> Refused:
    return Refused(400, {"non_field_errors": [sentence]})


def read_boolean(body: Data, field: str, *, default: bool) -> bool:
    """Clients write booleans as such, as 1 and 0, and as words."""
    value = body.get(field)
    if value is None:
        return default
    word = str(value).lower()
    if isinstance(value, dict | list) or word not in (*TRUE, *FALSE):
        raise wrong_field(field, "Must be a valid boolean.")
    return word in TRUE


def check_reference(value: Any, field: str) -> None:
    """Refuses what can name nothing: names, uuids and URNs are texts, ids whole numbers."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise wrong_field(field, "Must be a string or integer")


def not_found() -> Refused:
    return Refused(404, {"detail": "Not found."})


def time_text(moment: Any) -> str | None:
    """UTC with Z; the fraction is left out when it is zero. Takes what the read models hold: times, or their texts."""
    if not moment:
        return None
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment.replace("Z", "+00:00"))
    text: str = moment.astimezone(UTC).isoformat()
    return text.replace("+00:00", "Z")


def long_time_text(moment: Any) -> str | None:
    """As `time_text`, always with six digits of the second."""
    if not moment:
        return None
    if isinstance(moment, str):
        moment = datetime.fromisoformat(
            moment[:26].rstrip("Z") + "+00:00" if len(moment) > 27 else moment.replace("Z", "+00:00")
        )
    return str(moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"))


def reference(uuid: Any, name: Any) -> Data | None:
    return {"uuid": str(uuid), "name": name or ""} if uuid else None
