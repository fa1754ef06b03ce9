"""The environment that a workspace's profile asks for."""

from collections.abc import Mapping
from typing import Any, Final

from domain.environment.environment import Environment

DATE_FORMATS: Final = {"day_first": "DD-MM-YYYY", "month_first": "MM-DD-YYYY", "year_first": "YYYY-MM-DD"}


def environment_of(profile: Mapping[str, Any]) -> Environment:
    """Formats, languages and zone, as the engine and contact queries want them."""
    return Environment.from_json(
        {
            "timezone": profile.get("timezone") or "UTC",
            "date_format": DATE_FORMATS[profile.get("date_style") or "day_first"],
            "time_format": "tt:mm",
            "allowed_languages": profile.get("languages") or [],
            "default_country": profile.get("country") or "",
            "redaction_policy": "urns" if profile.get("anon") else "none",
        }
    )
