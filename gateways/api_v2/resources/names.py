"""Names of groups, labels, topics, fields and globals."""

from typing import Any

from gateways.api_v2.answers import wrong_field

MAX_NAME = 64
FORBIDDEN = ('"', "\\")


def read_name(value: Any, field: str = "name", most: int = MAX_NAME) -> str:
    """Without the space around it. Refuses what can't be a name."""
    if value is None:
        raise wrong_field(field, "This field is required.")
    if not isinstance(value, str):
        raise wrong_field(field, "Not a valid string.")
    name = value.strip()
    if not name:
        raise wrong_field(field, "This field may not be blank.")
    if len(name) > most:
        raise wrong_field(field, f"Ensure this field has no more than {most} characters.")
    for character in FORBIDDEN:
        if character in name:
            raise wrong_field(field, f"Cannot contain the character {character}")
    return name
